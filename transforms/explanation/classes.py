"""The trade's four classes of products, each against its own category.

导流 brings traffic, 高利润 has a high margin, 高转化 converts well, 未来明星 is a rising star; the
others are the core.
"""

from typing import Final

import polars as pl

from contracts.explanation import ProductClass
from contracts.metrics import Gap
from transforms.experiments import wilson_low

LEAST_VISITORS: Final = 100
"""Visitors from which a conversion counts."""
LEAST_PEERS: Final = 8
"""Products of a category from which it is compared with itself, else with the whole shop: of fewer,
less than two are above the upper quartile."""
_VISITORS, _ORDERS, _GMV = (
    pl.col(name) for name in ("visitors_units", "orders_count", "gmv_minor")
)


def product_classes(products: pl.LazyFrame) -> pl.LazyFrame:
    """Products of a span with their class, or why they have none.

    `products` has shop_id, product_id, category (None: none), visitors_units and margin_minor
    (None: not known), orders_count and gmv_minor. Added are conversion_rate (orders per visitor),
    margin_rate (margin among GMV), product_class and gap. By the quartiles of the category:

    - star: visitors below the median, conversion in the upper quarter;
    - conversion: visitors from the median on, conversion in the upper quarter;
    - profit: margin rate in the upper quarter;
    - traffic: margin rate below the lower quartile, visitors in the upper quarter;
    - core: all others.

    Who is of several is of the first. Conversions are compared by the lower end of their interval
    (`wilson_low`), so that few visits prove little, and count from 100 visitors on. Without
    visitors, or with more orders than visitors, there is no class; without a margin there is none
    that would depend on it.
    """
    no_visits = _no_visits()
    is_counted = no_visits.is_null()
    is_proven = is_counted & (_VISITORS >= LEAST_VISITORS)
    return (
        products.with_columns(
            visits=pl.when(is_counted).then(_VISITORS),
            conversion_rate=pl.when(is_counted).then(_ORDERS / _VISITORS),
            proven=pl.when(is_proven).then(wilson_low(_ORDERS, _VISITORS)),
            margin_rate=pl.when(_GMV > 0).then(pl.col("margin_minor") / _GMV),
            gap=no_visits,
        )
        .with_columns(product_class=pl.when(pl.col("gap").is_null()).then(_class()))
        .with_columns(gap=pl.coalesce("gap", _no_margin()))
        .drop("visits", "proven")
    )


def _no_visits() -> pl.Expr:
    """Why a product's visits say nothing of it."""
    return (
        pl.when(_VISITORS.is_null())
        .then(pl.lit(str(Gap.NO_VISITORS)))
        .when(_VISITORS == 0)
        .then(pl.lit(str(Gap.NO_BASE)))
        .when(_ORDERS > _VISITORS)
        .then(pl.lit(str(Gap.ABOVE_ONE)))
    )


def _no_margin() -> pl.Expr:
    return pl.when(pl.col("product_class").is_null()).then(pl.lit(str(Gap.COST_MISSING)))


def _class() -> pl.Expr:
    """The first class that a product is of; None: its margin would decide and is not known."""
    visits, proven, margin = (pl.col(name) for name in ("visits", "proven", "margin_rate"))
    converts = proven >= _quantile(proven, 0.75)
    is_seldom_seen = visits < _quantile(visits, 0.5)
    is_often_seen = visits >= _quantile(visits, 0.75)
    return (
        pl.when(converts & is_seldom_seen)
        .then(pl.lit(str(ProductClass.STAR)))
        .when(converts)
        .then(pl.lit(str(ProductClass.CONVERSION)))
        .when(margin >= _quantile(margin, 0.75))
        .then(pl.lit(str(ProductClass.PROFIT)))
        .when(is_often_seen & (margin < _quantile(margin, 0.25)))
        .then(pl.lit(str(ProductClass.TRAFFIC)))
        .when(margin.is_not_null() | (_GMV == 0))
        .then(pl.lit(str(ProductClass.CORE)))
    )


def _quantile(values: pl.Expr, share: float) -> pl.Expr:
    """Of the category, or of the shop where the category is small; linear between two values."""
    category = ["shop_id", "category"]
    found = values.quantile(share, "linear")
    is_large = pl.col("visits").count().over(category) >= LEAST_PEERS
    return pl.when(is_large).then(found.over(category)).otherwise(found.over("shop_id"))
