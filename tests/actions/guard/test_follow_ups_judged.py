"""What the follow-up policies propose meets the guard: once for life, and never to who said no."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from actions.guard import GuardFacts, Limits, judge
from actions.guard.facts import CONSENT_SCHEMA, CONTACT_SCHEMA, HISTORY_SCHEMA, ORDER_SCHEMA
from actions.policies import delay_notice, review_follow_up
from contracts.codes import PolicyMode
from contracts.economics import Economics
from contracts.tables import OrderFollowUp, ParcelFact, ReviewFact

AS_OF = datetime(2026, 11, 20, 17, tzinfo=UTC)
ECONOMICS = Economics(fee_rate=0, min_margin_rate=0)
CONTEXT: dict[str, Any] = {"economics": ECONOMICS, "as_of": AS_OF, "time_zone": "UTC"}
FLAGS = ("is_cancelled", "is_refunded", "has_open_case", "is_reviewed")
ORDER: dict[str, Any] = {
    "shop_id": "s",
    "order_id": "o1",
    "is_delivered": True,
    **dict.fromkeys(FLAGS, False),
}


def notice() -> pl.DataFrame:
    row = {
        "shop_id": "s",
        "shipment_id": "dhl:1",
        "member_id": "m",
        "has_email": True,
        "is_cancelled": False,
        "delivered_at": None,
        "parcel_status": "in_transit",
        "late_hours": 24.0,
    }
    params = delay_notice.Params(way="email", shop_name="Example")
    return delay_notice.propose(
        parcels=ParcelFact.sample(overrides=[row]).lazy(), params=params, **CONTEXT
    )


def request() -> pl.DataFrame:
    dates = {
        "deliver_from_at": AS_OF - timedelta(days=12),
        "deliver_by_at": AS_OF - timedelta(days=7),
        "delivered_at": AS_OF - timedelta(days=8),
        "late_hours": -1.0,
    }
    return review_follow_up.propose(
        orders=OrderFollowUp.sample(overrides=[{**ORDER, **dates, "member_id": "m"}]).lazy(),
        reviews=ReviewFact.sample(0).lazy(),
        params=review_follow_up.Params(),
        **CONTEXT,
    )


def reply() -> pl.DataFrame:
    row = {"shop_id": "s", "review_id": "r1", "review_topic": "size", "age_hours": 2.0}
    return review_follow_up.propose(
        orders=OrderFollowUp.sample(0).lazy(),
        reviews=ReviewFact.sample(overrides=[row]).lazy(),
        params=review_follow_up.Params(),
        **CONTEXT,
    )


def frame(schema: Any, *rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=dict(schema))


def verdict(proposals: pl.DataFrame, **facts: Any) -> tuple[str, str | None]:
    known: dict[str, Any] = {
        "contacts": frame(
            CONTACT_SCHEMA,
            {"shop_id": "s", "member_id": "m", "way": "email", "time_zone": None},
            {"shop_id": "s", "member_id": "m", "way": "platform_id", "time_zone": None},
        ),
        "orders": frame(ORDER_SCHEMA, ORDER),
    }
    judged = judge(
        proposals,
        GuardFacts(depends=("orders",), **{**known, **facts}),
        limits=Limits(max_actions=10, max_exposure_minor=1_000, max_mean_change_rate=1),
        economics=ECONOMICS,
        mode=PolicyMode.AUTO,
        at=AS_OF,
    )
    state, guard = judged.select("state", "guard").row(0)
    return state, guard


def consent(channel: str, status: str) -> pl.DataFrame:
    row = {"shop_id": "s", "member_id": "m", "channel": channel, "purpose": "service"}
    return frame(CONSENT_SCHEMA, {**row, "consent_status": status})


def past(proposals: pl.DataFrame) -> pl.DataFrame:
    """The same write, half a year ago."""
    then = AS_OF - timedelta(days=180)
    row = proposals.row(0, named=True)
    own = {name: row[name] for name in HISTORY_SCHEMA if name in row}
    more = {"run_id": "r", "state": "confirmed", "is_undo": False, "at": then}
    return frame(HISTORY_SCHEMA, {**own, **more, "window_start": then})


@pytest.mark.parametrize(
    ("proposed", "state"), [(notice, "approved"), (request, "approved"), (reply, "proposed")]
)
def test_what_is_proposed_is_whole(proposed: Any, state: str) -> None:
    assert verdict(proposed()) == (state, None)


@pytest.mark.parametrize("proposed", [notice, request])
def test_once_is_for_life(proposed: Any) -> None:
    rows = proposed()
    assert verdict(rows, earlier=past(rows)) == ("refused", "once")


def test_who_said_no_to_service_is_left_alone() -> None:
    assert verdict(notice(), consents=consent("email", "withdrawn")) == ("refused", "consent")
    assert verdict(request(), consents=consent("platform", "withdrawn")) == ("refused", "consent")


def test_a_notice_without_an_address_is_refused() -> None:
    nobody = frame(CONTACT_SCHEMA)
    assert verdict(notice(), contacts=nobody) == ("refused", "no_recipient")


@pytest.mark.parametrize("flag", FLAGS)
def test_an_order_that_changed_since_is_not_asked(flag: str) -> None:
    changed = frame(ORDER_SCHEMA, {**ORDER, flag: True})
    assert verdict(request(), orders=changed)[0] == "refused"
