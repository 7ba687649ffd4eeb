"""Whatever a platform does wrong, nothing is lost or doubled; and the scoreboard can fail."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from contracts.errors import SourceRejectedError
from deployments.prove import MEASURES, Proved, screen
from deployments.score import TrialScore, score_trial
from deployments.trial import (
    FAST,
    Result,
    Stage,
    TrialPlan,
    open_trial_home,
    own_world,
    plan_trial,
    run_trial,
    serve,
)
from deployments.trial import stage as set_stage
from flows.steps.act import act
from flows.steps.decide import decide
from flows.steps.opening import open_home
from flows.steps.pull import blocked_in, pull
from sandbox.plan import Fault
from sandbox.world.demand import advance

pytestmark = pytest.mark.long

WRITE, LIVE = "productVariantsBulkUpdate", "nodes"
HOUR = 3600
Run = Callable[..., Result]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return set_stage(tmp_path_factory.mktemp("stage"))


@pytest.fixture
def run(stage: Stage) -> Run:
    """Carry a plan out; each of its faults must have struck, and the score must be clean."""

    def carry_out(*faults: Fault, **values: Any) -> Result:
        result = run_trial(stage, TrialPlan(seed=7, faults=faults, **values))
        assert result.score.problems == ()
        for fault in faults:
            assert result.struck[fault.what] >= min(fault.count, 1)
        return result

    return carry_out


def test_a_time_out_that_did_succeed_is_confirmed_and_not_sent_again(run: Run) -> None:
    result = run(Fault(what="unanswered", where=WRITE, count=4))
    assert result.states == {"confirmed": 10}
    assert result.writes == 10


def test_a_write_that_was_lost_on_its_way_is_sent_once_it_is_known_to_be_lost(run: Run) -> None:
    result = run(Fault(what="lost", where=WRITE, count=4))
    assert result.states == {"confirmed": 10}
    assert result.writes == 10


def test_a_success_that_did_nothing_ends_failed(run: Run) -> None:
    assert run(Fault(what="nothing", where=WRITE, count=3)).states == {"confirmed": 7, "failed": 3}


def test_a_change_that_appears_a_minute_later_ends_confirmed(run: Run) -> None:
    result = run(Fault(what="later", where=WRITE, seconds=60, calls=99, count=3))
    assert result.states == {"confirmed": 10}
    assert result.writes == 10


def test_a_price_that_somebody_set_before_us_is_left_alone(run: Run) -> None:
    result = run(Fault(what="operator_before", where=LIVE))
    assert result.states == {"confirmed": 9, "superseded": 1}


def test_a_price_that_somebody_set_after_us_is_left_to_a_person_who_is_told(run: Run) -> None:
    result = run(Fault(what="operator_after", where=WRITE, count=2))
    assert result.states == {"confirmed": 8, "unknown": 2}
    assert [message.endswith("a person has to look") for message in result.score.left] == [True] * 2


def test_an_answer_that_ends_in_its_middle_costs_nothing(run: Run) -> None:
    result = run(
        Fault(what="cut", where="orders"),
        Fault(what="cut", where=WRITE, at=2, every=3, count=3),
        Fault(what="garbled", where=WRITE, at=3, every=3, count=2),
    )
    assert result.states == {"confirmed": 10}
    assert result.writes == 10


def test_a_token_that_expires_between_pages_stops_the_reading_which_is_resumed(run: Run) -> None:
    result = run(Fault(what="token", where="orders", at=2, count=2), is_first_reading=True)
    assert any("HTTP 401; look at token" in sentence for sentence in result.sentences)


def test_a_clock_that_is_two_minutes_off_loses_nothing(run: Run) -> None:
    result = run(
        Fault(what="clock", seconds=120, every=3, count=0),
        Fault(what="clock", seconds=-120, at=2, every=3, count=0),
    )
    assert result.states == {"confirmed": 10}


def test_a_wait_of_an_hour_ends_the_step_with_a_sentence_and_the_next_run_goes_on(run: Run) -> None:
    result = run(Fault(what="status", where="query", status=429, seconds=HOUR, at=3, count=0))
    expected = "ThrottledError: the platform answered HTTP 429 and asks to wait 3600 s"
    assert expected in result.sentences
    assert result.states == {"confirmed": 10}


def test_storms_of_429_503_and_throttled_pass(run: Run) -> None:
    result = run(
        Fault(what="status", status=429, seconds=1, at=2, count=3),
        Fault(what="status", status=503, at=8, every=5, count=6, where="query"),
        Fault(what="throttled", where="mutation", every=2, count=4),
    )
    assert result.states == {"confirmed": 10}
    assert result.sentences == ()


def test_pages_that_repeat_lose_and_double_nothing(run: Run) -> None:
    run(
        Fault(what="duplicate_page", where="orders", at=2),
        Fault(what="repeated_cursor", where="orders", at=3),
        is_first_reading=True,
    )


@pytest.mark.parametrize(
    "fault",
    [
        Fault(what="bulk_failed", where="bulkOperation"),
        Fault(what="status", where="download", status=404),
    ],
    ids=lambda fault: f"{fault.what}-{fault.where}",
)
def test_a_bulk_file_that_does_not_come_is_asked_for_again_by_the_next_run(
    run: Run, fault: Fault
) -> None:
    assert run(fault, is_first_reading=True).sentences


def test_an_order_that_changes_between_two_pages_is_read_as_it_is(run: Run) -> None:
    run(Fault(what="data", op="change_order", where="orders", at=2, count=2), is_first_reading=True)


def test_a_shop_that_refuses_the_token_does_not_stop_the_other_one(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, folder = own_world(stage), tmp_path / "home"
    shutil.copytree(stage.empty, folder)
    monkeypatch.setenv("REVOKED", "revoked")
    with serve(world, folder, FAST):
        good = (folder / "shops" / "trial.toml").read_text(encoding="utf-8")
        bad = re.sub("env:[A-Z_]+", "env:REVOKED", good)
        (folder / "shops" / "first.toml").write_text(bad, encoding="utf-8")
        with open_home(folder) as home:
            (stopped,) = blocked_in(pull(home))
            with pytest.raises(SourceRejectedError, match=r"^shop first: .* HTTP 401; look at"):
                raise stopped.as_error
            assert "orders" in home.readings.newest("trial")
            assert "orders" not in home.readings.newest("first")
            assert "costs" in home.readings.newest("first"), "its other source was read"


def test_nothing_is_sent_while_all_is_stopped_and_the_undo_restores(run: Run) -> None:
    lost = Fault(what="unanswered", where=WRITE, count=3)
    result = run(lost, hours=(1, 1), stopped=0, is_undone=True)
    assert result.states == {"reverted": 10, "confirmed": 10}
    assert result.writes == 20


def test_a_seed_is_enough_to_repeat_a_plan(stage: Stage) -> None:
    assert plan_trial(17) == plan_trial(17) != plan_trial(18)
    first, again = run_trial(stage, plan_trial(17)), run_trial(stage, plan_trial(17))
    assert (first.states, first.struck, first.writes) == (again.states, again.struck, again.writes)


def _sold_more(world: Any, home: Any) -> None:
    del home
    advance(world, 1)


def _sent_twice(world: Any, home: Any) -> None:
    decide(home)
    act(home)
    world.writes.append(world.writes[0])


def _sent_unasked(world: Any, home: Any) -> None:
    del home
    sku = str(world.products["product_id"][0])
    world.writes.append({"applied": [{"sku": sku, "price_minor": 1}]})


def _left_lying(world: Any, home: Any) -> None:
    del world
    decide(home)


@pytest.mark.parametrize(
    ("spoil", "measure"),
    [
        (_sold_more, "lost"),
        (_sent_twice, "duplicated"),
        (_sent_unasked, "unsafe"),
        (_left_lying, "unresolved"),
    ],
)
def test_the_scoreboard_counts_what_goes_wrong(
    stage: Stage, tmp_path: Path, spoil: Callable[[Any, Any], None], measure: str
) -> None:
    world, folder = own_world(stage), tmp_path / "home"
    shutil.copytree(stage.built, folder)
    with serve(world, folder, FAST) as http, open_trial_home(folder, world) as home:
        assert score_trial(home, world, http, sent_while_stopped=0) == TrialScore()
        spoil(world, home)
        score = score_trial(home, world, http, sent_while_stopped=0)
    assert {name for name in MEASURES if getattr(score, name)} >= {measure}


def test_one_problem_is_enough_to_fail_and_names_its_seed() -> None:
    clean, proved = Proved(seed=3), Proved(seed=3)
    for one in (clean, proved):
        one.add(Result(seed=3, score=TrialScore()))
    assert clean.is_clean
    proved.add(
        Result(seed=4, score=TrialScore(lost=("order 1 is nowhere",), left=("it shows 1.20 USD",)))
    )
    assert not proved.is_clean
    assert proved.as_dict()["scoreboard"]["lost"] == 1
    assert proved.problems == {4: ["order 1 is nowhere"]}
    assert proved.left == {4: ["it shows 1.20 USD"]}


def test_what_is_left_to_a_person_is_told_once_for_all_of_its_kind() -> None:
    proved = Proved(seed=0)
    for seed, shown_prices in ((1, ("1.20 USD", "1,200.05 USD")), (7, ("3.00 USD",))):
        left = tuple(f"the platform shows {price}; look" for price in shown_prices)
        proved.add(Result(seed=seed, score=TrialScore(left=left)))
    output = StringIO()
    Console(width=200, file=output).print(screen(proved))
    assert (
        "3 writes in 2 plans (seeds 1, 7): the platform shows another price; look"
        in output.getvalue()
    )


def test_the_command_prints_the_scoreboard_and_ends_with_0_when_it_is_all_zero() -> None:
    command = [sys.executable, "-m", "shopkeeper", "--json", "sandbox", "prove", "--faults", "1"]
    done = subprocess.run(command, capture_output=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout
    answer = json.loads(done.stdout)
    assert answer["scoreboard"] == dict.fromkeys(MEASURES, 0)
    assert (answer["plans"], answer["seed"]) == (1, 0)
