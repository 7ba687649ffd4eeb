"""Faults planted in every stream of two shops are caught by a named check, and no action rests on
what they spoil; what cannot be told from the truth is named in docs/guarantees.md.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.planted_faults.bench import Bench, benches
from tests.planted_faults.decisions import Decisions
from tests.planted_faults.faults import FAULTS, OLDER
from tests.planted_faults.tape import Tape, record

pytestmark = pytest.mark.long

STREAMS = (
    *(("shopify", name) for name in ("costs", "customers", "discounts", "inventory", "offers")),
    *(("shopify", name) for name in ("orders", "products", "purchasing", "stockouts", "traffic")),
    *(("taobao", name) for name in ("ads", "items", "members", "orders", "refunds", "reviews")),
)
SOME = ("currency", "unknown code", "duplicate")
"""Faults that strike every third document: the others go on."""
FEWEST_ROWS, LEAST_KEPT_RATE = 5, 0.3
WARNED = {"stockouts": {"zone ahead", "zone behind"}}
"""A day of stock-outs that is the one beside it is told, and holds no order for stock."""


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tape]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUDGE_TOKEN", "")
        yield record(tmp_path_factory.mktemp("planted") / "home")


def test_every_stream_that_answers_is_judged(tape: Tape) -> None:
    assert set(benches(tape)) - set(STREAMS) == {("taobao", "coupons")}, "which has no coupon"
    assert set(STREAMS) <= set(benches(tape))


@pytest.mark.parametrize(("shop_id", "name"), STREAMS)
def test_each_fault_is_caught_and_nothing_is_decided_on_what_it_spoils(
    tape: Tape, tmp_path: Path, shop_id: str, name: str
) -> None:
    bench = Bench(tape, shop_id, name)
    verdicts = {one.name: bench.judged(one) for one in FAULTS.values()}
    planted = {fault: verdict for fault, verdict in verdicts.items() if verdict}
    missed = {fault for fault, verdict in planted.items() if not verdict.caught}
    assert missed == set(bench.limits), planted
    if bench.fresh_rows >= FEWEST_ROWS:
        least = {fault: planted[fault].kept_rate for fault in SOME if fault in planted}
        assert min(least.values(), default=1.0) >= LEAST_KEPT_RATE, planted
    spoiled = {fault for fault, verdict in planted.items() if verdict.spoiled} - missed
    decisions = Decisions(tape, shop_id, name, tmp_path / "home")
    beyond = {fault: decisions.decided(FAULTS[fault]) - decisions.clean for fault in spoiled}
    assert {fault for fault, steps in beyond.items() if steps} <= WARNED.get(name, set()), beyond


def test_what_is_decided_on_clean_data_are_prices_and_orders(tape: Tape, tmp_path: Path) -> None:
    clean = Decisions(tape, "shopify", "offers", tmp_path / "home").clean
    assert {("repricing", "set_price"), ("restock", "none")} <= {step[:2] for step in clean}


# Taobao tells stock as of the moment at which it is asked, so a later reading tells other facts.
@pytest.mark.parametrize(("shop_id", "name"), [one for one in STREAMS if one[1] != "items"])
def test_an_older_version_changes_nothing_and_what_comes_late_is_all_there(
    tape: Tape, shop_id: str, name: str
) -> None:
    bench = Bench(tape, shop_id, name)
    for verdict in (bench.judged(None, OLDER), bench.judged(FAULTS["missing"], None)):
        assert verdict is None or (verdict.spoiled, verdict.kept_rate) == ((), 1.0)
