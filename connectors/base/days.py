"""Reports by whole days of the platform's zone: which days a window asks for, and in what spans."""

import datetime as dt
from collections.abc import Iterable

from contracts.streams import Window


def days_to_read(
    window: Window, now: dt.datetime, zone: dt.tzinfo, trailing_days: int
) -> tuple[dt.date, dt.date]:
    """First and last of the days that a window touches, as far as they are over.

    A window that reaches up to now is read from `trailing_days` earlier on.
    """
    day, last_instant = dt.timedelta(days=1), window.end - dt.timedelta(microseconds=1)
    first, today = window.start.astimezone(zone).date(), now.astimezone(zone).date()
    if window.end > now - day:
        first -= trailing_days * day
    return first, min(last_instant.astimezone(zone).date(), today - day)


def spans(first: dt.date, last: dt.date, longest_days: int) -> Iterable[tuple[dt.date, dt.date]]:
    """First and last days of spans that a report answers at once."""
    day = dt.timedelta(days=1)
    while first <= last:
        end = min(last, first + (longest_days - 1) * day)
        yield first, end
        first = end + day
