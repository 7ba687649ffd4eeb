"""A known order goes through every status that the platform has, and the lake follows."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from checks.rows import split
from connectors.shopify import codes
from contracts.codes import PaymentStatus
from tests.connectors.shopify.order_pages import CONTEXT, bag, line, order, orders
from transforms.sales import sales_daily
from warehouse.lake import Lake

LATER = "2026-11-13T08:00:00Z"
CANCELLED = {"cancelledAt": LATER}
BACK = {"totalRefundedSet": bag("10.00")}
PART_BACK = {"totalRefundedSet": bag("2.50")}
GONE = {"lineItems": {"nodes": [line(currentQuantity=0)], "pageInfo": {"hasNextPage": False}}}
SOLD, NOTHING = (1000, 2), (0, 0)
WAYS: list[tuple[str, str, dict[str, Any], PaymentStatus, tuple[int, int]]] = [
    # from, to, what else the platform says then, what the lake says, GMV and pieces that count
    ("PENDING", "PAID", {}, PaymentStatus.PAID, SOLD),
    ("PENDING", "EXPIRED", {}, PaymentStatus.EXPIRED, NOTHING),
    ("PENDING", "VOIDED", CANCELLED | GONE, PaymentStatus.VOIDED, NOTHING),
    ("PENDING", "PARTIALLY_PAID", {}, PaymentStatus.PARTIALLY_PAID, NOTHING),
    ("PENDING", "AUTHORIZED", {}, PaymentStatus.AUTHORIZED, NOTHING),
    ("AUTHORIZED", "VOIDED", CANCELLED | GONE, PaymentStatus.VOIDED, NOTHING),
    ("AUTHORIZED", "EXPIRED", {}, PaymentStatus.EXPIRED, NOTHING),
    ("PAID", "PARTIALLY_REFUNDED", PART_BACK, PaymentStatus.PARTIALLY_REFUNDED, SOLD),
    ("PAID", "REFUNDED", BACK | GONE, PaymentStatus.REFUNDED, SOLD),
    ("PAID", "REFUNDED", BACK | CANCELLED | GONE, PaymentStatus.REFUNDED, SOLD),
    ("PAID", "PAID", CANCELLED | GONE, PaymentStatus.PAID, SOLD),
    ("PAID", "VOIDED", CANCELLED | GONE, PaymentStatus.VOIDED, NOTHING),
    ("PAID", "PENDING", {}, PaymentStatus.PENDING, NOTHING),
]


def load(lake: Lake, status: str, **more: Any) -> None:
    parted = split(orders(order(line(), displayFinancialStatus=status, **more)), CONTEXT)
    assert parted.bad.is_empty(), parted.bad.to_dicts()
    lake.merge(parted.good)


def known(lake: Lake) -> dict[str, Any]:
    return lake.scan("orders").collect().row(0, named=True)


def sold(lake: Lake) -> tuple[int, int]:
    """GMV and pieces that count."""
    lines, heads = lake.scan("order_lines"), lake.scan("orders")
    found = sales_daily(lines, heads, CONTEXT.time_zone).collect()  # type: ignore[arg-type]
    return int(found["gmv_minor"].sum()), int(found["sold_units"].sum())


def test_every_status_of_the_platform_is_one_of_those_gone_through() -> None:
    assert {to for _, to, *_ in WAYS} == set(codes.PAYMENT_STATUS)


@pytest.mark.parametrize(("before", "after", "told", "payment", "counts"), WAYS)
def test_a_known_order_follows_the_platform_into_every_status(
    tmp_path: Path,
    before: str,
    after: str,
    told: dict[str, Any],
    payment: PaymentStatus,
    counts: tuple[int, int],
) -> None:
    lake = Lake(tmp_path)
    load(lake, before)
    assert sold(lake) == (SOLD if before == "PAID" else NOTHING)
    load(lake, after, updatedAt=LATER, **told)
    now = known(lake)
    assert now["payment_status"] == payment
    assert (now["paid_at"] is not None) is (counts == SOLD)
    assert (now["cancelled_at"] is not None) is ("cancelledAt" in told)
    back = told.get("totalRefundedSet", bag("0.00"))["shopMoney"]["amount"]
    assert now["refunded_minor"] == {"0.00": 0, "2.50": 250, "10.00": 1000}[back]
    left = lake.scan("order_lines").collect()["current_units"].item()
    assert left == (0 if "lineItems" in told else 2)
    assert sold(lake) == counts


@pytest.mark.parametrize(("status", "told"), sorted(codes.FULFILMENT_STATUS.items()))
def test_a_known_order_follows_its_goods(tmp_path: Path, status: str, told: str) -> None:
    lake = Lake(tmp_path)
    load(lake, "PAID")
    load(lake, "PAID", updatedAt=LATER, displayFulfillmentStatus=status)
    assert known(lake)["fulfilment_status"] == told


def test_an_order_placed_to_test_the_shop_is_known_and_counts_nowhere(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    load(lake, "PAID", test=True)
    assert known(lake)["is_test"]
    assert sold(lake) == NOTHING


def test_an_older_version_that_comes_late_changes_nothing(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    load(lake, "VOIDED", updatedAt=LATER, **CANCELLED)
    load(lake, "PAID")
    assert known(lake)["payment_status"] == PaymentStatus.VOIDED
    assert known(lake)["source_updated_at"] == dt.datetime(2026, 11, 13, 8, tzinfo=dt.UTC)
