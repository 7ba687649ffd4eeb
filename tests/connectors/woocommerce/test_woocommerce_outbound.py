"""Writes item by item, where the emulated shop has none: variations, half-done rows, errors."""

import json
from typing import Any

import httpx
import pytest

from connectors.woocommerce import outbound
from connectors.woocommerce.client import WooCommerceClient
from connectors.woocommerce.coupon_outbound import COUPONS
from contracts.actions import Change, Live, Outcome, Unread
from contracts.codes import OutcomeState
from contracts.errors import NotAppliedError
from tests.connectors.woocommerce.recorded import DATE, opened, refused

ACCEPTED, REJECTED, UNKNOWN = OutcomeState.ACCEPTED, OutcomeState.REJECTED, OutcomeState.UNKNOWN
STATUS = {
    "environment": {"version": "10.3.0"},
    "settings": {"currency": "EUR", "number_of_decimals": 2},
}


class Shop:
    """Lists by path, answers to writes in order, and the writes it was sent."""

    def __init__(self, lists: dict[str, Any], *writes: Any) -> None:
        self.lists = {"system_status": STATUS, **lists}
        self.writes = list(writes)
        self.sent: list[tuple[str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.partition("/wc/v3/")[2]
        if request.method == "GET":
            answer = self.lists[path]
            if callable(answer):
                answer = answer(dict(request.url.params))
        else:
            self.sent.append((path, json.loads(request.content)))
            answer = self.writes.pop(0)
        if isinstance(answer, httpx.Response):
            return answer
        return httpx.Response(200, json=answer, headers=DATE)

    def open(self) -> WooCommerceClient:
        return opened(httpx.MockTransport(self))


def priced(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": number, "sku": f"SKU-{number}", "price": "5.00", "regular_price": "5.00",
        "sale_price": "", "on_sale": False, "date_on_sale_from_gmt": None,
        "date_on_sale_to_gmt": None,
    } | more  # fmt: skip


def stocked(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": number, "sku": f"SKU-{number}", "type": "simple", "parent_id": 0,
        "manage_stock": True, "stock_quantity": 7,
    } | more  # fmt: skip


def change(target: str, parent: str | None = None, **more: Any) -> Change:
    given: dict[str, Any] = {"before": 500, "after": 450, "currency": "EUR"}
    return Change(action_id=target, target_id=target, parent_id=parent, **(given | more))


def states(outcomes: list[Outcome]) -> dict[str, OutcomeState]:
    return {outcome.action_id: outcome.state for outcome in outcomes}


def test_variations_are_written_under_their_product_and_each_row_has_its_own_outcome() -> None:
    error = {"code": "woocommerce_rest_product_variation_invalid_id", "message": "secret"}
    shop = Shop(
        {"products": [priced(1)], "products/9/variations": [priced(91), priced(92), priced(93)]},
        {"update": [{"id": 1}]},
        {"update": [{"id": 91}, {"id": 92, "error": error}]},
    )
    changes = [change("91", "9"), change("1", "1"), change("92", "9"), change("93", "9")]
    outcomes = outbound.set_prices(shop.open(), changes)
    assert states(outcomes) == {"1": ACCEPTED, "91": ACCEPTED, "92": REJECTED, "93": UNKNOWN}
    assert not any("secret" in (one.message or "") for one in outcomes)
    rows = [{"id": number, "regular_price": "4.50"} for number in (91, 92, 93)]
    assert shop.sent == [
        ("products/batch", {"update": [{"id": 1, "regular_price": "4.50"}]}),
        ("products/9/variations/batch", {"update": rows}),
    ]


BEFORE, AFTER = "2026-11-16T04:59:59", "2026-11-16T05:00:01"
"""Around the shop's clock."""


@pytest.mark.parametrize(
    ("product", "written"),
    [
        (priced(1), {"regular_price": "4.50"}),
        (priced(1, price=5, regular_price=5.0), {"regular_price": "4.50"}),
        (
            priced(1, on_sale=True, price="4.75", sale_price="4.75"),
            {"sale_price": "4.50"},
        ),
        # One that does not come in force by it stays as it is.
        (priced(1, sale_price="6.00"), {"regular_price": "4.50"}),
        (priced(1, sale_price="4.00", date_on_sale_from_gmt=AFTER), {"regular_price": "4.50"}),
        (priced(1, sale_price="4.00", date_on_sale_to_gmt=BEFORE), {"regular_price": "4.50"}),
    ],
)
def test_the_one_field_that_holds_the_price_in_force_is_written_as_text(
    product: dict[str, Any], written: dict[str, str]
) -> None:
    shop = Shop({"products": [product]}, {"update": [{"id": 1}]})
    outbound.set_prices(shop.open(), [change("1")])
    assert shop.sent == [("products/batch", {"update": [{"id": 1, **written}]})]


@pytest.mark.parametrize(
    ("product", "why"),
    [
        # The sale began by the clock, and its price is not in force yet; and the other way round.
        (priced(1, on_sale=True, sale_price="4.00"), "a sale begins or ends"),
        (priced(1, price="4.00", sale_price="4.00"), "a sale begins or ends"),
        (priced(1, price="4.40"), "a sale begins or ends"),  # a plug-in makes the price
        (priced(1, regular_price=None), "a sale begins or ends"),
        (priced(1, price=""), "a sale begins or ends"),
        (
            priced(1, on_sale=True, price="4.00", sale_price="4.00", regular_price="4.50"),
            "below its regular price",
        ),
        (priced(1, price="4.00", regular_price="4.00", sale_price="4.20"), "come in force"),
        (
            priced(1, price="4.00", regular_price="4.00", sale_price="4.20",
                   date_on_sale_from_gmt=BEFORE, date_on_sale_to_gmt=AFTER),
            "come in force",
        ),
        (priced(1, price="cheap", regular_price="cheap"), "is none"),
        (priced(1, on_sale="maybe"), "unknown shape"),
    ],
)  # fmt: skip
def test_a_price_that_one_field_does_not_hold_alone_is_not_written(
    product: dict[str, Any], why: str
) -> None:
    shop = Shop({"products": [product]})
    (outcome,) = outbound.set_prices(shop.open(), [change("1")])
    assert outcome.state is REJECTED
    assert why in (outcome.message or "")
    assert shop.sent == []


def test_nine_prices_are_told_and_a_tenth_of_four_decimals_as_it_is_charged() -> None:
    listed = [priced(number) for number in range(1, 10)] + [priced(10, price="54.1667")]
    changes = [change(str(number)) for number in range(1, 11)]
    live = outbound.live_prices(Shop({"products": listed}).open(), changes)
    prices = {target: one.value for target, one in live.items() if isinstance(one, Live)}
    assert prices == {str(number): 500 for number in range(1, 10)} | {"10": 5417}


@pytest.mark.parametrize("odd", [{"price": []}, {"price": "cheap"}, {"on_sale": {}}])
def test_a_price_that_cannot_be_read_holds_only_itself(odd: dict[str, Any]) -> None:
    shop = Shop({"products": [priced(1), priced(2, **odd), None, "x"]})
    live = outbound.live_prices(shop.open(), [change("1"), change("2")])
    assert isinstance(live["1"], Live)
    assert isinstance(live["2"], Unread)


def test_a_price_of_four_decimals_is_changed() -> None:
    shop = Shop(
        {"products": [priced(1, price="54.1667", regular_price="54.1667")]}, {"update": [{"id": 1}]}
    )
    wanted = change("1", before=5417, after=5400)
    assert states(outbound.set_prices(shop.open(), [wanted])) == {"1": ACCEPTED}


def test_what_may_have_been_saved_in_part_is_unknown() -> None:
    row = {"id": 1, "error": {"code": "woocommerce_rest_product_not_created"}}
    shop = Shop({"products": [priced(1)]}, {"update": [row]})
    assert states(outbound.set_prices(shop.open(), [change("1")])) == {"1": UNKNOWN}


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (httpx.Response(502, headers=DATE), UNKNOWN),
        (httpx.Response(200, html="<p>wait</p>", headers=DATE), UNKNOWN),
        (httpx.Response(200, json={"odd": 1}, headers=DATE), UNKNOWN),
        (refused(400, "a_new_code"), UNKNOWN),
        (refused(401, "woocommerce_rest_cannot_batch"), REJECTED),
    ],
)
def test_a_batch_that_failed_as_a_whole_is_sent_once(
    answer: httpx.Response, state: OutcomeState
) -> None:
    shop = Shop({"products": [priced(1)]}, answer)
    assert states(outbound.set_prices(shop.open(), [change("1")])) == {"1": state}
    assert len(shop.sent) == 1


def test_a_shop_that_is_busy_before_anything_is_sent_is_asked_again_later() -> None:
    shop = Shop({"products": httpx.Response(503, headers=DATE)})
    with pytest.raises(NotAppliedError):
        outbound.set_prices(shop.open(), [change("1")])
    assert shop.sent == []


def test_stock_of_a_variation_is_written_under_its_product() -> None:
    shop = Shop(
        {"products": [stocked(1), stocked(91, type="variation", parent_id=9)]},
        {"update": [{"id": 1}]},
        {"update": [{"id": 91}]},
    )
    changes = [
        change("SKU-91", "shop", before=7, after=9, currency=None),
        change("SKU-1", None, before=7, after=0, currency=None),
    ]
    outcomes = outbound.set_stock(shop.open(), changes)
    assert states(outcomes) == {"SKU-1": ACCEPTED, "SKU-91": ACCEPTED}
    assert shop.sent == [
        ("products/batch", {"update": [{"id": 1, "stock_quantity": 0}]}),
        ("products/9/variations/batch", {"update": [{"id": 91, "stock_quantity": 9}]}),
    ]


@pytest.mark.parametrize(
    ("found", "parent", "before"),
    [
        ([], None, 7),
        ([stocked(1), stocked(2, sku="SKU-1")], None, 7),
        ([stocked(1, manage_stock=False)], None, 7),
        ([stocked(1, manage_stock="parent")], None, 7),
        ([stocked(1, type="variable")], None, 7),  # its variations are sold out of it
        ([stocked(1), stocked(91, sku="SKU-1", parent_id=1, type="variation")], None, 7),
        ([stocked(1, stock_quantity=7.5)], None, 7),
        ([stocked(1, stock_quantity=7.5)], None, 8),
        ([stocked(1)], "another", 7),
        ([stocked(1)], None, 8),
    ],
)
def test_stock_that_is_not_one_products_own_or_not_as_before_is_not_written(
    found: list[dict[str, Any]], parent: str | None, before: int
) -> None:
    shop = Shop({"products": found})
    wanted = change("SKU-1", parent, before=before, after=9, currency=None)
    assert states(outbound.set_stock(shop.open(), [wanted])) == {"SKU-1": REJECTED}
    assert shop.sent == []


def test_a_sku_with_a_comma_is_two_to_the_shop_and_is_not_asked_for() -> None:
    shop = Shop({})
    wanted = change("A,B", None, before=1, after=2, currency=None)
    assert outbound.live_stock(shop.open(), [wanted]) == {}
    assert states(outbound.set_stock(shop.open(), [wanted])) == {"A,B": REJECTED}


def test_a_price_that_is_no_listings_number_is_not_asked_for() -> None:
    assert outbound.live_prices(Shop({}).open(), [change("1/../2", "../9")]) == {}


def test_what_is_owed_is_below_zero_and_is_set_from_there() -> None:
    shop = Shop({"products": [stocked(1, stock_quantity=-3)]}, {"update": [{"id": 1}]})
    wanted = change("SKU-1", None, before=-3, after=9, currency=None)
    assert outbound.live_stock(shop.open(), [wanted]) == {"SKU-1": Live(value=-3, currency=None)}
    assert states(outbound.set_stock(shop.open(), [wanted])) == {"SKU-1": ACCEPTED}


def coupon(**more: Any) -> dict[str, Any]:
    return {
        "id": 1, "code": "back", "amount": "5.00", "discount_type": "fixed_cart",
        "date_expires_gmt": "2026-12-01T00:00:00", "usage_limit": 1, "usage_limit_per_user": 1,
        "minimum_amount": "30.00", "maximum_amount": "0.00", "individual_use": True,
        "email_restrictions": [],
    } | more  # fmt: skip


@pytest.mark.parametrize(
    ("told", "name", "value"),
    [
        ({}, "ends_at", "2026-12-01T00:00:00Z"),
        ({"date_expires_gmt": None}, "ends_at", None),
        ({}, "limit_units", 1),
        ({"usage_limit": None}, "limit_units", None),
        ({"usage_limit": 0}, "limit_units", None),
        ({"usage_limit_per_user": None}, "per_customer_units", None),
        ({}, "minimum_minor", 3000),
        ({"minimum_amount": "0.00"}, "minimum_minor", None),
        ({}, "maximum_minor", None),
        ({"maximum_amount": "90.00"}, "maximum_minor", 9000),
        ({}, "is_alone", True),
        ({"individual_use": False}, "is_alone", False),
        ({}, "audience", "everybody"),
        ({"email_restrictions": ["Zora@marked.example"]}, "audience", "member"),
        ({"email_restrictions": ["*@marked.example"]}, "audience", "other"),
        ({"email_restrictions": ["zora@marked.example", "b@x.example"]}, "audience", "other"),
    ],
)
def test_every_term_of_a_code_is_told(told: dict[str, Any], name: str, value: object) -> None:
    shop = Shop({"coupons": [coupon(**told)], "customers/7": {"email": "zora@marked.example"}})
    wanted = change("BACK", member_id="m", recipient="7")
    live = COUPONS.live(shop.open(), [wanted])["BACK"]
    assert isinstance(live, Live)
    assert (live.terms or {})[name] == value


def test_whom_a_code_is_for_is_not_told_once_the_member_cannot_be_named() -> None:
    shop = Shop({"coupons": [coupon(email_restrictions=["zora@marked.example"])]})
    live = COUPONS.live(shop.open(), [change("BACK", member_id="m")])["BACK"]
    assert isinstance(live, Live)
    assert "audience" not in (live.terms or {})


def test_a_code_that_takes_off_in_another_way_is_not_read_as_one_of_ours_and_holds_no_other() -> (
    None
):
    def coupons(asked: dict[str, str]) -> list[dict[str, Any]]:
        kind = "smart_coupon" if asked["code"] == "GIFT" else "fixed_cart"
        return [coupon(code=asked["code"].lower(), discount_type=kind)]

    shop = Shop({"coupons": coupons})
    live = COUPONS.live(shop.open(), [change("GIFT"), change("BACK")])
    assert isinstance(live["GIFT"], Unread)
    assert isinstance(live["BACK"], Live)
