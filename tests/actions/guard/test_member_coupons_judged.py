"""What member_coupon proposes meets the guard: a coupon and its message pass or fall together."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from actions.guard import GuardFacts, Limits, judge
from actions.guard.facts import CONSENT_SCHEMA, CONTACT_SCHEMA, HISTORY_SCHEMA
from actions.policies import member_coupon
from actions.policies._member_coupon import Params
from contracts.codes import PolicyMode
from contracts.economics import Economics
from contracts.tables import Coupon, CouponGrant, MemberFact, Occasion, PriceFact, StockFact

AS_OF = datetime(2026, 11, 20, 17, tzinfo=UTC)
ECONOMICS = Economics(fee_rate=0, min_margin_rate=0)
CODE = Params(off_rate=0.15, max_order_minor=20_000, shop_name="Example")
AMOUNT = Params(off_minor=500, min_spend_minor=5_000, shop_name="Example")
PURSE = Params(way="purse", coupon_id="c1", min_spend_minor=5_000)
MEMBER: dict[str, Any] = {
    "shop_id": "s",
    "orders_count": 10,
    "recency_days": 40.0,
    "usual_gap_days": 10.0,
    "member_segment": "at_risk",
    "consent_status": "granted",
    "has_email": True,
    "has_account": True,
    "last_coupon_at": None,
    "last_refunded_at": None,
    "has_open_case": False,
    "return_rate": 0.1,
    "order_minor": None,
}


def proposed(params: Params, members: int = 1) -> pl.DataFrame:
    rows = [{**MEMBER, "member_id": f"m-{n}", "spent_minor": 9_000} for n in range(members)]
    coupon = {"shop_id": "s", "coupon_id": "c1", "coupon_status": "active", "ends_at": None}
    off = {"discount_minor": 500, "discount_rate": None}
    return member_coupon.propose(
        members=MemberFact.sample(overrides=rows).lazy(),
        occasions=Occasion.create_empty().lazy(),
        coupons=Coupon.sample(overrides=[{**coupon, **off}]).lazy(),
        grants=CouponGrant.create_empty().lazy(),
        prices=PriceFact.create_empty().lazy(),
        stock=StockFact.create_empty().lazy(),
        params=params,
        economics=ECONOMICS,
        as_of=AS_OF,
        time_zone="UTC",
    )


def guards(
    rows: pl.DataFrame, *, consent: str = "granted", budget: int | None = 10_000, **facts: Any
) -> list[str | None]:
    members = rows["member_id"].unique().to_list()
    reach = [("s", one, way, None) for one in members for way in ("email", "platform_id")]
    listed = [("s", one, "email", "marketing", consent) for one in members]
    known: dict[str, Any] = {
        "contacts": pl.DataFrame(reach, schema=dict(CONTACT_SCHEMA), orient="row"),
        "coupon_terms": {"s": frozenset({"max_spend_minor"})},
        "consents": pl.DataFrame(listed, schema=dict(CONSENT_SCHEMA), orient="row"),
    }
    judged = judge(
        rows,
        GuardFacts(depends=("orders",), **{**known, **facts}),
        limits=Limits(max_actions=99, max_exposure_minor=0, max_budget_minor=budget),
        economics=ECONOMICS,
        mode=PolicyMode.AUTO,
        at=AS_OF,
    )
    return judged["guard"].to_list()


def past(write_kind: str, days: float) -> pl.DataFrame:
    then = AS_OF - timedelta(days=days)
    row = {"policy": "other", "shop_id": "s", "member_id": "m-0", "target_id": f"t{days}"}
    kind = {"write_kind": write_kind, "purpose": "marketing", "exposure_minor": 100}
    when = {"window_start": then, "at": then, "state": "confirmed", "is_undo": False}
    return pl.DataFrame([{**row, **kind, **when}], schema=dict(HISTORY_SCHEMA))


@pytest.mark.parametrize(("params", "writes"), [(CODE, 2), (AMOUNT, 2), (PURSE, 1)])
def test_what_is_proposed_is_whole(params: Params, writes: int) -> None:
    assert guards(proposed(params)) == [None] * writes


def test_no_code_is_made_that_nobody_would_be_told_of() -> None:
    rows = proposed(CODE)
    assert guards(rows, consent="withdrawn") == ["needless", "consent"]
    messages = pl.concat([past("send_message", days) for days in (1.0, 2.0)])
    assert guards(rows, history=messages) == ["needless", "message_cap"]


def test_nobody_is_told_of_a_code_that_is_not_made() -> None:
    rows = proposed(CODE)
    assert guards(rows, history=past("grant_coupon", 13)) == ["coupon_cap", "needs"]
    assert guards(rows, budget=None) == ["no_budget", "needs"]


def test_the_budget_goes_to_the_first_and_their_messages() -> None:
    assert guards(proposed(CODE, members=3), budget=6_000) == [
        *[None, None, "budget"],
        *[None, None, "needs"],
    ]


def test_who_is_left_alone_to_compare_gets_neither() -> None:
    rows = proposed(CODE)
    assert guards(rows, holdout_salt="s", holdout_share=1.0) == ["holdout", "holdout"]


def test_a_purse_asks_for_no_consent_but_counts_as_a_coupon() -> None:
    rows = proposed(PURSE)
    assert guards(rows, consent="never_asked") == [None]
    assert guards(rows, history=past("create_coupon", 3)) == ["coupon_cap"]
