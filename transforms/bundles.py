"""Bundles, which lie on no shelf: what they take of their parts, and how many these allow."""

import datetime as dt
from typing import Final

import dataframely as dy
import polars as pl

from contracts.bundles import PIECES_SCHEMA, explode
from contracts.columns import MAX_UNITS
from contracts.tables import BundlePart, SalesDaily

_SKU: Final = ["shop_id", "sku_id"]
_PART: Final = ["shop_id", "part_sku_id"]
_DAY: Final = [*_SKU, "sales_date"]
NO_RATES: Final = pl.LazyFrame(
    schema={"shop_id": pl.String(), "sku_id": pl.String(), "alone_rate": pl.Float64()}
)
"""Of a shop without bundles: everything is sold alone."""


def articles(parts: dy.LazyFrame[BundlePart]) -> pl.LazyFrame:
    """The articles in each bundle, through any bundle between (`contracts.bundles`)."""
    return parts.lazy().map_batches(lambda frame: explode(frame)[0], schema=PIECES_SCHEMA)


def parts_of(pieces: pl.LazyFrame) -> pl.LazyFrame:
    """Articles that some bundle holds. Grain: (shop_id, sku_id)."""
    return pieces.select("shop_id", sku_id="part_sku_id").unique()


def pieces_sold(sales_daily: dy.LazyFrame[SalesDaily], pieces: pl.LazyFrame) -> pl.LazyFrame:
    """Pieces that left the shelf. Grain: (shop_id, sku_id, sales_date), with `sold_units`.

    A part's are its own and those that its bundles took; a bundle's stay beside them, since it has
    a price of its own. The few `pieces` are read at once: without any, no sale is looked up.
    """
    sales = sales_daily.lazy().select(*_DAY, "sold_units")
    held = pieces.collect()
    if held.is_empty():
        return sales
    pieces = held.lazy()
    parts = parts_of(pieces)
    units = pl.col("sold_units")
    taken = sales.join(pieces, on=_SKU).select(
        "shop_id", "sales_date", sku_id="part_sku_id", sold_units=units * pl.col("part_units")
    )
    own = sales.join(parts, on=_SKU, how="semi")
    left = pl.concat([own, taken.select(own.collect_schema().names())]).group_by(_DAY)
    of_parts = left.agg(units.sum().clip(upper_bound=MAX_UNITS))
    return pl.concat([sales.join(parts, on=_SKU, how="anti"), of_parts])


def alone_rates(
    sales_daily: dy.LazyFrame[SalesDaily],
    pieces: pl.LazyFrame,
    *,
    since: dt.date,
    until: dt.date,
) -> pl.LazyFrame:
    """How much of a part's pieces is sold alone, of the days from `since` to `until`.

    Grain: (shop_id, sku_id), parts that sold. Its price moves these, and not what bundles take. The
    few `pieces` are read at once: without any, no sale is looked up.
    """
    held = pieces.collect()
    if held.is_empty():
        return NO_RATES
    pieces = held.lazy()
    within = pl.col("sales_date").is_between(since, until)
    total = pl.col("sold_units").sum()
    own = sales_daily.lazy().filter(within).group_by(_SKU).agg(own_units=total)
    sold = pieces_sold(sales_daily, pieces).filter(within).join(parts_of(pieces), on=_SKU)
    return (
        sold.group_by(_SKU)
        .agg(all_units=total)
        .filter(pl.col("all_units") > 0)
        .join(own, on=_SKU, how="left")
        .select(*_SKU, alone_rate=pl.col("own_units").fill_null(0) / pl.col("all_units"))
    )


def with_bundle_spans(spans: pl.LazyFrame, pieces: pl.LazyFrame) -> pl.LazyFrame:
    """Spans out of stock (`transforms.stock.stockout_spans`), with those of bundles.

    A bundle cannot be sold while one of its parts cannot.
    """
    bundled = pieces.select(*_PART, bundle_id="sku_id")
    of_bundles = spans.join(bundled, left_on=_SKU, right_on=_PART).select(
        "shop_id", "first_date", "last_date", sku_id="bundle_id"
    )
    return pl.concat([spans, of_bundles.select(*_SKU, "first_date", "last_date")])


def with_bundle_levels(levels: pl.LazyFrame, pieces: pl.LazyFrame) -> pl.LazyFrame:
    """Stock per SKU (on_hand_units, available_units, observed_at), of bundles what parts allow.

    As many as the part that allows fewest; null where the stock of one is not known. What a
    platform says of a bundle's own stock is left out, since it counts the same pieces again.
    """
    counts = ("on_hand_units", "available_units")
    units = {name: pl.col(name) // pl.col("part_units") for name in counts}
    least = (
        pl.when(pl.col(name).null_count() == 0).then(one.min()).alias(name)
        for name, one in units.items()
    )
    allowed = (
        pieces.join(levels, left_on=_PART, right_on=_SKU, how="left")
        .group_by(_SKU)
        .agg(*least, pl.col("observed_at").min())
    )
    own = levels.join(pieces, on=_SKU, how="anti")
    return pl.concat([own, allowed.select(own.collect_schema().names())])
