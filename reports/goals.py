"""Targets and shop ratings as the page shows them: how far along, and what is missing."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from contracts.codes import RatingKind
from contracts.languages import Bilingual, Language
from contracts.metrics import GAPS, Gap, Metric, Unit
from reports import formats
from reports.figures import Tone, format_metric
from reports.names import RATINGS

_ON_THE_WAY: Final = 1.0
_BEHIND: Final = 0.9
"""Of the pace that reaches a target in time."""
_WORSE: Final = 0.005
"""Scores have two places."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedTarget:
    """A target on the last day that is reported; "–" where something is not known or means
    nothing."""

    title: str
    days: str
    goal: str
    value: str
    why_none: str
    reached: str
    gone: str
    pace: str
    tone: Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedRating:
    """One of the shop's scores on the last day that it was shown, and its course until then."""

    title: str
    score: str
    change: str
    tone: Tone
    industry: str
    target: str
    needed: str
    trend: tuple[float | None, ...]


def targets(
    rows: pl.DataFrame, catalogue: Mapping[str, Metric], language: Language
) -> Iterator[ReportedTarget]:
    """Targets as `transforms.metrics.goals.progress` tells them, with currency; in the order of the
    catalogue, what is no metric last."""
    place = {name: number for number, name in enumerate(catalogue)}
    ordered = sorted(rows.to_dicts(), key=lambda row: place.get(row["metric"], len(place)))
    for row in ordered:
        metric = catalogue.get(row["metric"])
        yield ReportedTarget(
            title=metric.title.in_(language) if metric else row["metric"],
            days=_days(row["first_date"], row["last_date"], language),
            goal=_amount(metric, row["target"], row["currency"], language),
            value=_amount(metric, row["value"], row["currency"], language),
            why_none=GAPS[Gap(row["gap"])].in_(language) if row["gap"] else "",
            reached=formats.rate(row["reached_rate"]),
            gone=formats.rate(row["gone_rate"]),
            # A level, such as a score, does not grow with time.
            pace=formats.ABSENT if row["gone_rate"] is None else formats.rate(row["pace"]),
            tone=_tone(metric, row),
        )


def _days(first: dt.date, last: dt.date, language: Language) -> str:
    return " – ".join(formats.short_day(one, language) for one in (first, last))


def _amount(metric: Metric | None, value: float | None, currency: str, language: Language) -> str:
    if metric is None:
        return formats.metric_value(Unit.PIECES, value, currency, language)
    return format_metric(metric, value, currency, language)


def _tone(metric: Metric | None, row: Mapping[str, Any]) -> Tone:
    """By the pace of what is to grow."""
    grows = metric is not None and metric.is_better == "higher"
    if not grows or row["gone_rate"] is None or row["pace"] is None:
        return "steady"
    if row["pace"] >= _ON_THE_WAY:
        return "good"
    return "bad" if row["pace"] < _BEHIND else "steady"


def ratings(rows: pl.DataFrame, language: Language) -> Iterator[ReportedRating]:
    """Scores as `transforms.metrics.scores.ratings` tells them, a row each."""
    for (kind,), shown in rows.group_by("rating_kind", maintain_order=True):
        first, last = shown.row(0, named=True), shown.row(-1, named=True)
        moved = last["rating_score"] - first["rating_score"]
        yield ReportedRating(
            title=RATINGS[RatingKind(kind)].in_(language),
            score=f"{last['rating_score']:.2f}",
            change=_change(moved, first["day"], language) if shown.height > 1 else "",
            tone="steady" if abs(moved) < _WORSE else "good" if moved > 0 else "bad",
            industry=_score(last["industry_score"]),
            target=_score(last["target"]),
            needed=formats.count(None if last["needed"] is None else round(last["needed"])),
            trend=tuple(shown["rating_score"]),
        )


_UNCHANGED: Final = Bilingual("unchanged since {}", "自{}起持平")
_MOVED: Final = Bilingual("{:+.2f} since {}", "自{1}起 {0:+.2f}")


def _change(moved: float, since: dt.date, language: Language) -> str:
    day = formats.short_day(since, language)
    if abs(moved) < _WORSE:
        return _UNCHANGED.in_(language).format(day)
    return _MOVED.in_(language).format(moved, day)


def _score(value: float | None) -> str:
    return formats.ABSENT if value is None else f"{value:.2f}"
