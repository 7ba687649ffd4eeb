"""Amazon's review requests: inside the window, once per order."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import httpx
import pytest

from sandbox.amazon.names import amazon_order_id
from tests.sandbox.seller import STORE, Seller, amazon_world, opened

QUERY = {"marketplaceIds": STORE}
NAME = "productReviewAndSellerFeedback"


@pytest.fixture
def seller() -> Iterator[Seller]:
    with opened(amazon_world()) as found:
        yield found


def path_of(order_id: int) -> str:
    return f"/solicitations/v1/orders/{amazon_order_id(order_id)}"


def ripe(seller: Seller) -> int:
    """An order whose window opens now; its promise is moved so that it does."""
    order_id = int(seller.world.orders["order_id"][0])
    start = seller.world.clock - timedelta(days=5)
    promise(seller, order_id, start, start + timedelta(days=3))
    return order_id


def promise(seller: Seller, order_id: int, start: datetime, end: datetime) -> None:
    seller.world.set_order(order_id, deliver_from_at=start, deliver_by_at=end)


def offered(seller: Seller, order_id: int) -> list[str]:
    """The names of the actions offered for an order."""
    answer = seller.call("GET", path_of(order_id), params=QUERY)
    assert answer.headers["content-type"] == "application/hal+json"
    assert answer.status_code == 200
    seller.clock.seconds += 10
    return [link["name"] for link in answer.json()["_links"]["actions"]]


def ask(seller: Seller, order_id: int) -> httpx.Response:
    return seller.call("POST", f"{path_of(order_id)}/solicitations/{NAME}", params=QUERY)


def test_a_request_is_offered_with_a_link_that_works(seller: Seller) -> None:
    order_id = ripe(seller)
    links = seller.get(path_of(order_id), **QUERY)["_links"]
    [action] = links["actions"]
    assert action["name"] == NAME
    answer = seller.call("POST", action["href"])
    assert (answer.status_code, answer.json()) == (201, {})
    assert answer.headers["content-type"] == "application/hal+json"


def test_an_order_is_asked_about_once(seller: Seller) -> None:
    order_id = ripe(seller)
    assert ask(seller, order_id).status_code == 201
    assert offered(seller, order_id) == []
    again = ask(seller, order_id)
    assert again.status_code == 403
    assert again.json()["errors"][0]["code"] == "Unauthorized"
    assert [(one["kind"], one["target"], one["applied"]) for one in seller.world.writes] == [
        ("request_review", amazon_order_id(order_id), True),
        ("request_review", amazon_order_id(order_id), False),
    ]


def test_it_stays_once_when_the_platform_is_opened_again(seller: Seller) -> None:
    order_id = ripe(seller)
    ask(seller, order_id)
    with opened(seller.world) as later:
        assert offered(later, order_id) == []
        assert ask(later, order_id).status_code == 403


@pytest.mark.parametrize(
    ("opens", "closes", "is_offered"),
    [
        (timedelta(0), timedelta(days=40), True),
        (timedelta(seconds=1), timedelta(days=40), False),
        (timedelta(days=-30), timedelta(0), True),
        (timedelta(days=-30), timedelta(seconds=-1), False),
    ],
)
def test_the_window_is_five_days_after_the_first_to_thirty_after_the_last_promised_day(
    seller: Seller, opens: timedelta, closes: timedelta, is_offered: bool
) -> None:
    clock, order_id = seller.world.clock, ripe(seller)
    promise(
        seller, order_id, clock - timedelta(days=5) + opens, clock - timedelta(days=30) + closes
    )
    assert bool(offered(seller, order_id)) is is_offered
    assert ask(seller, order_id).status_code == (201 if is_offered else 403)


def test_the_world_has_orders_before_in_and_after_their_window(seller: Seller) -> None:
    seen = [bool(offered(seller, int(one))) for one in seller.world.orders["order_id"][::12]]
    assert set(seen) == {True, False}
    assert seen[0] is seen[-1] is False


def test_what_was_cancelled_or_not_sent_is_not_offered(seller: Seller) -> None:
    order_id = ripe(seller)
    seller.world.set_order(order_id, fulfillment_status="UNFULFILLED")
    assert offered(seller, order_id) == []
    seller.world.set_order(
        order_id, fulfillment_status="FULFILLED", cancelled_at=seller.world.clock
    )
    assert offered(seller, order_id) == []


def test_a_refunded_order_is_still_offered_so_leaving_it_alone_is_up_to_the_seller(
    seller: Seller,
) -> None:
    order_id = ripe(seller)
    seller.world.set_order(order_id, financial_status="REFUNDED")
    assert offered(seller, order_id) == [NAME]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 400),
        ({"marketplaceIds": ""}, 403),
        ({"marketplaceIds": [STORE, STORE]}, 400),
        ({"marketplaceIds": "A1PA6795UKMFR9"}, 403),
    ],
)
def test_one_store_must_be_named(
    seller: Seller, query: dict[str, str | list[str]], status: int
) -> None:
    path = path_of(ripe(seller))
    assert seller.call("GET", path, params=query).status_code == status
    sent = seller.call("POST", f"{path}/solicitations/{NAME}", params=query)
    assert sent.status_code == status


def test_an_unknown_order_is_404_in_hal(seller: Seller) -> None:
    answer = seller.call("GET", path_of(1), params=QUERY)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/hal+json"
    assert ask(seller, 1).status_code == 404
