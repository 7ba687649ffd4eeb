"""What products brought in a span, beside the visits to their pages."""

import datetime as dt

import polars as pl

from contracts.tables.traffic import NO_LISTING
from transforms.metrics.facts import FACTS
from transforms.metrics.sources import DATE, Sources

_PRODUCT = ["shop_id", "product_id"]


def products(of: Sources, *, first: dt.date, last: dt.date) -> pl.LazyFrame:
    """Products that were sold or seen from `first` to `last`, both included.

    Grain: (shop_id, product_id), as `classes.product_classes` takes it. Only days with visits to
    products count, all where none has; visitors_units is None where no visit to a product is told.
    A platform that counts by variant alone has its variants added up. What was sold of a listing
    that is not known belongs to no product.
    """
    own = ["shop_id", "listing_id", "product_id", "category"]
    listings = of.listings.lazy().select(own)
    seen = of.listing_traffic.lazy().filter(pl.col("traffic_date").is_between(first, last))
    days = seen.select(day="traffic_date").unique().collect()["day"]
    is_counted = pl.col(DATE).is_in(days.implode()) if len(days) else pl.lit(value=True)
    sold = (
        FACTS["lines"]
        .rows(of.within(first, last), frozenset())
        .filter(pl.col(DATE).is_between(first, last))
    )
    sums = (
        sold.filter(is_counted)
        .join(listings.drop("category"), on=["shop_id", "listing_id"])
        .group_by(_PRODUCT)
        .agg(
            orders_count=pl.col("order_id").n_unique().cast(pl.Int64),
            gmv_minor=pl.col("total_minor").sum(),
            margin_minor=_sum_of_known("margin_minor"),
        )
    )
    categories = listings.group_by(_PRODUCT).agg(pl.col("category").drop_nulls().first())
    return (
        sums.join(_visitors(seen), on=_PRODUCT, how="full", coalesce=True)
        .join(categories, on=_PRODUCT, how="left")
        .with_columns(pl.col("orders_count", "gmv_minor").fill_null(0))
    )


def _sum_of_known(column: str) -> pl.Expr:
    """The sum of a column; None where one of its values is not known."""
    return pl.when(pl.col(column).null_count() == 0).then(pl.col(column).sum())


def _visitors(seen: pl.LazyFrame) -> pl.LazyFrame:
    """Visitors per product: the platform's count by product where it has one."""
    is_product = pl.col("listing_id") == NO_LISTING
    visitors = pl.col("visitors_units")
    by_product = visitors.filter(is_product).sum()
    return (
        seen.group_by(*_PRODUCT, "traffic_date")
        .agg(visitors=pl.when(is_product.any()).then(by_product).otherwise(visitors.sum()))
        .group_by(_PRODUCT)
        .agg(visitors_units=pl.col("visitors").sum())
    )
