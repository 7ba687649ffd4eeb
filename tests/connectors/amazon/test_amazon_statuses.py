"""A known order goes through every status that the platform has, by API and by report."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from checks.rows import split
from connectors.amazon import codes
from connectors.amazon.mapping import orders
from contracts.codes import FulfilmentStatus, PaymentStatus
from contracts.streams import Page
from tests.connectors.amazon.recorded import (
    CONTEXT,
    item,
    money,
    order,
    orders_page,
    proceeds,
    report_page,
    report_row,
)
from transforms.sales import sales_daily
from warehouse.lake import Lake

PLACED = "2026-11-10T23:30:00Z"
LATER = dt.datetime(2026, 11, 13, 8, tzinfo=dt.UTC)
STATUSES = [
    # the status, its names in reports, and what the lake says of the order from then on
    ("CANCELLED", ("Cancelled", "Canceled"), PaymentStatus.VOIDED, FulfilmentStatus.UNFULFILLED),
    ("UNFULFILLABLE", ("Unfulfillable",), PaymentStatus.VOIDED, FulfilmentStatus.UNFULFILLED),
    (
        "SHIPPED",
        ("Shipped", "InvoiceUnconfirmed", "Complete", "Shipped - Delivered to Buyer"),
        PaymentStatus.PAID,
        FulfilmentStatus.FULFILLED,
    ),
    (
        "PARTIALLY_SHIPPED",
        ("PartiallyShipped", "Partially Shipped"),
        PaymentStatus.PAID,
        FulfilmentStatus.PARTIALLY_FULFILLED,
    ),
    ("PENDING", ("Pending",), PaymentStatus.PENDING, FulfilmentStatus.ON_HOLD),
    (
        "PENDING_AVAILABILITY",
        ("PendingAvailability",),
        PaymentStatus.PENDING,
        FulfilmentStatus.SCHEDULED,
    ),
]


def by_api(status: str, when: dt.datetime, *, is_bare: bool) -> Page:
    """The order of 40.00; a bare one has items of no pieces and no amounts."""
    bought = item(1, quantity=2, proceeds=proceeds("40.00", ITEM="40.00"))
    if is_bare:
        bought = item(1, quantity=0)
        del bought["proceeds"]
    told = order(
        1,
        bought,
        createdTime=PLACED,
        lastUpdatedTime=f"{when:%Y-%m-%dT%H:%M:%SZ}",
        fulfillment={"fulfillmentStatus": status},
        proceeds=None if is_bare else {"grandTotal": money("40.00")},
    )
    return orders_page(told)


def by_report(status: str, when: dt.datetime, *, is_bare: bool) -> Page:
    told = {"item_price": "40.00", "item_tax": "", "item_promotion_discount": "", "quantity": "2"}
    bare = {"item_price": "", "currency": "", "quantity": "0"}
    row = report_row(
        1,
        purchase_date=PLACED,
        last_updated_date=f"{when:%Y-%m-%dT%H:%M:%S+00:00}",
        order_status=status,
        **(told | (bare if is_bare else {})),
    )
    return report_page(row)


def load(lake: Lake, page: Page) -> None:
    parted = split(orders([page], CONTEXT), CONTEXT)
    assert parted.bad.is_empty(), parted.bad.to_dicts()
    lake.merge(parted.good)


def known(lake: Lake) -> dict[str, Any]:
    return lake.scan("orders").collect().row(0, named=True)


def sold(lake: Lake) -> tuple[int, int]:
    """GMV and pieces that count."""
    lines, heads = lake.scan("order_lines"), lake.scan("orders")
    found: pl.DataFrame = sales_daily(lines, heads, CONTEXT.time_zone).collect()  # type: ignore[arg-type]
    return int(found["gmv_minor"].sum()), int(found["sold_units"].sum())


WAYS = {"api": by_api, "report": by_report}
CASES = [
    (way, name, status, payment, fulfilment)
    for status, reported, payment, fulfilment in STATUSES
    for way, names in (("api", (status,)), ("report", reported))
    for name in names
]


def test_every_status_of_the_platform_is_one_of_those_gone_through() -> None:
    gone_through = {status for status, *_ in STATUSES} | {"UNSHIPPED"}
    assert gone_through == set(codes.FULFILMENT)


@pytest.mark.parametrize("first", ["api", "report"])
@pytest.mark.parametrize(("way", "name", "status", "payment", "fulfilment"), CASES)
def test_a_known_order_follows_the_platform_into_every_status(
    tmp_path: Path,
    first: str,
    way: str,
    name: str,
    status: str,
    payment: PaymentStatus,
    fulfilment: FulfilmentStatus,
) -> None:
    lake = Lake(tmp_path)
    unshipped = {"api": "UNSHIPPED", "report": "Unshipped"}[first]
    load(lake, WAYS[first](unshipped, LATER - dt.timedelta(days=1), is_bare=False))
    assert sold(lake) == (4000, 2)
    assert known(lake)["payment_status"] == PaymentStatus.PAID
    is_void = status in codes.VOID
    load(lake, WAYS[way](name, LATER, is_bare=is_void))
    now = known(lake)
    assert (now["payment_status"], now["fulfilment_status"]) == (payment, fulfilment)
    assert (now["cancelled_at"] is not None) is is_void
    assert sold(lake) == ((4000, 2) if payment == PaymentStatus.PAID else (0, 0))
    if is_void:
        assert now["cancelled_at"] == now["source_updated_at"]
        assert [now[name] for name in ("goods_minor", "tax_minor", "total_minor")] == [0, 0, 0]
        assert lake.scan("order_lines").collect().is_empty()


@pytest.mark.parametrize(
    ("build", "pending", "name"),
    [(by_api, "PENDING", "UNSHIPPED"), (by_report, "Pending", "Unshipped")],
)
def test_a_pending_order_gets_its_amounts_when_it_is_authorised(
    tmp_path: Path, build: Callable[..., Page], pending: str, name: str
) -> None:
    lake = Lake(tmp_path)
    load(lake, build(pending, LATER - dt.timedelta(days=1), is_bare=True))
    assert (known(lake)["total_minor"], sold(lake)) == (0, (0, 0))
    load(lake, build(name, LATER, is_bare=False))
    assert (known(lake)["total_minor"], sold(lake)) == (4000, (4000, 2))
