"""Nested orders from HTTP to checked, merged tables, beside dlt on the same bytes.

Three processes: a server that replays recorded pages, ours that pulls them into an empty home
(landed, sealed, mapped, checked, merged), and dlt that reads the same pages and loads them as
Parquet into DuckDB. CPU seconds are of the client process and its children, the best of a few
processes; the peak is the highest of them. Ours counts accepted canonical rows, and the ratio to
dlt is of CPU seconds for the same bytes.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.replay import ORDERS, served

ROUNDS = 3
_SHOP = """
name = "Replay"
currency = "USD"
time_zone = "America/New_York"
history_from = 2026-10-25
[sources.shopify]
base_url = "{url}"
access_token = "env:BENCH_TOKEN"
is_sandbox = true
[economics]
fee_rate = 0.03
min_margin_rate = 0.1
"""


def main() -> None:
    """Measure both, each in a process of its own, and print one JSON line."""
    with served() as url:
        ours, theirs = _best("ours", url), _best("dlt", url)
    rate, decoding = ours["rows"] / ours["cpu"], ours["bytes"] / ours["cpu"] / 1e6
    rows = {
        "ingest_rows_per_cpu_second": {
            "value": rate,
            "unit": f"accepted rows per CPU-second, {decoding:.1f} MB/s",
            "reference": "asked for: 55,000",
            "ratio": rate / 55_000,
        },
        "ingest_memory": {
            "value": ours["peak_mb"],
            "unit": "MB, peak",
            "reference": f"allowed: 400; after imports: {ours['imported_mb']:.0f}",
            "ratio": ours["peak_mb"] / 400,
        },
        "ingest_vs_dlt": {
            "value": ours["cpu"],
            "unit": "CPU seconds for the same bytes",
            "reference": f"dlt {theirs['version']}: {theirs['cpu']:.1f}",
            "ratio": theirs["cpu"] / ours["cpu"],
        },
    }
    sys.stdout.write(json.dumps(rows) + "\n")


def _best(whose: str, url: str) -> dict[str, Any]:
    """The fewest CPU-seconds of some processes, and the highest peak."""
    runs = [_measured(whose, url) for _ in range(ROUNDS)]
    return min(runs, key=lambda run: run["cpu"]) | {"peak_mb": max(run["peak_mb"] for run in runs)}


def _measured(whose: str, url: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.bench.ingest", whose, url, folder]
        environment = {**os.environ, "BENCH_TOKEN": "bench"}
        done = subprocess.run(command, stdout=subprocess.PIPE, env=environment, check=True)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert answer["orders"] == ORDERS, answer
    return answer


def _cpu() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def ours(url: str, folder: Path) -> dict[str, Any]:
    """Pull the pages into an empty home."""
    from flows.steps.opening import open_home
    from flows.steps.pull import pull

    (folder / "shops").mkdir()
    (folder / "shopkeeper.toml").write_text("", encoding="utf-8")
    (folder / "shops" / "replay.toml").write_text(_SHOP.format(url=url), encoding="utf-8")
    imported = _peak_mb()
    with open_home(folder) as home:
        started = _cpu()
        (pulled,) = pull(home, stream="orders")
        cpu, peak = _cpu() - started, _peak_mb()
        orders = home.scan("orders", home.shop("replay")).collect().height
        size = sum(len(page.body) for page in _pages(home))
    return {
        "rows": pulled.loaded_rows,
        "orders": orders,
        "cpu": cpu,
        "bytes": size,
        "peak_mb": peak,
        "imported_mb": imported,
    }


def _pages(home: Any) -> Any:
    for reading_id in home.landing.complete("replay"):
        yield from home.landing.pages(reading_id)


def dlt(url: str, folder: Path) -> dict[str, Any]:
    """Read the same pages and load them as Parquet into DuckDB, by dlt's fastest way for them."""
    os.environ |= {
        "DLT_DATA_DIR": str(folder / "dlt"),
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "RUNTIME__LOG_LEVEL": "ERROR",
        "DATA_WRITER__BUFFER_MAX_ITEMS": "50000",
        "NORMALIZE__DATA_WRITER__DISABLE_COMPRESSION": "true",
    }
    import dlt as peer
    import duckdb
    import httpx

    def orders() -> Any:
        with httpx.Client() as client:
            after = None
            while True:
                asked = {"query": "query ordersPage", "variables": {"after": after, "first": 250}}
                found = json.loads(client.post(url, json=asked).content)["data"]["orders"]
                yield found["nodes"]
                if not found["pageInfo"]["hasNextPage"]:
                    return
                after = found["pageInfo"]["endCursor"]

    resource_ = peer.resource(orders, name="orders", primary_key="id", write_disposition="merge")
    database = folder / "peer.duckdb"
    pipeline = peer.pipeline(
        "replay",
        pipelines_dir=str(folder / "pipelines"),
        destination=peer.destinations.duckdb(str(database)),
        dataset_name="replay",
    )
    started = _cpu()
    pipeline.run(resource_(), loader_file_format="parquet")
    cpu = _cpu() - started
    with duckdb.connect(str(database)) as found:
        loaded = found.sql("select count(*) from replay.orders").fetchall()[0][0]
    return {"orders": loaded, "cpu": cpu, "peak_mb": _peak_mb(), "version": peer.__version__}


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    else:
        _, whose, url, folder = sys.argv
        told = {"ours": ours, "dlt": dlt}[whose](url, Path(folder))
        sys.stdout.write("\n" + json.dumps(told) + "\n")
