"""JOS's answers as canonical rows: yuan and fen, dates that never were, shares of a discount."""

import datetime as dt
from typing import Any

import polars as pl
import pytest

from checks.rows import split
from connectors.jd import CONNECTOR, mapping
from connectors.jd.order_mapping import orders
from contracts.streams import Mapped, Page
from tests.connectors.jd import recorded
from tests.connectors.jd.recorded import (
    CONTEXT,
    NEVER,
    amount,
    cancel,
    cancels,
    case,
    cases,
    item,
    order,
    review,
    sku,
)

NUMBER = 290000000001


def order_rows(*rows: dict[str, Any]) -> dict[str, pl.DataFrame]:
    """The tables of orders, all of whose documents are good."""
    parted = split(orders([recorded.orders(*rows)], CONTEXT), CONTEXT)
    assert parted.bad.is_empty(), parted.bad
    return parted.good


def refund_rows(*pages: Page) -> list[dict[str, Any]]:
    return mapping.refunds(pages, CONTEXT).frames["refund_cases"].to_dicts()


def test_an_order_is_what_its_buyer_owes_and_its_lines_share_what_was_taken_off() -> None:
    lines = (item(1), item(2, jdPrice="10.00", itemTotal=1), item(3, jdPrice="0.00", itemTotal="1"))
    tables = order_rows(order(NUMBER, *lines, shouldPay="66.00", freightPrice="6.01"))
    row = tables["orders"].row(0, named=True)
    assert (row["total_minor"], row["shipping_minor"], row["discount_minor"]) == (6_600, 601, 1_001)
    assert row["goods_minor"] == row["stated_goods_minor"] == 5_999
    found = tables["order_lines"].sort("line_id")
    assert found["discount_minor"].to_list() == [858, 143, 0]
    assert found["total_minor"].to_list() == [5_142, 857, 0]
    assert found["unit_price_minor"].to_list() == [3_000, 1_000, 0]
    assert found["line_kind"].to_list() == ["sale", "sale", "gift"]


@pytest.mark.parametrize(
    ("values", "status", "is_paid"),
    [
        ({"orderState": "NOT_PAY", "paymentConfirmTime": NEVER}, "pending", False),
        ({"orderState": "WAIT_SELLER_STOCK_OUT", "paymentConfirmTime": NEVER}, "pending", False),
        ({"orderState": "WAIT_SELLER_STOCK_OUT"}, "paid", True),
        ({"orderState": "DengDaiChuKu"}, "paid", True),
        ({"orderState": "LOCKED"}, "paid", True),
        ({"orderState": "FINISHED_L"}, "paid", True),
        ({"orderState": "FINISHED_L", "payType": "1", "paymentConfirmTime": NEVER}, "paid", True),
        (
            {"orderState": "FINISHED_L", "payType": "1-货到付款", "paymentConfirmTime": NEVER},
            "paid",
            True,
        ),
        ({"orderState": "TRADE_CANCELED"}, "refunded", True),
        ({"orderState": "TRADE_CANCELED", "paymentConfirmTime": NEVER}, "voided", False),
    ],
)
def test_money_has_come_when_the_platform_says_when(
    values: dict[str, Any], status: str, is_paid: bool
) -> None:
    row = order_rows(order(NUMBER, **values))["orders"].row(0, named=True)
    assert (row["payment_status"], row["paid_at"] is not None) == (status, is_paid)
    assert row["refunded_minor"] == (5_600 if status == "refunded" else 0)
    assert (row["cancelled_at"] is not None) == (values["orderState"] == "TRADE_CANCELED")


def test_times_are_chinas_and_an_order_that_goes_on_has_not_ended() -> None:
    values = {"orderState": "WAIT_GOODS_RECEIVE_CONFIRM", "orderEndTime": "1970-01-01 00:00:00"}
    row = order_rows(order(NUMBER, **values))["orders"].row(0, named=True)
    assert row["placed_at"] == dt.datetime(2026, 11, 10, 15, 59, tzinfo=dt.UTC)
    assert row["completed_at"] is None
    assert row["fulfilment_status"] == "fulfilled"


def test_one_sku_on_two_lines_is_two_lines() -> None:
    tables = order_rows(order(NUMBER, item(7), item(7, jdPrice="0.00"), shouldPay="66.00"))
    assert sorted(tables["order_lines"]["line_id"]) == ["7", "7:2"]


@pytest.mark.parametrize(
    ("waybill", "carriers", "parcels"),
    [
        ("YT1", "463", {"yuantong:YT1"}),
        ("YT1,YT2|SF1", "463|467", {"yuantong:YT1", "yuantong:YT2", "shunfeng:SF1"}),
        ("X1", "99999", {"99999:X1"}),
        ("YT1|SF1", "463", {"yuantong:YT1"}),
        ("", "", set()),
        (None, None, set()),
    ],
)
def test_waybills_of_several_carriers_are_parcels(
    waybill: str | None, carriers: str | None, parcels: set[str]
) -> None:
    tables = order_rows(order(NUMBER, waybill=waybill, logisticsId=carriers))
    assert set(tables["shipments"]["shipment_id"]) == parcels


@pytest.mark.parametrize(
    "values",
    [
        {"shouldPay": "a lot", "actualPay": None},
        {"itemInfoList": [item(jdPrice="12.345")]},
        {"itemInfoList": [item(itemTotal="two")]},
        {"orderStartTime": "yesterday"},
        {"shouldPay": None, "actualPay": None},
    ],
)
def test_an_amount_or_a_time_that_cannot_be_read_holds_its_order_alone(
    values: dict[str, Any],
) -> None:
    pages = [recorded.orders(order(NUMBER, **values), order(NUMBER + 1))]
    parted = split(orders(pages, CONTEXT), CONTEXT)
    assert parted.good["orders"]["order_id"].to_list() == [str(NUMBER + 1)]
    assert set(parted.bad["document_id"]) == {str(NUMBER)}


def test_a_case_is_yuan_and_a_wish_to_cancel_is_fen() -> None:
    done, open_ = case(700), case(701, status=None, completeTime=None)
    pages = (cases(done, open_), amount(700, "30.00"), amount(701, None, "12.50"))
    first, second, wish = refund_rows(*pages, cancels(cancel(800)))
    assert (first["case_id"], first["asked_minor"], first["case_status"]) == (
        "afs:700",
        3_000,
        "refunded",
    )
    assert first["refunded_at"] == dt.datetime.fromtimestamp(1794708000, dt.UTC)
    assert (second["asked_minor"], second["case_status"]) == (1_250, "requested")
    assert second["refunded_at"] is None
    assert (wish["case_id"], wish["asked_minor"], wish["case_status"]) == (
        "cancel:800",
        5_600,
        "refunded",
    )


def test_a_case_without_its_amount_is_held() -> None:
    mapped = mapping.refunds([cases(case(700), case(701)), amount(701)], CONTEXT)
    parted = split(mapped, CONTEXT)
    assert parted.good["refund_cases"]["case_id"].to_list() == ["afs:701"]
    assert set(parted.bad["document_id"]) == {"afs:700"}


def test_an_odd_amount_takes_its_case_with_it_and_no_other() -> None:
    stream = CONNECTOR.stream("refunds")
    assert stream is not None
    assert stream.documents is not None
    odd = Page(b'{"code":"0","result":{"data":[]}}', "amount:700")
    assert stream.documents.split(odd) == []
    (document,) = stream.documents.split(amount(700, "30.00"))
    assert (document.table, document.document_id) == ("refund_cases", "afs:700")


def test_prices_are_yuan_and_stock_is_what_can_still_be_sold() -> None:
    page = recorded.skus(sku(1, jdPrice=59.9, stockNum="4"), sku(2, outerId="", status="4"))
    tables = mapping.items([page], CONTEXT).frames
    assert tables["prices"]["price_minor"].to_list() == [5_990, 3_000]
    assert tables["listings"]["listing_status"].to_list() == ["active", "archived"]
    (level,) = tables["stock_levels"].to_dicts()
    assert (level["sku_id"], level["warehouse_id"], level["available_units"]) == ("TEA-1", "1", 4)


def mapped_review(**values: Any) -> dict[str, Any]:
    found: Mapped = mapping.reviews([recorded.reviews(review(1, **values))], CONTEXT)
    return found.frames["reviews"].row(0, named=True)


def test_a_review_shows_its_first_reply() -> None:
    replies = [
        {"content": "谢谢", "creationTime": 1794708000000},
        {"content": "再见", "creationTime": 1794708060000},
    ]
    row = mapped_review(score="5", replies=replies)
    assert (row["review_result"], row["stars_units"], row["reply"]) == ("good", 5, "谢谢")
    assert row["replied_at"] == dt.datetime.fromtimestamp(1794708000, dt.UTC)
    assert mapped_review(replies=None)["reply"] is None
