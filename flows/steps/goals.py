"""Goals: targets of the shops and how they stand, and what metrics come to elsewhere."""

import datetime as dt
from dataclasses import dataclass

import polars as pl

from contracts.tables import Benchmark, Target, table_of
from flows.steps.home import Home
from flows.steps.metrics import Measured, sources_at_hand
from flows.steps.views import View
from transforms.metrics import goals as by_goal
from transforms.metrics.goals import scale
from transforms.metrics.measure import EVERY, PERIOD, Period


@dataclass(frozen=True, slots=True)
class Goals:
    """`targets` as `transforms.metrics.goals.progress`, `benchmarks` as `compare` there; both with
    the shop's `currency` at the end."""

    targets: pl.DataFrame
    benchmarks: pl.DataFrame


def goals(home: Home, *, shop_id: str | None = None) -> Goals:
    """Targets and benchmarks of a shop or all, as far as their days are whole."""
    views = [View.of(home, shop, home.data_as_of(shop)) for shop in home.select(shop_id)]
    targets, benchmarks = [], []
    for view in views:
        of, currency = sources_at_hand(view), pl.lit(view.shop.settings.currency).alias("currency")
        targets.append(by_goal.progress(of).with_columns(currency))
        compared = by_goal.compare(of, view.rows(Benchmark))
        benchmarks.append(compared.with_columns(currency))
    return Goals(pl.concat(targets), pl.concat(benchmarks))


def beside(home: Home, found: Measured) -> pl.DataFrame:
    """Rows of a metric with `target` and `benchmark` of the same days, where there are such.

    A month that has not ended stands beside the month's. Of several groups of peers the first by
    name; nothing beside what is broken down by dimensions.
    """
    if found.rows.is_empty():
        none = pl.lit(None, dtype=pl.Float64)
        return found.rows.with_columns(target=none, benchmark=none)
    shops = [home.shop(shop_id) for shop_id in found.rows["shop_id"].unique().sort()]
    views = [View.of(home, shop, home.data_as_of(shop)) for shop in shops]
    until = pl.lit(found.last)
    if found.period is not Period.SPAN:
        every = EVERY[found.period]
        until = pl.col(PERIOD).dt.truncate(every).dt.offset_by(every) - dt.timedelta(days=1)
    rows = found.rows.with_columns(last_date=until)
    for name, schema in (("target", Target), ("benchmark", Benchmark)):
        goal = pl.concat([_stated(view, found, schema, name) for view in views])
        key = ["shop_id", PERIOD, "last_date"]
        rows = rows.join(goal, on=key, how="left", maintain_order="left")
    return rows.drop("last_date")


def _stated(
    view: View, found: Measured, schema: type[Target | Benchmark], name: str
) -> pl.DataFrame:
    """A shop's goals for a metric, in its unit, one for the same days."""
    factor = scale(found.metric.name, view.shop.settings.currency)
    rows = view.rows(schema).lazy().sort(table_of(schema).key)
    mine = (pl.col("metric_name") == found.metric.name) & pl.lit(not found.dimensions)
    key = ["shop_id", "first_date", "last_date"]
    once = rows.filter(mine).unique(key, keep="first", maintain_order=True)
    value = (pl.col(f"{name}_value") * factor).alias(name)
    return once.select("shop_id", pl.col("first_date").alias(PERIOD), "last_date", value).collect()
