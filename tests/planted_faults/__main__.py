"""Prints stream, fault and what caught it."""

import sys
import tempfile
from pathlib import Path

from tests.planted_faults.bench import Bench, Verdict, benches
from tests.planted_faults.faults import FAULTS, OLDER
from tests.planted_faults.tape import record


def told(verdict: Verdict | None) -> str:
    """A cell of the table."""
    if verdict is None:
        return "-"
    caught = ", ".join(verdict.caught) or "NOT CAUGHT"
    held = f" | holds {', '.join(verdict.holds)}" if verdict.holds else ""
    spoiled = f" | spoiled {', '.join(verdict.spoiled)}" if verdict.spoiled else ""
    return f"{caught}{held}{spoiled} | kept {verdict.kept_rate:.0%}"


def main() -> None:
    """Print stream, fault and what caught it; only of streams named as arguments, if any are."""
    out = sys.stdout
    with tempfile.TemporaryDirectory() as place:
        tape = record(Path(place) / "home")
        for shop_id, name in benches(tape):
            if sys.argv[1:] and name not in sys.argv[1:]:
                continue
            bench = Bench(tape, shop_id, name)
            out.write(f"{shop_id} {name}\n")
            for fault in FAULTS.values():
                out.write(f"  {fault.name:14}{told(bench.judged(fault))}\n")
            out.write(f"  {'reordered':14}{told(bench.judged(None, OLDER))}\n")
            out.write(f"  {'late':14}{told(bench.judged(FAULTS['missing'], None))}\n")
            out.flush()


if __name__ == "__main__":
    main()
