"""A known trade goes through every status that the platform has, and the lake follows."""

from pathlib import Path
from typing import Any

import pytest

from checks.rows import split
from connectors.taobao import codes
from connectors.taobao.order_mapping import orders
from contracts.codes import RECEIVED, FulfilmentStatus, PaymentStatus
from tests.connectors.taobao.recorded import CONTEXT, line, trade, trades
from transforms.sales import sales_daily
from warehouse.lake import Lake

TID = 2600000000000000001
PAID = {"status": "WAIT_SELLER_SEND_GOODS", "modified": "2026-11-11 01:00:00", "end_time": None}
CLOSED = ("TRADE_CLOSED", "TRADE_CLOSED_BY_TAOBAO")


def load(lake: Lake, row: dict[str, Any]) -> dict[str, Any]:
    """The order as the lake knows it once this version of its trade was read."""
    parted = split(orders([trades(row)], CONTEXT), CONTEXT)
    assert parted.bad.is_empty(), parted.bad.to_dicts()
    lake.merge(parted.good)
    return lake.scan("orders").collect().row(0, named=True)


def gmv(lake: Lake) -> int:
    lines, heads = lake.scan("order_lines"), lake.scan("orders")
    found = sales_daily(lines, heads, CONTEXT.time_zone).collect()  # type: ignore[arg-type]
    return int(found["gmv_minor"].sum())


@pytest.mark.parametrize("status", codes.PAYMENT_STATUS)
def test_a_known_trade_follows_the_platform_into_every_status(tmp_path: Path, status: str) -> None:
    lake = Lake(tmp_path)
    first = load(lake, trade(TID, line(1, consign_time=None), **PAID, consign_time=None))
    assert (first["payment_status"], gmv(lake)) == (PaymentStatus.PAID, 5_000)
    newer = trade(
        TID,
        line(1, status=status, consign_time=None),
        status=status,
        consign_time=None,
        modified="2026-11-15 10:00:00",
    )
    now = load(lake, newer)
    assert now["payment_status"] == codes.PAYMENT_STATUS[status]
    assert now["fulfilment_status"] == codes.FULFILMENT_STATUS[status]
    assert now["source_updated_at"] > first["source_updated_at"]
    assert (now["cancelled_at"] is not None) is (status in CLOSED)
    assert gmv(lake) == (5_000 if now["payment_status"] in RECEIVED else 0)
    left = lake.scan("order_lines").collect()["current_units"].to_list()
    assert left == ([0] if status in CLOSED else [2])


@pytest.mark.parametrize("refund", codes.REFUND_STATUS)
def test_a_known_line_follows_the_platform_into_every_state_of_a_refund(
    tmp_path: Path, refund: str
) -> None:
    lake = Lake(tmp_path)
    load(lake, trade(TID, line(1), line(2), **PAID))
    is_back = refund == "SUCCESS"
    gone = line(2, refund_status=refund, status="TRADE_CLOSED" if is_back else "TRADE_FINISHED")
    payment = "56.00" if is_back else "106.00"
    now = load(lake, trade(TID, line(1), gone, payment=payment))
    expected = PaymentStatus.PARTIALLY_REFUNDED if is_back else PaymentStatus.PAID
    assert now["payment_status"] == expected
    assert (now["refunded_minor"], now["goods_minor"]) == (5_000 if is_back else 0, 10_000)


def test_a_trade_that_was_sent_and_then_closed_is_paid_back_and_stays_fulfilled(
    tmp_path: Path,
) -> None:
    lake = Lake(tmp_path)
    load(lake, trade(TID, **PAID))
    now = load(lake, trade(TID, line(1, status="TRADE_CLOSED"), status="TRADE_CLOSED"))
    assert now["payment_status"] == PaymentStatus.REFUNDED
    assert (now["fulfilment_status"], now["cancelled_at"]) == (FulfilmentStatus.FULFILLED, None)


def test_two_lines_an_hour_apart_under_one_waybill_are_one_parcel_of_the_earliest_date() -> None:
    late = line(2, consign_time="2026-11-11 10:00:00")
    found = orders([trades(trade(TID, late, line(1)))], CONTEXT).frames["shipments"]
    assert found["shipment_id"].to_list() == ["yuantong:YT1"]
    assert found["shipped_at"][0].isoformat() == "2026-11-11T01:00:00+00:00"
