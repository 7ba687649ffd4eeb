"""Undo of 10,000 prices against the sandbox without a throttle, read-backs included.

The prices are forced through by a person: written down as proposed, approved, and sent by `act`
through the door. What counts is the wall-clock time from `undo --yes` until the ledger says that
every one of them is restored; that the shop shows them all again is looked at afterwards.
"""

import datetime as dt
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import polars as pl

from contracts.actions import Judged
from contracts.codes import ActionState, WriteKind

if TYPE_CHECKING:
    from flows.steps.home import Home

PRICES = 10_000
AIM_SECONDS = 60.0
TODAY = "2026-11-22"
TOKEN = "bench-token"
UNTHROTTLED = "1000000000"
RUN = "forced"
_SHOP = """
name = "Bench"
currency = "USD"
time_zone = "America/New_York"
[sources.shopify]
base_url = "{url}"
access_token = "env:BENCH_TOKEN"
is_sandbox = true
[sources.files]
folder = "inbox"
mappings = ["erp_costs"]
time_zone = "America/New_York"
quiet_seconds = 0
as_of = {clock}
[economics]
fee_rate = 0.0
min_margin_rate = 0.0
worst_discount_rate = 0.0
"""
_POLICY = """
mode = "approve"
[limits]
max_actions = 100_000
max_exposure_minor = 0
max_step_rate = 1.0
max_day_rate = 1.0
max_week_rate = 1.0
max_quarter_rate = 10.0
max_mean_change_rate = 1.0
"""


def main() -> None:
    """Serve a shop, force prices into it, take them back; print one JSON line."""
    with _served_home() as (folder, url):
        measured = measure(folder, url)
    sys.stdout.write(json.dumps(measured) + "\n")


@contextmanager
def _served_home() -> Iterator[tuple[Path, str]]:
    """A home that has read nothing, and the address of its shop, in a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        serve = [
            sys.executable, "-m", "sandbox", "serve", "--today", TODAY, "--token", TOKEN,
            "--days", "60", "--households", "400", "--bucket", UNTHROTTLED,
            "--restore", UNTHROTTLED, "--exports", str(folder / "inbox"),
        ]  # fmt: skip
        server = subprocess.Popen(serve, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            answer = json.loads(server.stdout.readline())
            _write_home(folder, answer["url"], answer["clock"])
            os.environ["BENCH_TOKEN"] = TOKEN
            yield folder, answer["url"]
        finally:
            server.terminate()
            server.wait()


def _write_home(folder: Path, url: str, clock: str) -> None:
    shop = _SHOP.format(url=url, clock=clock)
    files = {"shopkeeper.toml": "", "shops/bench.toml": shop, "policies/repricing.toml": _POLICY}
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def measure(folder: Path, url: str) -> dict[str, dict[str, object]]:
    """Seconds of an undo of `PRICES` prices.

    Raises:
        SystemExit: not all of them were forced through, or restored.
    """
    from flows.steps.act import act
    from flows.steps.actions import Selection, approve
    from flows.steps.build import build
    from flows.steps.opening import open_home
    from flows.steps.pull import pull
    from flows.steps.undo import undo

    with open_home(folder) as home:
        pull(home)
        build(home)
        before = _propose(home)
        approve(home, [action.action_id for action in home.ledger.find()], by="operator")
        (acted,) = act(home, shop_id="bench")
        _judge("forced through", acted.states, {t: p + 1 for t, p in before.items()}, url)
        started, cpu = time.perf_counter(), time.process_time()
        undone = undo(home, Selection(run_id=RUN), by="operator", execute=True)
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        _judge("restored", undone.states, before, url)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "undo_10k_s": {
            "value": seconds,
            "unit": "seconds",
            "reference": f"aim: {AIM_SECONDS:g}; {cpu:.1f} CPU-seconds, {peak:,.0f} MB at most",
            "ratio": seconds / AIM_SECONDS,
        }
    }


def _propose(home: "Home") -> dict[str, int]:
    """Write down a cent more for each of `PRICES` listings; the prices in force by listing."""
    shop = home.shop("bench")
    at = home.data_as_of(shop)
    price = pl.col("price_minor")
    earns = (price > pl.col("unit_cost_minor")) & (price >= 10)
    facts = home.scan("price_facts", shop).filter(earns).sort("listing_id").head(PRICES).collect()
    judged = facts.select(
        "shop_id", "sku_id", "currency", policy=pl.lit("repricing"), policy_version=pl.lit(1),
        target_id="listing_id", parent_id="product_id",
        write_kind=pl.lit(str(WriteKind.SET_PRICE)), before_value=price, after_value=price + 1,
        reason_code=pl.lit("match_rival"), numbers=pl.lit("{}"), units_at_risk=pl.lit(0.0),
        window_start=pl.lit(at), expires_at=pl.lit(at + dt.timedelta(days=1)),
        evidence=pl.lit("{}"), state=pl.lit(str(ActionState.PROPOSED)),
    )  # fmt: skip
    empty = Judged.create_empty()
    whole = pl.concat([empty, judged], how="diagonal_relaxed").select(empty.columns)
    home.ledger.record(Judged.validate(whole, cast=True), run_id=RUN, at=at)
    return dict(facts.select("listing_id", "price_minor").iter_rows())


def _judge(what: str, states: dict[str, int], prices: dict[str, int], url: str) -> None:
    if states != {"confirmed": PRICES}:
        raise SystemExit(f"{PRICES} prices were to be {what}: {states}")
    shown: dict[str, int] = {}
    for some in pl.Series(list(prices)).to_frame("sku").iter_slices(1_000):
        asked = {"skus": ",".join(some["sku"])}
        shown |= httpx.get(f"{url}/truth/prices", params=asked, timeout=30).json()
    if shown != prices:
        raise SystemExit(f"the shop does not show the {PRICES} prices {what}")


if __name__ == "__main__":
    main()
