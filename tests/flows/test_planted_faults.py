"""Faults planted in every stream of a Shopify shop with exports are caught by a named check, and no
action rests on what they spoil; what cannot be told from the truth is named in docs/guarantees.md.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.planted_faults.bench import benches
from tests.planted_faults.decisions import Decisions
from tests.planted_faults.judging import judge_faults, judge_order
from tests.planted_faults.tape import Tape, record

pytestmark = pytest.mark.long

STREAMS = (
    *("costs", "customers", "discounts", "inventory", "offers"),
    *("orders", "products", "purchasing", "stockouts", "traffic"),
)


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tape]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUDGE_TOKEN", "")
        yield record(tmp_path_factory.mktemp("planted") / "home")


def test_every_stream_that_answers_is_judged(tape: Tape) -> None:
    assert {name for shop_id, name in benches(tape) if shop_id == "shopify"} == set(STREAMS)


@pytest.mark.parametrize("name", STREAMS)
def test_each_fault_is_caught_and_nothing_is_decided_on_what_it_spoils(
    tape: Tape, tmp_path: Path, name: str
) -> None:
    judge_faults(tape, tmp_path / "home", "shopify", name)


def test_what_is_decided_on_clean_data_are_prices_and_orders(tape: Tape, tmp_path: Path) -> None:
    clean = Decisions(tape, "shopify", "offers", tmp_path / "home").clean
    assert {("repricing", "set_price"), ("restock", "none")} <= {step[:2] for step in clean}


@pytest.mark.parametrize("name", STREAMS)
def test_an_older_version_changes_nothing_and_what_comes_late_is_all_there(
    tape: Tape, name: str
) -> None:
    judge_order(tape, "shopify", name)
