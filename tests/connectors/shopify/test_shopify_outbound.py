"""Writes: one outcome per item, whatever became of the others."""

import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from connectors.base.retry import NotAppliedError
from connectors.shopify import outbound
from contracts.actions import Change, Live
from contracts.codes import OutcomeState
from tests.connectors.shopify.outbound_shop import Opened, change, states

Answer = Callable[..., httpx.Response]


def updated(*errors: tuple[list[str] | None, str]) -> dict[str, Any]:
    found = [{"field": field, "code": code} for field, code in errors]
    return {"productVariantsBulkUpdate": {"userErrors": found}}


def test_prices_are_sent_per_product_as_exact_text(opened: Opened) -> None:
    client, platform = opened(updated())
    changes = [change(1), change(2, product="2"), change(3, after=5)]
    outcomes = outbound.set_prices(client, changes)
    assert states(outcomes) == dict.fromkeys(("a1", "a2", "a3"), "accepted")
    first = platform.asked[0]["variables"]
    assert first["product"] == "gid://shopify/Product/1"
    assert [variant["price"] for variant in first["variants"]] == ["4.99", "0.05"]
    assert first["variants"][0]["id"] == "gid://shopify/ProductVariant/1"
    assert len(platform.asked) == 2


def test_prices_of_many_products_are_under_way_four_at_a_time(opened: Opened) -> None:
    together = threading.Barrier(4, timeout=30)

    def waiting(_asked: Any) -> dict[str, Any]:
        together.wait()  # broken, unless four requests wait for each other
        return updated()

    client, platform = opened(*[updated()] * 5, waiting)
    changes = [change(number, product=str(number)) for number in range(13)]
    assert set(states(outbound.set_prices(client, changes)).values()) == {"accepted"}
    assert len(platform.asked) == 13


def test_a_refused_item_does_not_take_the_others_with_it(opened: Opened) -> None:
    client, _ = opened(updated((["variants", "1", "price"], "NEGATIVE_PRICE_VALUE")))
    outcomes = outbound.set_prices(client, [change(1), change(2), change(3)])
    assert states(outcomes) == {"a1": "accepted", "a2": "rejected", "a3": "accepted"}
    assert outcomes[1].message == "NEGATIVE_PRICE_VALUE"


@pytest.mark.parametrize(
    ("field", "code", "state"),
    [
        (["productId"], "PRODUCT_DOES_NOT_EXIST", "rejected"),
        (None, "PRODUCT_SUSPENDED", "rejected"),
        (None, "INVALID_INPUT", "unknown"),
    ],
)
def test_an_error_without_an_item_is_about_all(
    opened: Opened, field: list[str] | None, code: str, state: str
) -> None:
    client, _ = opened(updated((field, code)))
    assert states(outbound.set_prices(client, [change(1), change(2)])) == {"a1": state, "a2": state}


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        (httpx.ReadTimeout("slow"), "unknown"),
        (httpx.Response(502), "unknown"),
        (httpx.Response(200, content=b"<html>"), "unknown"),
        (httpx.Response(200, json={"data": {"productVariantsBulkUpdate": None}}), "unknown"),
        (httpx.Response(403), "rejected"),
    ],
)
def test_what_may_have_been_applied_is_unknown_and_what_was_refused_is_rejected(
    opened: Opened, reply: Any, state: str
) -> None:
    client, platform = opened(reply)
    assert states(outbound.set_prices(client, [change(1)])) == {"a1": state}
    assert len(platform.asked) == 1


def test_a_refusal_of_the_account_ends_the_sending(opened: Opened) -> None:
    client, platform = opened(httpx.Response(401))
    outcomes = outbound.set_prices(client, [change(1), change(2, product="2")])
    assert states(outcomes) == {"a1": "rejected", "a2": "rejected"}
    assert len(platform.asked) == 1


def test_a_time_out_of_one_product_does_not_stop_the_next(opened: Opened) -> None:
    client, _ = opened(httpx.ReadTimeout("slow"), updated())
    outcomes = outbound.set_prices(client, [change(1), change(2, product="2")])
    assert states(outcomes) == {"a1": "unknown", "a2": "accepted"}


def test_a_platform_that_stays_busy_raises_before_anything_was_sent(
    opened: Opened, answer: Answer
) -> None:
    client, _ = opened(answer(errors=["THROTTLED"]))
    with pytest.raises(NotAppliedError):
        outbound.set_prices(client, [change(1)])


def test_a_platform_that_becomes_busy_rejects_the_rest(opened: Opened, answer: Answer) -> None:
    client, _ = opened(updated(), answer(errors=["THROTTLED"]))
    changes = [change(1), change(2, product="2"), change(3, product="3")]
    assert states(outbound.set_prices(client, changes)) == {
        "a1": "accepted",
        "a2": "rejected",
        "a3": "rejected",
    }


def test_a_price_without_product_or_currency_is_never_sent(opened: Opened) -> None:
    client, platform = opened(updated())
    homeless = change(1, product=None)
    assert states(outbound.set_prices(client, [homeless])) == {"a1": "rejected"}
    assert platform.asked == []


def test_a_product_with_many_variants_is_written_in_pieces(opened: Opened) -> None:
    client, platform = opened(updated())
    outcomes = outbound.set_prices(client, [change(number) for number in range(251)])
    assert len(outcomes) == 251
    assert [len(asked["variables"]["variants"]) for asked in platform.asked] == [250, 1]


def test_live_prices_leave_out_what_the_shop_does_not_know(opened: Opened) -> None:
    node = {"id": "gid://shopify/ProductVariant/1", "price": "4.99"}
    client, _ = opened({"shop": {"currencyCode": "USD"}, "nodes": [node, None, {}]})
    changes = [change(1), change(2), change(3)]
    assert outbound.live_prices(client, changes) == {"1": Live(value=499, currency="USD")}


STOCKED = {
    "inventoryItems": {
        "nodes": [
            {
                "id": f"gid://shopify/InventoryItem/{number}",
                "sku": sku,
                "inventoryLevels": {
                    "nodes": [
                        {
                            "location": {"id": "gid://shopify/Location/4"},
                            "quantities": [{"name": "available", "quantity": 6}],
                        }
                    ]
                },
            }
            for number, sku in ((1, "SKU-1"), (2, "SKU-10"), (3, "TWICE"), (4, "TWICE"))
        ]
    }
}


def stock(sku: str = "SKU-1") -> Change:
    return Change(action_id="s1", target_id=sku, parent_id="4", before=6, after=9, currency=None)


def quantities_set(*codes: str) -> dict[str, Any]:
    return {"inventorySetQuantities": {"userErrors": [{"field": None, "code": c} for c in codes]}}


def test_stock_is_set_from_what_it_was_under_a_key_of_the_action(opened: Opened) -> None:
    client, platform = opened(STOCKED, quantities_set())
    assert states(outbound.set_stock(client, [stock()])) == {"s1": "accepted"}
    sent = platform.asked[1]["variables"]
    quantity = sent["input"]["quantities"][0]
    assert (quantity["quantity"], quantity["changeFromQuantity"]) == (9, 6)
    assert quantity["inventoryItemId"] == "gid://shopify/InventoryItem/1"
    again, repeated = opened(STOCKED, quantities_set())
    outbound.set_stock(again, [stock()])
    assert repeated.asked[1]["variables"]["key"] == sent["key"]


@pytest.mark.parametrize("sku", ["TWICE", "SKU-404"])
def test_a_sku_that_is_not_one_item_is_never_written(opened: Opened, sku: str) -> None:
    client, platform = opened(STOCKED)
    assert states(outbound.set_stock(client, [stock(sku)])) == {"s1": "rejected"}
    assert len(platform.asked) == 1


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("CHANGE_FROM_QUANTITY_STALE", OutcomeState.REJECTED),
        ("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", OutcomeState.REJECTED),
        ("IDEMPOTENCY_CONCURRENT_REQUEST", OutcomeState.UNKNOWN),
    ],
)
def test_stock_that_moved_is_rejected_and_a_write_under_way_unknown(
    opened: Opened, code: str, state: OutcomeState
) -> None:
    client, _ = opened(STOCKED, quantities_set(code))
    assert states(outbound.set_stock(client, [stock()])) == {"s1": str(state)}


def test_live_stock_is_what_is_available_at_the_location(opened: Opened) -> None:
    client, _ = opened(STOCKED)
    assert outbound.live_stock(client, [stock()]) == {"SKU-1": Live(value=6, currency=None)}
