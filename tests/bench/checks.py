"""What checks cost of a batch of a million rows: of orders, their lines and refunds, all good.

The pipeline is row checks, merge, build and check of the batch in an empty home; that it is fetched
and mapped as well, which costs several times as much, is left out of it, so the share of Great
Expectations is the largest it can be. Figures are CPU-seconds, imports apart.
"""

import datetime as dt
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from checks import rows
from checks.gates import run_suites
from contracts.streams import Context, Mapped
from contracts.tables import TABLES
from tests.bench.drawn_orders import SHOP, ZONE, readings, record_readings, write_home

if TYPE_CHECKING:
    from flows.steps.home import Home

LINES = 660_000
FIRST, DAYS = dt.date(2026, 10, 2), 30
_AT = dt.datetime.combine(FIRST + dt.timedelta(days=DAYS), dt.time(), dt.UTC)


def main() -> None:
    """Measure, print one JSON line."""
    from flows.steps.opening import open_home

    with tempfile.TemporaryDirectory() as name:
        write_home(Path(name) / "home")
        with open_home(Path(name) / "home") as home:
            measured = measure(home)
    sys.stdout.write(json.dumps(measured) + "\n")


def measure(home: "Home") -> dict[str, dict[str, object]]:
    """CPU-seconds of the row checks, and of Great Expectations within the pipeline."""
    from flows.steps.build import build
    from flows.steps.check import check

    (batch,) = readings(lines=LINES, skus=20_000, members=100_000, first=FIRST, days=DAYS)
    count = sum(frame.height for frame in batch.values())
    context = Context(SHOP, "CNY", ZONE, _AT)
    _import(batch, context)
    split = _seconds(lambda: _confirm(rows.split(Mapped(batch), context)))
    merge = _seconds(lambda: _merge(home, batch))
    whole = split + merge + _seconds(lambda: build(home)) + _seconds(lambda: check(home))
    shop = home.shop(SHOP)
    frames = {name: home.scan(name, shop) for name in batch}
    suites = _seconds(lambda: run_suites(SHOP, frames, docs_folder=None, checked_at=_AT))
    columns = {name: len(TABLES[name].schema.columns()) for name in ("orders", "order_lines")}
    return {
        "gx_share": {
            "value": suites,
            "unit": f"CPU-seconds of {count:,} rows",
            "reference": f"checks, merge and build: {whole:.1f}; aim: 0.25 of it",
            "ratio": suites / whole,
        },
        "row_checks_cpu_s": {
            "value": split / count * 1e6,
            "unit": "CPU-seconds per million rows",
            "reference": f"aim: 1; columns: {columns['orders']} and {columns['order_lines']}",
            "ratio": split / count * 1e6,
        },
    }


def _import(batch: dict[str, pl.DataFrame], context: Context) -> None:
    """Do both on a few rows, so that what is imported on first use is not measured."""
    few = {name: frame.head(10) for name, frame in batch.items() if name == "refunds"}
    rows.split(Mapped(few), context)
    run_suites(SHOP, few, docs_folder=None, checked_at=_AT)


def _confirm(split: rows.Split) -> None:
    if not split.bad.is_empty():
        raise SystemExit(f"{split.bad.height} good documents are refused")


def _merge(home: "Home", batch: dict[str, pl.DataFrame]) -> None:
    merged = home.lake.merge(batch)
    home.readings.record({name: table.version for name, table in merged.items()})
    record_readings(home, _AT)


def _seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


if __name__ == "__main__":
    main()
