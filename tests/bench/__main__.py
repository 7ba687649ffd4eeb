"""Run every benchmark of this package, one process each, and write bench.json."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from shopkeeper.console import show, table

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
    """Measure, write, print; one that fails is named at last and keeps no other from its turn."""
    rows: dict[str, dict[str, Any]] = {}
    failed = []
    for name in BENCHES:
        command = [sys.executable, "-m", f"tests.bench.{name}"]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            failed.append(name)
            continue
        rows |= json.loads(done.stdout.splitlines()[-1])
        Path("bench.json").write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    show(table("Bench", ["measure", "value", "unit", "reference", "ratio"], _cells(rows)))
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def _cells(rows: dict[str, dict[str, Any]]) -> list[list[str]]:
    return [
        [
            name,
            f"{row['value']:,.{2 if row['value'] < 1 else 1}f}",
            row["unit"],
            row["reference"],
            f"{row['ratio']:.2f}",
        ]
        for name, row in rows.items()
    ]


if __name__ == "__main__":
    main()
