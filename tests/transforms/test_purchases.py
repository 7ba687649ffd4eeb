"""An approved order is on the way until it came: it counts once, and not for ever."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.tables import Inbound, OpenOrder, SalesDaily, StockLevel
from transforms.purchases import APPROVED_SCHEMA, open_orders

DECIDED = datetime(2026, 11, 10, 9, tzinfo=UTC)
AS_OF = datetime(2026, 11, 20, 12, tzinfo=UTC)
KEY = {"shop_id": "s", "sku_id": "A"}


def order(units: int = 100, position: int = 40, **more: Any) -> dict[str, Any]:
    return {
        **KEY,
        "action_id": "a",
        "decided_at": DECIDED,
        "ordered_units": units,
        "position_units": position,
        "lead_time_days": 6.5,
        **more,
    }


def still_open(orders: list[dict[str, Any]], **world: Any) -> dict[str, int]:
    return dict(opened(orders, **world).select("action_id", "open_units").iter_rows())


def opened(
    orders: list[dict[str, Any]], *, held: int, coming: int = 0, sold: dict[int, int] | None = None
) -> pl.DataFrame:
    seen = {"observed_at": AS_OF, "read_at": AS_OF, "available_units": held}
    sales = [
        {**KEY, "sales_date": date(2026, 11, day), "sold_units": units}
        for day, units in (sold or {}).items()
    ]
    due = [{**KEY, "expected_date": date(2026, 12, 1), "inbound_units": coming}] if coming else []
    frame = open_orders(
        pl.LazyFrame(orders, schema=dict(APPROVED_SCHEMA)),
        StockLevel.sample(overrides=[{**KEY, "warehouse_id": "w", **seen}]).lazy(),
        sales_daily=SalesDaily.sample(overrides=sales).lazy(),
        inbound=Inbound.sample(overrides=due).lazy(),
        as_of=AS_OF,
        time_zone="UTC",
    )
    return OpenOrder.validate(frame.collect())


@pytest.mark.parametrize(
    ("held", "coming", "still"),
    [
        (40, 0, {"a": 100}),  # nothing happened
        (10, 0, {"a": 100}),  # thirty were lost
        (40, 100, {}),  # the merchant's purchase orders show it
        (140, 0, {}),  # it came
        (100, 0, {"a": 40}),  # sixty came
        (40, 60, {"a": 40}),  # sixty are confirmed by the supplier
        (400, 0, {}),
    ],
)
def test_an_order_counts_until_stock_or_purchase_orders_show_it(
    held: int, coming: int, still: dict[str, int]
) -> None:
    assert still_open([order()], held=held, coming=coming) == still


def test_what_was_sold_since_is_not_taken_for_what_did_not_come() -> None:
    sold = {10: 7, 11: 15, 20: 10}
    assert still_open([order()], held=15, sold=sold) == {"a": 100}
    assert still_open([order()], held=115, sold=sold) == {}


def test_it_is_expected_after_the_lead_time() -> None:
    row = opened([order()], held=40).row(0, named=True)
    assert (row["ordered_date"], row["expected_date"]) == (date(2026, 11, 10), date(2026, 11, 17))


@given(
    orders=st.lists(
        st.tuples(st.integers(1, 200), st.booleans(), st.integers(0, 9)), min_size=1, max_size=4
    )
)
@settings(max_examples=15)
def test_in_any_row_of_orders_exactly_those_that_have_not_come_are_open(
    orders: list[tuple[int, bool, int]],
) -> None:
    """Ordered one a day, each knowing of those before it; some came by now; some sold each day."""
    held, on_the_way, rows, sold = 50, 0, [], {}
    for number, (units, _, sales) in enumerate(orders):
        at = DECIDED + timedelta(days=number)
        position = held + on_the_way
        rows.append(order(units, position, action_id=f"{number}", decided_at=at))
        on_the_way += units
        sold[at.day + 1] = sales
        held -= sales
    came = sum(units for units, has_come, _ in orders if has_come)
    found = still_open(rows, held=held + came, sold=sold)
    assert sum(found.values()) == max(0, on_the_way - came)
