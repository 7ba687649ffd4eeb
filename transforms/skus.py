"""SKUs by number, which is cheaper to join and to group by than two texts."""

import polars as pl


def numbered(rows: pl.LazyFrame, skus: pl.LazyFrame) -> pl.LazyFrame:
    """Rows of some SKUs (shop_id, sku_id, sku) with their number `sku` in place of both texts.

    Shops are compared after the join: to join by one text costs half as much as by two.
    """
    by_text = rows.join(skus.rename({"shop_id": "sku_shop_id"}), on="sku_id")
    # Polars would make `==` a key of the join again.
    is_own = pl.col("shop_id").eq_missing(pl.col("sku_shop_id"))
    return by_text.filter(is_own).drop("shop_id", "sku_id", "sku_shop_id")
