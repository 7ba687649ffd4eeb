"""What went back is known, whether the order says so or a case of it."""

from typing import Any, cast

import dataframely as dy
import pytest

from contracts.tables import Order, RefundCase
from tests.transforms.metrics.shop import at
from tests.warehouse.rows import rows
from transforms.refunds import refunded_orders


def known(by_order: int, *cases: tuple[str, int]) -> list[int]:
    """Minor units that went back of an order that says so much, with cases by status; of a second
    order, which has none, none did."""
    orders = [
        {"order_id": name, "currency": "CNY", "placed_at": at(0), "refunded_minor": minor}
        for name, minor in (("1", by_order), ("2", 0))
    ]
    told = [
        {
            "order_id": "1", "case_id": str(place), "case_status": status, "currency": "CNY",
            "asked_minor": minor, "requested_at": at(1),
            "refunded_at": at(2) if status == "refunded" else None,
        }
        for place, (status, minor) in enumerate(cases)
    ]  # fmt: skip
    of_cases: Any = rows(RefundCase, told) if told else RefundCase.create_empty()
    frames = rows(Order, orders).lazy(), of_cases.lazy()
    found = refunded_orders(
        cast("dy.LazyFrame[Order]", frames[0]), cast("dy.LazyFrame[RefundCase]", frames[1])
    )
    return found.sort("order_id").collect()["refunded_minor"].to_list()


@pytest.mark.parametrize(
    ("by_order", "cases", "expected"),
    [
        (0, [], 0),
        (700, [], 700),
        (0, [("refunded", 300), ("refunded", 400)], 700),
        # The order holds what its case gave back, or a part that no case tells.
        (300, [("refunded", 300)], 300),
        (900, [("refunded", 300)], 900),
        (0, [("requested", 500), ("refused", 600), ("closed", 800)], 0),
    ],
)
def test_what_went_back_is_the_larger_of_what_the_order_and_its_cases_say(
    by_order: int, cases: list[tuple[str, int]], expected: int
) -> None:
    assert known(by_order, *cases) == [expected, 0]
