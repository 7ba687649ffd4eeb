import datetime as dt
from collections.abc import Callable

import polars as pl

from checks.goods import goods

Rows = Callable[..., pl.DataFrame]
NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)


def test_a_difference_from_the_platforms_subtotal_warns_with_its_amount(orders: Rows) -> None:
    rows = orders(
        {"stated_goods_minor": 1300},
        {"order_id": "2", "stated_goods_minor": 950},
        {"order_id": "3"},
        {"order_id": "4", "stated_goods_minor": None},
        {"order_id": "5", "stated_goods_minor": 1, "placed_at": NOW - dt.timedelta(days=29)},
    )
    (result,) = goods("demo", rows.lazy(), currency="USD", checked_at=NOW)
    assert not result.passed
    assert not result.is_blocking
    assert "2 of 3 orders" in result.measured
    assert "3.50 USD" in result.measured


def test_equal_amounts_pass_and_a_platform_that_states_none_is_not_judged(orders: Rows) -> None:
    (result,) = goods("demo", orders().lazy(), currency="USD", checked_at=NOW)
    assert result.passed
    none = orders({"stated_goods_minor": None}).lazy()
    assert goods("demo", none, currency="USD", checked_at=NOW) == []
