"""A day more of orders, built on 24 months of them and on one month, and against a whole build.

Each history in a process of its own; figures are CPU-seconds of the build, imports apart, the best
of a few days in a row.
"""

import datetime as dt
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.drawn_orders import draw, write_home

if TYPE_CHECKING:
    from flows.steps.home import Home

LINES_A_DAY, SKUS, MEMBERS = 2_000, 5_000, 100_000
LAST = dt.date(2026, 10, 31)
MONTH, TWO_YEARS = 30, 730
ROUNDS = 5


def main() -> None:
    """Measure both, print one JSON line."""
    month, years = (_run(days) for days in (MONTH, TWO_YEARS))
    rows = {
        "increment_24_vs_1_month": {
            "value": years["day"],
            "unit": f"CPU-seconds of a build with {LINES_A_DAY:,} new lines",
            "reference": f"on one month: {month['day']:.2f}; aim: 1.2 of it",
            "ratio": years["day"] / month["day"],
        },
        "increment_vs_whole": {
            "value": years["day"],
            "unit": f"CPU-seconds of a build with {LINES_A_DAY:,} new lines",
            "reference": f"whole build of 24 months: {years['whole']:.1f}; aim: 0.25 of it",
            "ratio": years["day"] / years["whole"],
        },
    }
    sys.stdout.write(json.dumps(rows) + "\n")


def _run(days: int) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.increments", str(days)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answer


def measure(folder: Path, days: int) -> dict[str, float]:
    """CPU-seconds of a build after a `day` on top of some days, and of a `whole` one after it."""
    from flows.steps.opening import open_home

    write_home(folder)
    with open_home(folder) as home:
        _draw(home, LAST - dt.timedelta(days=days - 1), days)
        _seconds(home, is_full=True)
        found = []
        for number in range(1, ROUNDS + 1):
            _draw(home, LAST + dt.timedelta(days=number), 1)
            found.append(_seconds(home, is_full=False))
        return {"day": min(found), "whole": _seconds(home, is_full=True)}


def _draw(home: "Home", first: dt.date, days: int) -> None:
    draw(home, lines=LINES_A_DAY * days, skus=SKUS, members=MEMBERS, first=first, days=days)


def _seconds(home: "Home", *, is_full: bool) -> float:
    from flows.steps.build import build

    started = time.process_time()
    build(home, is_full=is_full)
    return time.process_time() - started


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    else:
        with tempfile.TemporaryDirectory() as name:
            sys.stdout.write(json.dumps(measure(Path(name) / "home", int(sys.argv[1]))) + "\n")
