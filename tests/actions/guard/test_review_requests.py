"""Review requests: once per order for life, and only of an order with which nothing is wrong."""

import datetime as dt
from typing import Any

import polars as pl
import pytest

from actions.guard.facts import CONSENT_SCHEMA, CONTACT_SCHEMA, HISTORY_SCHEMA, ORDER_SCHEMA
from contracts.payloads import Message, encode

NOW = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
ORDER: dict[str, Any] = {
    "shop_id": "north",
    "order_id": "7",
    "is_cancelled": False,
    "is_refunded": False,
    "has_open_case": False,
    "is_delivered": True,
    "is_reviewed": False,
}


def asking(case: Any, *, earlier: pl.DataFrame | None = None, **order: Any) -> Any:
    row = {
        **case.proposals[0],
        "policy": "review_follow_up",
        "target_id": "7",
        "sku_id": None,
        "write_kind": "request_review",
        "currency": None,
        "before_value": 0,
        "after_value": 1,
    }
    known: dict[str, Any] = {
        "orders": pl.DataFrame([{**ORDER, **order}], schema=dict(ORDER_SCHEMA)),
        "time_zones": {"north": "UTC"},
    }
    if earlier is not None:
        known["earlier"] = earlier
    return case.having(proposals=[row]).knowing(**known)


@pytest.mark.parametrize(
    ("order", "guard"),
    [
        ({}, None),
        ({"is_cancelled": True}, "order_cancelled"),
        ({"is_refunded": True}, "order_refunded"),
        ({"has_open_case": True}, "order_disputed"),
        ({"is_delivered": False}, "order_undelivered"),
        ({"is_reviewed": True}, "order_reviewed"),
        ({"order_id": "8"}, "order_unknown"),
        ({"shop_id": "south"}, "order_unknown"),
    ],
)
def test_only_a_delivered_order_in_peace_is_asked_about_when_decided_and_when_sent(
    case: Any, refused: Any, order: dict[str, Any], guard: str | None
) -> None:
    assert asking(case, **order).guards() == [guard]
    assert refused(asking(case, **order)) == ([guard] if guard else [])


@pytest.mark.parametrize(
    ("past", "guard"),
    [
        ({}, "once"),
        ({"policy": "another_policy"}, "once"),
        ({"state": "unknown"}, "once"),
        ({"write_kind": "send_message", "policy": "another_policy"}, None),
        ({"shop_id": "south"}, None),
        ({"window_start": NOW, "at": NOW}, None),
    ],
)
def test_an_order_is_asked_about_once_for_life_by_whatever_policy(
    case: Any, refused: Any, past: dict[str, Any], guard: str | None
) -> None:
    years_ago = NOW - dt.timedelta(days=900)
    row = {
        "policy": "review_follow_up",
        "shop_id": "north",
        "write_kind": "request_review",
        "target_id": "7",
        "window_start": years_ago,
        "at": years_ago,
        "state": "confirmed",
        "is_undo": False,
        **past,
    }
    earlier = pl.DataFrame([row], schema=dict(HISTORY_SCHEMA))
    assert asking(case, earlier=earlier).guards() == [guard]
    assert refused(asking(case, earlier=earlier)) == ([guard] if guard else [])


def test_nobody_is_left_without_a_request_to_measure_something(case: Any) -> None:
    one = asking(case)
    share = {**one.more, "holdout_salt": "salt", "holdout_share": 1.0}
    assert one.knowing(**share).guards() == [None]


def test_a_request_waits_for_the_morning(case: Any, refused: Any) -> None:
    assert refused(asking(case), at=NOW.replace(hour=22)) == ["quiet_hours"]


ADA = "m-" + "1" * 32
MAIL: dict[str, Any] = {
    "write_kind": "send_message",
    "parent_id": "7",
    "member_id": ADA,
    "channel": "email",
    "purpose": "marketing",
    "payload": encode(
        Message(template="review_request", language="en", values={}, template_hash="h")
    ),
}


def mailing(case: Any, *, earlier: pl.DataFrame | None = None, target: str = "7") -> Any:
    one = asking(case, earlier=earlier)
    reached = {
        "contacts": pl.DataFrame(
            [("north", ADA, "email", "UTC")], schema=dict(CONTACT_SCHEMA), orient="row"
        ),
        "consents": pl.DataFrame(
            [("north", ADA, "email", "marketing", "granted")],
            schema=dict(CONSENT_SCHEMA),
            orient="row",
        ),
        "holdout_salt": "salt",
        "holdout_share": 1.0,
    }
    row = {**one.proposals[0], **MAIL, "target_id": target}
    return one.having(proposals=[row]).knowing(**{**one.more, **reached})


@pytest.mark.parametrize(
    ("past", "target", "guard"),
    [
        ({"write_kind": "request_review"}, "7", "once"),
        ({"write_kind": "send_message", "payload": MAIL["payload"]}, "7", "once"),
        ({"write_kind": "send_message", "payload": None}, "7", None),
        ({"write_kind": "request_review"}, "7:reminder", None),
        ({"write_kind": "send_message", "payload": MAIL["payload"], "target_id": "7:reminder"},
         "7:reminder", "once"),
    ],
)  # fmt: skip
def test_our_mail_and_the_platforms_request_are_one_request(
    case: Any, refused: Any, past: dict[str, Any], target: str, guard: str | None
) -> None:
    then = NOW - dt.timedelta(days=900)
    row = {"policy": "other", "shop_id": "north", "target_id": "7", "window_start": then}
    kept = {"at": then, "state": "confirmed", "is_undo": False, **past}
    earlier = pl.DataFrame([{**row, **kept}], schema=dict(HISTORY_SCHEMA))
    one = mailing(case, earlier=earlier, target=target)
    assert one.guards() == [guard]
    assert refused(one) == ([guard] if guard else [])


def test_our_mail_asks_about_no_order_that_went_back(case: Any) -> None:
    one = mailing(case)
    back = pl.DataFrame([{**ORDER, "is_refunded": True}], schema=dict(ORDER_SCHEMA))
    for target in ("7", "7:reminder"):
        row = {**one.proposals[0], "target_id": target}
        refunded = one.having(proposals=[row]).knowing(**{**one.more, "orders": back})
        assert refunded.guards() == ["order_refunded"]
