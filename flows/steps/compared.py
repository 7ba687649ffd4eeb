"""Compared: a metric beside what it was a week or a year before, and today so far."""

import datetime as dt
from typing import Final, Literal

import polars as pl

from contracts.errors import ConfigurationError
from contracts.metrics import Gap
from flows.steps.days import first_day
from flows.steps.home import Home
from flows.steps.metrics import Measured, show, sources
from flows.steps.views import View
from transforms.metrics.measure import PERIOD, Period
from transforms.metrics.so_far import so_far

Before = Literal["week", "year"]
_BACK: Final = {"week": "7d", "year": "364d"}
"""A year is 52 weeks: the same weekday."""


def before(home: Home, found: Measured, against: Before) -> pl.DataFrame:
    """Rows of a metric with what it was before: `against`, `against_gap` and `change`.

    A week before; or 52 weeks, so that a Sunday stands beside a Sunday. A month stands beside the
    same month of the year before. `change` is the part by which it grew; null where there was
    nothing, or before the shop's first order.

    Raises:
        ConfigurationError: months are compared with a week before.
    """
    back = _BACK[against]
    if found.period is Period.MONTH:
        if against == "week":
            raise ConfigurationError("--against week: months are compared with those of a year ago")
        back = "12mo"
    if found.rows.is_empty():
        none = pl.lit(None, dtype=pl.Float64)
        gap = pl.lit(None, dtype=pl.String)
        return found.rows.with_columns(against=none, against_gap=gap, change=none)
    parts = [_before(home, found, shop_id, back) for shop_id in _shops(found)]
    key = ["shop_id", PERIOD, *map(str, found.dimensions)]
    value, past = pl.col("value"), pl.col("against")
    return found.rows.join(
        pl.concat(parts), on=key, how="left", maintain_order="left", nulls_equal=True
    ).with_columns(change=pl.when(past != 0).then(value / past - 1))


def _shops(found: Measured) -> list[str]:
    return found.rows["shop_id"].unique().sort().to_list()


def _before(home: Home, found: Measured, shop_id: str, back: str) -> pl.DataFrame:
    """A shop's rows of the days before, on the periods that they are compared with."""
    first, last = (
        pl.select(pl.lit(day).dt.offset_by(f"-{back}")).item() for day in (found.first, found.last)
    )
    by = [found.period, *found.dimensions]
    then = show(home, found.metric.name, shop_id=shop_id, first=first, last=last, by=by).rows
    known = first_day(home, home.shop(shop_id))
    is_known = pl.col(PERIOD) >= pl.lit(known, dtype=pl.Date)
    return then.select(
        "shop_id",
        pl.col(PERIOD).dt.offset_by(back),
        *map(str, found.dimensions),
        against=pl.when(is_known).then("value"),
        against_gap=pl.when(is_known).then("gap").otherwise(pl.lit(str(Gap.NO_HISTORY))),
    )


def today(home: Home, *, shop_id: str | None = None) -> pl.DataFrame:
    """Today so far of a shop or all, as `transforms.metrics.so_far`, until the newest reading.

    With `shop_id`, `currency` and `until` before the columns there; what lies before the shop's
    first order is null.
    """
    parts = []
    for shop in home.select(shop_id):
        view = View.of(home, shop, home.data_as_of(shop))
        known = first_day(home, shop) or view.today
        first_of_last = (view.today.replace(day=1) - dt.timedelta(days=1)).replace(day=1)
        found = so_far(sources(view), view.as_of).with_columns(
            pl.when(known <= day).then(name).alias(name)
            for name, day in (
                ("last_week", view.today - dt.timedelta(days=7)),
                ("last_month", first_of_last),
            )
        )
        parts.append(
            found.select(
                pl.lit(shop.id).alias("shop_id"),
                pl.lit(shop.settings.currency).alias("currency"),
                pl.lit(view.as_of).alias("until"),
                pl.all(),
            )
        )
    return pl.concat(parts)
