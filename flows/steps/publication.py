"""Publication: metrics of every whole day in the database, for BI tools."""

import calendar
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from contracts.metrics import Gap, Metric
from contracts.tables import KpisDaily
from contracts.tables.published import MetricDay, MetricDefinition
from flows.steps.days import first_day
from flows.steps.home import Home
from flows.steps.metrics import sources_at_hand
from flows.steps.shop import Shop
from flows.steps.views import View
from transforms.metrics.catalogue import METRICS, dimensions_of, needed
from transforms.metrics.measure import GAP_SUFFIX, PERIOD, Period, measure
from warehouse.published_metrics import publish_days, publish_dictionary, published_values

KPIS: Final[Mapping[str, str]] = {
    "gmv": "gmv_minor",
    "orders": "orders_count",
    "units": "sold_units",
    "buyers": "buyers_units",
    "new_buyers": "new_buyers_units",
    "refunded": "refunded_minor",
    "cancelled_orders": "cancelled_units",
}
"""Metrics that `kpis_daily` has too: it is built of every change, so it tells which days differ."""
_TRAILING: Final = dt.timedelta(days=35)
"""Days before the last whole one that are renewed with it: ads and visits are reported anew for
weeks, and what was ordered is settled."""
_MERGED: Final = dt.timedelta(days=28)
"""Days that lie no further apart are measured in one go."""


def publish_metrics(home: Home, shops: Sequence[Shop], *, is_full: bool = False) -> int:
    """Publish the metrics of shops as `metrics_daily`, `metrics_wide` and `metrics_dictionary`.

    Days published: those that never were, those of which `kpis_daily` says something else, once a
    day the trailing window, and after each Sunday all, since parcels, costs and reviews of older
    days change too; `is_full`: all. Days before the first order that is left go. Number of days.
    """
    published = 0
    for shop in shops:
        view = View.of(home, shop, home.data_as_of(shop))
        gone = sorted(_published(view) - set(_days(view)))
        if gone:
            none = MetricDay.create_empty()
            publish_days(home.database, none, shop_id=shop.id, days=gone, lasting=())
        days = _days(view) if is_full else _dirty_days(view)
        for some in _runs(days):
            rows = metric_days(view, first=some[0], last=some[-1])
            rows = rows.filter(pl.col("metric_date").is_in(some))
            publish_days(
                home.database, rows, shop_id=shop.id, days=some, lasting=_of_the_last_day()
            )
        published += len(gone) + len(days)
    if published:
        publish_dictionary(home.database, definitions())
    return published


def metric_days(view: View, *, first: dt.date, last: dt.date) -> pl.DataFrame:
    """All metrics of a shop's days, both included (schema `MetricDay`).

    What is known of the last whole day alone has no row of another.
    """
    wide = measure(list(METRICS), sources_at_hand(view), first=first, last=last, period=Period.DAY)
    values = wide.unpivot(list(METRICS), index=PERIOD, variable_name="metric")
    gaps = wide.unpivot([name + GAP_SUFFIX for name in METRICS], index=PERIOD, value_name="gap")
    units = {name: str(one.unit) for name, one in METRICS.items()}
    is_known = pl.col("gap").ne_missing(str(Gap.LAST_DAY_ONLY))
    return MetricDay.validate(
        values.with_columns(gaps["gap"])
        .filter(is_known)
        .select(
            pl.lit(view.shop.id).alias("shop_id"),
            pl.col(PERIOD).alias("metric_date"),
            "metric",
            pl.lit(view.shop.settings.currency).alias("currency"),
            pl.col("metric").replace_strict(units).alias("unit"),
            "value",
            "gap",
        )
        .sort("metric_date", "metric")
    )


def all_days(home: Home, shops: Sequence[Shop]) -> pl.DataFrame:
    """All metrics of every whole day of shops, computed now (schema `MetricDay`)."""
    parts: list[pl.DataFrame] = [MetricDay.create_empty()]
    for shop in shops:
        view = View.of(home, shop, home.data_as_of(shop))
        if days := _days(view):
            parts.append(metric_days(view, first=days[0], last=days[-1]))
    return pl.concat(parts)


def definitions() -> pl.DataFrame:
    """The catalogue (schema `MetricDefinition`), in its order."""
    return MetricDefinition.validate(pl.DataFrame([_definition(one) for one in METRICS.values()]))


def _definition(metric: Metric) -> dict[str, str | bool]:
    return {
        "metric": metric.name,
        "title_en": metric.title.en,
        "title_zh": metric.title.zh,
        "definition_en": metric.definition.en,
        "definition_zh": metric.definition.zh,
        "unit": str(metric.unit),
        "rests_on": metric.fact or ", ".join(metric.inputs),
        "dimensions": ", ".join(sorted(dimensions_of(metric.name))),
        "is_estimated": metric.is_estimated,
        "is_additive": metric.is_additive,
    }


def _of_the_last_day() -> frozenset[str]:
    """Metrics of what there is: their day cannot be measured again."""
    facts = {"stock", "members"}
    return frozenset(name for name in METRICS if {one.fact for one in needed([name])} & facts)


def _days(view: View) -> list[dt.date]:
    """The whole days of a shop since its first order."""
    first, last = first_day(view.home, view.shop), view.today - dt.timedelta(days=1)
    if first is None or first > last:
        return []
    return pl.date_range(first, last, eager=True).to_list()


def _published(view: View) -> set[dt.date]:
    """Days of a shop that are published."""
    return set(published_values(view.home.database, view.shop.id, list(KPIS))["metric_date"])


def _dirty_days(view: View) -> list[dt.date]:
    """Days that were never published, or of which the daily table says something else."""
    days = _days(view)
    stored = published_values(view.home.database, view.shop.id, list(KPIS))
    known = set(stored["metric_date"])
    day = pl.col("kpi_date").alias("metric_date")
    kpis = view.rows(KpisDaily).select(day, **KPIS).collect()
    now = kpis.unpivot(list(KPIS), index="metric_date", variable_name="metric", value_name="now")
    both = now.join(stored, on=["metric_date", "metric"], how="left")
    changed = set(both.filter(pl.col("now").ne_missing(pl.col("value")))["metric_date"])
    if days and days[-1] not in known and days[-1].weekday() == calendar.SUNDAY:
        return days
    trailing = days[-1] - _TRAILING if days and days[-1] not in known else None
    return [
        one
        for one in days
        if one not in known or one in changed or (trailing is not None and one > trailing)
    ]


def _runs(days: Sequence[dt.date]) -> list[list[dt.date]]:
    """The days, parted where they lie far apart."""
    runs: list[list[dt.date]] = []
    for one in days:
        if runs and one - runs[-1][-1] <= _MERGED:
            runs[-1].append(one)
        else:
            runs.append([one])
    return runs
