"""The figures of a day: value, change against the same weekday and trend."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

import polars as pl

from reports.formats import count, figure, money, rate

SHOWN_DAYS = 90
TREND_DAYS = 28
_WEEK = dt.timedelta(weeks=1)
_STEADY_RATE = 0.005

Tone = Literal["good", "bad", "steady"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A column of `KpisDaily` and what people call it."""

    column: str
    label: str
    label_zh: str
    unit: Literal["money", "count", "rate"]
    is_better: Literal["higher", "lower"] = "higher"


MEASURES = (
    Measure(column="gmv_minor", label="GMV", label_zh="成交额", unit="money"),
    Measure(column="orders_count", label="Orders", label_zh="订单数", unit="count"),
    Measure(column="buyers_units", label="Buyers", label_zh="买家数", unit="count"),
    Measure(column="sold_units", label="Units", label_zh="销量", unit="count"),
    Measure(column="aov_minor", label="Average order", label_zh="客单价", unit="money"),
    Measure(column="new_buyers_units", label="New buyers", label_zh="新客数", unit="count"),
    Measure(column="repurchase_rate", label="Repurchase rate", label_zh="复购率", unit="rate"),
    Measure(column="conversion_rate", label="Conversion", label_zh="转化率", unit="rate"),
    Measure(
        column="refunded_minor",
        label="Refunded",
        label_zh="退款额",
        unit="money",
        is_better="lower",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFigure:
    """One measure on one day. `change` is text against the same weekday a week before."""

    measure: Measure
    value: str
    change: str
    tone: Tone
    trend: tuple[float | None, ...]
    """Four weeks, oldest first; None where a day has no value."""


def complete_days(kpis: pl.DataFrame, as_of: dt.datetime, time_zone: str) -> pl.DataFrame:
    """One shop's days before today by its own clock, the last 90 of them, oldest first."""
    today = as_of.astimezone(ZoneInfo(time_zone)).date()
    return kpis.filter(pl.col("kpi_date") < today).sort("kpi_date").tail(SHOWN_DAYS)


def figures(days: pl.DataFrame) -> Iterator[ReportFigure]:
    """Figures of the last of `days` (grain: kpi_date, one currency); measures never known are
    left out."""
    if days.is_empty():
        return
    currency = str(days["currency"][-1])
    before = days.filter(pl.col("kpi_date") == days["kpi_date"][-1] - _WEEK)
    for measure in MEASURES:
        values = days[measure.column]
        if values.null_count() == len(values):
            continue
        then = before[measure.column][0] if before.height else None
        change, tone = _change(measure, values[-1], then)
        yield ReportFigure(
            measure=measure,
            value=format_measure(measure, values[-1], currency),
            change=change,
            tone=tone,
            trend=tuple(values.tail(TREND_DAYS)),
        )


def format_measure(measure: Measure, value: float | None, currency: str) -> str:
    """A value of a measure as text."""
    if measure.unit == "money":
        return figure(None if value is None else int(value), currency)
    if measure.unit == "rate":
        return rate(value)
    return count(None if value is None else int(value))


def _change(measure: Measure, now: float | None, then: float | None) -> tuple[str, Tone]:
    """Relative change, for a rate in percentage points."""
    if now is None or then is None:
        return "no day to compare with", "steady"
    if measure.unit == "rate":
        moved, text = now - then, f"{(now - then) * 100:+.1f} pp"
    elif then == 0:
        return "from zero" if now else "unchanged", "steady"
    else:
        moved, text = now / then - 1, f"{now / then - 1:+.1%}"
    if abs(moved) < _STEADY_RATE:
        return text, "steady"
    return text, "good" if (moved > 0) is (measure.is_better == "higher") else "bad"


def explain_gmv(day: dict[str, object]) -> str | None:
    """What moved GMV against the same weekday before, in one sentence; none where it is unknown.

    `day` is a row of `transforms.kpis.kpi_changes`; its effects add up to the change.
    """
    currency, change = str(day["currency"]), day["gmv_change_minor"]
    effects = {
        "visitors": day["visitors_effect_minor"],
        "conversion": day["conversion_effect_minor"],
        "average order": day["aov_effect_minor"],
    }
    known = [
        f"{name} {_signed_amount(effect, currency)}"
        for name, effect in effects.items()
        if isinstance(effect, float)
    ]
    if len(known) < len(effects) or not isinstance(change, int):
        return None
    return f"GMV {_signed_amount(change, currency)}: {', '.join(known)}."


def _signed_amount(amount_minor: float, currency: str) -> str:
    whole = round(amount_minor)
    return f"{'+' if whole > 0 else ''}{money(whole, currency)}"
