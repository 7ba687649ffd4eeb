"""Prices and review requests: what is sent, what each answer means, and what is read back."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from connectors.amazon import CONNECTOR, outbound
from connectors.base.retry import NotAppliedError
from contracts.actions import Change, Live, Unread
from contracts.codes import OutcomeState, Reversal, WriteKind
from flows.steps.writers import ShopWrite
from tests.connectors.amazon.conftest import answer
from tests.connectors.amazon.recorded import listing, money, refused

Opened = Callable[..., Any]
ACCEPTED, REJECTED, UNKNOWN = OutcomeState.ACCEPTED, OutcomeState.REJECTED, OutcomeState.UNKNOWN
LISTED = listing("SKU-1")
VALID = {"sku": "SKU-1", "status": "VALID", "submissionId": "1", "issues": []}
TAKEN = VALID | {"status": "ACCEPTED"}
ORDER = "111-0000000-0000001"


def price(
    after: int = 1230,
    currency: str | None = "USD",
    *,
    action_id: str = "a1",
    target_id: str = "SKU-1",
) -> Change:
    return Change(
        action_id=action_id,
        target_id=target_id,
        parent_id="B000000001",
        before=1000,
        after=after,
        currency=currency,
    )


def review(order_id: str = ORDER, action_id: str = "r1") -> Change:
    return Change(
        action_id=action_id, target_id=order_id, parent_id=None, before=0, after=1, currency=None
    )


def issue(code: str, severity: str = "ERROR") -> dict[str, Any]:
    return {"code": code, "message": "bo@example.com", "severity": severity, "categories": []}


def states(outcomes: Any) -> list[OutcomeState]:
    return [outcome.state for outcome in outcomes]


def test_a_price_is_validated_and_then_set(opened: Opened) -> None:
    client, platform = opened({"items": [LISTED, VALID, TAKEN]})
    assert states(outbound.set_prices(client, [price()])) == [ACCEPTED]
    read, preview, patch = platform.asked
    assert dict(read.url.params) == {"marketplaceIds": "ATVPDKIKX0DER", "includedData": "summaries"}
    assert preview.url.params["mode"] == "VALIDATION_PREVIEW"
    assert dict(patch.url.params) == {"marketplaceIds": "ATVPDKIKX0DER"}
    assert preview.content == patch.content
    assert json.loads(patch.content) == {
        "productType": "GROCERY",
        "patches": [
            {
                "op": "merge",
                "path": "/attributes/purchasable_offer",
                "value": [
                    {
                        "marketplace_id": "ATVPDKIKX0DER",
                        "currency": "USD",
                        "audience": "ALL",
                        "our_price": [{"schedule": [{"value_with_tax": 12.3}]}],
                    }
                ],
            }
        ],
    }


@pytest.mark.parametrize(
    ("after", "currency", "written"),
    [(1230, "USD", b"12.30}"), (5980, "JPY", b":5980}"), (123456789, "EUR", b"1234567.89}")],
)
def test_a_price_is_written_as_exact_decimals(
    opened: Opened, after: int, currency: str, written: bytes
) -> None:
    client, platform = opened({"items": [LISTED, VALID, TAKEN]})
    outbound.set_prices(client, [price(after, currency)])
    assert written in platform.asked[-1].content


def test_a_price_that_is_invalid_is_rejected_with_its_codes_and_never_sent(opened: Opened) -> None:
    issues = [issue("18155"), issue("90000", "WARNING"), issue("18155")]
    client, platform = opened({"items": [LISTED, VALID | {"status": "INVALID", "issues": issues}]})
    [outcome] = outbound.set_prices(client, [price()])
    assert (outcome.state, outcome.message) == (REJECTED, "INVALID: 18155")
    assert len(platform.asked) == 2


def test_a_price_that_turns_out_invalid_after_its_preview_is_rejected(opened: Opened) -> None:
    answers = [LISTED, VALID, TAKEN | {"status": "INVALID", "issues": [issue("90220")]}]
    client, _ = opened({"items": answers})
    [outcome] = outbound.set_prices(client, [price()])
    assert (outcome.state, outcome.message) == (REJECTED, "INVALID: 90220")


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ([refused(404, "NotFound")], REJECTED),
        ([listing("SKU-1") | {"summaries": []}], REJECTED),
        ([LISTED, VALID, refused(400, "InvalidInput")], REJECTED),
        ([LISTED, VALID, refused(500, "InternalFailure")], UNKNOWN),
        ([LISTED, VALID, httpx.ReadTimeout("late")], UNKNOWN),
        ([LISTED, VALID, httpx.Response(200, text="<html>")], UNKNOWN),
        ([LISTED, VALID, TAKEN | {"status": "PONDERING"}], UNKNOWN),
        ([LISTED, VALID, refused(400, "NotKnownYet")], UNKNOWN),
        ([LISTED, VALID, httpx.ConnectError("down"), TAKEN], ACCEPTED),
        ([LISTED, VALID, refused(429, "QuotaExceeded"), TAKEN], ACCEPTED),
    ],
)
def test_each_answer_to_a_price_is_an_outcome(
    opened: Opened, answers: list[Any], state: OutcomeState
) -> None:
    client, _ = opened({"items": [*answers, refused(500, "InternalFailure")]})
    assert states(outbound.set_prices(client, [price()])) == [state]


def test_a_price_without_currency_is_rejected(opened: Opened) -> None:
    client, platform = opened({"items": [LISTED]})
    assert states(outbound.set_prices(client, [price(currency=None)])) == [REJECTED]
    assert platform.asked == []


def test_before_anything_was_sent_a_broken_platform_has_changed_nothing(opened: Opened) -> None:
    client, _ = opened({"items": [LISTED, refused(503, "ServiceUnavailable")]})
    with pytest.raises(NotAppliedError):
        outbound.set_prices(client, [price()])


def test_one_bad_price_leaves_the_others_and_a_lost_role_ends_it_all(opened: Opened) -> None:
    denied = refused(403, "Unauthorized")
    answers = [LISTED, VALID, refused(400, "InvalidInput"), LISTED, VALID, TAKEN, denied]
    client, platform = opened({"items": answers})
    changes = [price(action_id=f"a{number}", target_id=f"SKU-{number}") for number in range(4)]
    outcomes = outbound.set_prices(client, changes)
    assert states(outcomes) == [REJECTED, ACCEPTED, REJECTED, REJECTED]
    assert [outcome.action_id for outcome in outcomes] == ["a0", "a1", "a2", "a3"]
    assert (outcomes[3].message or "").startswith("not sent")
    assert len(platform.asked) == 7
    assert not any("bo@example.com" in (outcome.message or "") for outcome in outcomes)


def test_the_price_in_force_is_the_offer_to_all(opened: Opened) -> None:
    other = listing("SKU-2")
    other["offers"] = [{"marketplaceId": "X", "offerType": "B2B", "price": money("1.00")}]
    client, platform = opened({"items": [LISTED, other, refused(404, "NotFound")]})
    changes = [price(target_id=f"SKU-{number}") for number in (1, 2, 3)]
    assert outbound.live_prices(client, changes) == {"SKU-1": Live(value=1230, currency="USD")}
    assert platform.asked[0].url.params["includedData"] == "offers"


def actions(*names: str) -> dict[str, Any]:
    links = [{"href": f"/solicitations/v1/orders/{ORDER}", "name": name} for name in names]
    return {"_links": {"actions": links, "self": {"href": "/"}}}


OFFERED = actions("productReviewAndSellerFeedback")
SENT = httpx.Response(201, json={})
SPAN = {
    "fulfillmentStatus": "SHIPPED",
    "deliverByWindow": {
        "earliestDateTime": "2026-11-14T08:00:00Z",
        "latestDateTime": "2026-11-17T07:59:59Z",
    },
}


def answered_order(**span: str) -> dict[str, Any]:
    window = SPAN["deliverByWindow"] | span  # type: ignore[operator]
    fulfillment = SPAN | {"deliverByWindow": window}
    return {
        "order": {
            "orderId": ORDER,
            "createdTime": "2026-11-10T23:30:00Z",
            "lastUpdatedTime": "2026-11-10T23:30:00Z",
            "salesChannel": {"channelName": "AMAZON"},
            "orderItems": [],
            "fulfillment": fulfillment,
        }
    }


def test_a_review_is_asked_for_where_it_is_offered(opened: Opened) -> None:
    client, platform = opened({"solicitations/product": [SENT], "solicitations": [OFFERED]})
    assert states(outbound.request_reviews(client, [review()])) == [ACCEPTED]
    look, send = platform.asked
    assert (look.method, send.method) == ("GET", "POST")
    assert send.url.path.endswith(f"/{ORDER}/solicitations/productReviewAndSellerFeedback")
    assert dict(send.url.params) == {"marketplaceIds": "ATVPDKIKX0DER"}
    assert send.content == b""


def test_a_review_that_is_not_offered_is_not_asked_for(opened: Opened) -> None:
    client, platform = opened({"solicitations": [actions("somethingElse")]})
    [outcome] = outbound.request_reviews(client, [review()])
    assert outcome.state is REJECTED
    assert (outcome.message or "").startswith("not offered")
    assert [one.method for one in platform.asked] == ["GET"]


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        (SENT, ACCEPTED),
        (refused(403, "Unauthorized"), REJECTED),
        (refused(400, "InvalidInput"), REJECTED),
        (refused(500, "InternalFailure"), UNKNOWN),
        (httpx.ReadTimeout("late"), UNKNOWN),
    ],
)
def test_each_answer_to_a_request_is_an_outcome_and_the_next_one_goes_on(
    opened: Opened, reply: Any, state: OutcomeState
) -> None:
    script = {"solicitations/product": [reply, SENT], "solicitations": [OFFERED]}
    client, platform = opened(script)
    changes = [review(), review("111-0000000-0000002", "r2")]
    assert states(outbound.request_reviews(client, changes)) == [state, ACCEPTED]
    assert [one.method for one in platform.asked] == ["GET", "POST"] * 2


def test_an_order_that_is_not_known_is_rejected(opened: Opened) -> None:
    client, _ = opened({"solicitations": [refused(404, "NotFound")]})
    assert states(outbound.request_reviews(client, [review()])) == [REJECTED]
    assert outbound.live_requests(client, [review()]) == {}


@pytest.mark.parametrize(
    ("offered", "span", "live"),
    [
        (OFFERED, {}, {ORDER: Live(value=0, currency=None)}),
        # The platform's clock says 22 November 2026, 0:00.
        (actions(), {}, {ORDER: Live(value=1, currency=None)}),
        (actions(), {"earliestDateTime": "2026-11-17T00:00:01Z"}, {}),
        (
            actions(),
            {"earliestDateTime": "2026-11-17T00:00:00Z"},
            {ORDER: Live(value=1, currency=None)},
        ),
        (
            actions(),
            {"earliestDateTime": "2026-10-20T00:00:00Z", "latestDateTime": "2026-10-22T23:59:59Z"},
            {},
        ),
    ],
)
def test_a_request_that_is_no_longer_offered_inside_its_window_was_made(
    opened: Opened, offered: dict[str, Any], span: dict[str, str], live: dict[str, Live]
) -> None:
    client, _ = opened({"solicitations": [offered], "orders": [answer(answered_order(**span))]})
    assert outbound.live_requests(client, [review()]) == live


def test_of_an_order_without_a_promise_nothing_is_said(opened: Opened) -> None:
    bare = answered_order()
    del bare["order"]["fulfillment"]["deliverByWindow"]
    client, _ = opened({"solicitations": [actions()], "orders": [answer(bare)]})
    assert outbound.live_requests(client, [review()]) == {}


def test_what_is_declared() -> None:
    prices, reviews = (CONNECTOR.write(k) for k in (WriteKind.SET_PRICE, WriteKind.REQUEST_REVIEW))
    assert prices is not None
    assert reviews is not None
    assert (prices.reversal, reviews.reversal) == (Reversal.REVERSIBLE, Reversal.IRREVERSIBLE)


def test_how_long_a_price_settles_is_a_setting(opened: Opened) -> None:
    client, _ = opened({"items": [LISTED]}, price_settles_seconds=30)
    declared = CONNECTOR.write(WriteKind.SET_PRICE)
    assert declared is not None
    assert "as long as the settings say" in declared.told
    write = ShopWrite(client, declared, lambda _, changes: list(changes))
    assert write.settles.total_seconds() == 30


def test_live_answers_for_what_it_can_read_and_says_what_it_cannot(opened: Opened) -> None:
    odd = listing("SKU-2") | {"offers": "many"}
    dear = listing("SKU-3")
    dear["offers"][0]["price"] = money("12.345")
    client, _ = opened({"items/A1SELLEROFATEST/SKU-2": [odd], "SKU-3": [dear], "SKU-1": [LISTED]})
    asked = [price(target_id=f"SKU-{number}") for number in (1, 2, 3)]
    found = outbound.live_prices(client, asked)
    assert found["SKU-1"] == Live(value=1230, currency="USD")
    assert isinstance(found["SKU-2"], Unread)
    assert isinstance(found["SKU-3"], Unread)


def test_an_item_that_cannot_be_read_before_it_is_written_ends_itself_alone(opened: Opened) -> None:
    odd = listing("SKU-2") | {"summaries": "none"}
    client, _ = opened({"SKU-2": [odd], "SKU-1": [LISTED, VALID, TAKEN]})
    changes = [price(target_id="SKU-2"), price(target_id="SKU-1", action_id="a2")]
    assert states(outbound.set_prices(client, changes)) == [REJECTED, ACCEPTED]
