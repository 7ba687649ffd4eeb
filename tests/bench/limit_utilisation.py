"""How much of what a platform permits is used, by kind of limit, from two processes at once.

Both processes share the limits of one home's SQLite database and ask as live pulls do, as fast as
they are let; now and then an undo is asked for, which must not wait behind them. What counts is
what the platform has let through in 60 seconds of its own clock, once the first burst is over.
"""

import datetime as dt
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from connectors.base.http import Http, HttpAnswer
from connectors.base.limits import BucketState, CostBucket, HeaderReset, Limit, Meter, Urgency
from connectors.base.retry import Retry, ThrottledError
from contracts.errors import TransientSourceError
from tests.bench.limited_platform import (
    CALLS_PER_DAY,
    PERMITTED_PER_SECOND,
    POINTS,
    POINTS_PER_SECOND,
    TOKEN_BURST,
    TOKEN_RATE,
    WINDOWS,
)
from warehouse.database import Database
from warehouse.limits import RequestLimits

PROMISED = 0.9
MEASURED_SECONDS = 60.0
# Longer than any first burst takes; one whole window that answers tell of lies in it.
BURST_SECONDS = 16.0
PROCESSES = 2
THREADS = 2
UNDO_SECONDS = 4.0
COST = 10.0


def main() -> None:
    """Serve, ask from two processes, read the platform's log, print one JSON line."""
    if len(sys.argv) > 1:
        url, database, resets, is_first = sys.argv[1:]
        print(json.dumps(ask(url, database, float(resets), is_first=is_first == "0")))
        return
    local = dt.datetime.now(ZoneInfo("Asia/Shanghai"))
    resets = str(local.hour * 3600 + local.minute * 60 + local.second)
    serve = [sys.executable, "-m", "tests.bench.limited_platform", resets]
    server = subprocess.Popen(serve, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        with tempfile.TemporaryDirectory() as folder:
            database = f"sqlite:///{Path(folder) / 'shopkeeper.db'}"
            Database(database).close()
            granted = _ask_from_processes(url, database, resets)
        log = json.loads(Http(url, headers={}, is_sandbox=True).get("/log").body)
    finally:
        server.terminate()
        server.wait()
    print(json.dumps(rows(log, granted)))


def rows(log: dict[str, Any], told: list[dict[str, Any]]) -> dict[str, dict[str, object]]:
    """One row per kind of limit, and the least of them.

    Raises:
        SystemExit: a refusal reached the one who asked.
    """
    found: dict[str, dict[str, object]] = {}
    least = 1.0
    for kind, permitted in PERMITTED_PER_SECOND.items():
        unhandled = sum(one[kind]["unhandled"] for one in told)
        if unhandled:
            raise SystemExit(f"{kind}: {unhandled} refusals were not handled")
        longest = max(wait for one in told for wait in one[kind]["undo_waits"])
        begun = log["admitted"][kind][0][0] + BURST_SECONDS
        admitted = sum(
            units for at, units in log["admitted"][kind] if 0 <= at - begun < MEASURED_SECONDS
        )
        used = admitted / (permitted * MEASURED_SECONDS)
        refused = log["refused"].get(kind, 0)
        found[f"limit_utilisation_{kind}"] = _row(
            used, f"{refused} refused and waited for; an undo waited {longest:.2f} s at most"
        )
        least = min(least, used)
    return {"limit_utilisation": _row(least, f"promised: {PROMISED}"), **found}


def _row(used: float, reference: str) -> dict[str, object]:
    return {
        "value": used,
        "unit": "of the permitted rate",
        "reference": reference,
        "ratio": used / PROMISED,
    }


def _ask_from_processes(url: str, database: str, resets: str) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "tests.bench.limit_utilisation", url, database, resets]
    asking = [
        subprocess.Popen([*command, str(number)], stdout=subprocess.PIPE, text=True)
        for number in range(PROCESSES)
    ]
    outputs = [process.communicate()[0] for process in asking]
    assert [process.returncode for process in asking] == [0] * PROCESSES
    return [json.loads(output.splitlines()[-1]) for output in outputs]


@dataclass
class Asker:
    """One kind of limit of one process: its limit, what a request takes, what answers teach."""

    kind: str
    http: Http
    limit: Limit
    cost: float = 1.0
    learn: Callable[[HttpAnswer], None] = lambda _answer: None
    undo_waits: list[float] = field(default_factory=list)
    unhandled: int = 0

    def ask(self, urgency: Urgency, *, cost: float | None = None) -> None:
        """Ask once, as a connector does."""
        try:
            Retry().call(lambda: self._once(urgency, self.cost if cost is None else cost))
        except TransientSourceError:
            self.unhandled += 1

    def _once(self, urgency: Urgency, cost: float) -> None:
        began = time.monotonic()
        self.limit.take(cost, urgency=urgency)
        if urgency is Urgency.UNDO:
            self.undo_waits.append(time.monotonic() - began)
        try:
            answer = self.http.get(f"/{self.kind}", params=[("units", str(cost))])
        except ThrottledError as error:
            self.limit.refused(error.retry_after)
            raise
        self.learn(answer)


def ask(url: str, database: str, resets: float, *, is_first: bool) -> dict[str, Any]:
    """Ask for all kinds of limits at once until the time is up; what was seen of each."""
    opened = Database(database)
    until = time.monotonic() + BURST_SECONDS + MEASURED_SECONDS + 4.0
    askers = _askers(url, RequestLimits(opened), resets)
    if is_first:  # what is ready right after the reset is not used one by one
        askers[-1].ask(Urgency.LIVE, cost=0.049 * CALLS_PER_DAY // 1)
    threads = [threading.Thread(target=_undo_now_and_then, args=(one, until)) for one in askers]
    threads += [
        threading.Thread(target=_pull, args=(one, until)) for one in askers for _ in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    opened.close()
    return {one.kind: {"undo_waits": one.undo_waits, "unhandled": one.unhandled} for one in askers}


def _askers(url: str, store: RequestLimits, resets: float) -> list[Asker]:
    meter = Meter(store, "bench")
    http = Http(url, headers={}, is_sandbox=True)
    minutes, second = divmod(int(resets), 60)
    resets_at = dt.time(minutes // 60, minutes % 60, second)
    points, reported = meter.cost("points"), meter.headers("told")
    tokens = meter.token_bucket("tokens", rate=TOKEN_RATE, burst=TOKEN_BURST)
    day = meter.daily("day", limit=CALLS_PER_DAY, zone="Asia/Shanghai", resets_at=resets_at)
    return [
        Asker("token_bucket", http, tokens),
        Asker("cost_bucket", http, points, COST, lambda answer: _learn_points(points, answer)),
        Asker("fixed_windows", http, meter.windows("windows", WINDOWS)),
        Asker("header_reset", http, reported, 1.0, lambda answer: _learn_window(reported, answer)),
        Asker("daily_quota", http, day),
    ]


def _learn_points(bucket: CostBucket, answer: HttpAnswer) -> None:
    available = float(answer.headers["x-available"])
    state = BucketState(maximum=POINTS, available=available, restore_rate=POINTS_PER_SECOND)
    bucket.learn(state, taken=COST, used=float(answer.headers["x-used"]))


def _learn_window(window: HeaderReset, answer: HttpAnswer) -> None:
    limit, remaining, reset = (
        float(answer.headers[name]) for name in ("x-limit", "x-remaining", "x-reset")
    )
    window.learn(limit, remaining, reset)


def _pull(asker: Asker, until: float) -> None:
    while time.monotonic() < until:
        asker.ask(Urgency.LIVE)


def _undo_now_and_then(asker: Asker, until: float) -> None:
    while time.monotonic() < until:
        asker.ask(Urgency.UNDO)
        time.sleep(UNDO_SECONDS)


if __name__ == "__main__":
    main()
