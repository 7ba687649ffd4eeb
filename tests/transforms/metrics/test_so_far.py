"""Today so far stands beside the same hour before, on the shop's clock."""

import datetime as dt
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.transforms.metrics.shop import shop
from transforms.metrics.so_far import so_far

Row = dict[str, Any]


def placed(local: dt.datetime, zone: str) -> Row:
    instant = local.replace(tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)
    return {
        "order_id": f"{instant}", "placed_at": instant, "payment_status": "paid",
        "goods_units": 1, "goods_minor": 100, "member_id": None,
    }  # fmt: skip


def orders_of(times: list[dt.datetime], now: dt.datetime, zone: str) -> dict[str, float]:
    of = replace(shop(orders=[placed(one, zone) for one in times]), time_zone=zone)
    as_of = now.replace(tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)
    row = so_far(of, as_of).row(1, named=True)
    assert row.pop("metric") == "orders"
    return row


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York"])
def test_an_order_after_the_hour_counts_in_no_earlier_span(zone: str) -> None:
    now = dt.datetime(2026, 11, 5, 10, 30)  # noqa: DTZ001 the shop's clock
    hours = [
        now.replace(hour=0),
        now,
        now - dt.timedelta(days=1),  # the month's, not today's
        now - dt.timedelta(days=7),  # in the month before, by its clock: clocks changed since
        now - dt.timedelta(days=7) + dt.timedelta(seconds=1),
        now.replace(month=10),
        now.replace(month=10) + dt.timedelta(minutes=1),
        dt.datetime(2026, 10, 1),  # noqa: DTZ001 the shop's clock
    ]
    assert orders_of(hours, now, zone) == {
        "today": 2, "last_week": 1, "month": 3, "last_month": 2,
    }  # fmt: skip


def test_the_31st_stands_beside_the_whole_of_a_shorter_month() -> None:
    now = dt.datetime(2026, 10, 31, 12)  # noqa: DTZ001 the shop's clock
    times = [dt.datetime(2026, 9, 30, 11), dt.datetime(2026, 9, 30, 13)]  # noqa: DTZ001 likewise
    assert orders_of(times, now, "Asia/Shanghai")["last_month"] == 1


def test_amounts_buyers_and_pieces_are_of_the_same_orders() -> None:
    now = dt.datetime(2026, 11, 11, 12)  # noqa: DTZ001 the shop's clock
    early, late = (placed(now.replace(hour=hour, day=4), "Asia/Shanghai") for hour in (9, 15))
    lines = [
        {
            "order_id": one["order_id"], "line_id": "1", "line_kind": "sale", "sku_id": "A",
            "placed_at": one["placed_at"], "quantity_units": 3, "total_minor": 100,
        }
        for one in (early, late)
    ]  # fmt: skip
    of = shop(orders=[early, late], lines=lines)
    as_of = now.replace(tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(dt.UTC)
    found = dict(so_far(of, as_of).select("metric", "last_week").rows())
    assert found == {
        "gmv": 100, "orders": 1, "units": 3, "buyers": 1, "new_buyers": 1, "aov": 100,
    }  # fmt: skip
