import datetime as dt
from typing import Any

NOW = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def _ranked(case: Any, size: int) -> Any:
    """The later a listing, the larger the effect expected of it."""
    batch = case.batch(size)
    for number, proposal in enumerate(batch.proposals):
        proposal["effect_minor"] = number
    return batch


def test_of_a_large_batch_the_writes_of_largest_effect_are_kept(case: Any) -> None:
    judged = _ranked(case, 300).limited(keep_actions=200)
    assert judged.guards() == ["cap"] * 100 + [None] * 200


def test_what_was_sent_in_24_hours_leaves_less_room(case: Any) -> None:
    sent = [{"target_id": f"w{n}", "at": NOW - HOUR, "after_value": 970} for n in range(195)]
    batch = _ranked(case, 10).limited(keep_actions=200)
    assert batch.after(*sent).guards() == ["cap"] * 5 + [None] * 5
    waiting = [{**row, "target_id": f"v{n}", "state": "approved"} for n, row in enumerate(sent)]
    assert batch.after(*waiting[:10]).guards() == [None] * 10


def test_what_waits_approved_and_is_not_proposed_again_takes_its_place(case: Any) -> None:
    row = {"at": NOW - HOUR, "after_value": 970, "state": "approved"}
    waiting = [{**row, "target_id": name} for name in ("w1", "w2", "v0")]
    batch = _ranked(case, 4).limited(keep_actions=4)
    assert batch.after(*waiting).guards() == [None, "cap", "cap", None]


def test_what_another_guard_refuses_takes_no_place(case: Any) -> None:
    batch = _ranked(case, 4).limited(keep_actions=2)
    batch.prices[3]["unit_cost_minor"] = None
    assert batch.guards() == ["cap", None, None, "cost_missing"]


def test_what_is_left_alone_to_compare_takes_a_place_so_that_both_arms_are_picked_alike(
    case: Any,
) -> None:
    batch = _ranked(case, 300).limited(keep_actions=200)
    guards = batch.knowing(holdout_salt="s1", holdout_share=0.3).guards()
    assert guards[:100] == ["cap"] * 100
    assert set(guards[100:]) == {None, "holdout"}


def test_without_a_cap_a_large_batch_is_the_breakers(case: Any) -> None:
    assert set(_ranked(case, 300).guards()) == {"breaker"}
