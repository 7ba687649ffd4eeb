"""What bundles come to in the end: the articles that lie on a shelf, through any bundle between."""

from typing import Final

import polars as pl

from contracts.columns import MAX_UNITS

DEEPEST: Final = 10
"""Bundles within bundles; one that is deeper than that is taken to hold itself."""

PIECES_SCHEMA: Final = {
    "shop_id": pl.String(),
    "sku_id": pl.String(),
    "part_sku_id": pl.String(),
    "part_units": pl.Int64(),
}
"""One row per bundle and article in it, which is no bundle itself, with its pieces in all."""

NO_PIECES: Final = pl.LazyFrame(schema=PIECES_SCHEMA)
"""Of a shop without bundles."""

_PART: Final = ["shop_id", "part_sku_id"]


def explode(parts: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The articles of each bundle (`PIECES_SCHEMA`), and the bundles that have no end.

    A bundle has none (shop_id, sku_id) that holds itself, by whatever stands between, or one that
    does; its articles are left out. One round over all bundles at once for each level.
    """
    rows = parts.select(*PIECES_SCHEMA)
    bundles = rows.select("shop_id", part_sku_id="sku_id").unique()
    inner = rows.select(
        "shop_id", part_sku_id="sku_id", inner_id="part_sku_id", inner_units="part_units"
    )
    found = [rows.clear()]
    for _ in range(DEEPEST):
        if rows.is_empty():
            break
        found.append(rows.join(bundles, on=_PART, how="anti"))
        # Any number of pieces that a merchant means is far below; beyond, products would overflow.
        units = (pl.col("part_units") * pl.col("inner_units")).clip(upper_bound=MAX_UNITS)
        rows = (
            rows.join(inner, on=_PART)
            .group_by("shop_id", "sku_id", part_sku_id="inner_id")
            .agg(part_units=units.sum().clip(upper_bound=MAX_UNITS))
        )
    endless = rows.select("shop_id", "sku_id").unique()
    articles = (
        pl.concat(found)
        .join(endless, on=["shop_id", "sku_id"], how="anti")
        .group_by("shop_id", "sku_id", "part_sku_id")
        .agg(pl.col("part_units").sum().clip(upper_bound=MAX_UNITS))
        .sort("shop_id", "sku_id", "part_sku_id")
    )
    return articles, endless
