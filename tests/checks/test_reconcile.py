import datetime as dt
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from checks.reconcile import against, together
from checks.rows import split
from contracts.streams import Context, Mapped, Quarantined

Rows = Callable[..., pl.DataFrame]
DAY = dt.date(2026, 11, 20)
PLACED = dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)
LATER = PLACED + dt.timedelta(hours=1, microseconds=7)
ZONE = "America/New_York"


@pytest.fixture
def held(orders: Rows, lines: Rows, context: Context) -> Callable[..., pl.DataFrame]:
    """An order in quarantine, held for a currency of its own."""

    def quarantined(order: dict[str, Any], *changes: dict[str, Any]) -> pl.DataFrame:
        frames = {
            "orders": orders({**order, "currency": "EUR"}),
            "order_lines": lines(*changes),
        }
        return split(Mapped(frames), context).bad

    return quarantined


def test_lake_and_quarantine_add_up(
    orders: Rows, lines: Rows, held: Callable[..., pl.DataFrame]
) -> None:
    late = dt.datetime(2026, 11, 21, 4, 59, tzinfo=dt.UTC)
    quarantine = held(
        {"order_id": "2", "placed_at": late},
        {"order_id": "2", "total_minor": 700},
        {"order_id": "2", "line_id": "2-2", "total_minor": 300},
    )
    days = together(orders().lazy(), lines().lazy(), quarantine, ZONE)
    assert days.rows() == [(DAY, 2, 6, 2000)]


def test_a_newer_version_in_quarantine_counts_instead_of_the_lakes(
    orders: Rows, lines: Rows, held: Callable[..., pl.DataFrame]
) -> None:
    quarantine = held(
        {"source_updated_at": LATER, "goods_minor": 400},
        {"source_updated_at": LATER, "total_minor": 400, "quantity_units": 1},
    )
    days = together(orders().lazy(), lines().lazy(), quarantine, ZONE)
    assert days.rows() == [(DAY, 1, 1, 400)]


def test_a_newer_version_in_the_lake_counts_instead_of_the_quarantined(
    orders: Rows, lines: Rows, held: Callable[..., pl.DataFrame]
) -> None:
    quarantine = held({}, {})
    change = {"source_updated_at": LATER, "total_minor": 300}
    days = together(orders(change).lazy(), lines(change).lazy(), quarantine, ZONE)
    assert days.rows() == [(DAY, 1, 2, 300)]


def test_of_two_quarantined_versions_the_newest_counts_once(
    orders: Rows, lines: Rows, held: Callable[..., pl.DataFrame], context: Context
) -> None:
    newer = {"source_updated_at": LATER, "goods_minor": 1, "total_minor": 1}
    frames = {
        "orders": orders({"currency": "EUR"}, {"currency": "EUR", **newer}),
        "order_lines": lines({}, newer),
    }
    bad = split(Mapped(frames), context).bad
    assert bad.height == 1
    days = together(orders().clear().lazy(), lines().clear().lazy(), bad, ZONE)
    assert days.rows() == [(DAY, 1, 2, 1)]


def test_test_orders_and_deleted_lines_count_nowhere(orders: Rows, lines: Rows) -> None:
    days = together(
        orders({}, {"order_id": "2", "is_test": True}).lazy(),
        lines({}, {"line_id": "1-2", "deleted_at": LATER}, {"order_id": "2"}).lazy(),
        Quarantined.create_empty(),
        ZONE,
    )
    assert days.rows() == [(DAY, 1, 2, 1000)]


def test_an_order_whose_instant_is_unreadable_is_shown_without_a_day(
    orders: Rows, lines: Rows, context: Context
) -> None:
    bad = split(Mapped({"orders": orders({"placed_at": None}), "order_lines": lines()}), context)
    days = together(orders().clear().lazy(), lines().clear().lazy(), bad.bad, ZONE)
    assert days.rows() == [(None, 1, 2, 1000)]


def test_only_days_that_differ_are_told_and_absent_days_count_zero() -> None:
    columns = ["order_date", "orders_count", "sold_units", "gmv_minor"]
    other = DAY - dt.timedelta(days=1)
    ours = pl.DataFrame([(DAY, 1, 2, 1000), (other, 1, 1, 5)], schema=columns, orient="row")
    truth = pl.DataFrame([(DAY, 1, 2, 1000)], schema=columns, orient="row")
    assert against(ours, ours).is_empty()
    assert against(ours, truth).rows() == [(other, 1, 1, 5, 0, 0, 0)]
