"""The figures of a span: value or why there is none, changes against the same weekdays, trend."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from contracts.languages import Bilingual, Language
from contracts.metrics import GAPS, Gap, Metric, Unit
from reports import formats
from reports.spans import Against

DAY = "day"
GAP_SUFFIX = "_gap"
_STEADY_RATE = 0.005
_ZERO = re.compile(r"[^1-9]*0[^1-9]*")
_FEW = 10
"""Fewer of something than this are a base on which a percentage means nothing."""

Tone = Literal["good", "bad", "steady"]
Row = Mapping[str, Any]

_UNKNOWN = Bilingual("not known", "无数据")
_UNCHANGED = Bilingual("unchanged", "持平")
_POINTS = Bilingual(" pp", " 个百分点")
_ESTIMATED = Bilingual("{} (estimated)", "{}（预估）")
_SINCE = Bilingual("data since {}", "数据始于 {}")
_AFTER_ADS = "contribution_after_ads"
_LEFT_AFTER_ADS = Bilingual("{} after ads", "扣广告后 {}")
_REMEMBERING = ("new_buyers", "repurchase_rate")
"""Metrics that know a buyer by earlier orders."""
_MEMORY = dt.timedelta(weeks=13)
"""With less of the past than this nearly everybody is new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportChange:
    """How a metric has moved against the days that it is compared with, or that this is unknown."""

    against: Against
    then: str
    """The value there."""
    text: str
    tone: Tone
    is_known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFigure:
    """One metric over a span."""

    metric: Metric
    title: str
    value: str
    why_none: str
    """Why it has no value; empty: it has one."""
    changes: tuple[ReportChange, ...]
    """Against each span that is known; none where there is no value."""
    note: str
    """What a reader has to know of it beside; empty: nothing."""
    trend: tuple[float | None, ...]
    """Its days, oldest first; None where a day has no value."""


def figures(
    spans: pl.DataFrame,
    days: pl.DataFrame,
    metrics: Sequence[Metric],
    language: Language,
    *,
    since: dt.date | None = None,
) -> Iterator[ReportFigure]:
    """Figures of a span. `spans` has one shop's metrics per `against`, `days` its days, `since` is
    the first day of its data."""
    rows = {Against(row["against"]): row for row in spans.iter_rows(named=True)}
    now = rows.pop(Against.NOW, None)
    if now is None:
        return
    for metric in metrics:
        title, value = metric.title.in_(language), now[metric.name]
        yield ReportFigure(
            metric=metric,
            title=_ESTIMATED.in_(language).format(title) if metric.is_estimated else title,
            value=format_metric(metric, value, now["currency"], language),
            why_none=gap_of(metric, now).in_(language) if value is None else "",
            changes=tuple(
                _change(metric, now, _remembered(metric, then, since), against, language)
                for against, then in rows.items()
                if value is not None
            ),
            note=_note(metric, now, since, language),
            trend=tuple(days[metric.name]),
        )


def _note(metric: Metric, now: Row, since: dt.date | None, language: Language) -> str:
    """A buyer is new where the data know no earlier order, so it matters since when they do; and
    what is left before ads may be none after them."""
    if metric.name == "new_buyers" and since is not None:
        return _SINCE.in_(language).format(formats.short_day(since, language))
    if metric.name == "contribution" and now.get(_AFTER_ADS) is not None and now["ad_spend"]:
        left = formats.figure(round(now[_AFTER_ADS]), now["currency"])
        return _LEFT_AFTER_ADS.in_(language).format(left)
    return ""


def format_metric(metric: Metric, value: float | None, currency: str, language: Language) -> str:
    """A value as text, where a heading says the currency."""
    if metric.unit is Unit.MONEY:
        return formats.figure(None if value is None else round(value), currency)
    return formats.metric_value(metric.unit, value, currency, language)


def _change(
    metric: Metric, now: Row, then: Row, against: Against, language: Language
) -> ReportChange:
    """Of a span that came after, the move from the span to it."""
    old, new = (now, then) if against is Against.AFTER else (then, now)
    text, tone = _moved(metric, new, old, language)
    written = format_metric(metric, then[metric.name], now["currency"], language)
    is_known = then[metric.name] is not None
    return ReportChange(against=against, then=written, text=text, tone=tone, is_known=is_known)


def _remembered(metric: Metric, then: Row, since: dt.date | None) -> Row:
    """A span with which a metric can be compared: without its value where too little of the past
    was known."""
    is_early = since is not None and then["first"] - since < _MEMORY
    return {**then, metric.name: None} if is_early and metric.name in _REMEMBERING else then


def _moved(metric: Metric, new: Row, old: Row, language: Language) -> tuple[str, Tone]:
    """Relative change; of a rate in percentage points, of a small base in its own unit. What is
    too little to be written is none."""
    text, tone = _difference(metric, new, old, language)
    return (_UNCHANGED.in_(language), "steady") if _ZERO.fullmatch(text) else (text, tone)


def _difference(metric: Metric, new: Row, old: Row, language: Language) -> tuple[str, Tone]:
    now, then = new[metric.name], old[metric.name]
    if now is None or then is None:
        return _UNKNOWN.in_(language), "steady"
    moved = now - then
    if moved == 0:
        return _UNCHANGED.in_(language), "steady"
    if metric.unit is Unit.RATE:
        return f"{moved * 100:+.1f}{_POINTS.in_(language)}", _tone(metric, moved, moved)
    if metric.unit in (Unit.MONEY, Unit.COUNT) and not _is_small(metric, then, old):
        return f"{moved / then:+.1%}", _tone(metric, moved, moved / then)
    sign = "+" if moved > 0 else ""
    amount = formats.metric_value(metric.unit, moved, new["currency"], language)
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


def signed_amount(amount_minor: float, currency: str) -> str:
    """An amount with its sign."""
    whole = round(amount_minor)
    return f"{'+' if whole > 0 else ''}{formats.money(whole, currency)}"
