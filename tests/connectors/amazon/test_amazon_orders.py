"""Orders as rows: the same from the API and from a report, and what each trap of them becomes."""

from typing import Any

import pytest

from checks.rows import split
from connectors.amazon import codes
from connectors.amazon.mapping import orders
from contracts.streams import Context, Mapped, Page
from tests.connectors.amazon.recorded import (
    CONTEXT,
    READ_AT,
    item,
    money,
    order,
    orders_page,
    package,
    proceeds,
    report_page,
    report_row,
)

JAPAN = Context("jp", "JPY", "Asia/Tokyo", READ_AT)


def mapped(*pages: Page, context: Context = CONTEXT) -> Mapped:
    return orders(pages, context)


def one_order(*pages: Page, context: Context = CONTEXT) -> dict[str, Any]:
    frame = mapped(*pages, context=context).frames["orders"]
    assert frame.height == 1
    return frame.row(0, named=True)


def lines(*pages: Page) -> list[tuple[Any, ...]]:
    frame = mapped(*pages).frames["order_lines"].sort("order_id", "line_id")
    return frame.select(
        "line_id", "quantity_units", "unit_price_minor", "discount_minor", "total_minor"
    ).rows()


def quarantined(*pages: Page) -> list[tuple[str, str]]:
    """Documents that the checks hold, and all reasons why."""
    bad = split(mapped(*pages), CONTEXT).bad
    return bad.select("document_id", "reasons").rows()


def test_api_and_report_give_the_same_orders_and_lines() -> None:
    api = mapped(orders_page(order(1)))
    report = mapped(report_page(report_row(1)))
    told = ["source_updated_at", "content_hash", "deliver_from_at", "deliver_by_at"]
    for table in ("orders", "order_lines"):
        left, right = (found.frames[table].drop(told, strict=False) for found in (api, report))
        assert left.equals(right), table
    assert report.frames["shipments"].is_empty()


def test_of_one_version_the_api_stands_before_the_report() -> None:
    api = one_order(orders_page(order(1)))["source_updated_at"]
    report = one_order(report_page(report_row(1)))["source_updated_at"]
    assert (api - report).total_seconds() == pytest.approx(1e-6)


def test_items_of_one_sku_are_one_line_however_they_were_split() -> None:
    whole = lines(orders_page(order(1, item(1, quantity=3), item(2, quantity=1))))
    halves = [
        report_row(1, quantity="1", item_price="5.00", item_promotion_discount="0.75"),
        report_row(1, quantity="3", item_price="15.00", item_promotion_discount="-2.25"),
    ]
    assert whole == lines(report_page(*halves)) == [("SKU-1", 4, 500, 300, 1700)]
    assert lines(report_page(halves[0]), report_page(halves[1])) == whole


def test_a_discount_counts_by_its_size_whatever_its_sign() -> None:
    for sign in ("", "-"):
        told = item(1, proceeds=proceeds("8.50", ITEM="10.00", DISCOUNT=f"{sign}1.50"))
        assert lines(orders_page(order(1, told)))[0][-2:] == (150, 850)
        assert (
            lines(report_page(report_row(1, item_promotion_discount=f"{sign}1.50")))[0][-1] == 850
        )


def test_what_was_taken_off_shipping_was_not_taken_off_the_goods() -> None:
    parts = proceeds("12.00", ITEM="10.00", SHIPPING="4.00", DISCOUNT="-3.00", TAX="1.00")
    parts["breakdowns"][2]["detailedBreakdowns"] = [
        {"subtype": "ITEM", "value": money("-1.00")},
        {"subtype": "SHIPPING", "value": money("-2.00")},
    ]
    told = order(1, item(1, proceeds=parts), proceeds={"grandTotal": money("12.00")})
    row = report_row(
        1, item_tax="1.00", shipping_price="4.00", item_promotion_discount="-1.00",
        ship_promotion_discount="-2.00",
    )  # fmt: skip
    for page in (orders_page(told), report_page(row)):
        found = one_order(page)
        amounts = ("goods_minor", "discount_minor", "shipping_minor", "tax_minor", "total_minor")
        assert [found[name] for name in amounts] == [900, 100, 200, 100, 1200]


def test_jpy_has_no_decimals() -> None:
    yen = {"type": "ITEM", "subtotal": money("5980", "JPY")}
    told = order(
        1,
        item(1, quantity=1, proceeds={"breakdowns": [yen]}),
        proceeds={"grandTotal": money("5980", "JPY")},
    )
    found = one_order(orders_page(told), context=JAPAN)
    assert (found["goods_minor"], found["currency"]) == (5980, "JPY")


@pytest.mark.parametrize("status", ["PENDING", "PENDING_AVAILABILITY", "CANCELLED"])
def test_an_order_without_amounts_that_is_pending_or_cancelled_is_left_out(status: str) -> None:
    bare = item(1)
    del bare["proceeds"]
    told = order(1, bare, fulfillment={"fulfillmentStatus": status}, proceeds=None)
    assert mapped(orders_page(told)).frames["orders"].is_empty()
    assert mapped(orders_page(told)).frames["order_lines"].is_empty()
    assert quarantined(orders_page(told)) == []


def test_a_shipped_order_without_amounts_is_held() -> None:
    bare = item(1)
    del bare["proceeds"]
    (document, reasons), *rest = quarantined(orders_page(order(1, bare), order(2)))
    assert (document, rest) == ("111-0000000-0000001", [])
    assert "missing_value" in reasons


def test_a_cancelled_row_of_a_shipped_order_is_no_line() -> None:
    gone = report_row(1, sku="SKU-2", quantity="0", item_price="", item_promotion_discount="")
    assert [line[0] for line in lines(report_page(report_row(1), gone))] == ["SKU-1"]


def test_a_cancelled_order_with_amounts_is_void_and_nothing_of_it_is_left() -> None:
    told = orders_page(order(1, fulfillment={"fulfillmentStatus": "CANCELLED"}))
    found = one_order(told)
    assert (found["payment_status"], found["fulfilment_status"]) == ("voided", "unfulfilled")
    assert found["cancelled_at"] == found["source_updated_at"]
    assert mapped(told).frames["order_lines"]["current_units"].to_list() == [0]


def test_what_only_leaves_from_the_platforms_warehouse_is_no_order_of_the_store() -> None:
    told = order(1, salesChannel={"channelName": "NON_AMAZON"}, packages=[package()])
    found = mapped(orders_page(told))
    assert all(frame.is_empty() for frame in found.frames.values())


@pytest.mark.parametrize(
    "page",
    [
        orders_page(order(1), order(2, salesChannel={"channelName": "AMAZON_MOON"})),
        report_page(report_row(1), report_row(2, sales_channel="Amazon.moon")),
        report_page(report_row(1), report_row(2, order_status="Shipped - Beamed")),
        orders_page(order(1), order(2, item(2, proceeds=proceeds("1.00", ITEM="1.00", MOON="1")))),
    ],
)
def test_an_unknown_code_holds_its_order_alone(page: Page) -> None:
    held = quarantined(page)
    assert [document for document, _ in held] == ["111-0000000-0000002"]
    assert "unknown_code" in held[0][1]


@pytest.mark.parametrize(
    "page",
    [
        orders_page(order(2, item(2, proceeds=proceeds("1.00", ITEM="1,00")))),
        orders_page(order(2, proceeds={"grandTotal": money("9.305")})),
        report_page(report_row(2, item_price="10.0.0")),
        report_page(report_row(2, item_promotion_discount="1.505")),
    ],
)
def test_money_that_cannot_be_read_exactly_holds_its_order(page: Page) -> None:
    assert "unreadable_money" in quarantined(page)[0][1]


def test_another_currency_holds_its_order() -> None:
    euros = {"breakdowns": [{"type": "ITEM", "subtotal": money("10.00", "EUR")}]}
    assert "foreign_currency" in quarantined(orders_page(order(1, item(1, proceeds=euros))))[0][1]
    assert "foreign_currency" in quarantined(report_page(report_row(1, currency="EUR")))[0][1]


def test_a_line_that_costs_nothing_is_a_gift() -> None:
    free = item(1, proceeds=proceeds("0", ITEM="10.00", DISCOUNT="-10.00"))
    found = mapped(orders_page(order(1, free))).frames["order_lines"]
    assert found["line_kind"].to_list() == ["gift"]


def test_parcels_have_one_carriers_code_and_the_promise() -> None:
    told = order(
        1,
        packages=[
            package(),
            package(),
            package("2Z1", packageStatus={"status": "CANCELLED"}),
            package("3Z1", packageStatus=None),
            package("", trackingNumber=None),
        ],
    )
    found = mapped(orders_page(told)).frames["shipments"]
    assert found["shipment_id"].to_list() == ["ups:1Z999", "ups:3Z1"]
    assert found["promised_at"].to_list() == [one_order(orders_page(told))["deliver_by_at"]] * 2
    assert found["delivered_at"].null_count() == 2


def test_an_order_that_two_pages_hold_is_there_once_per_version() -> None:
    newer = order(1, lastUpdatedTime="2026-11-12T10:00:00Z")
    found = mapped(orders_page(order(1), newer), orders_page(order(1)))
    assert found.frames["orders"].height == 2
    assert found.frames["order_lines"]["quantity_units"].to_list() == [2, 2]
    assert quarantined(orders_page(order(1), newer), orders_page(order(1))) == []


def test_a_field_that_no_model_has_is_noticed() -> None:
    told = order(1, item(1, charm="much"), telepathy=True)
    assert mapped(orders_page(told)).unknown_fields == ("charm", "telepathy")
    heading, row = report_page(report_row(1)).body.splitlines()
    found = mapped(Page(heading + b"\taura\n" + row + b"\t\n", "report"))
    assert found.unknown_fields == ("aura",)
    assert found.frames["orders"].height == 1


def test_each_status_of_a_report_is_one_of_the_api() -> None:
    assert set(codes.REPORT_STATUS.values()) <= set(codes.FULFILMENT)
    assert set(codes.FULFILMENT) == set(codes.PAYMENT)
