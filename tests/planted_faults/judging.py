"""What must hold of a stream, whatever is planted in it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.planted_faults.bench import Bench, Verdict
from tests.planted_faults.decisions import Decisions
from tests.planted_faults.faults import FAULTS, OLDER
from tests.planted_faults.tape import Tape

SOME: Final = ("currency", "unknown code", "duplicate")
"""Faults that strike every third document: the others go on."""
FEWEST_ROWS: Final = 5
LEAST_KEPT_RATE: Final = 0.3
WARNED: Final = {"stockouts": {"zone ahead", "zone behind"}}
"""A day of stock-outs that is the one beside it is told, and holds no order for stock."""


def judge_faults(tape: Tape, folder: Path, bench: Bench) -> None:
    """Each fault is caught, clean rows go on, and nothing is decided on what is spoiled."""
    name = bench.name
    verdicts = {one.name: bench.judged(one) for one in FAULTS.values()}
    planted = {fault: verdict for fault, verdict in verdicts.items() if verdict}
    missed = {fault for fault, verdict in planted.items() if not verdict.caught}
    assert missed == set(bench.limits), planted
    if bench.fresh_rows >= FEWEST_ROWS:
        least = {fault: planted[fault].kept_rate for fault in SOME if fault in planted}
        assert min(least.values(), default=1.0) >= LEAST_KEPT_RATE, planted
    caught = {fault: verdict for fault, verdict in planted.items() if verdict.caught}
    decisions = Decisions(tape, bench.shop_id, name, folder)
    beyond = {
        fault: decisions.decided(FAULTS[fault]) - decisions.clean for fault in _decided_on(caught)
    }
    assert {fault for fault, steps in beyond.items() if steps} <= WARNED.get(name, set()), beyond


def _decided_on(caught: Mapping[str, Verdict]) -> list[str]:
    """Faults whose rows are in the lake: of those whose tables are all held, which is the same for
    whatever fault, the first."""
    spoiled = {fault: one for fault, one in caught.items() if one.spoiled}
    held = [fault for fault, one in spoiled.items() if set(one.spoiled) <= set(one.holds)]
    return [*(fault for fault in spoiled if fault not in held), *held[:1]]


def judge_order(bench: Bench) -> None:
    """An older version changes nothing, and what comes late is all there."""
    for verdict in (bench.judged(None, OLDER), bench.judged(FAULTS["missing"], None)):
        assert verdict is None or (verdict.spoiled, verdict.kept_rate) == ((), 1.0), verdict
