"""Which days a span is compared with."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.spans import Against, Span, SpanKind, day, week

SUNDAY = dt.date(2026, 11, 15)


@pytest.mark.parametrize(
    ("span", "against", "first", "last"),
    [
        (day(SUNDAY), Against.NOW, "2026-11-15", "2026-11-15"),
        (day(SUNDAY), Against.BEFORE, "2026-11-08", "2026-11-08"),
        (day(SUNDAY), Against.YEAR, "2025-11-16", "2025-11-16"),
        (week(SUNDAY), Against.NOW, "2026-11-09", "2026-11-15"),
        (week(SUNDAY), Against.BEFORE, "2026-11-02", "2026-11-08"),
        (week(SUNDAY), Against.AFTER, "2026-11-16", "2026-11-22"),
    ],
)
def test_a_day_is_compared_with_its_weekday(
    span: Span, against: Against, first: str, last: str
) -> None:
    assert [str(one) for one in span.days_of(against)] == [first, last]


@given(st.dates(dt.date(2001, 1, 1), dt.date(2099, 1, 1)), st.integers(0, 60))
def test_spans_have_the_same_weekdays_and_never_overlap(first: dt.date, more: int) -> None:
    last = first + dt.timedelta(days=more)
    span = Span(kind=SpanKind.CAMPAIGN, first=first, last=last)
    for against in (Against.BEFORE, Against.YEAR, Against.AFTER):
        begins, ends = span.days_of(against)
        assert (begins.weekday(), ends - begins) == (first.weekday(), last - first)
        assert ends < first or begins > last
    assert first - span.days_of(Against.BEFORE)[1] <= dt.timedelta(days=7)
