"""Faults planted in every stream of a Taobao shop with ads: as `test_planted_faults`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.planted_faults.bench import benches
from tests.planted_faults.judging import judge_faults, judge_order
from tests.planted_faults.tape import Tape, record

pytestmark = pytest.mark.long

STREAMS = ("ads", "items", "members", "orders", "refunds", "reviews")


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tape]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUDGE_TOKEN", "")
        yield record(tmp_path_factory.mktemp("planted") / "home")


def test_every_stream_that_answers_is_judged(tape: Tape) -> None:
    answered = {name for shop_id, name in benches(tape) if shop_id == "taobao"}
    assert answered - set(STREAMS) == {"coupons"}, "which has no coupon"
    assert set(STREAMS) <= answered


@pytest.mark.parametrize("name", STREAMS)
def test_each_fault_is_caught_and_nothing_is_decided_on_what_it_spoils(
    tape: Tape, tmp_path: Path, name: str
) -> None:
    judge_faults(tape, tmp_path / "home", "taobao", name)


# Stock is told as of the moment at which it is asked, so a later reading tells other facts.
@pytest.mark.parametrize("name", [one for one in STREAMS if one != "items"])
def test_an_older_version_changes_nothing_and_what_comes_late_is_all_there(
    tape: Tape, name: str
) -> None:
    judge_order(tape, "taobao", name)
