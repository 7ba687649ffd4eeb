"""What the server's word means, trap by trap; each was met on a real Medusa 2.21."""

import datetime as dt
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from connectors.medusa import mapping, order_mapping
from connectors.medusa.wire import REGION, VALUES
from contracts.streams import Context, Mapped, Page
from tests.connectors.medusa.recorded import (
    CONTEXT,
    campaign,
    collection,
    fulfillment,
    item,
    line,
    order,
    page,
    price,
    price_list,
    promotion,
    returned,
    variant,
    worth,
)

OF_REGION = replace(CONTEXT, facts={REGION: "reg_1"})


def mapped(*orders: dict[str, Any], context: Context = CONTEXT) -> Mapped:
    found = order_mapping.orders([page("orders", *orders)], context)
    assert found.rejects.is_empty(), found.rejects
    return found


def one(table: str, *orders: dict[str, Any], context: Context = CONTEXT) -> dict[str, Any]:
    return mapped(*orders, context=context).frames[table].row(0, named=True)


def in_currency(code: str) -> Context:
    return replace(CONTEXT, currency=code)


# ---- amounts ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("currency", "total", "minor"),
    [
        ("EUR", 1848.816, 184882),
        ("EUR", 0.005, 1),
        ("EUR", 128.235, 12824),
        ("EUR", 1.005, 101),
        ("JPY", 8250.5, 8251),
        ("JPY", 8250.49, 8250),
        ("KWD", 7.1255, 7126),
        ("KWD", 21.375, 21375),
    ],
)
def test_what_is_charged_is_rounded_half_up_to_the_currency(
    currency: str, total: float, minor: int
) -> None:
    found = one("orders", order("1", total=total), context=in_currency(currency))
    assert found["total_minor"] == minor


def test_lines_add_up_to_the_rounded_goods_of_their_order() -> None:
    """Three lines of 0.334 each: 1.002 are 1.00, and none of them is 0.33 for all."""
    lines = [line(str(n), total=0.334, tax_lines=[], adjustments=[]) for n in range(3)]
    found = mapped(order("1", items=lines), order("2", items=lines))
    assert found.frames["orders"]["goods_minor"].to_list() == [100, 100]
    assert found.frames["order_lines"]["total_minor"].to_list() == [33, 34, 33] * 2


def test_goods_are_without_tax_whether_prices_hold_it_or_not() -> None:
    on_top = line("1")
    inside = line("2", is_tax_inclusive=True, unit_price=5.95)
    found = mapped(order("1", items=[on_top, inside])).frames["order_lines"]
    assert found["total_minor"].to_list() == [900, 900]
    assert found["unit_price_minor"].to_list() == [500, 500]
    assert found["discount_minor"].to_list() == [100, 100]


def test_a_line_of_several_taxes_has_their_sum() -> None:
    both = line("1", total=11.5, tax_lines=[{"rate": 5}, {"rate": 10}])
    assert one("order_lines", order("1", items=[both]))["total_minor"] == 1000


def test_shipping_is_without_tax_and_what_was_taken_off_it_is_a_discount() -> None:
    free = order("1", shipping_total=0, shipping_tax_total=0, shipping_subtotal=4.9)
    found = one("orders", free)
    assert (found["shipping_minor"], found["discount_minor"]) == (0, 490 + 100)
    assert one("orders", order("1"))["shipping_minor"] == 490
    assert one("orders", order("1"))["tax_minor"] == 171 + 93


# ---- what came back -----------------------------------------------------------------------------


def _back(pieces: int, left: float, gone: float) -> dict[str, Any]:
    detail = {"return_received_quantity": pieces - 1, "return_dismissed_quantity": 1}
    return line("1", total=left, return_received_total=gone / 2, return_dismissed_total=gone / 2,
                detail=detail)  # fmt: skip


@pytest.mark.parametrize(("pieces", "left", "gone"), [(1, 5.355, 5.355), (2, 0, 10.71)])
def test_what_was_returned_is_no_less_ordered(pieces: int, left: float, gone: float) -> None:
    back = order("1", items=[_back(pieces, left, gone)], item_total=left, total=left + 5.831)
    found, row = mapped(back), one("order_lines", back)
    assert (row["quantity_units"], row["current_units"]) == (2, 2 - pieces)
    assert row["total_minor"] == 900
    head = found.frames["orders"].row(0, named=True)
    assert (head["goods_minor"], head["total_minor"], head["tax_minor"]) == (900, 1654, 264)
    assert head["stated_goods_minor"] is None


def test_an_order_cancelled_after_it_was_paid_keeps_what_was_charged() -> None:
    """Its total is 0 there, and its money a credit."""
    void = order(
        "1",
        status="canceled",
        canceled_at="2026-11-14T10:00:00.000Z",
        payment_status="refunded",
        total=0,
        credit_line_total=16.541,
        payment_collections=[collection("1", (16.541, "2026-11-14T10:00:00.000Z"))],
    )
    found = one("orders", void)
    assert (found["total_minor"], found["refunded_minor"]) == (1654, 1654)
    assert (found["payment_status"], found["fulfilment_status"]) == ("refunded", "not_required")
    assert found["paid_at"] == dt.datetime(2026, 11, 10, 23, 31, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("status", "payment", "fulfilment", "ours"),
    [
        ("canceled", "not_paid", "not_fulfilled", ("voided", "not_required")),
        ("canceled", "authorized", "canceled", ("voided", "not_required")),
        ("pending", "not_paid", "canceled", ("pending", "unfulfilled")),
        ("pending", "captured", "fulfilled", ("paid", "in_progress")),
        ("completed", "captured", "partially_delivered", ("paid", "partially_fulfilled")),
        ("archived", "partially_captured", "delivered", ("partially_paid", "fulfilled")),
    ],
)
def test_two_states_and_a_status_tell_where_money_and_goods_stand(
    status: str, payment: str, fulfilment: str, ours: tuple[str, str]
) -> None:
    told = order("1", status=status, payment_status=payment, fulfillment_status=fulfilment)
    found = one("orders", told)
    assert (found["payment_status"], found["fulfilment_status"]) == ours


@pytest.mark.parametrize(("first", "ours"), [("completed", "paid"), ("not_paid", "partially_paid")])
def test_what_an_exchange_adds_makes_no_paid_order_unpaid(first: str, ours: str) -> None:
    later = collection("2", status="not_paid", payments=None)
    both = [later, collection("1", status=first)]
    told = order("1", payment_status="partially_captured", payment_collections=both)
    assert one("orders", told)["payment_status"] == ours


def test_an_order_is_as_new_as_the_newest_that_hangs_on_it() -> None:
    """Money that is captured or paid back dates the collection alone."""
    moved = order("1", payment_collections=[collection("1")])
    found = mapped(moved).frames
    at = dt.datetime(2026, 11, 14, 10, tzinfo=dt.UTC)
    assert set(found["orders"]["source_updated_at"]) == {at}
    assert set(found["order_lines"]["source_updated_at"]) == {at}
    late = "2026-11-15T00:00:00.000Z"
    sent = order("1", fulfillments=[fulfillment("1", updated_at=late)])
    assert one("orders", sent)["source_updated_at"] == dt.datetime(2026, 11, 15, tzinfo=dt.UTC)


def test_a_draft_counts_nowhere_and_a_gift_card_is_no_goods() -> None:
    card = line("1", is_giftcard=True)
    found = one("orders", order("1", status="draft", items=[card, line("2")]))
    assert found["is_test"]
    assert found["goods_minor"] == 900


# ---- codes and parcels --------------------------------------------------------------------------


def test_codes_are_those_of_lines_and_shipping_each_once() -> None:
    """The order's own list of promotions holds null for one that was deleted."""
    shipping = [{"id": "ordsm_1", "adjustments": [{"code": "FREE"}, {"code": None}]}]
    used = order("1", items=[line("1"), line("2")], shipping_methods=shipping)
    codes = mapped(used).frames["order_coupons"]["coupon_code"]
    assert sorted(codes) == ["FREE", "VIP10"]


@pytest.mark.parametrize(
    ("url", "carrier"),
    [
        ("https://www.ups.com/track?tracknum=1", "ups"),
        ("https://nolp.dhl.de/nextt-online-public/1", "dhl"),
        ("http://www.fedex.co.uk/track", "fedex"),
        ("https://sf-express.com/1", "shunfeng"),
        ("#", None),
        (None, None),
    ],
)
def test_a_parcel_is_known_by_where_it_is_followed(url: str | None, carrier: str | None) -> None:
    label = {"tracking_number": " 1Z ", "tracking_url": url}
    gone = fulfillment("9", canceled_at="2026-11-11T09:00:00.000Z")
    sent = order("1", fulfillments=[fulfillment("1", labels=[label]), gone])
    found = mapped(sent).frames["shipments"]
    assert found["shipment_id"].to_list() == ([f"{carrier}:1Z"] if carrier else [])


# ---- returns ------------------------------------------------------------------------------------


def cases(*pages: Page, context: Context = CONTEXT) -> Mapped:
    return order_mapping.returns(pages, context)


def test_a_return_is_worth_its_pieces_share_of_their_line() -> None:
    values = page("orders", worth("1"), part=VALUES)
    found = cases(page("returns", returned("1")), values)
    row = found.frames["refund_cases"].row(0, named=True)
    assert (row["asked_minor"], row["returned_units"], row["line_id"]) == (536, 1, "ordli_1")
    assert row["case_status"] == "returning"


def test_returns_of_other_regions_are_not_this_shops() -> None:
    told = page("returns", returned("1"), returned("7"))
    values = page("orders", worth("1"), part=VALUES)
    found = cases(told, values, context=OF_REGION)
    assert found.frames["refund_cases"]["case_id"].to_list() == ["return_1"]
    assert found.rejects.is_empty()
    # Without a region its order is missing for another reason, and it waits.
    assert cases(told, values).rejects["document_id"].to_list() == ["return_7"]


# ---- catalogue ----------------------------------------------------------------------------------

_REGIONAL = price(17.77, rules={"region_id": "reg_1"})
_FOREIGN = price(1, rules={"region_id": "reg_2"})
_MANY = price(11, min_quantity=10)
_LATER = {"starts_at": "2026-12-01T00:00:00.000Z"}
_GONE = {"ends_at": "2026-11-20T00:00:00.000Z"}


def _set_to(amount: float, **more: Any) -> list[dict[str, Any]]:
    return [price(amount, variant_id="variant_1", **more)]


@pytest.mark.parametrize(
    ("context", "prices", "lists", "ours"),
    [
        (CONTEXT, [_MANY, price(19.99), _REGIONAL, _FOREIGN], [], (1999, None)),
        (OF_REGION, [price(19.99), _FOREIGN, _REGIONAL], [], (1777, None)),
        (OF_REGION, [price(19.99), _FOREIGN], [], (1999, None)),
        (CONTEXT, [price(19.99)], [price_list("1")], (1500, 1999)),
        (CONTEXT, [price(19.99)], [price_list("1", prices=_set_to(25))], (1999, None)),
        (CONTEXT, [price(9)], [price_list("1", type="override")], (1500, None)),
        (CONTEXT, [price(19.99)], [price_list("1", **_LATER)], (1999, None)),
        (CONTEXT, [price(19.99)], [price_list("1", **_GONE)], (1999, None)),
        (CONTEXT, [price(19.99)], [price_list("1", status="draft")], (1999, None)),
        (CONTEXT, [price(19.99)], [price_list("1", rules_count=1)], (1999, None)),
        (CONTEXT, [price(19.99)], [price_list("1", prices=_set_to(9, currency="jpy"))],
         (1999, None)),
        (CONTEXT, [price(2500, "jpy")], [], None),
    ],
)  # fmt: skip
def test_the_price_in_force_is_what_everybody_pays_for_one_piece_now(
    context: Context,
    prices: list[dict[str, Any]],
    lists: list[dict[str, Any]],
    ours: tuple[int, int | None] | None,
) -> None:
    pages = [
        page("variants", variant("1", prices=prices)),
        page("price_lists", *lists),
    ]
    found = mapping.products(pages, context).frames["prices"]
    assert found.select("price_minor", "list_price_minor").rows() == ([ours] if ours else [])
    assert found["observed_at"].to_list() == [context.read_at] * found.height


def test_a_price_finer_than_its_currency_keeps_its_text() -> None:
    fine = variant("1", prices=[price(19.995)])
    row = mapping.products([page("variants", fine)], CONTEXT).frames["prices"].row(0, named=True)
    assert (row["price_minor"], row["price_text"]) == (2000, "19.995")


def test_a_listing_is_as_new_as_its_product() -> None:
    row = mapping.products([page("variants", variant("1"))], CONTEXT).frames["listings"]
    assert row["title"].to_list() == ["Tee S"]
    assert row["category"].to_list() == ["Shirts"]
    assert row["source_updated_at"].to_list() == [
        dt.datetime(2026, 11, 12, 9, 10, 0, 123_000, tzinfo=dt.UTC)
    ]


_ONE, _TWO = [{"required_quantity": 1}], [{"required_quantity": 2}]


@pytest.mark.parametrize(
    ("variants", "code"),
    [
        ([{"sku": "NEW", "inventory_items": _ONE}], "NEW"),  # renamed: the item keeps its code
        ([{"sku": None, "inventory_items": _ONE}], "OLD"),
        ([{"sku": "SIX-PACK", "inventory_items": _TWO}], "OLD"),
        ([{"sku": "SET", "inventory_items": _ONE * 2}], "OLD"),
        ([{"sku": "A", "inventory_items": _ONE}, {"sku": "B", "inventory_items": _ONE}], "OLD"),
        ([None], "OLD"),
        (None, "OLD"),
    ],
)
def test_goods_go_by_the_code_of_the_one_variant_that_they_are(
    variants: list[dict[str, Any]] | None, code: str
) -> None:
    goods = item("1", sku="OLD", variants=variants)
    row = mapping.stock([page("inventory_items", goods)], CONTEXT).frames["stock_levels"]
    assert row["sku_id"].to_list() == [code]
    assert row.select("on_hand_units", "available_units", "committed_units").row(0) == (98, 80, 18)


def test_only_codes_that_hold_here_are_coupons() -> None:
    def method(**more: Any) -> dict[str, Any]:
        return {"type": "fixed", "value": 7, "currency_code": "eur"} | more

    told = [
        promotion("1"),
        promotion("2", is_automatic=True),
        promotion("3", application_method=method(currency_code="jpy")),
        promotion("4", application_method=method(), campaign=campaign()),
        promotion("5", application_method=method(), campaign=campaign(**_LATER, ends_at=None)),
        promotion("6", campaign=campaign(**_GONE)),
        promotion("7", status="inactive"),
        promotion("8", application_method=method(type="percentage", currency_code="jpy")),
    ]
    found = mapping.promotions([page("promotions", *told)], CONTEXT).frames["coupons"]
    states = dict(found.select(pl.col("coupon_id").str.slice(6), "coupon_status").iter_rows())
    assert states == {
        "1": "active",
        "4": "active",
        "5": "scheduled",
        "6": "expired",
        "7": "expired",
        "8": "active",
    }
    assert found["discount_minor"].drop_nulls().to_list() == [700, 700]
    assert found["title"][1] == "Autumn"


def test_who_has_no_account_joined_nothing() -> None:
    at = "2026-11-10T23:30:00.000Z"
    told = [
        {"id": f"cus_{has}", "has_account": has, "created_at": at, "updated_at": at}
        for has in (True, False)
    ]
    found = mapping.customers([page("customers", *told)], CONTEXT).frames["members"]
    assert found["joined_at"].is_null().to_list() == [False, True]
