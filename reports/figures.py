"""The figures of a day: value or why there is none, change against the same weekday and trend."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from contracts.languages import Bilingual, Language
from contracts.metrics import GAPS, Gap, Metric, Unit
from reports import formats

TREND_DAYS = 28
DAY = "day"
GAP_SUFFIX = "_gap"
_WEEK = dt.timedelta(weeks=1)
_STEADY_RATE = 0.005
_FEW = 10
"""Fewer of something than this are a base on which a percentage means nothing."""

Tone = Literal["good", "bad", "steady"]
Row = Mapping[str, Any]

_NOTHING_BEFORE = Bilingual("no day to compare with", "无可比日期")
_UNCHANGED = Bilingual("unchanged", "持平")
_POINTS = Bilingual(" pp", " 个百分点")
_ESTIMATED = Bilingual("{} (estimated)", "{}（预估）")
_SINCE = Bilingual("data since {}", "数据始于 {}")
_EFFECTS = (
    ("visitors_effect_minor", Bilingual("visitors", "访客数")),
    ("conversion_effect_minor", Bilingual("conversion", "转化率")),
    ("aov_effect_minor", Bilingual("average order", "客单价")),
)
_MOVED = Bilingual(
    "{} against the same weekday a week before: {}.", "成交额较上周同日 {}，其中{}。"
)
_NOT_COMPARED = Bilingual(
    "What moved GMV is not known: there is no day a week before to compare with.",
    "无法说明成交额变动原因：没有上周同日可比。",
)
_NOT_SPLIT = Bilingual(
    "{} against the same weekday a week before; what moved it is not known, as one of the two"
    " days has no visitors or no orders.",
    "成交额较上周同日 {}；其中一日没有访客或订单数据，无法拆分原因。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFigure:
    """One metric on one day. `change` is text against the same weekday a week before, or says why
    there is no value.
    """

    metric: Metric
    title: str
    value: str
    change: str
    tone: Tone
    note: str
    """What a reader has to know of it beside; empty: nothing."""
    trend: tuple[float | None, ...]
    """Four weeks, oldest first; None where a day has no value."""


def figures(
    days: pl.DataFrame,
    metrics: Sequence[Metric],
    language: Language,
    *,
    since: dt.date | None = None,
) -> Iterator[ReportFigure]:
    """Figures of the last of `days` (grain: day, one shop and currency); `since` is the first day
    of its data."""
    if days.is_empty():
        return
    last = days.row(-1, named=True)
    before = days.filter(pl.col(DAY) == last[DAY] - _WEEK)
    then = before.row(0, named=True) if before.height else None
    for metric in metrics:
        change, tone = _change(metric, last, then, language)
        title = metric.title.in_(language)
        yield ReportFigure(
            metric=metric,
            title=_ESTIMATED.in_(language).format(title) if metric.is_estimated else title,
            value=format_metric(metric, last[metric.name], last["currency"], language),
            change=change,
            tone=tone,
            note=_note(metric, since, language),
            trend=tuple(days[metric.name].tail(TREND_DAYS)),
        )


def _note(metric: Metric, since: dt.date | None, language: Language) -> str:
    """A buyer is new where the data know no earlier order, so it matters since when they do."""
    if metric.name != "new_buyers" or since is None:
        return ""
    return _SINCE.in_(language).format(formats.short_day(since, language))


def format_metric(metric: Metric, value: float | None, currency: str, language: Language) -> str:
    """A value as text, where a heading says the currency."""
    if metric.unit is Unit.MONEY:
        return formats.figure(None if value is None else round(value), currency)
    return formats.metric_value(metric.unit, value, currency, language)


def _change(metric: Metric, day: Row, before: Row | None, language: Language) -> tuple[str, Tone]:
    """Relative change; of a rate in percentage points, of a small base in its own unit."""
    now, then = day[metric.name], None if before is None else before[metric.name]
    if now is None:
        return gap_of(metric, day).in_(language), "steady"
    if before is None or then is None:
        return _NOTHING_BEFORE.in_(language), "steady"
    moved = now - then
    if moved == 0:
        return _UNCHANGED.in_(language), "steady"
    if metric.unit is Unit.RATE:
        return f"{moved * 100:+.1f}{_POINTS.in_(language)}", _tone(metric, moved, moved)
    if metric.unit in (Unit.MONEY, Unit.COUNT) and not _is_small(metric, then, before):
        return f"{moved / then:+.1%}", _tone(metric, moved, moved / then)
    sign = "+" if moved > 0 else ""
    amount = formats.metric_value(metric.unit, moved, day["currency"], language)
    return f"{sign}{amount}", "steady"


def _is_small(metric: Metric, then: float, before: Row) -> bool:
    """Whether fewer than ten orders, refunds or other things stand behind a base."""
    if metric.unit is Unit.COUNT:
        return then < _FEW
    orders, average = before["orders"] or 0, before["aov"] or 0
    least = _FEW * average if metric.name == "refunded" else average
    return orders < _FEW or then < least


def _tone(metric: Metric, moved: float, rate: float) -> Tone:
    if abs(rate) < _STEADY_RATE or metric.is_better == "neither":
        return "steady"
    return "good" if (moved > 0) is (metric.is_better == "higher") else "bad"


def gap_of(metric: Metric, day: Row) -> Bilingual:
    """Why a metric has no value on a day."""
    return GAPS[Gap(day[metric.name + GAP_SUFFIX] or Gap.NO_DATA)]


def explain_gmv(change: Row | None, currency: str, language: Language) -> str:
    """What moved GMV against the same weekday before, in one sentence; or why it is not known.

    `change` is a row of `transforms.explanation.gmv.kpi_changes`, whose effects add up to the
    change; None: there is no such day.
    """
    if change is None or change["gmv_change_minor"] is None:
        return _NOT_COMPARED.in_(language)
    whole = signed_amount(change["gmv_change_minor"], currency)
    effects = [(name.in_(language), change[column]) for column, name in _EFFECTS]
    if any(effect is None for _, effect in effects):
        return _NOT_SPLIT.in_(language).format(whole)
    parts = [f"{name} {signed_amount(effect, currency)}" for name, effect in effects]
    return _MOVED.in_(language).format(whole, ("、" if language == "zh" else ", ").join(parts))


def signed_amount(amount_minor: float, currency: str) -> str:
    """An amount with its sign."""
    whole = round(amount_minor)
    return f"{'+' if whole > 0 else ''}{formats.money(whole, currency)}"
