"""A build after a small change, against a whole build of the same year in the same run.

The change: some orders of the last days and one of long ago were read again and differ. Figures are
CPU-seconds, the best of a few builds: of a process that has imported all, and of whole processes as
an operator starts them, imports included; so is what `build --help` takes.
"""

import datetime as dt
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from tests.bench.pull_orders import empty_home

if TYPE_CHECKING:
    from flows.steps.home import Home

ROUNDS = 5
CHANGED = 50


def main() -> None:
    """Pull and build a year, change some orders, build; print one JSON line."""
    with empty_home() as folder:
        measured = measure(folder)
    sys.stdout.write(json.dumps(measured) + "\n")


def measure(folder: Path) -> dict[str, dict[str, object]]:
    """Seconds of builds after a change, and of whole builds."""
    from flows.steps.opening import open_home
    from flows.steps.pull import pull

    with open_home(folder) as home:
        pull(home)
        _seconds(home, is_full=True)
        some, processes = [], []
        for number in range(ROUNDS):
            _change(home, 2 * number)
            some.append(_seconds(home, is_full=False))
            _change(home, 2 * number + 1)
            processes.append(_process_seconds("--home", str(folder), "build"))
        whole = min(_seconds(home, is_full=True) for _ in range(ROUNDS))
    helped = min(_process_seconds("build", "--help") for _ in range(ROUNDS))
    bare = min(_cpu_of([sys.executable, "-c", "import typer"]) for _ in range(ROUNDS))
    return {
        "incremental_build": {
            "value": min(some),
            "unit": "CPU-seconds",
            "reference": f"whole build: {whole:,.1f}",
            "ratio": min(some) / whole,
        },
        "incremental_build_cpu_s": {
            "value": min(processes),
            "unit": "CPU-seconds, whole process",
            "reference": f"whole build, imports apart: {whole:,.1f}",
            "ratio": min(processes) / whole,
        },
        "build_help_s": {
            "value": helped,
            "unit": "CPU-seconds, whole process",
            "reference": f"python that imports typer: {bare:,.2f}",
            "ratio": helped / bare,
        },
    }


def _process_seconds(*words: str) -> float:
    """CPU-seconds of a whole process of the command line."""
    return _cpu_of([sys.executable, "-m", "shopkeeper", *words])


def _cpu_of(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _seconds(home: "Home", *, is_full: bool) -> float:
    from flows.steps.build import build

    started = time.process_time()
    build(home, is_full=is_full)
    return time.process_time() - started


def _change(home: "Home", number: int) -> None:
    """One piece more on every line of some orders, an hour later than what was read."""
    orders = home.lake.scan("orders").sort("placed_at").collect()
    few = pl.concat([orders.tail(CHANGED), orders.slice(number * CHANGED, 1)])
    changed = {
        name: home.lake.scan(name)
        .join(few.lazy(), on="order_id", how="semi")
        .with_columns(
            source_updated_at=pl.col("source_updated_at") + dt.timedelta(hours=1),
            content_hash=pl.col("content_hash") + 1,
        )
        .collect()
        for name in ("orders", "order_lines", "order_coupons", "refunds")
    }
    more = pl.col("quantity_units") + 1
    changed["order_lines"] = changed["order_lines"].with_columns(quantity_units=more)
    merged = home.lake.merge(changed)
    home.readings.record({name: table.version for name, table in merged.items()})


if __name__ == "__main__":
    main()
