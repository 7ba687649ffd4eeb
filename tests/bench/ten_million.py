"""Ten million order lines of a year: sales, KPIs, velocity and cohorts, beside DuckDB and a scan.

Each in a process of its own, over the files of the same Delta tables: ours through the functions of
a whole build; DuckDB by the queries of `same_by_sql`, whose answers have to be the same; and Polars
that sums every amount and count of orders and lines, which is the least that any of it could cost.
Figures are CPU-seconds without imports, and the most memory that ours held.
"""

import datetime as dt
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from contracts.tables import Velocity
from tests.bench.drawn_orders import SHOP, draw, write_home
from tests.bench.same_by_sql import Answers, answers, compute

if TYPE_CHECKING:
    from flows.steps.views import View

LINES, SKUS, MEMBERS, DAYS = 10_000_000, 60_000, 1_250_000, 365
FIRST = dt.date(2025, 11, 1)
RETENTION = (1, 3, 7, 30)
_TABLES = ("orders", "order_lines", "refunds", "traffic_daily")


def main() -> None:
    """Draw, compute three times, compare, print one JSON line."""
    with tempfile.TemporaryDirectory() as folder:
        _run("drawn", folder)
        ours, theirs, scan = (_run(who, folder) for who in ("ours", "theirs", "scanned"))
    if ours["answers"] != theirs["answers"]:
        raise SystemExit("DuckDB finds other sales, KPIs or cohorts")
    said = f"of {LINES:,} lines"
    rows = {
        "metrics_vs_duckdb": {
            "value": ours["cpu"],
            "unit": f"CPU-seconds {said}",
            "reference": f"DuckDB: {theirs['cpu']:.1f}, {theirs['peak_gb']:.1f} GB; aim: 0.5 of it",
            "ratio": ours["cpu"] / theirs["cpu"],
        },
        "metrics_vs_scan": {
            "value": ours["cpu"],
            "unit": f"CPU-seconds {said}",
            "reference": f"amounts and counts summed: {scan['cpu']:.2f}; aim: 20 of it",
            "ratio": ours["cpu"] / scan["cpu"],
        },
        "metrics_memory": {
            "value": ours["peak_gb"],
            "unit": f"GB at most, {said}",
            "reference": "aim: 2",
            "ratio": ours["peak_gb"] / 2,
        },
    }
    sys.stdout.write(json.dumps(rows) + "\n")


def _run(who: str, folder: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.ten_million", who, folder]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def drawn(folder: Path) -> Answers:
    """Fill a home."""
    from flows.steps.opening import open_home

    write_home(folder / "home")
    with open_home(folder / "home") as home:
        draw(home, lines=LINES, skus=SKUS, members=MEMBERS, first=FIRST, days=DAYS)
    return {}


def ours(folder: Path) -> Answers:
    """Through the functions of a whole build and of metrics."""
    from flows.steps.opening import open_home
    from flows.steps.views import View

    with open_home(folder / "home") as home:
        shop = home.shop(SHOP)
        return computed(View.of(home, shop, home.data_as_of(shop)), first=FIRST)


def computed(view: "View", *, first: dt.date) -> Answers:
    """Sales, KPIs, velocity and weekly cohorts from `first` on, as `same_by_sql.answers`."""
    from flows.steps.derived import POINT_IN_TIME, Built
    from flows.steps.metrics import sources
    from flows.steps.whole_days import whole_days
    from transforms.metrics.measure import PERIOD, Period, measure

    sold, kpis = whole_days(view)
    velocity = POINT_IN_TIME[Velocity](view, Built(view, sold=sold.lazy())).collect()
    kinds = ("retention", "rolling_retention")
    names = ["newcomers", *(f"{kind}_d{day}" for kind in kinds for day in RETENTION)]
    last = view.today - dt.timedelta(days=1)
    cohorts = measure(names, sources(view), first=first, last=last, period=Period.WEEK)
    told = sold.select(
        pl.len(),
        pl.col("sold_units", "gift_units", "orders_count", "gmv_minor", "list_minor").sum(),
    )
    days = kpis.sort("kpi_date").select(
        pl.col("kpi_date").to_physical(), "gmv_minor", "orders_count", "sold_units", "buyers_units",
        "new_buyers_units", "refunded_minor", "cancelled_units", "visitors_units",
    )  # fmt: skip
    moving = velocity.select(pl.len(), pl.col("last_sold_date").to_physical().cast(pl.Int64).sum())
    return {
        "sold": told.rows(),
        "kpis": days.rows(),
        "cohorts": cohorts.select(pl.col(PERIOD).to_physical(), *names).rows(),
        "velocity": moving.rows(),
    }


def theirs(folder: Path) -> Answers:
    """By DuckDB, from the files of the recorded versions."""
    from flows.steps.opening import open_home

    with open_home(folder / "home") as home:
        versions = home.readings.versions()
        heads = {name: home.lake.open(name, version=versions[name]) for name in _TABLES}
        files = {name: head.file_uris() for name, head in heads.items() if head is not None}
    until = FIRST + dt.timedelta(days=DAYS - 1)
    return answers(compute(files, first=FIRST, until=until, days=RETENTION))


def scanned(folder: Path) -> Answers:
    """Sums of the amounts and counts of orders and lines."""
    from flows.steps.opening import open_home

    number = pl.selectors.ends_with("_minor", "_units")
    with open_home(folder / "home") as home:
        for name in ("orders", "order_lines"):
            rows = home.lake.scan(name, with_deleted=True)
            rows.select(number.sum()).collect(engine="streaming")
    return {}


def _measured(who: str, folder: Path) -> dict[str, Any]:
    """CPU-seconds of one of them once all is imported, its peak and its answers."""
    import flows.steps.build
    import flows.steps.metrics  # noqa: F401  # the imports are not what is measured

    before = resource.getrusage(resource.RUSAGE_SELF)
    found = {"drawn": drawn, "ours": ours, "theirs": theirs, "scanned": scanned}[who](folder)
    after = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "peak_gb": after.ru_maxrss / 2**20,
        "answers": rounded(found),
    }


def rounded(found: Answers) -> Answers:
    """Rates to nine digits: means are summed in another order."""
    return {
        name: [
            tuple(round(one, 9) if isinstance(one, float) else one for one in row) for row in rows
        ]
        for name, rows in found.items()
    }


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    else:
        sys.stdout.write(json.dumps(_measured(sys.argv[1], Path(sys.argv[2]))) + "\n")
