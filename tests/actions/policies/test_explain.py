"""A sentence is text with values in it, and never a program."""

import dataclasses
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from actions.explain import _numbers, explain
from contracts.actions import Action
from contracts.codes import ActionState, WriteKind
from contracts.errors import ConfigurationError

NUMBERS: dict[str, Any] = {
    "currency": "CNY",
    "price_minor": 1999,
    "after_value": 1899,
    "rival_minor": 1899,
    "rivals_units": 1,
}


def action(numbers: dict[str, Any] | None = None, **more: Any) -> Action:
    at = datetime(2026, 11, 20, tzinfo=UTC)
    row: dict[str, Any] = dict.fromkeys(field.name for field in dataclasses.fields(Action))
    row |= {"action_id": "a", "policy": "repricing", "reason_code": "match_rival", "fence": 0}
    row |= {"write_kind": WriteKind.SET_PRICE, "state": ActionState.PROPOSED, "decided_at": at}
    return Action(**row | {"numbers": json.dumps(numbers or NUMBERS)} | more)


def test_money_stands_in_the_currency_and_its_digits() -> None:
    assert explain(action(), "en") == (
        "Change the price from 19.99 CNY to 18.99 CNY to match: the lowest of 1 usable competitor"
        " asks 18.99 CNY with shipping."
    )
    assert "价格由 1,999 JPY 调整为 1,899 JPY" in explain(
        action({**NUMBERS, "currency": "JPY"}), "zh"
    )


def test_platform_text_is_a_value_and_never_a_template() -> None:
    numbers = {**NUMBERS, "rivals_units": "{{ 7 * 7 }}"}
    assert "{{ 7 * 7 }}" in explain(action(numbers), "en")


def test_a_reason_without_a_sentence_is_told_by_name() -> None:
    with pytest.raises(ConfigurationError, match="does not explain 'because'"):
        explain(action(reason_code="because"), "en")
    with pytest.raises(ConfigurationError, match="'pricing' has no template"):
        explain(action(policy="pricing"), "en")


def test_an_undo_says_what_it_restores() -> None:
    undo = action(
        {"actions": 2},
        reason_code="undo",
        undoes="batch",
        before_value=1899,
        after_value=1999,
        currency="CNY",
    )
    assert explain(undo, "en") == (
        "Restore 19.99 CNY in place of 18.99 CNY: an operator took back 2 actions of repricing."
    )
    assert "恢复为 19.99 CNY" in explain(undo, "zh")


def test_numbers_of_an_action_of_before_a_rename_are_found_under_their_new_names() -> None:
    numbers = {"orders_units": 4, "spent_minor": 100}
    assert _numbers(action(numbers)) == {**numbers, "orders_count": 4}
    assert _numbers(action({**numbers, "orders_count": 5}))["orders_count"] == 5
