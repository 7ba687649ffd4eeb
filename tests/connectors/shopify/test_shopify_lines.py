"""What an order's lines are to the trade, and what an order was charged for what."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.rows import split
from connectors.base.isolation import map_documents
from connectors.shopify import CONNECTOR, order_mapping
from contracts.codes import QuarantineReason
from contracts.streams import Mapped, Page
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

CASES = Path(__file__).parents[4] / "shared/cases"


def case(name: str) -> Mapped:
    """A page as a stranger's shop answered it."""
    file = CASES / name
    if not file.exists():
        pytest.skip("the cases lie outside the repository")
    text = file.read_text(encoding="utf-8").split("\n", 2)[2]
    told = json.loads(text)
    pages = [Page(json.dumps(one["body"]).encode(), one["part"]) for one in told["pages"]]
    return order_mapping.orders(pages, replace(CONTEXT, currency=told["currency"]))


def custom(number: int, amount: str, **more: Any) -> dict[str, Any]:
    """A line that names no article of the shop."""
    return line(
        id=f"gid://shopify/LineItem/{number}",
        sku=None,
        variant=None,
        quantity=1,
        originalUnitPriceSet=bag(amount),
        originalTotalSet=bag(amount),
        **{"requiresShipping": False, **more},
    )


def kinds(mapped: Mapped) -> dict[str, str]:
    lines = mapped.frames["order_lines"]
    return dict(lines.select("line_id", "line_kind").rows())


def test_case_07_a_tip_is_kept_and_is_no_goods() -> None:
    mapped = case("07-shopify-tip-line.json")
    assert only(mapped, "orders")["goods_minor"] == 2000
    assert kinds(mapped) == {"1": "sale", "2": "tip"}
    assert split(mapped, CONTEXT).bad.is_empty()


def test_case_11_a_free_shipping_code_leaves_no_shipping_charged() -> None:
    row = only(case("11-shopify-free-shipping.json"), "orders")
    assert (row["shipping_minor"], row["goods_minor"], row["total_minor"]) == (0, 2000, 2000)


def test_shipping_is_what_was_charged_after_discounts() -> None:
    charged = {"shippingLine": {"discountedPriceSet": bag("4.50")}}
    assert only(orders(order(line(), **charged)), "orders")["shipping_minor"] == 450
    assert only(orders(order(line(), shippingLine=None)), "orders")["shipping_minor"] == 0


@given(shipping=st.integers(0, 9999), off=st.integers(0, 9999), cut=st.integers(0, 1000))
def test_of_older_answers_what_no_line_explains_was_taken_off_shipping(
    shipping: int, off: int, cut: int
) -> None:
    def text(cents: int) -> dict[str, Any]:
        return bag(f"{cents // 100}.{cents % 100:02d}")

    older = {
        "totalShippingPriceSet": text(shipping),
        "totalDiscountsSet": text(cut + min(off, shipping)),
    }
    cut_line = line(discountAllocations=[{"allocatedAmountSet": text(cut)}])
    row = only(orders(order(cut_line, **older)), "orders")
    assert row["shipping_minor"] == shipping - min(off, shipping)


def test_a_tip_is_told_by_its_amount_among_lines_that_name_no_article() -> None:
    wrapping, tip = custom(2, "5.00"), custom(3, "3.00")
    shipped, card = custom(4, "3.00", requiresShipping=True), custom(5, "3.00", isGiftCard=True)
    mapped = orders(
        order(line(), wrapping, tip, shipped, card, totalTipReceivedSet=bag("3.00")),
    )
    assert kinds(mapped) == {
        "11": "sale",
        "2": "sale",
        "3": "tip",
        "4": "sale",
        "5": "stored_value",
    }
    assert only(mapped, "orders")["goods_minor"] == 1000 + 500 + 300


def test_several_tips_are_told_by_their_sum() -> None:
    several = order(line(), custom(2, "1.00"), custom(3, "2.00"), totalTipReceivedSet=bag("3.00"))
    assert kinds(orders(several)) == {"11": "sale", "2": "tip", "3": "tip"}
    twice = [page("orders", several)] * 2
    assert kinds(order_mapping.orders(twice, CONTEXT)) == {"11": "sale", "2": "tip", "3": "tip"}


def test_a_custom_line_of_an_order_without_tips_is_a_sale() -> None:
    assert kinds(orders(order(custom(2, "3.00"), totalTipReceivedSet=bag("0.00")))) == {"2": "sale"}


def test_tips_of_one_order_say_nothing_of_another() -> None:
    tipped = order(custom(2, "3.00"), totalTipReceivedSet=bag("3.00"))
    other = order(custom(9, "3.00"), id="gid://shopify/Order/2", totalTipReceivedSet=bag("0.00"))
    assert kinds(orders(tipped, other)) == {"2": "tip", "9": "sale"}


def test_a_gift_card_is_stored_value_and_a_penny_link_a_difference() -> None:
    mapped = orders(order(line(isGiftCard=True), custom(2, "0.01")))
    assert kinds(mapped) == {"11": "stored_value", "2": "difference"}
    assert only(mapped, "orders")["goods_minor"] == 0
    assert split(mapped, CONTEXT).bad.is_empty()


def test_a_penny_price_of_a_sale_line_stays_an_error() -> None:
    penny = line(originalUnitPriceSet=bag("0.01"), originalTotalSet=bag("0.02"))
    bad = split(orders(order(penny)), CONTEXT).bad
    assert QuarantineReason.PENNY_PRICE in bad["reasons"].item()


def test_fees_and_duties_are_lines_of_their_own_and_no_goods() -> None:
    fee = {"id": "gid://shopify/AdditionalFee/4", "price": bag("0.28")}
    mapped = orders(order(line(), additionalFees=[fee], originalTotalDutiesSet=bag("7.10")))
    lines = mapped.frames["order_lines"].filter(line_kind="fee").sort("line_id")
    assert lines.select("line_id", "total_minor", "sku_id").rows() == [
        ("fee-4", 28, None),
        ("fee-duties", 710, None),
    ]
    assert only(mapped, "orders")["goods_minor"] == 1000


def test_goods_of_a_shop_whose_prices_hold_tax_are_without_it() -> None:
    taxed = line(
        originalUnitPriceSet=bag("10.00"), quantity=1, taxLines=[{"priceSet": bag("1.60")}]
    )
    included = {"taxesIncluded": True, "totalTaxSet": bag("1.60")}
    mapped = orders(order(taxed, **included))
    row, sold = only(mapped, "orders"), only(mapped, "order_lines")
    assert (row["goods_minor"], row["stated_goods_minor"], row["tax_minor"]) == (840, 840, 160)
    assert (sold["total_minor"], sold["unit_price_minor"]) == (840, 1000)
    beside = orders(order(taxed, taxesIncluded=False, totalTaxSet=bag("1.60")))
    assert only(beside, "orders")["goods_minor"] == 1000


@given(taxes=st.lists(st.integers(0, 400), max_size=3), cut=st.integers(0, 300))
def test_all_taxes_and_discounts_of_a_line_are_taken_off_exactly(
    taxes: list[int], cut: int
) -> None:
    told = [{"priceSet": bag(f"{one // 100}.{one % 100:02d}")} for one in taxes]
    off = cuts(f"{cut // 100}.{cut % 100:02d}")
    taxed = line(taxLines=told, discountAllocations=off, originalTotalSet=bag("20.00"))
    other = order(line(), id="gid://shopify/Order/2", taxesIncluded=False)
    found = orders(order(taxed, taxesIncluded=True), other).frames["orders"].sort("order_id")
    assert found["goods_minor"].to_list() == [2000 - cut - sum(taxes), 1000]


def test_an_unreadable_tax_is_never_taken_for_none() -> None:
    taxed = line(taxLines=[{"priceSet": bag("much")}])
    mapped = orders(order(taxed, taxesIncluded=True))
    assert split(mapped, CONTEXT).bad["document_id"].to_list() == ["1"]


def test_two_fulfilments_an_hour_apart_under_one_waybill_are_one_parcel() -> None:
    parts = [sent("YT1", createdAt="2026-11-11T09:00:00Z"), sent("YT1")]
    mapped = orders(order(line(), fulfillments=parts))
    assert split(mapped, CONTEXT).bad.is_empty()
    parcel = only(mapped, "shipments")
    assert parcel["shipped_at"].isoformat() == "2026-11-11T08:00:00+00:00"


def test_an_order_whose_further_lines_are_not_there_is_held_whole() -> None:
    going_on = {"hasNextPage": True, "endCursor": "a"}
    lacking = order(lineItems={"nodes": [line()], "pageInfo": going_on})
    whole = order(line(), id="gid://shopify/Order/2")
    parted = split(orders(lacking, whole), CONTEXT)
    assert parted.bad["document_id"].to_list() == ["1"]
    assert parted.good["orders"]["order_id"].to_list() == ["2"]
    rest = {key: lacking[key] for key in ("id", "createdAt", "updatedAt", "currencyCode")}
    rest["lineItems"] = {"nodes": [line(id="gid://shopify/LineItem/12")], "pageInfo": END}
    pages = [page("orders", lacking), Page(json.dumps({"node": rest}).encode(), "rest:1")]
    assert split(order_mapping.orders(pages, CONTEXT), CONTEXT).bad.is_empty()


def isolated(*pages: Page) -> Mapped:
    return map_documents(CONNECTOR.streams[0], lambda: pages, CONTEXT)


ODD_LINE = line(quantity="two", id="gid://shopify/LineItem/12")


def test_an_odd_line_holds_its_order_alone_however_it_was_read() -> None:
    whole = order(line(), id="gid://shopify/Order/2")
    paged = page("orders", order(line(), ODD_LINE), whole)
    going_on = {"hasNextPage": True, "endCursor": "a"}
    first = page("orders", order(lineItems={"nodes": [line()], "pageInfo": going_on}), whole)
    rest = {key: order()[key] for key in ("id", "createdAt", "updatedAt", "currencyCode")}
    rest["lineItems"] = {"nodes": [ODD_LINE], "pageInfo": END}
    heads = [order(), order(id="gid://shopify/Order/2")]
    for head in heads:
        del head["lineItems"]
    owned = [{**line(), "__parentId": heads[1]["id"]}, {**ODD_LINE, "__parentId": heads[0]["id"]}]
    readings = [
        [paged],
        [first, Page(json.dumps({"node": rest}).encode(), "rest:1")],
        [bulk(heads[0], owned[1], heads[1], owned[0])],
    ]
    for pages in readings:
        parted = split(isolated(*pages), CONTEXT)
        assert parted.bad["document_id"].unique().to_list() == ["1"]
        assert parted.good["orders"]["order_id"].to_list() == ["2"]
        assert parted.good["order_lines"]["order_id"].to_list() == ["2"]


@pytest.mark.parametrize(
    "name",
    ["refunds", "fulfillments", "discountCodes", "additionalFees", "cancelledAt", "processedAt"],
)
def test_a_null_list_or_date_of_an_order_is_none(name: str) -> None:
    mapped = orders(order(line(), **{name: None}))
    assert split(mapped, CONTEXT).bad.is_empty()


def test_case_30_a_sku_of_201_characters_holds_its_order_alone() -> None:
    long = order(line(sku="S" * 201))
    whole = order(line(), id="gid://shopify/Order/2")
    parted = split(orders(long, whole), CONTEXT)
    assert parted.bad["document_id"].to_list() == ["1"]
    assert parted.good["orders"]["order_id"].to_list() == ["2"]
