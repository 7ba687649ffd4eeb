"""Shopify's answers as canonical rows."""

import datetime as dt
import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base.frames import frame
from connectors.shopify import CONNECTOR, mapping, order_mapping
from contracts.errors import SourceContractError
from contracts.streams import Page
from tests.connectors.shopify.order_pages import (
    CONTEXT,
    END,
    bag,
    bulk,
    cuts,
    line,
    only,
    order,
    orders,
    page,
    sent,
)


def test_a_paid_order_is_placed_when_created_and_paid_when_processed() -> None:
    row = only(orders(order(line())), "orders")
    assert row["order_id"] == "1"
    assert row["member_id"] == "7"
    assert row["placed_at"] == dt.datetime(2026, 11, 10, 23, 30, tzinfo=dt.UTC)
    assert row["paid_at"] == dt.datetime(2026, 11, 10, 23, 31, tzinfo=dt.UTC)
    assert row["created_date"] == dt.date(2026, 11, 10)
    assert row["source_updated_at"] == dt.datetime(2026, 11, 11, 0, 10, tzinfo=dt.UTC)
    assert (row["goods_minor"], row["total_minor"]) == (1000, 1000)


def test_every_table_is_valid_for_its_schema() -> None:
    refund = {
        "id": "gid://shopify/Refund/5",
        "createdAt": "2026-11-11T00:00:00Z",
        "totalRefundedSet": bag("3.00"),
    }
    more = {"refunds": [refund], "fulfillments": [sent()], "discountCodes": ["SAVE"]}
    mapped = orders(order(line(), **more))
    assert set(mapped.frames) == {
        "orders",
        "order_lines",
        "order_coupons",
        "refunds",
        "shipments",
    }
    for table in CONNECTOR.streams[0].tables:
        frame = next(
            f for f in mapped.frames.values() if set(f.columns) == set(table.column_names())
        )
        assert table.is_valid(frame)
        assert frame.height == 1
    assert only(mapped, "refunds")["refunded_minor"] == 300
    assert only(mapped, "order_coupons")["coupon_code"] == "SAVE"


def test_each_tracking_number_is_a_parcel_with_its_promise() -> None:
    mapped = orders(order(fulfillments=[sent("YT1", "YT2", deliveredAt="2026-11-13T10:00:00Z")]))
    parcels = mapped.frames["shipments"].sort("shipment_id")
    assert parcels["shipment_id"].to_list() == ["yuantong:YT1", "yuantong:YT2"]
    row = parcels.row(0, named=True)
    assert row["shipped_at"] == dt.datetime(2026, 11, 11, 8, tzinfo=dt.UTC)
    assert row["promised_at"] == dt.datetime(2026, 11, 14, 22, tzinfo=dt.UTC)
    assert row["delivered_at"] == dt.datetime(2026, 11, 13, 10, tzinfo=dt.UTC)


def test_what_did_not_leave_or_cannot_be_followed_is_no_parcel() -> None:
    untracked = sent(trackingInfo=[{"company": None, "number": None}])
    mapped = orders(order(fulfillments=[sent(status="CANCELLED"), untracked]))
    assert mapped.frames["shipments"].is_empty()
    assert mapped.rejects.is_empty()


def test_an_unknown_fulfillment_status_names_its_order() -> None:
    rejects = orders(order(fulfillments=[sent(status="TELEPORTED")])).rejects
    assert rejects.select("table", "document_id", "reason", "detail").rows() == [
        ("shipments", "1", "unknown_code", "TELEPORTED")
    ]


def test_pages_read_before_parcels_were_asked_for_hold_none() -> None:
    assert orders(order(line())).frames["shipments"].is_empty()


@pytest.mark.parametrize("status", ["PENDING", "AUTHORIZED", "PARTIALLY_PAID", "VOIDED", "EXPIRED"])
def test_money_that_has_not_arrived_has_no_instant(status: str) -> None:
    assert only(orders(order(displayFinancialStatus=status)), "orders")["paid_at"] is None


def test_a_guests_order_has_no_member_and_a_deleted_variant_no_listing() -> None:
    mapped = orders(order(line(variant=None, sku=""), customer=None))
    assert only(mapped, "orders")["member_id"] is None
    assert only(mapped, "order_lines")["listing_id"] is None
    assert only(mapped, "order_lines")["sku_id"] is None


def test_a_lines_total_is_after_discounts_of_line_and_order() -> None:
    row = only(orders(order(line(discountAllocations=cuts("1.25", "0.5")))), "order_lines")
    assert (row["discount_minor"], row["total_minor"]) == (175, 825)
    assert (row["unit_price_minor"], row["line_kind"]) == (500, "sale")


def test_a_line_that_costs_nothing_is_a_gift() -> None:
    free = line(originalUnitPriceSet=bag("0.00"), originalTotalSet=bag("0.00"))
    assert only(orders(order(free)), "order_lines")["line_kind"] == "gift"
    given_away = line(discountAllocations=cuts("10.00"))
    assert only(orders(order(given_away)), "order_lines")["line_kind"] == "gift"


@pytest.mark.parametrize(
    ("change", "table", "column", "reason"),
    [
        ({"displayFinancialStatus": "LENT"}, "orders", "payment_status", "unknown_code"),
        ({"displayFulfillmentStatus": "LOST"}, "orders", "fulfilment_status", "unknown_code"),
        ({"totalPriceSet": bag("1,000.00")}, "orders", "total_minor", "unreadable_money"),
        ({"createdAt": "soon"}, "orders", "placed_at", "unreadable_time"),
    ],
)
def test_what_cannot_be_read_keeps_its_row_and_is_named(
    change: dict[str, Any], table: str, column: str, reason: str
) -> None:
    mapped = orders(order(line(), **change))
    assert mapped.frames["orders"].height == mapped.frames["order_lines"].height == 1
    found = mapped.rejects.filter(column=column).to_dicts()
    assert {(row["table"], row["document_id"], row["reason"]) for row in found} == {
        (table, "1", reason)
    }


@pytest.mark.parametrize("amount", ["0.005", "free", ""])
def test_an_unreadable_discount_is_never_taken_for_none(amount: str) -> None:
    mapped = orders(order(line(discountAllocations=cuts("1.00", amount))))
    row = only(mapped, "order_lines")
    assert (row["discount_minor"], row["total_minor"]) == (None, None)
    assert "discount_minor" in mapped.rejects["column"].to_list()


def test_a_foreign_currency_keeps_its_name_for_the_checks() -> None:
    mapped = orders(order(line(), currencyCode="CAD"))
    assert {
        frame["currency"].item()
        for frame in (mapped.frames["orders"], mapped.frames["order_lines"])
    } == {"CAD"}


def test_paged_and_bulk_answers_give_the_same_rows() -> None:
    lines = [
        line(id=f"gid://shopify/LineItem/{n}", discountAllocations=cuts("0.10") * n)
        for n in range(4)
    ]
    document = order(discountCodes=["A", "B"])
    del document["lineItems"]
    rest = {key: document[key] for key in ("id", "createdAt", "updatedAt", "currencyCode")}
    paged = [
        page("orders", {**document, "lineItems": {"nodes": lines[:2], "pageInfo": END}}),
        Page(
            json.dumps(
                {"node": {**rest, "lineItems": {"nodes": lines[2:], "pageInfo": END}}}
            ).encode(),
            "rest",
        ),
    ]
    children = [{**found, "__parentId": document["id"]} for found in lines]
    one = order_mapping.orders(paged, CONTEXT)
    other = order_mapping.orders([bulk(document, *children)], CONTEXT)
    for table in one.frames:
        assert one.frames[table].equals(other.frames[table]), table
    assert one.frames["order_lines"].height == 4


def test_a_page_answered_twice_adds_no_rows() -> None:
    found = page("orders", order(line(), line(id="gid://shopify/LineItem/12")))
    once, twice = (
        order_mapping.orders([found], CONTEXT),
        order_mapping.orders([found, found], CONTEXT),
    )
    for table in once.frames:
        assert once.frames[table].equals(twice.frames[table])


def test_a_line_without_its_order_is_a_broken_contract() -> None:
    orphan = {**line(), "__parentId": "gid://shopify/Order/404"}
    with pytest.raises(SourceContractError, match="without its parent"):
        order_mapping.orders([bulk(orphan)], CONTEXT)


def test_new_fields_are_named_and_their_values_are_not() -> None:
    mapped = orders(order(line(mood="x"), colour="secret"))
    assert mapped.unknown_fields == ("colour", "mood")


@pytest.mark.parametrize("stream", CONNECTOR.streams, ids=lambda stream: stream.name)
def test_no_pages_are_empty_tables(stream: Any) -> None:
    mapped = stream.to_canonical([], CONTEXT)
    assert len(mapped.frames) == len(stream.tables)
    assert all(frame.is_empty() for frame in mapped.frames.values())


@pytest.mark.parametrize("stream", CONNECTOR.streams, ids=lambda stream: stream.name)
def test_no_page_is_decoded_before_the_one_before_it_is_a_frame(
    stream: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = []

    def noted(structs: Any, shape: Any) -> pl.DataFrame:
        done.append("frame")
        return frame(structs, shape)

    for module in (mapping, order_mapping):
        monkeypatch.setattr(module, "frame", noted)

    def pages() -> Iterator[Page]:
        for _ in range(3):
            done.append("page")
            yield Page(b'{"any": {"nodes": []}}', "page")

    stream.to_canonical(pages(), CONTEXT)
    assert done.count("page") == 3
    assert ("page", "page") not in pairwise(done)


cents = st.integers(0, 10**9)


@given(gross=cents, allocated=st.lists(cents, max_size=4))
def test_money_is_exact_to_the_cent(gross: int, allocated: list[int]) -> None:
    text = [f"{value // 100}.{value % 100:02d}" for value in (gross, *allocated)]
    row = only(
        orders(order(line(originalTotalSet=bag(text[0]), discountAllocations=cuts(*text[1:])))),
        "order_lines",
    )
    assert row["discount_minor"] == sum(allocated)
    assert row["total_minor"] == gross - sum(allocated)


def variant(**more: Any) -> dict[str, Any]:
    return {
        "id": "gid://shopify/ProductVariant/21",
        "sku": "SKU-1",
        "title": "Default Title",
        "price": "4.99",
        "compareAtPrice": None,
        "createdAt": "2026-01-01T00:00:00Z",
        "updatedAt": "2026-11-01T00:00:00Z",
        "product": {
            "id": "gid://shopify/Product/31",
            "title": "Milk",
            "status": "ACTIVE",
            "vendor": "",
            "productType": "Dairy",
            "updatedAt": "2026-11-02T00:00:00Z",
        },
        **more,
    }


def test_a_variant_is_a_listing_and_a_price_in_force() -> None:
    found = page("productVariants", variant(title="1 l", compareAtPrice="5.99"))
    mapped = mapping.products([found], CONTEXT)
    listing, price = only(mapped, "listings"), only(mapped, "prices")
    assert (listing["listing_id"], listing["product_id"]) == ("21", "31")
    assert (listing["title"], listing["brand"]) == ("Milk 1 l", None)
    assert listing["source_updated_at"] == dt.datetime(2026, 11, 2, tzinfo=dt.UTC)
    assert (price["price_minor"], price["list_price_minor"]) == (499, 599)
    assert price["observed_at"] == dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


def test_an_only_variant_has_its_products_title() -> None:
    mapped = mapping.products([page("productVariants", variant())], CONTEXT)
    assert only(mapped, "listings")["title"] == "Milk"


def item(number: int, **more: Any) -> dict[str, Any]:
    states = [("available", -3), ("on_hand", 1), ("committed", 4)]
    level = {
        "id": f"gid://shopify/InventoryLevel/{number}?inventory_item_id={number}",
        "updatedAt": "2026-11-01T00:00:00Z",
        "location": {"id": "gid://shopify/Location/1"},
        "quantities": [{"name": name, "quantity": pieces} for name, pieces in states],
    }
    return {
        "id": f"gid://shopify/InventoryItem/{number}",
        "sku": f"SKU-{number}",
        "tracked": True,
        "updatedAt": "2026-11-01T00:00:00Z",
        "inventoryLevels": {"nodes": [level], "pageInfo": END},
        **more,
    }


def test_oversold_stock_is_below_zero_and_what_holds_no_stock_is_left_out() -> None:
    found = page(
        "inventoryItems", item(1), item(2, tracked=False), item(3, sku=None), item(4, sku="")
    )
    row = only(mapping.inventory([found], CONTEXT), "stock_levels")
    assert (row["sku_id"], row["warehouse_id"]) == ("SKU-1", "1")
    assert (row["available_units"], row["on_hand_units"], row["committed_units"]) == (-3, 1, 4)


def discount(number: int, value: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    codes = [{"id": "gid://shopify/DiscountRedeemCode/1", "code": f"CODE{number}"}]
    basic = {
        "title": "Autumn",
        "status": "ACTIVE",
        "startsAt": "2026-11-01T00:00:00Z",
        "endsAt": None,
        "updatedAt": "2026-11-01T00:00:00Z",
        "usageLimit": None,
        "asyncUsageCount": 3,
        "customerGets": {"value": value},
        "codes": {"nodes": codes},
    }
    kind = more.pop("kind", "DiscountCodeBasic")
    found = {"__typename": kind, **(basic if value else {})}
    return {"id": f"gid://shopify/DiscountNode/{number}", "discount": found}


def test_a_coupon_takes_off_a_share_or_an_amount_and_other_discounts_are_none() -> None:
    share = {"__typename": "DiscountPercentage", "percentage": 0.15}
    amount = {"__typename": "DiscountAmount", "amount": {"amount": "5.0", "currencyCode": "USD"}}
    free = discount(3, None, kind="DiscountAutomaticFreeShipping")
    found = page("discountNodes", discount(1, share), discount(2, amount), free)
    rows = mapping.discounts([found], CONTEXT).frames["coupons"].sort("coupon_id").to_dicts()
    assert [(row["coupon_id"], row["coupon_code"]) for row in rows] == [
        ("1", "CODE1"),
        ("2", "CODE2"),
    ]
    assert [row["discount_rate"] for row in rows] == [0.15, None]
    assert [row["discount_minor"] for row in rows] == [None, 500]


def test_a_coupon_of_an_unknown_kind_is_quarantined() -> None:
    found = page("discountNodes", discount(1, {"__typename": "DiscountOnQuantity"}))
    rejects = mapping.discounts([found], CONTEXT).rejects.to_dicts()
    assert [(row["document_id"], row["reason"]) for row in rejects] == [("1", "unknown_code")]
