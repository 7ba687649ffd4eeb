"""At the door: an undo needs no policy, and what a missing or silent policy decided is held."""

import json

import pytest

from tests.flows.commands import Typed, typing
from tests.flows.conftest import REPRICING_TOML, Merchant


@pytest.fixture
def typed(
    built: Merchant, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Typed:
    return typing(built.folder, monkeypatch, capsys)


def states(typed: Typed) -> dict[str, int]:
    found = json.loads(typed("--json", "actions", "list", "--limit", 10_000)[1])
    kept = [one["state"] for one in found if one["policy"] == "repricing"]
    return {state: kept.count(state) for state in sorted(set(kept) - {"refused"})}


def let_repricing_be(built: Merchant, mode: str | None) -> None:
    """Write the policy's file with another mode; without one, remove it."""
    file = built.folder / "policies" / "repricing.toml"
    if mode is None:
        file.unlink()
    else:
        file.write_text(REPRICING_TOML.replace('"auto"', f'"{mode}"'), encoding="utf-8")


@pytest.mark.parametrize("mode", [None, "off", "shadow"])
def test_what_a_policy_decided_before_it_was_removed_or_turned_off_is_held_and_says_why(
    built: Merchant, typed: Typed, mode: str | None
) -> None:
    typed("decide", "--policy", "repricing")
    approved = states(typed)["approved"]
    let_repricing_be(built, mode)
    code, printed, _ = typed("act")
    why = f"the mode of repricing for demo is {mode} now" if mode else "repricing.toml does not"
    assert (code, states(typed)) == (3, {"approved": approved})
    assert f"Held: {why}" in printed or f"Held: policies/{why}" in printed
    assert built.writes() == []
    listed = json.loads(typed("--json", "actions", "list", "--state", "approved")[1])
    shown = json.loads(typed("--json", "actions", "show", listed[0]["action_id"])[1])
    assert shown["guard"] == "policy_off"
    assert why in shown["message"]["en"]


def test_what_was_held_goes_out_once_the_policy_is_back(built: Merchant, typed: Typed) -> None:
    typed("decide", "--policy", "repricing")
    approved = states(typed)["approved"]
    let_repricing_be(built, None)
    typed("act")
    let_repricing_be(built, "auto")
    assert typed("act")[0] == 0
    assert states(typed) == {"confirmed": approved}


def test_a_policy_that_is_gone_holds_no_other_policy_and_no_other_kind_of_write(
    built: Merchant, typed: Typed
) -> None:
    typed("decide")
    listed = json.loads(typed("--json", "actions", "list", "--state", "proposed")[1])
    alert = listed[0]["action_id"]
    typed("actions", "approve", alert)
    let_repricing_be(built, None)
    assert typed("act")[0] == 3
    shown = json.loads(typed("--json", "actions", "show", alert)[1])
    assert (shown["policy"], shown["state"]) == ("restock", "confirmed")


@pytest.mark.parametrize("mode", [None, "off"])
def test_an_undo_needs_no_policy(built: Merchant, typed: Typed, mode: str | None) -> None:
    typed("decide", "--policy", "repricing")
    typed("act")
    changed = states(typed)["confirmed"]
    let_repricing_be(built, mode)
    code, printed, _ = typed("actions", "undo", "--shop", "demo", "--yes")
    assert (code, f"{changed} confirmed" in printed) == (0, True)
    assert states(typed) == {"confirmed": changed, "reverted": changed}
    assert typed("act")[0] == 0
