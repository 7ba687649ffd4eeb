"""Orders, units and GMV per day of everything known, to be held against another count of them.

Definition: an order counts on the shop-local day it was placed, whatever became of its payment;
test orders do not. Units are pieces ordered and GMV is the totals of lines of goods, refunds not
taken off.
"""

from typing import Final

import polars as pl

from contracts.codes import GOODS
from contracts.tables import Order, OrderLine

_MEASURES: Final = ("orders_count", "sold_units", "gmv_minor")


def together(
    orders: pl.LazyFrame, lines: pl.LazyFrame, quarantine: pl.DataFrame, time_zone: str
) -> pl.DataFrame:
    """Days of one shop's lake and open quarantine together. Grain: order_date.

    Columns: `order_date`, null where an order's own instant cannot be read; `orders_count`;
    `sold_units`; `gmv_minor`. `quarantine` has the columns of `Quarantined`. A document counts
    once: by its version in quarantine, unless the lake holds a newer one.
    """
    held_orders = _quarantined_rows(quarantine, "orders", Order)
    held_lines = _quarantined_rows(quarantine, "order_lines", OrderLine)
    kept = _version(orders.select(*_ORDER).collect(), "lake")
    newest = (
        pl.concat([kept, _version(held_orders.select(_ORDER), "quarantine")])
        .sort("version", "shelf", nulls_last=False)
        .unique("order_id", keep="last")
        .filter(~pl.col("is_test").fill_null(value=False) & pl.col("deleted_at").is_null())
    )
    sums = pl.concat(
        [
            _sums(lines.filter(pl.col("deleted_at").is_null()), "lake").collect(),
            _sums(_newest_lines(held_lines, newest).lazy(), "quarantine").collect(),
        ]
    )
    day = pl.col("placed_at").dt.convert_time_zone(time_zone).dt.date()
    return (
        newest.join(sums, on=["order_id", "shelf"], how="left")
        .group_by(order_date=day)
        .agg(
            orders_count=pl.len().cast(pl.Int64),
            sold_units=pl.col("sold_units").sum(),
            gmv_minor=pl.col("gmv_minor").sum(),
        )
        .sort("order_date")
    )


def against(days: pl.DataFrame, truth: pl.DataFrame) -> pl.DataFrame:
    """Days on which two counts differ, the other's columns with the suffix `_truth`; empty: equal.

    A day that one side does not have counts zero there.
    """
    joined = days.join(
        truth.select("order_date", *_MEASURES),
        on="order_date",
        how="full",
        suffix="_truth",
        coalesce=True,
        nulls_equal=True,
    ).with_columns(pl.exclude("order_date").fill_null(0))
    differs = [pl.col(name) != pl.col(f"{name}_truth") for name in _MEASURES]
    return joined.filter(pl.any_horizontal(differs)).sort("order_date")


_ORDER: Final = ("order_id", "placed_at", "is_test", "source_updated_at", "read_at", "deleted_at")
_LINE: Final = (
    "order_id",
    "line_kind",
    "quantity_units",
    "total_minor",
    "source_updated_at",
    "read_at",
)


def _quarantined_rows(
    quarantine: pl.DataFrame, table: str, schema: type[Order | OrderLine]
) -> pl.DataFrame:
    """The rows of a table inside the quarantined orders, typed."""
    columns = schema.columns()
    wanted = _ORDER if table == "orders" else _LINE
    texts = pl.Struct({name: pl.String for name in wanted})
    payload = pl.Struct({table: pl.List(texts)})
    rows = (
        quarantine.filter(pl.col("table") == "orders")
        .select(pl.col("payload").str.json_decode(payload).struct.field(table))
        .explode(table)
        .drop_nulls()
        .unnest(table)
    )
    return rows.select(_typed(name, columns[name].dtype) for name in wanted)


def _typed(name: str, dtype: pl.DataType) -> pl.Expr:
    value = pl.col(name)
    if isinstance(dtype, pl.Datetime):
        return value.str.to_datetime("%+", time_unit="us", time_zone="UTC")
    if dtype == pl.Boolean:
        return value == "true"
    return value.cast(dtype)


def _version(rows: pl.DataFrame, shelf: str) -> pl.DataFrame:
    return rows.with_columns(
        version=pl.coalesce("source_updated_at", "read_at"), shelf=pl.lit(shelf)
    )


def _newest_lines(quarantined: pl.DataFrame, newest: pl.DataFrame) -> pl.DataFrame:
    """Lines of the counted version only: a quarantined document may hold several."""
    counted = newest.filter(pl.col("shelf") == "quarantine").select("order_id", "version")
    versioned = quarantined.with_columns(version=pl.coalesce("source_updated_at", "read_at"))
    return versioned.join(counted, on=["order_id", "version"], how="semi", nulls_equal=True)


def _sums(lines: pl.LazyFrame, shelf: str) -> pl.LazyFrame:
    return (
        lines.filter(pl.col("line_kind").is_in([str(kind) for kind in GOODS]))
        .group_by("order_id")
        .agg(sold_units=pl.col("quantity_units").sum(), gmv_minor=pl.col("total_minor").sum())
        .with_columns(shelf=pl.lit(shelf))
    )
