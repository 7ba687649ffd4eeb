"""WooCommerce's answers as canonical rows."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.woocommerce import mapping, order_mapping
from contracts.streams import Mapped, Page
from tests.connectors.woocommerce.recorded import (
    CONTEXT,
    coupon,
    line,
    order,
    page,
    product,
    refund,
    review,
    variation,
)


def orders(*documents: dict[str, Any], more: tuple[Page, ...] = ()) -> Mapped:
    return order_mapping.orders([page("orders", *documents), *more], CONTEXT)


def only(mapped: Mapped, table: str) -> dict[str, Any]:
    (row,) = mapped.frames[table].to_dicts()
    return row


def at(day: int, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, 11, day, hour, minute, tzinfo=dt.UTC)


def test_instants_are_gmt_whatever_the_sites_zone() -> None:
    row = only(orders(order(1)), "orders")
    assert (row["placed_at"], row["paid_at"]) == (at(10, 23, 30), at(10, 23, 31))
    assert row["created_date"] == dt.date(2026, 11, 10)
    assert row["source_updated_at"] == at(12, 9, 10)


def test_amounts_are_without_tax_and_after_all_discounts() -> None:
    mapped = orders(order(1, line(10), line(11, subtotal="3.00", total="3.00", quantity=1)))
    row = only(mapped, "orders")
    assert (row["goods_minor"], row["discount_minor"]) == (1150, 150)
    assert (row["shipping_minor"], row["tax_minor"], row["total_minor"]) == (300, 60, 1210)
    first = mapped.frames["order_lines"].row(0, named=True)
    assert (first["unit_price_minor"], first["discount_minor"], first["total_minor"]) == (
        500, 150, 850,
    )  # fmt: skip


def test_the_price_of_a_line_which_is_after_discounts_and_not_rounded_is_not_read() -> None:
    odd = line(10, quantity=3, subtotal="10.00", total="10.00", price=3.3333333333)
    row = only(orders(order(1, odd)), "order_lines")
    assert (row["unit_price_minor"], row["total_minor"]) == (333, 1000)


def test_an_order_without_lines_has_no_goods() -> None:
    bare = order(1) | {"line_items": []}
    assert only(orders(bare), "orders")["goods_minor"] == 0


cents = st.integers(0, 10**9)


@given(totals=st.lists(st.tuples(cents, cents), min_size=1, max_size=5))
def test_an_orders_goods_are_its_lines_to_the_cent(totals: list[tuple[int, int]]) -> None:
    def text(minor: int) -> str:
        return f"{minor // 100}.{minor % 100:02d}"

    lines = [
        line(10 + place, subtotal=text(total + off), total=text(total))
        for place, (total, off) in enumerate(totals)
    ]
    mapped = orders(order(1, *lines))
    rows = mapped.frames["order_lines"]
    assert only(mapped, "orders")["goods_minor"] == sum(total for total, _ in totals)
    assert rows["total_minor"].to_list() == [total for total, _ in totals]
    assert rows["discount_minor"].to_list() == [off for _, off in totals]


@pytest.mark.parametrize(
    ("status", "paid", "back", "money"),
    [
        ("pending", None, None, "pending"),
        ("on-hold", None, None, "pending"),
        ("processing", None, None, "pending"),  # cash on delivery
        ("processing", "2026-11-10T23:31:00", None, "paid"),
        ("completed", "2026-11-10T23:31:00", None, "paid"),
        ("completed", "2026-11-10T23:31:00", "-0.01", "partially_refunded"),
        ("completed", "2026-11-10T23:31:00", "-12.10", "refunded"),
        ("refunded", "2026-11-10T23:31:00", "-12.10", "refunded"),
        ("refunded", None, None, "refunded"),
        ("cancelled", None, None, "voided"),
        ("cancelled", "2026-11-10T23:31:00", None, "paid"),
        ("failed", None, None, "voided"),
        ("failed", "2026-11-10T23:31:00", None, "voided"),
        ("trash", None, None, "voided"),
        ("trash", "2026-11-10T23:31:00", None, "voided"),
        ("checkout-draft", "2026-11-10T23:31:00", None, "voided"),
    ],
)
def test_where_the_money_stands_is_told_by_its_date_and_the_refunds(
    status: str, paid: str | None, back: str | None, money: str
) -> None:
    refunds = [{"id": 5, "reason": "", "total": back}] if back else []
    mapped = orders(order(1, status=status, date_paid_gmt=paid, refunds=refunds))
    assert only(mapped, "orders")["payment_status"] == money


@pytest.mark.parametrize(
    ("status", "completed", "goods"),
    [
        ("pending", None, "unfulfilled"),
        ("on-hold", None, "on_hold"),
        ("processing", None, "unfulfilled"),
        ("completed", "2026-11-12T09:10:00", "fulfilled"),
        ("cancelled", None, "not_required"),
        ("failed", None, "not_required"),
        ("refunded", None, "not_required"),
        ("refunded", "2026-11-11T08:00:00", "fulfilled"),
        ("trash", None, "not_required"),
    ],
)
def test_goods_that_were_handed_over_stay_so_after_a_refund(
    status: str, completed: str | None, goods: str
) -> None:
    mapped = orders(order(1, status=status, date_completed_gmt=completed))
    assert only(mapped, "orders")["fulfilment_status"] == goods


@pytest.mark.parametrize(
    ("status", "is_off"), [("cancelled", True), ("trash", True), ("failed", False)]
)
def test_a_cancelled_or_thrown_away_order_is_cancelled_by_its_last_change(
    status: str, is_off: bool
) -> None:
    cancelled_at = only(orders(order(1, status=status)), "orders")["cancelled_at"]
    assert cancelled_at == (at(12, 9, 10) if is_off else None)


@pytest.mark.parametrize("status", ["checkout-draft", "auto-draft"])
def test_a_cart_that_nobody_ordered_counts_nowhere(status: str) -> None:
    mapped = orders(order(1, status=status, date_paid_gmt=None), order(2))
    assert mapped.rejects.is_empty()
    found = mapped.frames["orders"].select("order_id", "is_test", "payment_status").rows()
    assert found == [("1", True, "voided"), ("2", False, "paid")]


def test_a_line_that_was_raised_above_its_price_is_sold_at_what_is_charged() -> None:
    row = only(orders(order(1, line(10, subtotal="10.00", total="12.00"))), "order_lines")
    assert (row["unit_price_minor"], row["discount_minor"], row["total_minor"]) == (600, 0, 1200)


def test_fees_and_tips_are_kept_and_are_no_goods_and_one_below_zero_is_a_discount() -> None:
    fees = [{"id": 91, "total": "2.50"}, {"id": 92, "total": "-1.00"}, {"id": 93, "total": "0.00"}]
    mapped = orders(order(1, fee_lines=fees))
    kinds = mapped.frames["order_lines"].select("line_id", "line_kind", "total_minor").rows()
    assert sorted(kinds) == [("10", "sale", 850), ("91", "fee", 250), ("93", "fee", 0)]
    row = only(mapped, "orders")
    assert (row["goods_minor"], row["goods_units"], row["discount_minor"]) == (850, 2, 250)
    assert mapped.rejects.is_empty()


@pytest.mark.parametrize(
    ("sku", "variation", "own"),
    [
        ("PARENT", 33, None),
        ("OWN", 33, "OWN"),
        ("PARENT", 0, "PARENT"),  # the product itself, before it had variations
        (None, 33, None),
    ],
)
def test_a_code_that_a_variation_only_inherits_is_none(
    sku: str | None, variation: int, own: str | None
) -> None:
    sold = order(1, line(10, product_id=3, variation_id=variation, sku=sku))
    mapped = orders(sold, more=(page("codes", {"id": 3, "sku": "PARENT"}, {"id": 4, "sku": ""}),))
    assert only(mapped, "order_lines")["sku_id"] == own


@given(quantity=st.floats(0.001, 1e6), back=st.floats(0, 1))
def test_a_part_of_a_piece_counts_as_one_and_its_money_is_exact(
    quantity: float, back: float
) -> None:
    mapped = orders(order(1, line(10, quantity=quantity, subtotal="18.75", total="18.75")))
    row = only(mapped, "order_lines")
    assert quantity <= row["quantity_units"] < quantity + 1
    assert (row["total_minor"], only(mapped, "orders")["goods_minor"]) == (1875, 1875)


def test_a_guest_is_nobody_and_a_deleted_product_no_listing() -> None:
    mapped = orders(order(1, line(10, product_id=0, sku=""), line(11, variation_id=33)))
    assert only(mapped, "orders")["member_id"] is None
    lines = mapped.frames["order_lines"].sort("line_id")
    assert lines["listing_id"].to_list() == [None, "33"]
    assert lines["sku_id"].to_list() == [None, "SKU-1"]


def refunded(*numbers: int) -> dict[str, Any]:
    return order(2, refunds=[{"id": one, "reason": "", "total": "-4.25"} for one in numbers])


def test_a_refund_has_its_instant_and_its_pieces_from_a_page_of_its_own() -> None:
    details = page("refunds:2", refund(25, (20, 1)), refund(26, (20, 1)))
    mapped = orders(refunded(25, 26), more=(details, details))
    rows = mapped.frames["refunds"].sort("refund_id")
    assert rows["refunded_minor"].to_list() == [425, 425]
    assert rows["refunded_at"].to_list() == [at(12, 9), at(12, 9)]
    assert only(mapped, "orders")["refunded_minor"] == 850
    assert only(mapped, "order_lines")["current_units"] == 0


def test_of_two_versions_of_an_order_each_has_the_refunds_that_it_names() -> None:
    later = refunded(25) | {"date_modified_gmt": "2026-11-13T00:00:00"}
    mapped = orders(order(2), later, more=(page("refunds:2", refund(25, (20, 1))),))
    versions = mapped.frames["orders"].sort("source_updated_at")
    assert versions["refunded_minor"].to_list() == [0, 425]
    assert only(mapped, "refunds")["source_updated_at"] == at(13, 0)
    pieces = mapped.frames["order_lines"].sort("source_updated_at")["current_units"]
    assert pieces.to_list() == [2, 1]


def test_a_refund_whose_page_is_missing_has_no_instant_and_does_not_pass() -> None:
    assert only(orders(refunded(25)), "refunds")["refunded_at"] is None


@pytest.mark.parametrize(
    ("change", "column", "reason"),
    [
        ({"status": "wc-shipped"}, "payment_status", "unknown_code"),
        ({"total": "1,000.00"}, "total_minor", "unreadable_money"),
        ({"shipping_total": "0.005"}, "shipping_minor", "unreadable_money"),
        ({"date_created_gmt": "soon"}, "placed_at", "unreadable_time"),
    ],
)
def test_what_cannot_be_read_keeps_its_row_and_names_its_order(
    change: dict[str, Any], column: str, reason: str
) -> None:
    mapped = orders(order(1, **change))
    assert mapped.frames["orders"].height == 1
    found = mapped.rejects.filter(column=column).select("document_id", "reason").unique().rows()
    assert found == [("1", reason)]


def test_another_currency_keeps_its_name_for_the_checks() -> None:
    assert only(orders(order(1, currency="USD")), "orders")["currency"] == "USD"


def products(*pages: Page) -> Mapped:
    return mapping.products(pages, CONTEXT)


def test_a_product_is_a_listing_its_price_in_force_and_its_stock() -> None:
    mapped = products(page("products", product(21)))
    listing, price = only(mapped, "listings"), only(mapped, "prices")
    assert (listing["title"], listing["brand"]) == ("Milk & Honey", "Meadow")
    assert (listing["category"], listing["listing_status"]) == ("Dairy & Eggs", "active")
    assert (price["price_minor"], price["list_price_minor"]) == (499, 599)
    assert price["observed_at"] == dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    stock = only(mapped, "stock_levels")
    assert (stock["sku_id"], stock["available_units"]) == ("SKU-21", 7)
    assert stock["observed_at"] == CONTEXT.read_at


def test_a_product_with_variations_is_listed_by_them() -> None:
    parent = product(22, type="variable", sku="PARENT", stock_quantity=9)
    of_parent = variation(221, manage_stock="parent", stock_quantity=9)
    mapped = products(
        page("variations:22", of_parent, variation(222, price="")), page("products", parent)
    )
    listings = mapped.frames["listings"].sort("listing_id")
    assert listings["listing_id"].to_list() == ["221", "222"]
    assert listings["product_id"].to_list() == ["22", "22"]
    assert listings["title"].to_list() == ["Milk & Honey 1 l"] * 2
    assert mapped.frames["prices"]["listing_id"].to_list() == ["221"]
    stock = dict(mapped.frames["stock_levels"].select("sku_id", "available_units").iter_rows())
    assert stock == {"PARENT": 9, "SKU-222": 7}


def test_a_variation_that_inherits_its_products_code_is_unlinked_and_has_no_stock() -> None:
    parent = product(22, type="variable", sku="PARENT", manage_stock=False)
    sisters = [variation(221, sku="PARENT"), variation(222, sku="PARENT"), variation(223, sku="X")]
    mapped = products(page("products", parent), page("variations:22", *sisters))
    codes = mapped.frames["listings"].sort("listing_id")["sku_id"].to_list()
    assert codes == [None, None, "X"]
    assert mapped.frames["stock_levels"]["sku_id"].to_list() == ["X"]


def test_a_product_without_a_code_leaves_its_variations_theirs() -> None:
    parent = product(22, type="variable", sku="")
    mapped = products(page("products", parent), page("variations:22", variation(221, sku="A")))
    assert only(mapped, "listings")["sku_id"] == "A"


def test_a_variation_of_what_is_not_public_is_not_public() -> None:
    parent = product(22, type="variable", status="draft")
    mapped = products(page("products", parent), page("variations:22", variation(221)))
    assert only(mapped, "listings")["listing_status"] == "draft"


@pytest.mark.parametrize("kind", ["grouped", "external"])
def test_what_sells_nothing_of_its_own_is_no_listing(kind: str) -> None:
    mapped = products(page("products", product(21, type=kind, manage_stock=False)))
    assert all(frame.is_empty() for frame in mapped.frames.values())
    assert mapped.rejects.is_empty()


def test_a_plug_ins_type_of_product_is_quarantined_by_its_name() -> None:
    rejects = products(page("products", product(21, type="booking"))).rejects.to_dicts()
    assert [(one["document_id"], one["reason"], one["detail"]) for one in rejects] == [
        ("21", "unknown_code", "booking")
    ]


def test_oversold_stock_is_below_zero_and_what_is_not_counted_has_none() -> None:
    found = page(
        "products",
        product(1, stock_quantity=-3),
        product(2, manage_stock=False, stock_quantity=None),
        product(3, sku=""),
    )
    assert only(products(found), "stock_levels")["available_units"] == -3


def coupons(**more: Any) -> dict[str, Any]:
    return only(mapping.coupons([page("coupons", coupon(1, **more))], CONTEXT), "coupons")


def test_a_coupon_takes_off_a_share_or_an_amount() -> None:
    share, amount = coupons(), coupons(discount_type="fixed_product", amount="5.00")
    assert (share["discount_kind"], share["discount_rate"], share["discount_minor"]) == (
        "rate", 0.15, None,
    )  # fmt: skip
    assert (amount["discount_kind"], amount["discount_rate"], amount["discount_minor"]) == (
        "amount", None, 500,
    )  # fmt: skip
    assert (share["redeemed_units"], share["limit_units"]) == (3, 100)


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({}, "active"),
        ({"date_expires_gmt": "2026-11-22T00:00:00"}, "expired"),
        ({"date_expires_gmt": "2026-11-22T00:00:01"}, "active"),
        ({"status": "future"}, "scheduled"),
        ({"status": "draft"}, "expired"),
    ],
)
def test_a_coupon_is_over_from_its_date_on(more: dict[str, Any], status: str) -> None:
    assert coupons(**more)["coupon_status"] == status


def test_a_coupon_without_description_or_limit() -> None:
    row = coupons(description="", usage_limit=0)
    assert (row["title"], row["limit_units"]) == ("autumn1", None)


@pytest.mark.parametrize(
    ("rating", "stars", "result"),
    [(5, 5, "good"), (4, 4, "good"), (3, 3, "neutral"), (2, 2, "bad"), (1, 1, "bad"),
     (0, None, "neutral")],
)  # fmt: skip
def test_a_review_judges_by_its_stars(rating: int, stars: int | None, result: str) -> None:
    row = only(mapping.reviews([page("reviews", review(1, rating=rating))], CONTEXT), "reviews")
    assert (row["stars_units"], row["review_result"]) == (stars, result)
    assert row["body"] == "Fresh & good."


def test_new_fields_are_named_and_those_of_plug_ins_lines_are_not_lost_in_them() -> None:
    mapped = orders(order(1, line(10, loyalty="x"), mood="secret"))
    assert mapped.unknown_fields == ("loyalty", "mood")
