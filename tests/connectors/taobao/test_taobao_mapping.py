"""Trades, cases, products and the rest as canonical rows; each trap of the platform by name."""

import datetime as dt
import json
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.rows import split
from connectors.taobao import codes, mapping
from connectors.taobao.order_mapping import orders
from contracts.codes import FulfilmentStatus, PaymentStatus
from contracts.streams import Mapped
from contracts.tables import TABLES
from tests.connectors.taobao import recorded
from tests.connectors.taobao.recorded import CONTEXT, item, items, line, sku, trade, trades

TID = 2600000000000000001


def one(row: dict[str, Any]) -> dict[str, Any]:
    mapped = orders([trades(row)], CONTEXT)
    assert mapped.rejects.is_empty(), mapped.rejects.to_dicts()
    return mapped.frames["orders"].row(0, named=True)


def lines(*rows: dict[str, Any], **values: Any) -> list[dict[str, Any]]:
    mapped = orders([trades(trade(TID, *rows, **values))], CONTEXT)
    return mapped.frames["order_lines"].to_dicts()


def bad(mapped: Mapped) -> list[str]:
    return split(mapped, CONTEXT).bad["document_id"].to_list()


def test_goods_are_what_the_lines_cost_after_all_discounts() -> None:
    found = one(trade(TID, line(1), line(2)))
    assert (found["goods_minor"], found["shipping_minor"]) == (10_000, 600)
    assert (found["total_minor"], found["discount_minor"]) == (10_600, 2_000)
    assert bad(orders([trades(trade(TID, line(1), line(2)))], CONTEXT)) == []


def test_postage_in_the_payment_of_an_only_line_is_no_goods() -> None:
    only = line(TID, payment="56.00")
    assert lines(only)[0]["total_minor"] == 5_000
    assert one(trade(TID, only, payment="56.00"))["goods_minor"] == 5_000


def test_a_refund_changes_the_payment_and_not_what_was_ordered() -> None:
    """`payment` falls by what was paid back; to subtract it once more would count it twice."""
    kept, gone = line(1), line(2, refund_status="SUCCESS", status="TRADE_CLOSED")
    found = one(trade(TID, kept, gone, payment="56.00"))
    assert (found["goods_minor"], found["total_minor"]) == (10_000, 10_600)
    assert found["refunded_minor"] == 5_000
    assert found["payment_status"] == PaymentStatus.PARTIALLY_REFUNDED
    assert [row["current_units"] for row in lines(kept, gone, payment="56.00")] == [2, 0]


def test_without_a_divided_fee_a_line_costs_its_total_less_its_share_of_the_discount() -> None:
    undivided = line(1)
    del undivided["divide_order_fee"]
    assert lines(orders={"order": [undivided]})[0]["total_minor"] == 5_000


@pytest.mark.parametrize(
    ("adjusted", "discount"), [("0.00", 1_000), ("-3.00", 1_300), ("30.00", 0)]
)
def test_a_price_adjusted_by_hand_is_a_discount_only_downwards(
    adjusted: str, discount: int
) -> None:
    assert lines(line(1, adjust_fee=adjusted))[0]["discount_minor"] == discount


def test_a_line_that_costs_nothing_is_a_gift_and_its_pieces_count() -> None:
    gift = lines(line(1, divide_order_fee="0.00"))[0]
    assert (gift["line_kind"], gift["quantity_units"], gift["total_minor"]) == ("gift", 2, 0)


@pytest.mark.parametrize(
    ("step", "status", "expected", "is_paid"),
    [
        ("FRONT_NOPAID_FINAL_NOPAID", "WAIT_BUYER_PAY", PaymentStatus.PENDING, False),
        ("FRONT_PAID_FINAL_NOPAID", "WAIT_BUYER_PAY", PaymentStatus.PARTIALLY_PAID, False),
        ("FRONT_PAID_FINAL_PAID", "WAIT_SELLER_SEND_GOODS", PaymentStatus.PAID, True),
        ("FRONT_PAID_FINAL_NOPAID", "TRADE_CLOSED", PaymentStatus.VOIDED, False),
        ("FRONT_PAID_FINAL_NOPAID", "TRADE_CLOSED_BY_TAOBAO", PaymentStatus.VOIDED, False),
    ],
)
def test_a_deposit_of_a_presale_is_no_payment(
    step: str, status: str, expected: PaymentStatus, is_paid: bool
) -> None:
    found = one(trade(TID, type="step", step_trade_status=step, status=status))
    assert found["payment_status"] == expected
    assert (found["paid_at"] is not None) is is_paid


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("WAIT_SELLER_SEND_GOODS", PaymentStatus.PENDING),
        ("WAIT_BUYER_CONFIRM_GOODS", PaymentStatus.PENDING),
        ("TRADE_BUYER_SIGNED", PaymentStatus.PAID),
        ("TRADE_FINISHED", PaymentStatus.PAID),
        ("TRADE_CLOSED", PaymentStatus.VOIDED),
    ],
)
def test_cash_on_delivery_arrives_with_the_signature(status: str, expected: str) -> None:
    found = one(trade(TID, type="cod", status=status, pay_time=None))
    assert found["payment_status"] == expected
    received = dt.datetime(2026, 11, 15, 2, tzinfo=dt.UTC)
    assert found["paid_at"] == (received if expected == PaymentStatus.PAID else None)


@pytest.mark.parametrize("status", codes.PAYMENT_STATUS)
def test_every_status_of_the_reference_says_where_money_and_goods_stand(status: str) -> None:
    found = one(trade(TID, status=status))
    assert found["payment_status"] == codes.PAYMENT_STATUS[status]
    if status not in ("TRADE_CLOSED", "TRADE_CLOSED_BY_TAOBAO"):
        assert found["fulfilment_status"] == codes.FULFILMENT_STATUS[status]


def test_closed_before_it_left_is_cancelled_and_after_that_it_is_not() -> None:
    before = one(trade(TID, status="TRADE_CLOSED", consign_time=None))
    after = one(trade(TID, status="TRADE_CLOSED"))
    assert before["cancelled_at"] == dt.datetime(2026, 11, 15, 2, tzinfo=dt.UTC)
    assert before["fulfilment_status"] == FulfilmentStatus.UNFULFILLED
    assert (after["cancelled_at"], after["fulfilment_status"]) == (None, "fulfilled")


def test_a_day_ends_in_china() -> None:
    found = one(trade(TID, created="2026-11-11 00:00:00"))
    assert found["placed_at"] == dt.datetime(2026, 11, 10, 16, tzinfo=dt.UTC)


def test_ids_beyond_what_a_float_holds_stay_exact() -> None:
    big = 2**63 - 1
    assert one(trade(big))["order_id"] == str(big)
    assert lines(line(big - 2))[0]["line_id"] == str(big - 2)


@pytest.mark.parametrize(
    "change",
    [
        {"type": "barter"},
        {"status": "WAIT_FOR_RAIN"},
        {"type": "step", "step_trade_status": "HALF_PAID"},
        {"orders": {"order": [line(1, refund_status="MAYBE")]}},
        {"orders": {"order": [line(1, status="WAIT_FOR_RAIN")]}},
        {"orders": {"order": [line(1, price="1,000.00")]}},
        {"orders": {"order": [line(1, divide_order_fee="12.345")]}},
        {"orders": {"order": [line(1, adjust_fee="?")]}},
        {"orders": {}},
        {"payment": "free"},
        {"post_fee": "6,00"},
        {"created": "yesterday"},
        {"modified": "2026-11-15T10:00:00Z"},
    ],
)
def test_what_cannot_be_read_keeps_its_whole_order_out_and_no_other(change: dict[str, Any]) -> None:
    mapped = orders([trades(trade(TID, **change), trade(TID + 2))], CONTEXT)
    found = split(mapped, CONTEXT)
    assert found.bad["document_id"].to_list() == [str(TID)]
    assert found.good["orders"]["order_id"].to_list() == [str(TID + 2)]
    assert found.good["order_lines"]["order_id"].to_list() == [str(TID + 2)]


def test_lines_that_travel_together_are_one_parcel() -> None:
    together = trade(TID, line(1), line(2), line(3, invoice_no="YT2"), line(4, invoice_no=""))
    parcels = orders([trades(together)], CONTEXT).frames["shipments"]
    assert parcels["shipment_id"].to_list() == ["yuantong:YT1", "yuantong:YT2"]
    assert parcels["shipped_at"][0] == dt.datetime(2026, 11, 11, 1, tzinfo=dt.UTC)


def test_new_fields_are_told_by_name_and_nothing_else() -> None:
    mapped = orders([trades(trade(TID, mood="good"))], CONTEXT)
    assert mapped.unknown_fields == ("mood",)


AMOUNT = st.integers(0, 10**7)


@given(st.lists(st.tuples(AMOUNT, AMOUNT, st.integers(1, 9)), min_size=1, max_size=6))
def test_goods_agree_with_the_lines_for_any_amounts(rows: list[tuple[int, int, int]]) -> None:
    def yuan(fen: int) -> str:
        return f"{fen // 100}.{fen % 100:02d}"

    made = [
        line(number, price=yuan(price), divide_order_fee=yuan(total), num=count)
        for number, (price, total, count) in enumerate(rows)
    ]
    mapped = orders([trades(trade(TID, *made))], CONTEXT)
    assert mapped.frames["orders"]["goods_minor"].to_list() == [sum(row[1] for row in rows)]
    reasons = [
        reason for text in split(mapped, CONTEXT).bad["reasons"] for reason in json.loads(text)
    ]
    assert {reason["reason"] for reason in reasons} <= {"penny_price"}


def test_a_case_says_what_comes_back_and_since_when() -> None:
    page = recorded.page(
        "refunds",
        "refunds",
        "refund",
        recorded.refund(1),
        recorded.refund(2, status="WAIT_SELLER_AGREE", has_good_return=False),
    )
    done, asked = mapping.refunds([page], CONTEXT).frames["refund_cases"].to_dicts()
    assert (done["case_status"], done["asked_minor"], done["returned_units"]) == (
        "refunded",
        5_000,
        2,
    )
    assert done["refunded_at"] == dt.datetime(2026, 11, 13, 2, tzinfo=dt.UTC)
    assert (asked["case_status"], asked["refunded_at"], asked["returned_units"]) == (
        "requested",
        None,
        None,
    )


def test_each_sku_is_a_listing_and_a_product_without_any_is_one_itself() -> None:
    page = items(
        item(1, sku(11), sku(12, price="31.50")),
        item(2, sku(21)),
        item(3, outer_id=""),
    )
    frames = mapping.items([page], CONTEXT).frames
    shown = frames["listings"].select("listing_id", "product_id", "sku_id", "title").rows()
    assert shown == [
        ("11", "1", "TEA-1", "绿茶 100g"),
        ("12", "1", "TEA-2", "绿茶 200g"),
        ("21", "2", "TEA-1", "绿茶"),
        ("3", "3", None, "绿茶"),
    ]
    assert frames["prices"]["price_minor"].to_list() == [3_000, 3_150, 3_000, 3_000]


def test_stock_is_what_can_be_sold_of_each_listing_when_it_was_read() -> None:
    page = items(item(1, sku(11, quantity=0)), item(2, outer_id="CUP", num=7), item(3, outer_id=""))
    frame = mapping.items([page], CONTEXT).frames["stock_levels"]
    assert frame.select("sku_id", "warehouse_id", "available_units").rows() == [
        ("TEA-1", "1:11", 0),
        ("CUP", "2", 7),
    ]
    assert frame["observed_at"].unique().to_list() == [CONTEXT.read_at]


@pytest.mark.parametrize(
    ("unit", "minor", "title"), [("fen", 500, "满20减5"), ("yuan", 50_000, "满2000减500")]
)
def test_a_coupons_unit_is_that_of_its_page(unit: str, minor: int, title: str) -> None:
    page = recorded.coupons(recorded.coupon(1), unit=unit)
    row = mapping.coupons([page], CONTEXT).frames["coupons"].row(0, named=True)
    assert (row["discount_minor"], row["title"], row["redeemed_units"]) == (minor, title, None)


def test_a_variant_that_only_shows_its_products_code_has_none() -> None:
    page = items(item(1, sku(11, outer_id=None), sku(12, outer_id=""), sku(13)), item(2))
    found = mapping.items([page], CONTEXT).frames
    assert found["listings"]["sku_id"].to_list() == [None, None, "TEA-3", "TEA"]
    assert found["stock_levels"]["sku_id"].to_list() == ["TEA-3", "TEA"]
    bought = [line(1, outer_sku_id=""), line(2, outer_sku_id=None), line(3, sku_id=None)]
    bought[2]["outer_sku_id"] = None
    assert [row["sku_id"] for row in lines(*bought)] == [None, None, "TEA"]


def test_a_variant_without_price_or_quantity_takes_none_from_its_product() -> None:
    page = items(item(1, sku(11, price=None), sku(12, quantity=None)), item(2))
    held = split(mapping.items([page], CONTEXT), CONTEXT).bad
    assert held["table"].sort().to_list() == ["prices", "stock_levels"]


def test_every_table_of_a_page_is_valid() -> None:
    mapped = orders(recorded.PAGES["orders"], CONTEXT)
    for name, frame in mapped.frames.items():
        assert TABLES[name].schema.is_valid(frame), name
    assert mapped.frames["orders"].height == 2
    assert mapped.frames["orders"].select(pl.col("member_id").is_not_null().all()).item()
