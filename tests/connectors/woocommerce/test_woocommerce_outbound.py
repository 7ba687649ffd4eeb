"""Writes item by item, where the emulated shop has none: variations, half-done rows, errors."""

import json
from typing import Any

import httpx
import pytest

from connectors.woocommerce import coupon_outbound, outbound
from connectors.woocommerce.client import WooCommerceClient
from contracts.actions import Change, Outcome
from contracts.codes import OutcomeState
from contracts.errors import NotAppliedError, SourceContractError
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


@pytest.mark.parametrize(
    ("product", "written"),
    [
        (priced(1), {"regular_price": "4.50"}),
        (priced(1, on_sale=True, sale_price="4.75"), {"sale_price": "4.50"}),
        (priced(1, sale_price="6.00"), {"regular_price": "4.50", "sale_price": ""}),
        (
            priced(1, sale_price="4.00", date_on_sale_from_gmt="2026-12-01T00:00:00"),
            {"regular_price": "4.50"},
        ),
    ],
)
def test_the_price_in_force_is_written_as_text_where_it_stands(
    product: dict[str, Any], written: dict[str, str]
) -> None:
    shop = Shop({"products": [product]}, {"update": [{"id": 1}]})
    outbound.set_prices(shop.open(), [change("1")])
    assert shop.sent == [("products/batch", {"update": [{"id": 1, **written}]})]


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


def test_a_code_that_takes_off_in_another_way_is_not_read_as_one_of_ours() -> None:
    gift = {
        "id": 1, "code": "gift", "amount": "5.00", "discount_type": "smart_coupon",
        "date_expires_gmt": None,
    }  # fmt: skip
    with pytest.raises(SourceContractError, match="in a way"):
        coupon_outbound.live_coupons(Shop({"coupons": [gift]}).open(), [change("GIFT")])
