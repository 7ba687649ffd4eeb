"""Today so far and the month to date, each beside what it was at the same hour before."""

import datetime as dt
from dataclasses import replace
from typing import Final, cast
from zoneinfo import ZoneInfo

import dataframely as dy
import polars as pl

from contracts.tables import Order
from transforms.metrics.measure import measure
from transforms.metrics.sources import Sources

COUNTED: Final = ("gmv", "orders", "units", "buyers", "new_buyers", "aov")
"""What is known of a day that is not over: it rests on orders alone."""
_DAY: Final = dt.timedelta(days=1)


def so_far(of: Sources, as_of: dt.datetime) -> pl.DataFrame:
    """Metrics of orders until an instant. Grain: (metric), in the order of `COUNTED`.

    Columns: `today`, from the shop's midnight until `as_of`; `last_week`, the same weekday a week
    before until the same hour of the shop's clock; `month`, from the first of the month; and
    `last_month`, from the first of the month before until the same day (its last, where it is
    shorter) and hour. Orders count as they are known now: of the earlier ones, also those that were
    paid later. Null where there is no value.
    """
    now = as_of.astimezone(ZoneInfo(of.time_zone))
    week_ago = now - 7 * _DAY
    end_of_last = now.replace(day=1) - _DAY
    month_ago = end_of_last.replace(day=min(now.day, end_of_last.day))
    spans = {
        "today": (now.date(), now),
        "last_week": (week_ago.date(), week_ago),
        "month": (now.date().replace(day=1), now),
        "last_month": (month_ago.date().replace(day=1), month_ago),
    }
    values = {name: _until(of, *span) for name, span in spans.items()}
    return pl.DataFrame({"metric": COUNTED, **values})


def _until(of: Sources, first: dt.date, until: dt.datetime) -> pl.Series:
    """What orders from a day until an instant come to, by `COUNTED`."""
    placed = of.orders.lazy().filter(pl.col("placed_at") <= until.astimezone(dt.UTC))
    some = replace(of, orders=cast("dy.LazyFrame[Order]", placed))
    row = measure(COUNTED, some, first=first, last=until.date()).row(0, named=True)
    return pl.Series([row[name] for name in COUNTED], dtype=pl.Float64)
