"""The flows, run by Prefect against a server of the test's own."""

import asyncio
import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from prefect.client.orchestration import get_client
from prefect.testing.utilities import prefect_test_harness

from contracts.streams import Page
from flows.backfill import backfill_flow
from flows.run import run_flow
from flows.steps.home import Home
from tests.flows.conftest import Merchant
from tests.flows.scripted import REVIEWS, Platform, loaded, reviews, script, write

pytestmark = [
    pytest.mark.slow,
    # The harness's own server leaves sockets to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture(scope="module")
def prefect_server() -> Iterator[None]:
    with prefect_test_harness(server_startup_timeout=120):
        yield


async def _runs_and_artifacts() -> tuple[dict[str, set[str]], set[str]]:
    async with get_client() as client:
        runs = await client.read_flow_runs()
        artifacts = await client.read_artifacts()
    return {run.name: set(run.tags) for run in runs}, {one.key for one in artifacts if one.key}


@pytest.mark.usefixtures("prefect_server")
def test_the_loop_runs_as_flows_whose_names_and_artifacts_say_what_was_done(
    merchant: Merchant,
) -> None:
    looped = asyncio.run(run_flow(str(merchant.folder), "demo"))
    assert sum(one.states.get("confirmed", 0) for one in looped.acted) > 0
    assert looped.reported.path.is_file()
    runs, artifacts = asyncio.run(_runs_and_artifacts())
    day = merchant.world.clock.astimezone(ZoneInfo("America/New_York")).date()
    # Before the first reading nothing is known of the emulated shop's clock but what is ours.
    steps = ("check", "build", "decide", "act", "report")
    assert {f"demo {step} {day}" for step in steps} <= set(runs)
    for step in steps:
        assert {f"step:{step}", "shop:demo"} <= runs[f"demo {step} {day}"]
    assert runs[f"demo act {day}"] >= {"policy:repricing", "policy:restock"}
    assert {"pulled", "checks", "proposals", "kpis"} <= artifacts


@pytest.mark.usefixtures("prefect_server")
def test_a_backfill_shows_its_plan_its_progress_and_the_business_days_it_read(
    merchant: Merchant,
) -> None:
    first, last = dt.date(2026, 10, 13), dt.date(2026, 10, 26)
    rows = asyncio.run(backfill_flow(str(merchant.folder), first, last, stream="orders"))
    assert [row["days"] for row in rows] == ["2026-10-13 .. 2026-10-19", "2026-10-20 .. 2026-10-26"]
    assert all(row["rows"] > 0 for row in rows)
    runs, artifacts = asyncio.run(_runs_and_artifacts())
    assert "step:backfill" in runs["all shops backfill 2026-10-13 .. 2026-10-26"]
    assert {"backfill", "backfill-plan", "backfill-demo-orders", "backfill-expired"} <= artifacts
    assert asyncio.run(_progress("backfill-demo-orders")) == 100
    assert merchant.writes() == []


async def _progress(key: str) -> object:
    async with get_client() as client:
        (bar,) = [one for one in await client.read_artifacts() if one.key == key]
    return bar.data


@pytest.mark.usefixtures("prefect_server")
def test_a_run_with_a_stopped_stream_does_the_rest_and_ends_as_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCRIPTED_TOKEN", "token")
    write(tmp_path / "home", "first")
    opened = Home.open
    odd = [Page(b"no list", "page")]
    platform = Platform({"reviews": lambda _: odd, "other": lambda _: reviews({"id": "a"})})

    def scripted(folder: str) -> Home:
        home = opened(folder)
        script(home, "first", platform, REVIEWS, replace(REVIEWS, name="other"))
        return home

    monkeypatch.setattr(Home, "open", scripted)
    run: Any = run_flow(str(tmp_path / "home"), "first", return_state=True)
    state = asyncio.run(run)
    assert (state.is_completed(), state.name) == (True, "Held")
    assert "an answer is not readable JSON" in state.message
    assert asyncio.run(state.aresult()).reported.path.is_file()
    with opened(tmp_path / "home") as home:
        assert loaded(home, "first") == ["a"]
