"""What is written to Klaviyo in these tests: codes, events and properties, and what it answers."""

import datetime as dt
import json
from dataclasses import replace
from typing import Any

from contracts.actions import Change, Outcome
from contracts.codes import OutcomeState
from contracts.payloads import CouponTerms, Event, Properties, encode
from tests.connectors.klaviyo.recorded import (
    READ_AT,
    document,
    resource,
)

COUPON = {"coupon_id": "WINBACK", "coupon_off": "15%"}
CREATE, EVENT = "POST /api/coupon-codes", "POST /api/events"
CODE, PROFILE = "/api/coupon-codes/WINBACK-A1", "/api/profiles/01P1"
TERMS = CouponTerms(
    title="Win back",
    starts_at=READ_AT - dt.timedelta(hours=1),
    ends_at=READ_AT + dt.timedelta(days=14),
    usage_limit=1,
)
CREATED = Change(
    action_id="a" * 32,
    target_id="A1",
    parent_id=None,
    before=None,
    after=1500,
    currency=None,
    payload=encode(TERMS),
)
CLOSED = replace(CREATED, before=1500, after=0, is_undo=True)
HAPPENED = Change(
    action_id="b" * 32,
    target_id="late-parcel",
    parent_id=None,
    before=0,
    after=1,
    currency=None,
    payload=encode(Event(name="Parcel is late", properties={"days": 3})),
    recipient="01P1",
)
SEGMENTED = Change(
    action_id="c" * 32,
    target_id="segment-1",
    parent_id=None,
    before=0,
    after=1,
    currency=None,
    payload=encode(Properties(values={"segment": "at_risk", "orders": 4})),
    recipient="01P1",
)


def single(found: dict[str, Any]) -> bytes:
    return json.dumps({"data": found}).encode()


def code(**more: Any) -> bytes:
    attributes = {"status": "UNASSIGNED", "expires_at": "2026-12-24T00:00:00+00:00", **more}
    return single(resource("coupon-code", "WINBACK-A1", attributes))


def events(*action_ids: str) -> bytes:
    told: list[Any] = [None, *({"action_id": one} for one in action_ids)]
    return document(
        *(resource("event", f"E{n}", {"event_properties": one}) for n, one in enumerate(told))
    )


def states(outcomes: list[Outcome]) -> list[tuple[OutcomeState, str | None]]:
    return [(one.state, one.message) for one in outcomes]


ACCEPTED = (OutcomeState.ACCEPTED, None)
