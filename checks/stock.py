"""Whether stock moves as goods are sold: what it was, less what was sold, is what it is.

Receipts, corrections and sales elsewhere are told by nobody, so that of one SKU any difference may
be right. That most SKUs which sold differ in one way is not.
"""

import datetime as dt
from typing import Final

import polars as pl

from contracts.bundles import NO_PIECES
from contracts.checks import CheckResult
from contracts.codes import GOODS, RECEIVED

SPAN: Final = dt.timedelta(days=7)
SHORTEST: Final = dt.timedelta(hours=12)
LONGEST_UNPAID: Final = dt.timedelta(days=31)
"""How long ago an order was placed that is paid now, such as the balance of a pre-sale."""
TOLERANCE_RATE: Final = 0.05
TOLERANCE_UNITS: Final = 1
FEWEST_SKUS: Final = 10
FEWEST_UNITS: Final = 2
"""So many SKUs that sold so many pieces are judged; of single pieces nothing can be told."""
MOST_RATE: Final = 0.5
_SKU = ["shop_id", "sku_id"]


def stock_moves(
    shop_id: str,
    levels: pl.LazyFrame,
    orders: pl.LazyFrame,
    lines: pl.LazyFrame,
    *,
    until: dt.datetime,
    checked_at: dt.datetime,
    pieces: pl.LazyFrame = NO_PIECES,
) -> list[CheckResult]:
    """Hold the stock of the SKUs that sold in the last seven days against what they sold.

    `until` is when both were read last; `pieces` are the articles of bundles. Causes: `as_sold`;
    `received`, more is there than is left of it; `unmoved`; `opposite`, it rose by what was sold;
    `unknown`, it fell by more. Warns where most differ and were not received, holds where most are
    `opposite`: a sign is wrong. Nothing where there is half a day of stock or less.
    """
    first = levels.select(pl.col("read_at").min()).collect().item()
    if first is None or until - max(first, until - SPAN) < SHORTEST:
        return []
    since = max(first, until - SPAN)
    is_enough = pl.col("most_units") >= FEWEST_UNITS
    sold = _sold(orders, lines, pieces, since, until).filter(is_enough).collect().lazy()
    of_sold = levels.join(sold, on=_SKU, how="semi")
    before, after = _known(of_sold, since), _known(of_sold, until)
    counts = dict(
        sold.join(before, on=_SKU)
        .join(after, on=_SKU, suffix="_after")
        .filter(pl.col("places") == pl.col("places_after"))
        .group_by(_cause(pl.col("units_after") - pl.col("units")))
        .agg(skus=pl.len())
        .sort("skus", "cause", descending=[True, False])
        .collect()
        .iter_rows()
    )
    judged = sum(counts.values())
    odd = judged - counts.get("as_sold", 0) - counts.get("received", 0)
    told = ", ".join(f"{cause} {skus:,}" for cause, skus in counts.items())
    return [
        CheckResult(
            shop_id=shop_id,
            table="stock_levels",
            check="stock_moves",
            passed=judged < FEWEST_SKUS or odd <= MOST_RATE * judged,
            measured=f"{judged:,} SKUs that sold{': ' if told else ''}{told}",
            limit=f"most are less by what was sold, or were received, within {TOLERANCE_RATE:.0%}",
            checked_at=checked_at,
            is_blocking=counts.get("opposite", 0) > MOST_RATE * judged,
            rows=judged,
        )
    ]


def _known(levels: pl.LazyFrame, at: dt.datetime) -> pl.LazyFrame:
    """Pieces of each SKU that could be sold at an instant, and in how many places they lie."""
    newest = pl.col("available_units").get(pl.col("observed_at").arg_max())
    return (
        levels.filter(pl.col("observed_at") <= at)
        .group_by([*_SKU, "warehouse_id"])
        .agg(newest)
        .group_by(_SKU)
        .agg(units=pl.col("available_units").sum(), places=pl.len())
    )


def _sold(
    orders: pl.LazyFrame,
    lines: pl.LazyFrame,
    pieces: pl.LazyFrame,
    since: dt.datetime,
    until: dt.datetime,
) -> pl.LazyFrame:
    """What stock fell by at most and at least: of goods ordered or paid, and of both and kept.

    Platforms take stock off when it is ordered, or when it is paid.
    """
    placed = pl.col("placed_at").is_between(since, until, closed="right")
    paid = pl.col("paid_at").is_between(since, until, closed="right").fill_null(value=False)
    is_recent = pl.col("placed_at") > since - LONGEST_UNPAID
    is_sure = placed & paid & pl.col("payment_status").is_in(RECEIVED)
    touched = orders.filter(
        is_recent
        & (placed | paid)
        & pl.col("deleted_at").is_null()
        & ~pl.col("is_test").fill_null(value=False)
    ).select("shop_id", "order_id", is_sure=is_sure & pl.col("cancelled_at").is_null())
    goods = lines.filter(
        is_recent & pl.col("deleted_at").is_null() & pl.col("line_kind").is_in(GOODS)
    )
    by_line = goods.join(touched, on=["shop_id", "order_id"]).select(
        *_SKU,
        most_units="quantity_units",
        least_units=pl.when("is_sure").then("current_units").otherwise(0),
    )
    part = pl.col("part_units")
    parts = by_line.join(pieces, on=_SKU).select(
        "shop_id",
        sku_id="part_sku_id",
        most_units=pl.col("most_units") * part,
        least_units=pl.col("least_units") * part,
    )
    return pl.concat([by_line, parts]).group_by(_SKU).sum()


def _cause(moved: pl.Expr) -> pl.Expr:
    most, least = pl.col("most_units"), pl.col("least_units")
    tolerance = TOLERANCE_UNITS + TOLERANCE_RATE * most
    is_sold = moved.is_between(-most - tolerance, -least + tolerance)
    return (
        pl.when(is_sold)
        .then(pl.lit("as_sold"))
        .when(moved < -most)
        .then(pl.lit("unknown"))
        .when(moved == 0)
        .then(pl.lit("unmoved"))
        .when((moved - least).abs() <= tolerance)
        .then(pl.lit("opposite"))
        .otherwise(pl.lit("received"))
        .alias("cause")
    )
