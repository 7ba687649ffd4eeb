"""The days that a report is about, and the days that they are compared with."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

_WEEK = dt.timedelta(weeks=1)


class SpanKind(StrEnum):
    """How long a report's span is, and so how it is called."""

    DAY = "day"
    WEEK = "week"
    CAMPAIGN = "campaign"


class Against(StrEnum):
    """Days of the same weekdays that a span is compared with; `NOW` is the span itself."""

    NOW = "now"
    BEFORE = "before"
    """As few whole weeks earlier as keep the two apart: a week, of a day or a week."""
    YEAR = "year"
    """52 weeks earlier."""
    AFTER = "after"
    """As few whole weeks later as keep the two apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Shop-local days from `first` to `last`, both included; `name` is a campaign's."""

    kind: SpanKind
    first: dt.date
    last: dt.date
    name: str = ""

    def days_of(self, against: Against) -> tuple[dt.date, dt.date]:
        """First and last day of what it is compared with."""
        weeks = -(-((self.last - self.first).days + 1) // 7)
        moved = {Against.BEFORE: -weeks, Against.YEAR: -52, Against.AFTER: weeks}.get(against, 0)
        return self.first + moved * _WEEK, self.last + moved * _WEEK


def day(date: dt.date) -> Span:
    """One day."""
    return Span(kind=SpanKind.DAY, first=date, last=date)


def week(last: dt.date) -> Span:
    """The seven days that end with a day."""
    return Span(kind=SpanKind.WEEK, first=last - dt.timedelta(days=6), last=last)
