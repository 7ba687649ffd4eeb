import datetime as dt
from typing import Any

import polars as pl
import pytest

from actions.holdout import held_out

NOW = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def _usual(runs: int, writes: int) -> list[dict[str, Any]]:
    return [
        {
            "run_id": f"run-{run}",
            "target_id": f"w{write}",
            "before_value": 1000,
            "after_value": 990,
            "at": NOW - (run + 2) * 24 * HOUR,
        }
        for run in range(runs)
        for write in range(writes)
    ]


@pytest.mark.parametrize(("size", "guards"), [(200, {None}), (201, {"breaker"})])
def test_a_batch_beyond_the_limit_is_refused_whole(
    case: Any, size: int, guards: set[str | None]
) -> None:
    assert set(case.batch(size).guards()) == guards


def test_writes_of_the_last_24_hours_count_with_the_batch(case: Any) -> None:
    sent = {"target_id": "w1", "at": NOW - 23 * HOUR, "before_value": 1010}
    batch = case.batch(200)
    assert set(batch.after(sent).guards()) == {"breaker"}
    assert set(batch.after({**sent, "at": NOW - 25 * HOUR}).guards()) == {None}
    assert set(batch.after({**sent, "policy": "markdown"}).guards()) == {None}
    assert set(batch.after({**sent, "is_undo": True}).guards()) == {None}


def test_deciding_again_what_waits_approved_is_not_a_flood(case: Any) -> None:
    waiting = [
        {"target_id": f"v{n}", "at": NOW - HOUR, "state": "approved", "after_value": 970}
        for n in range(200)
    ]
    assert set(case.batch(200).after(*waiting).guards()) == {None}


def test_refused_writes_do_not_count_against_the_others(case: Any) -> None:
    batch = case.batch(201)
    batch.prices[0]["unit_cost_minor"] = None
    assert batch.guards() == ["cost_missing", *[None] * 200]


def test_too_deep_a_mean_change_refuses_the_batch(case: Any) -> None:
    assert set(case.batch(3).limited(max_mean_change_rate=0.03).guards()) == {None}
    assert set(case.batch(3).limited(max_mean_change_rate=0.029).guards()) == {"breaker"}


def test_exposure_is_the_cut_times_the_pieces_that_sell(case: Any) -> None:
    # Two pieces a day at 30 less, ten listings: 600 a day.
    assert set(case.batch(10).limited(max_exposure_minor=600).guards()) == {None}
    assert set(case.batch(10).limited(max_exposure_minor=599).guards()) == {"breaker"}
    raised = case.batch(10, after_value=1030).limited(max_exposure_minor=0)
    assert set(raised.guards()) == {None}


@pytest.mark.parametrize(
    ("runs", "writes", "guards"),
    [(7, 3, {"breaker"}), (6, 4, {None}), (7, 2, {None}), (7, 6, {None})],
)
def test_a_batch_far_from_the_usual_run_trips_once_there_is_a_usual_run(
    case: Any, runs: int, writes: int, guards: set[str | None]
) -> None:
    # Seven runs over fewer than 20 targets tell nothing yet; 30 writes are ten times three.
    known = _usual(runs, writes)
    wide = [{**row, "target_id": f"{row['target_id']}-{row['run_id']}"} for row in known]
    assert set(case.batch(30).after(*wide).guards()) == guards


def test_changes_far_deeper_than_usual_trip_the_breaker(case: Any) -> None:
    # 3 % where the usual run moves 1 %: within five times, beyond two.
    wide = [{**row, "target_id": f"{row['target_id']}-{row['run_id']}"} for row in _usual(7, 10)]
    assert set(case.batch(10).after(*wide).guards()) == {None}
    assert set(case.batch(10).after(*wide).limited(max_run_ratio=2).guards()) == {"breaker"}


def test_a_breaker_says_its_numbers(case: Any) -> None:
    reasons = set(case.batch(201).judged()["guard_reason"])
    assert reasons == {"201 writes in 24 hours, limit 200"}


def test_holdout_keeps_the_same_skus_in_every_shop_and_run(case: Any) -> None:
    batch = case.batch(100).knowing(holdout_salt="s1", holdout_share=0.2)
    again = case.batch(100).knowing(holdout_salt="s1", holdout_share=0.2)
    other = case.batch(100).knowing(holdout_salt="s2", holdout_share=0.2)
    assert set(batch.guards()) == {None, "holdout"}
    assert batch.guards() == again.guards()
    assert batch.guards() != other.guards()


def test_holdout_takes_its_share_and_grows_without_reshuffling() -> None:
    skus = pl.Series("sku_id", [f"SKU-{n}" for n in range(20_000)])
    small = held_out(skus, salt="s", share=0.1)
    large = held_out(skus, salt="s", share=0.2)
    assert 1_850 < small.sum() < 2_150
    assert (small & ~large).sum() == 0
    assert held_out(skus, salt="s", share=0.0).sum() == 0
    assert held_out(skus, salt="s", share=1.0).sum() == 20_000
