"""At the door: who is asked for a review is looked up by order, whatever the ask's own id is."""

import datetime as dt
from collections.abc import Iterator

import polars as pl
import pytest

from actions.texts import REVIEW_REQUEST, template_hash
from contracts.codes import ActionState
from contracts.payloads import Message, encode
from flows.steps.door import WriteDoor
from flows.steps.home import Home
from tests.flows.conftest import Merchant
from tests.flows.test_writes_to_people import put

POLICY = """
mode = "auto"
[parameters]
reply = "draft"
[limits]
max_actions = 10
max_exposure_minor = 0
"""


@pytest.fixture
def home(built: Merchant) -> Iterator[Home]:
    (built.folder / "policies" / "review_follow_up.toml").write_text(POLICY, encoding="utf-8")
    with built.open() as opened:
        yield opened


def guards(home: Home, *orders: str) -> dict[str, str | None]:
    """By target: the guard that bars a request of each order, and a reminder of that request."""
    shop = home.shop("demo")
    now = home.now(shop)
    words = Message(
        template=REVIEW_REQUEST, language="en", values={},
        template_hash=template_hash(REVIEW_REQUEST, "en"),
    )  # fmt: skip
    common = {
        "policy": "review_follow_up", "before_value": 0, "after_value": 1,
        "window_start": now, "expires_at": now + dt.timedelta(days=1),
    }  # fmt: skip
    request = {**common, "write_kind": "request_review", "reason_code": "time_to_ask"}
    reminder = {**common, "write_kind": "send_message", "reason_code": "remind",
                "payload": encode(words), "channel": "email", "purpose": "service"}  # fmt: skip
    for order in orders:
        put(home, {**request, "target_id": order})
        put(home, {**reminder, "target_id": f"{order}:1", "parent_id": order})
    found = home.ledger.find(states=[ActionState.APPROVED])
    barred = WriteDoor(home, shop)._judge("review_follow_up", found, {}, at=now)
    return {one.target_id: barred.get(one.action_id, (None, ""))[0] for one in found}


def test_a_request_and_its_reminder_are_judged_by_what_is_known_of_the_order(home: Home) -> None:
    orders = home.scan("orders", home.shop("demo")).filter(~pl.col("is_test")).sort("order_id")
    is_gone = pl.col("cancelled_at").is_not_null()
    gone, some = (
        orders.filter(which).head(3).collect()["order_id"].to_list()
        for which in (is_gone, ~is_gone)
    )
    assert some
    found = guards(home, *some, *gone, "no-such-order")
    fields = {
        target: guard for target, guard in found.items() if (guard or "").startswith("order_")
    }
    for order in [*some, *gone]:
        assert fields.get(order) == fields.get(f"{order}:1") != "order_unknown"
    assert {fields[one] for one in gone} <= {"order_cancelled"}
    assert fields["no-such-order"] == fields["no-such-order:1"] == "order_unknown"
