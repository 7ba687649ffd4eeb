"""Run every benchmark of this package, one process each, and write bench.json."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

BENCHES = (
    "pull_orders",
    "ingest",
    "incremental_build",
    "increments",
    "ten_million",
    "checks",
    "demo_seconds",
    "limit_utilisation",
    "restock",
    "reprice",
    "undo_prices",
)


def main() -> None:
    """Measure, print, write."""
    rows: dict[str, dict[str, Any]] = {}
    for name in BENCHES:
        command = [sys.executable, "-m", f"tests.bench.{name}"]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        rows |= json.loads(done.stdout.splitlines()[-1])
    Path("bench.json").write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    table = Table("measure", "value", "unit", "reference", "ratio", box=None)
    for name, row in rows.items():
        value, ratio = f"{row['value']:,.{2 if row['value'] < 1 else 1}f}", f"{row['ratio']:.2f}"
        table.add_row(name, value, row["unit"], row["reference"], ratio)
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
