"""The shop's bucket: who may empty it, and what an HTTP 429 teaches."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from connectors.base.limits import Urgency
from connectors.base.retry import ThrottledError
from connectors.shopify import outbound
from contracts.actions import Change
from contracts.errors import NotAppliedError

Opened = Callable[..., Any]
Answer = Callable[..., httpx.Response]
SHOP, WRITE = "query q { shop { id } }", "mutation m { x }"


def test_a_backfill_leaves_half_of_the_bucket_to_live_pulls_and_writes(
    opened: Opened, answer: Answer
) -> None:
    client, platform = opened(answer({"shop": {}}, available=10_000), answer({"x": {}}))
    client.ask(SHOP)
    client.urgency = Urgency.BACKFILL
    client.ask(SHOP, cost=100)
    assert platform.waits == [pytest.approx(0.1)]
    client.urgency = Urgency.LIVE
    client.ask(SHOP, cost=100)
    client.write(WRITE, {})
    assert len(platform.waits) == 1


def test_an_undo_may_use_what_other_writes_leave(opened: Opened, answer: Answer) -> None:
    client, platform = opened(answer({"shop": {}}, available=500))
    client.ask(SHOP)
    client.write(WRITE, {}, urgency=Urgency.UNDO)
    assert platform.waits == []
    client.write(WRITE, {})
    assert sum(platform.waits) == pytest.approx(0.52)


def test_a_price_that_is_put_back_goes_before_one_that_is_set(
    opened: Opened, answer: Answer
) -> None:
    updated = answer({"productVariantsBulkUpdate": {"userErrors": []}}, available=500)
    client, platform = opened(updated)
    change = Change(
        action_id="a", target_id="1", parent_id="9", before=399, after=499, currency="USD"
    )
    outbound.set_prices(client, [change])
    outbound.set_prices(client, [replace(change, is_undo=True)])
    assert platform.waits == []
    outbound.set_prices(client, [change])
    assert sum(platform.waits) == pytest.approx(0.52)


def test_after_a_429_nobody_asks_until_the_stated_moment(opened: Opened, answer: Answer) -> None:
    client, platform = opened(
        answer({"shop": {}}), httpx.Response(429, headers={"retry-after": "90"})
    )
    client.ask(SHOP)
    with pytest.raises(ThrottledError):
        client.ask(SHOP)
    began = platform.now
    platform.replies = [answer({"x": {}})]
    with pytest.raises(NotAppliedError) as told:
        client.write(WRITE, {}, urgency=Urgency.UNDO)
    assert told.value.retry_after == pytest.approx(90, abs=0.1)
    client.ask(SHOP)
    assert platform.now - began >= 90
