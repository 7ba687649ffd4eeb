"""The money of orders agrees with their states, with refunds, with cases and with payouts."""

import datetime as dt
from typing import Any

import polars as pl
import pytest

from checks.payments import case_amounts, payments, payouts
from contracts.checks import CheckResult
from contracts.tables import Order, Refund, RefundCase, Settlement
from tests.checks.conftest import KIT, ORDER, PLACED, READ_AT, frame

COUNT = 40


def orders(*changes: dict[str, Any], count: int = COUNT) -> pl.LazyFrame:
    """As many orders of 10.00 as `count`, the first ones changed."""
    rows = [
        {**ORDER, "order_id": str(number), **change}
        for number, change in enumerate((*changes, *({},) * (count - len(changes))))
    ]
    return frame(Order, rows).lazy()


def refunds(*amounts: int) -> pl.LazyFrame:
    """Refunds of the first orders."""
    rows = [
        {**KIT, "order_id": str(number), "refund_id": "r", "refunded_at": PLACED,
         "refunded_minor": amount}
        for number, amount in enumerate(amounts)
    ]  # fmt: skip
    return frame(Refund, rows).lazy()


def judged(given: pl.LazyFrame, listed: pl.LazyFrame | None = None) -> CheckResult:
    listed = refunds() if listed is None else listed
    return payments("demo", given, listed, currency="USD", checked_at=READ_AT)


BACK = {"refunded_minor": 400, "payment_status": "partially_refunded"}


def test_orders_that_were_paid_and_paid_back_as_they_say_agree() -> None:
    given = orders(BACK, {"paid_at": None, "payment_status": "pending"})
    result = judged(given, refunds(400))
    assert (result.passed, result.measured) == (True, "0 of 40 orders differ")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"paid_at": None}, "paid without an instant"),
        ({"payment_status": "pending"}, "unpaid with an instant"),
        ({"refunded_minor": 1001, "payment_status": "refunded"}, "paid back more than charged"),
        ({"refunded_minor": 1000}, "paid back and still paid"),
        (BACK, "other refunds than paid back"),
    ],
)
def test_what_contradicts_itself_is_named_and_most_of_it_holds(
    change: dict[str, Any], told: str
) -> None:
    listed = refunds(*[300] * COUNT) if change is BACK else None
    few, some, most = (judged(orders(*[change] * count), listed) for count in (5, 9, 30))
    assert told in few.measured
    if listed is None:
        assert few.passed
        assert (some.passed, some.is_blocking) == (False, False)
    assert (most.passed, most.is_blocking) == (False, True)


def test_a_platform_that_dates_no_payment_is_not_held_to_it() -> None:
    assert judged(orders(*[{"paid_at": None}] * COUNT)).passed


def cases(*amounts: int, status: str = "requested") -> pl.LazyFrame:
    rows = [
        {**KIT, "case_id": str(number), "order_id": str(number), "line_id": None,
         "case_status": status, "has_return": False, "requested_at": PLACED, "refunded_at": None,
         "asked_minor": amount, "returned_units": None, "reason": None}
        for number, amount in enumerate(amounts)
    ]  # fmt: skip
    return frame(RefundCase, rows).lazy()


@pytest.mark.parametrize(
    ("amounts", "passed", "is_blocking"),
    [
        ((1000, 300, 1500), True, False),
        ((1000, 300, 100_000), False, False),
        ((100_000, 30_000, 300), False, True),
        ((), True, False),
    ],
)
def test_cases_that_ask_for_more_than_was_charged_are_of_another_unit(
    amounts: tuple[int, ...], passed: bool, is_blocking: bool
) -> None:
    result = case_amounts("demo", orders(), cases(*amounts), checked_at=READ_AT)
    assert (result.passed, result.is_blocking) == (passed, is_blocking)


def test_a_case_that_was_refused_may_have_asked_for_anything() -> None:
    refused = cases(100_000, status="refused")
    assert case_amounts("demo", orders(), refused, checked_at=READ_AT).passed


def entries(*amounts: int) -> pl.LazyFrame:
    rows = [
        {**KIT, "entry_id": f"{number}-{kind}", "order_id": str(number), "entry_kind": kind,
         "settled_at": READ_AT - dt.timedelta(hours=1), "payout_id": None,
         "amount_minor": minor}
        for number, amount in enumerate(amounts)
        for kind, minor in (("sale", amount), ("commission", -50))
    ]  # fmt: skip
    return frame(Settlement, rows).lazy()


def payout(given: pl.LazyFrame, *amounts: int) -> CheckResult:
    return payouts("demo", given, entries(*amounts), currency="USD", checked_at=READ_AT)


def test_sales_are_settled_at_what_was_charged_or_differ_by_a_named_cause() -> None:
    taxed = orders(*[{"tax_minor": 80}] * 10)
    result = payout(taxed, *[920] * 10, *[1000] * 10)
    assert (result.passed, result.measured) == (True, "0 of 20 orders differ: tax 8.00 USD")


def test_settlements_of_another_unit_are_not_explained() -> None:
    result = payout(orders(), *[100_000] * 20)
    assert (result.table, result.passed, result.is_blocking) == ("settlements", False, True)
