"""The long suite: every seam by itself, twice or more, then all in a row; prints the histogram."""

import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.crash.drive import Place, Processes, place, small_world
from tests.crash.seams import SEAMS
from tests.crash.state import State, differences


@dataclass(slots=True)
class Tally:
    """What came of the kills."""

    kills: Counter[str] = field(default_factory=Counter)
    equal: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def killed(self, one: Place, seam: str, call: int) -> None:
        """Die at a seam."""
        if one.start(seam, call=call):
            self.kills[seam] += 1
        else:
            self.wrong.append(f"{seam}: call {call} is never made")

    def finished(self, one: Place, expected: State) -> None:
        """Go on from the last crash to the end, and compare."""
        one.start()
        differing = differences(one.state(), expected)
        if not differing:
            self.equal.update(one.kills)
        self.wrong += [f"after {one.kills}: {name}: {how}" for name, how in differing.items()]


def main() -> int:
    """Kill and compare; 1 when something differs."""
    world, tally = small_world(), Tally()
    with tempfile.TemporaryDirectory() as temporary, Processes() as processes:
        folder = Path(temporary)
        first = folder / "undisturbed"
        with place(world, first, processes) as one:
            one.start()
            expected = one.state()
        runs = [(name, call) for name, seam in SEAMS.items() for call in seam.calls]
        for number, (name, call) in enumerate(runs):
            with place(world, folder / str(number), processes, like=first) as one:
                tally.killed(one, name, call)
                tally.finished(one, expected)
            sys.stderr.write(".")
            sys.stderr.flush()
        with place(world, folder / "row", processes, like=first) as one:
            for name, seam in SEAMS.items():
                tally.killed(one, name, seam.calls[0])
            tally.finished(one, expected)
    return show(tally)


def show(tally: Tally) -> int:
    """The histogram, then what is wrong."""
    table = Table("killed", "times", "ended equal", box=None)
    for seam, kills in tally.kills.items():
        table.add_row(seam, str(kills), str(tally.equal[seam]))
    table.add_row("all", str(tally.kills.total()), str(tally.equal.total()))
    console = Console(width=160)
    console.print(table)
    for line in tally.wrong:
        console.print(line[:2000], markup=False)
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
