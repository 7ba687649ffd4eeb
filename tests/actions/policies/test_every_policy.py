"""What every policy owes, whoever wrote it."""

import dataclasses
import inspect
import json
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import dataframely as dy
import polars as pl
import pytest
from pydantic import BaseModel

from actions.explain import explain, explain_hold, without_identifiers
from actions.policies._proposal import Hold
from actions.policies.registry import Policy, policies, policy_of
from actions.words import words
from contracts.actions import Action, Proposal
from contracts.codes import COUNTED_GUARDS, ActionState, WriteKind
from contracts.economics import Economics
from contracts.errors import ConfigurationError
from contracts.tables import TABLES, table_of

AS_OF = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
ZONE = "Asia/Shanghai"
ECONOMICS = Economics(fee_rate=0.05, min_margin_rate=0.1)
# Settings without which a policy rightly leaves everything alone.
EXAMPLE: dict[str, dict[str, Any]] = {
    "repricing": {"rule": "match", "min_factor": 0.5, "max_factor": 2.0, "alone": "max"},
    "delay_notice": {"way": "email", "shop_name": "Example"},
    "member_coupon": {
        "off_rate": 0.1,
        "max_order_minor": 50_000,
        "shop_name": "Example",
        "max_members": 400,
    },
}
# What is written with other settings only, as the policy's own tests show.
ELSEWHERE = {
    "member_coupon": {WriteKind.GRANT_COUPON},
    "review_follow_up": {WriteKind.SEND_MESSAGE},
}
# Inputs that are looked things up in; of the others each row is proposed for or left alone.
BESIDE = {
    "fulfilment_watch": {"shipments"},
    "member_coupon": {"occasions", "coupons", "grants", "prices", "stock"},
    "repricing": {"rivals"},
}
# Invented rows are spread over a century; these columns lie where a policy looks.
NEAR: dict[str, dict[str, Any]] = {
    "parcel_facts": {"late_hours": 48.0},
    "orders": {
        "placed_at": AS_OF - timedelta(days=3),
        "paid_at": AS_OF - timedelta(days=3),
        "cancelled_at": None,
        "is_test": False,
        "fulfilment_status": "unfulfilled",
    },
    "refund_cases": {"requested_at": AS_OF - timedelta(days=4), "refunded_at": None},
    "order_follow_ups": {
        "deliver_from_at": AS_OF - timedelta(days=12),
        "deliver_by_at": AS_OF - timedelta(days=7),
        "delivered_at": AS_OF - timedelta(days=8),
    },
    "review_facts": {"age_hours": 5.0},
    "member_facts": {
        "orders_count": 40,
        "recency_days": 90.0,
        "usual_gap_days": 20.0,
        "return_rate": 0.1,
        "last_coupon_at": None,
        "last_refunded_at": None,
        "consent_status": "granted",
        "has_email": True,
        "has_account": True,
    },
}

# What contracts call what is one customer's.
OF_A_CUSTOMER = {
    "order_id", "line_id", "shipment_id", "tracking_number", "review_id", "case_id", "refund_id",
    "member_id", "code", "coupon_code",
}  # fmt: skip

EVERY_POLICY = pytest.mark.parametrize("policy", policies().values(), ids=policies().keys())


def run(policy: Policy, rows: int) -> tuple[dy.DataFrame[Proposal], dy.DataFrame[Hold]]:
    generator = dy.random.Generator(seed=7)
    inputs = {
        name: table.sample(
            rows, generator=generator, overrides=[NEAR.get(table_of(table).name, {})] * rows
        ).lazy()
        for name, table in policy.INPUTS.items()
    }
    params = policy.Params(**EXAMPLE.get(policy.NAME, {}))
    stated = {"params": params, "economics": ECONOMICS, "as_of": AS_OF, "time_zone": ZONE}
    return policy.propose(**inputs, **stated), policy.holds(**inputs, **stated)


def action(row: dict[str, Any]) -> Action:
    known = {field.name for field in dataclasses.fields(Action)}
    ledger: dict[str, Any] = dict.fromkeys(known)
    ledger |= {"action_id": "a", "run_id": "r", "state": ActionState.PROPOSED, "fence": 0}
    proposed = {name: value for name, value in row.items() if name in known}
    return Action(**ledger | {"decided_at": AS_OF, "updated_at": AS_OF} | proposed)


@EVERY_POLICY
def test_it_states_what_it_is(policy: Policy) -> None:
    assert policy_of(policy.NAME) is policy
    assert policy.VERSION >= 1
    assert policy.WRITES
    assert set(policy.WRITES) <= set(WriteKind)
    assert len(set(policy.WRITES)) == len(policy.WRITES)
    assert set(policy.DEPENDS) <= set(TABLES)
    assert policy.DEPENDS
    assert not (policy.WRITES == (WriteKind.NONE,) and policy.HAS_HOLDOUT)


@EVERY_POLICY
def test_its_declared_inputs_match_its_signature(policy: Policy) -> None:
    for function in (policy.propose, policy.holds):
        keywords = inspect.signature(function).parameters
        stated = {"params", "economics", "as_of", "time_zone"}
        assert keywords.keys() == policy.INPUTS.keys() | stated
        assert all(k.kind is inspect.Parameter.KEYWORD_ONLY for k in keywords.values())
        annotated = {name: get_args(keywords[name].annotation) for name in policy.INPUTS}
        assert annotated == {name: (table,) for name, table in policy.INPUTS.items()}


@EVERY_POLICY
def test_its_settings_are_described_and_closed(policy: Policy) -> None:
    assert issubclass(policy.Params, BaseModel)
    assert policy.Params.model_config.get("frozen")
    assert policy.Params.model_config.get("extra") == "forbid"
    assert all(field.description for field in policy.Params.model_fields.values())


@EVERY_POLICY
def test_nothing_in_nothing_out(policy: Policy) -> None:
    proposed, held = run(policy, 0)
    assert proposed.is_empty()
    assert held.is_empty()


@EVERY_POLICY
def test_any_facts_give_valid_proposals_or_a_reason_why_not(policy: Policy) -> None:
    proposed, held = run(policy, 400)
    Proposal.validate(proposed)
    alone = proposed.filter(pl.col("needs_target_id").is_null())
    decided = policy.INPUTS.keys() - BESIDE.get(policy.NAME, set())
    assert alone.height + held.height == 400 * len(decided)
    assert proposed.height > 0
    assert set(proposed["policy"]) == {policy.NAME}
    assert set(proposed["write_kind"]) == set(policy.WRITES) - ELSEWHERE.get(policy.NAME, set())
    assert set(proposed["reason_code"]) <= set(policy.Reason)
    assert set(held["reason_code"]) <= set(policy.HoldReason)
    assert all(isinstance(json.loads(text), dict) for text in proposed["evidence"])


@EVERY_POLICY
def test_without_names_its_reasons_name_nothing_of_one_customer(policy: Policy) -> None:
    proposed, _ = run(policy, 400)
    for number, row in enumerate(proposed.to_dicts()):
        name = f"name-{number:06}"
        row |= dict.fromkeys(("target_id", "parent_id", "member_id", "evidence"), name)
        for text in ("numbers", "payload"):
            row[text] = row[text] and json.dumps(with_name(json.loads(row[text]), name))
        named = without_identifiers(action(row))
        sentences = [str(named), str(words(named)), *(explain(named, one) for one in ("en", "zh"))]
        assert not any(name in text for text in sentences)


def with_name(told: dict[str, Any], name: str) -> dict[str, Any]:
    """What is one customer's in a reason or a payload, renamed."""
    inner = {key: with_name(one, name) for key, one in told.items() if isinstance(one, dict)}
    return told | inner | dict.fromkeys(told.keys() & OF_A_CUSTOMER, name)


@EVERY_POLICY
def test_a_member_is_named_in_one_place_from_which_they_can_be_taken_out(policy: Policy) -> None:
    proposed, _ = run(policy, 400)
    kept = pl.concat_str("numbers", "evidence", "payload", "target_id", ignore_nulls=True)
    named = proposed.filter(pl.col("member_id").str.len_chars() > 8)
    assert not named.select(kept.str.contains("member_id", literal=True).any()).item()
    found = named.select(kept.str.contains(pl.col("member_id"), literal=True).any())
    assert not found.item()


@EVERY_POLICY
def test_a_decision_window_is_the_shops_day(policy: Policy) -> None:
    proposed, _ = run(policy, 400)
    assert set(proposed["window_start"]) == {datetime(2026, 11, 19, 16, tzinfo=UTC)}
    ends = proposed.filter(pl.col("needs_target_id").is_null())["expires_at"]
    assert set(ends) == {datetime(2026, 11, 20, 16, tzinfo=UTC)}


@EVERY_POLICY
def test_the_same_facts_give_the_same_proposals(policy: Policy) -> None:
    assert run(policy, 200)[0].equals(run(policy, 200)[0])


@EVERY_POLICY
def test_every_proposal_is_explained_in_both_languages(policy: Policy) -> None:
    proposed, _ = run(policy, 400)
    for row in proposed.to_dicts():
        english, chinese = explain(action(row), "en"), explain(action(row), "zh")
        assert english.endswith(".")
        assert chinese.endswith("。")
        assert "None" not in english + chinese
        assert "\n" not in english + chinese


@EVERY_POLICY
def test_every_reason_to_leave_something_alone_is_said_in_both_languages(policy: Policy) -> None:
    for reason in [*policy.HoldReason, *COUNTED_GUARDS]:
        english, chinese = (explain_hold(policy.NAME, str(reason), one) for one in ("en", "zh"))
        assert english.isascii()
        assert english != reason
        assert not chinese.isascii()
    with pytest.raises(ConfigurationError, match="no template explains"):
        explain_hold(policy.NAME, "a_reason_that_is_none", "en")


@EVERY_POLICY
def test_every_reason_has_a_sentence(policy: Policy) -> None:
    proposed, _ = run(policy, 400)
    row = proposed.to_dicts()[0]
    numbers = {key: 1 for key in json.loads(row["numbers"])}
    dates = {key: "2026-11-20" for key in numbers if key.endswith("_date")}
    numbers_text = json.dumps({**numbers, **dates, "currency": "CNY"})
    for reason in policy.Reason:
        stated = action({**row, "reason_code": str(reason), "numbers": numbers_text})
        assert explain(stated, "en") != explain(stated, "zh")


def test_an_unknown_policy_is_told_with_the_nearest_one() -> None:
    with pytest.raises(ConfigurationError, match=r"no policy 'pricing', did you mean 'repricing'"):
        policy_of("pricing")
