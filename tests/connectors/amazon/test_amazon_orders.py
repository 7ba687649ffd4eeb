"""Orders as rows: the same from the API and from a report, and what each trap of them becomes."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.rows import split
from connectors.amazon import CONNECTOR, codes
from connectors.amazon.mapping import orders
from connectors.base.isolation import map_documents
from contracts.errors import SourceContractError
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
GERMANY = Context("de", "EUR", "Europe/Berlin", READ_AT)


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


@pytest.mark.parametrize("status", codes.WITHOUT_AMOUNTS)
def test_an_order_without_amounts_that_is_pending_or_void_is_there_with_none(status: str) -> None:
    bare = item(1)
    del bare["proceeds"]
    told = orders_page(order(1, bare, fulfillment={"fulfillmentStatus": status}, proceeds=None))
    found = one_order(told)
    amounts = ("goods_minor", "discount_minor", "shipping_minor", "tax_minor", "total_minor")
    assert [found[name] for name in amounts] == [0] * 5
    line = mapped(told).frames["order_lines"].row(0, named=True)
    pieces = 0 if status in codes.VOID else 2
    assert (line["line_kind"], line["quantity_units"], line["current_units"]) == ("sale", 2, pieces)
    assert quarantined(told) == []


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


@pytest.mark.parametrize(
    ("parts", "goods", "shipping", "tax"),
    [
        # German: 10.00 and 5.00 hold 19 percent, and the total says so.
        ({"ITEM": "10.00", "TAX": "1.60"}, 840, 0, 160),
        ({"ITEM": "20.00", "DISCOUNT": "-10.00", "TAX": "1.60"}, 840, 0, 160),
        ({"ITEM": "10.00", "SHIPPING": "5.00", "TAX": "2.40"}, 840, 420, 240),
        ({"ITEM": "10.00", "TAX": "0.00"}, 1000, 0, 0),
        ({"ITEM": "10.00"}, 1000, 0, 0),
    ],
)
def test_goods_are_without_the_tax_that_their_prices_hold(
    parts: dict[str, str], goods: int, shipping: int, tax: int
) -> None:
    euros = [{"type": kind, "subtotal": money(text, "EUR")} for kind, text in parts.items()]
    total = sum(float(text) for kind, text in parts.items() if kind != "TAX")
    told = {"breakdowns": euros, "proceedsTotal": money(f"{total:.2f}", "EUR")}
    stated = {"grandTotal": money(f"{total:.2f}", "EUR")}
    page = orders_page(order(1, item(1, quantity=1, proceeds=told), proceeds=stated))
    found = one_order(page, context=GERMANY)
    amounts = ("goods_minor", "shipping_minor", "tax_minor", "total_minor")
    assert [found[name] for name in amounts] == [goods, shipping, tax, round(total * 100)]
    line = mapped(page, context=GERMANY).frames["order_lines"].row(0, named=True)
    assert line["unit_price_minor"] - line["discount_minor"] == line["total_minor"] == goods


@pytest.mark.parametrize(
    ("context", "total", "goods"),
    [
        (GERMANY, None, 840),
        (GERMANY, "10.00", 840),
        (GERMANY, "11.60", 1000),
        (CONTEXT, None, 1000),
        (CONTEXT, "11.60", 1000),
        (CONTEXT, "10.00", 840),
    ],
)
def test_an_items_total_tells_if_its_price_holds_the_tax_and_else_its_store_does(
    context: Context, total: str | None, goods: int
) -> None:
    def amount(text: str) -> dict[str, str]:
        return money(text, context.currency)

    parts = (("ITEM", "10.00"), ("TAX", "1.60"))
    told: dict[str, Any] = {
        "breakdowns": [{"type": kind, "subtotal": amount(text)} for kind, text in parts]
    }
    if total is not None:
        told["proceedsTotal"] = amount(total)
    page = orders_page(order(1, item(1, proceeds=told), proceeds=None))
    assert one_order(page, context=context)["goods_minor"] == goods


def test_a_tax_that_is_broken_down_is_taken_off_what_it_is_on() -> None:
    told = proceeds("15.00", ITEM="10.00", SHIPPING="3.00", GIFT_WRAP="2.00", TAX="2.50")
    told["breakdowns"][3]["detailedBreakdowns"] = [
        {"subtype": kind, "value": money(text, "EUR")}
        for kind, text in (("ITEM", "1.50"), ("SHIPPING", "0.60"), ("GIFT_WRAP", "0.40"))
    ]
    text = json.dumps(order(1, item(1, proceeds=told), proceeds=None)).replace("USD", "EUR")
    page = orders_page(json.loads(text))
    row = report_row(
        1, currency="EUR", sales_channel="Amazon.de", item_price="10.00", item_tax="1.50",
        shipping_price="3.00", shipping_tax="0.60", gift_wrap_price="2.00", gift_wrap_tax="0.40",
        item_promotion_discount="",
    )  # fmt: skip
    for way in (page, report_page(row)):
        found = one_order(way, context=GERMANY)
        amounts = ("goods_minor", "shipping_minor", "tax_minor", "total_minor")
        assert [found[name] for name in amounts] == [850, 240, 250, 1500]


MINOR = st.integers(0, 10**6)


@given(
    ITEM=MINOR, DISCOUNT=MINOR, SHIPPING=MINOR, GIFT_WRAP=MINOR, TAX=MINOR, is_told=st.booleans()
)
def test_without_its_tax_an_order_still_adds_up_to_what_was_charged(
    *, is_told: bool, **parts: int
) -> None:
    charged = sum(parts[name] for name in ("ITEM", "SHIPPING", "GIFT_WRAP")) - parts["DISCOUNT"]
    told: dict[str, Any] = {
        "breakdowns": [
            {"type": kind, "subtotal": money(f"{minor / 100:.2f}", "EUR")}
            for kind, minor in parts.items()
        ]
    }
    if is_told:
        told["proceedsTotal"] = money(f"{charged / 100:.2f}", "EUR")
    page = orders_page(order(1, item(1, proceeds=told), proceeds=None))
    assert one_order(page, context=GERMANY)["total_minor"] == charged


def test_a_tip_is_a_line_of_its_own_and_no_goods() -> None:
    tip = {"type": "DELIVERY_TIP", "status": "FINALIZED", "subtotal": money("5.00")}
    stated = {"grandTotal": money("14.30"), "breakdowns": [tip]}
    page = orders_page(order(1, proceeds=stated))
    found = one_order(page)
    assert (found["goods_minor"], found["goods_units"], found["total_minor"]) == (850, 2, 1430)
    kinds = mapped(page).frames["order_lines"].select("line_kind", "total_minor").rows()
    assert sorted(kinds) == [("sale", 850), ("tip", 500)]
    waiting = {"grandTotal": money("9.30"), "breakdowns": [tip | {"status": "PENDING"}]}
    assert mapped(orders_page(order(1, proceeds=waiting))).frames["order_lines"].height == 1
    strange = {"grandTotal": money("9.30"), "breakdowns": [tip | {"status": "MAYBE"}]}
    assert "unknown_code" in quarantined(orders_page(order(1, proceeds=strange)))[0][1]


@pytest.mark.parametrize(
    "change",
    [
        {"orderItems": None, "fulfillment": {"fulfillmentStatus": "CANCELLED"}},
        {"packages": None},
        {"proceeds": {"grandTotal": None, "breakdowns": None}},
        {"orderItems": [item(1, proceeds=proceeds("1.00", ITEM="1.00") | {"proceedsTotal": None})]},
        {"fulfillment": {"fulfillmentStatus": "SHIPPED", "deliverByWindow": None}},
    ],
)
def test_null_for_a_list_or_an_object_is_none_of_it(change: dict[str, Any]) -> None:
    page = orders_page(order(1, **change), order(2))
    assert quarantined(page) == []
    assert mapped(page).frames["orders"].height == 2


@pytest.mark.parametrize("name", ["createdTime", "lastUpdatedTime"])
def test_an_order_that_says_not_when_is_held_alone_or_as_of_the_reading(name: str) -> None:
    page = orders_page(order(1, **{name: None}), order(2))
    held = [document for document, _ in quarantined(page)]
    assert held == (["111-0000000-0000001"] if name == "createdTime" else [])


def test_one_odd_order_of_pages_and_report_costs_itself_alone() -> None:
    stream = CONNECTOR.stream("orders")
    assert stream is not None
    short = report_page(report_row(3), report_row(4)).body + b"111-0000000-0000003\n"
    pages = [
        orders_page(order(1, salesChannel=None), order(2)),
        Page(short, "report"),
        report_page(report_row(5, sku="M\ufffd-1"), report_row(6)),
    ]
    found = map_documents(stream, lambda: pages, CONTEXT)
    parted = split(found, CONTEXT)
    held = {one[-1] for one in parted.bad["document_id"]}
    assert held == {"1", "3", "5"}
    assert {one[-1] for one in parted.good["orders"]["order_id"]} == {"2", "4", "6"}
    assert {one[-1] for one in parted.good["order_lines"]["order_id"]} == {"2", "4", "6"}


def test_a_report_without_a_column_that_is_used_is_told_by_the_columns_name() -> None:
    body = report_page(report_row(1)).body.replace(b"\tsku\t", b"\tseller-code\t")
    with pytest.raises(SourceContractError, match="no column sku"):
        mapped(Page(body, "report"))


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
