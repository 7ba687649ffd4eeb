"""Goals: how much of a target is reached, against how much of its time has gone; and benchmarks."""

import datetime as dt
from collections.abc import Iterator
from typing import Any, Final

import dataframely as dy
import polars as pl

from contracts.metrics import Gap, Unit
from contracts.money import exponent
from contracts.tables import Benchmark
from transforms.metrics.catalogue import METRICS
from transforms.metrics.measure import GAP_SUFFIX, PERIOD, Period, measure
from transforms.metrics.sources import Sources

PROFILE_DAYS: Final = 56
"""Eight weeks before a target's first day tell what a weekday brings."""
_WEEK: Final = 7
_SAME: Final = 1e-9
PROGRESS: Final = pl.Schema(
    {
        "shop_id": pl.String,
        "metric": pl.String,
        "first_date": pl.Date,
        "last_date": pl.Date,
        "target": pl.Float64,
        "value": pl.Float64,
        "gap": pl.String,
        "reached_rate": pl.Float64,
        "gone_rate": pl.Float64,
        "profile": pl.String,
        "pace": pl.Float64,
    }
)
COMPARED: Final = pl.Schema(
    {
        "shop_id": pl.String,
        "metric": pl.String,
        "peer_group": pl.String,
        "first_date": pl.Date,
        "last_date": pl.Date,
        "benchmark": pl.Float64,
        "value": pl.Float64,
        "gap": pl.String,
        "difference_rate": pl.Float64,
    }
)


def progress(of: Sources) -> pl.DataFrame:
    """What became of each target until the last whole day. Grain: (shop_id, metric, first_date,
    last_date).

    `target` and `value` are in the metric's unit, money in minor units. `reached_rate` is value per
    target; `gone_rate` the part of the period that has gone, by `profile`: "weekday" as the shop's
    own weekdays brought it in the eight weeks before, where these are known and add up; "linear" by
    days; "level" (rates and other quotients) has none, since they do not grow with time. `pace` is
    reached per gone, 1 on the way; of a level what is reached. What names no metric says so in
    `gap`, its target as it was stated.
    """
    rows = of.targets.lazy().sort("first_date", "last_date", "metric_name").collect().to_dicts()
    found = [
        _progressed(of, row) if row["metric_name"] in METRICS else _unknown(row, "target")
        for row in rows
    ]
    return pl.DataFrame(found, schema=PROGRESS, orient="row")


def compare(of: Sources, benchmarks: dy.LazyFrame[Benchmark]) -> pl.DataFrame:
    """Metrics beside what they come to elsewhere, over the same days. Grain: (shop_id, metric,
    peer_group, first_date, last_date).

    `difference_rate`: how far the value is above the benchmark, per benchmark. A period that has
    not ended is compared until the last whole day where the metric is no sum, else not at all.
    """
    key = ["first_date", "last_date", "metric_name", "peer_group"]
    rows = benchmarks.lazy().sort(key).collect().to_dicts()
    found = [
        _compared(of, row) if row["metric_name"] in METRICS else _unknown(row, "benchmark")
        for row in rows
    ]
    return pl.DataFrame(found, schema=COMPARED, orient="row")


def _unknown(row: dict[str, Any], goal: str) -> dict[str, Any]:
    """A goal for what is no metric: nothing is lost, and why it says nothing is told."""
    known = ("shop_id", "first_date", "last_date", "peer_group")
    return {
        "metric": row["metric_name"],
        goal: row[f"{goal}_value"],
        "gap": str(Gap.UNKNOWN_METRIC),
        **{name: row[name] for name in known if name in row},
    }


def _progressed(of: Sources, row: dict[str, Any]) -> dict[str, Any]:
    name, first, last = row["metric_name"], row["first_date"], row["last_date"]
    target = row["target_value"] * scale(name, of.currency)
    value, gap = _until_now(of, name, first, last)
    profile, gone = _gone(of, name, first, last)
    reached = value / target if value is not None and target > 0 else None
    pace = reached if gone is None else reached / gone if reached is not None and gone else None
    return {
        "shop_id": row["shop_id"], "metric": name, "first_date": first, "last_date": last,
        "target": target, "value": value, "gap": gap, "reached_rate": reached,
        "gone_rate": gone, "profile": profile, "pace": pace,
    }  # fmt: skip


def _compared(of: Sources, row: dict[str, Any]) -> dict[str, Any]:
    name, first, last = row["metric_name"], row["first_date"], row["last_date"]
    other = row["benchmark_value"] * scale(name, of.currency)
    value, gap = _until_now(of, name, first, last)
    if last > of.known_until and not _is_level(name):
        value, gap = None, str(Gap.CENSORED)
    above = (value - other) / other if value is not None and other > 0 else None
    return {
        "shop_id": row["shop_id"], "metric": name, "peer_group": row["peer_group"],
        "first_date": first, "last_date": last, "benchmark": other, "value": value, "gap": gap,
        "difference_rate": above,
    }  # fmt: skip


def scale(name: str, currency: str) -> int:
    """By what a goal is multiplied to be in the metric's unit: minor units per major one, of
    money."""
    return 10 ** exponent(currency) if METRICS[name].unit is Unit.MONEY else 1


def _is_level(name: str) -> bool:
    """Whether it neither adds up nor counts: a quotient, a median, a score."""
    return not METRICS[name].fact or METRICS[name].unit not in (Unit.MONEY, Unit.COUNT)


def _until_now(
    of: Sources, name: str, first: dt.date, last: dt.date
) -> tuple[float | None, str | None]:
    """A metric of the whole days of a period that have passed; why there is none."""
    end = min(last, of.known_until)
    if end < first:
        return None, str(Gap.CENSORED)
    row = measure([name], of, first=first, last=end).row(0, named=True)
    return row[name], row[name + GAP_SUFFIX]


def _gone(of: Sources, name: str, first: dt.date, last: dt.date) -> tuple[str, float | None]:
    """How much of a period has gone, and by which profile."""
    weights = _weekdays(of, name, first)
    if weights is None and _is_level(name):
        return "level", None
    days = list(_days(first, last))
    shares = [1.0 if weights is None else weights[day.weekday()] for day in days]
    passed = sum(one for day, one in zip(days, shares, strict=True) if day <= of.known_until)
    return "linear" if weights is None else "weekday", passed / sum(shares)


def _days(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    for number in range((last - first).days + 1):
        yield first + dt.timedelta(days=number)


def _weekdays(of: Sources, name: str, before: dt.date) -> list[float] | None:
    """What each weekday, from Monday, brought in the weeks before; None where days do not add up
    to the span, one is not known, or nothing came of them."""
    end = min(before - dt.timedelta(days=1), of.known_until)
    start = end - dt.timedelta(days=PROFILE_DAYS - 1)
    daily = measure([name], of, first=start, last=end, period=Period.DAY)
    whole = measure([name], of, first=start, last=end)[name].item()
    total = daily[name].sum()
    is_sum = whole is not None and abs(total - whole) <= _SAME * abs(whole)
    if daily[name].null_count() or not is_sum or total <= 0:
        return None
    by_weekday = daily.group_by(pl.col(PERIOD).dt.weekday().alias("weekday")).agg(
        pl.col(name).sum()
    )
    weights = by_weekday.sort("weekday")[name].to_list()
    return weights if min(weights) >= 0 else None
