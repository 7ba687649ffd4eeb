"""Faults planted in every stream of a Taobao shop with ads: as `test_planted_faults`."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.planted_faults.bench import Bench, benches
from tests.planted_faults.judging import judge_faults, judge_order
from tests.planted_faults.tape import Tape, record

pytestmark = pytest.mark.long

STREAMS = ("ads", "items", "members", "orders", "refunds", "reviews")


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tape]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUDGE_TOKEN", "")
        yield record(tmp_path_factory.mktemp("planted") / "home")


@pytest.fixture(scope="module")
def bench_of(tape: Tape) -> Callable[[str], Bench]:
    """The bench of a stream, the same for all that is judged of it."""
    return cache(lambda name: Bench(tape, "taobao", name))


def test_every_stream_that_answers_is_judged(tape: Tape) -> None:
    answered = {name for shop_id, name in benches(tape) if shop_id == "taobao"}
    assert answered - set(STREAMS) == {"coupons"}, "which has no coupon"
    assert set(STREAMS) <= answered


@pytest.mark.parametrize("name", STREAMS)
def test_each_fault_is_caught_and_nothing_is_decided_on_what_it_spoils(
    tape: Tape, bench_of: Callable[[str], Bench], tmp_path: Path, name: str
) -> None:
    judge_faults(tape, tmp_path / "home", bench_of(name))


# Stock is told as of the moment at which it is asked, so a later reading tells other facts.
@pytest.mark.parametrize("name", [one for one in STREAMS if one != "items"])
def test_an_older_version_changes_nothing_and_what_comes_late_is_all_there(
    bench_of: Callable[[str], Bench], name: str
) -> None:
    judge_order(bench_of(name))
