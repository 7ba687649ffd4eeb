"""The flows, run by Prefect against a server of the test's own."""

import asyncio
import datetime as dt
import gc
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_DATABASE_CONNECTION_URL
from sqlalchemy.engine import make_url

from actions.texts import template_hash
from contracts.codes import ActionState
from contracts.payloads import Message, encode
from contracts.streams import Page
from flows.approve import approve_flow
from flows.backfill import backfill_flow
from flows.reject import reject_flow
from flows.run import run_flow
from flows.steps.home import Home
from flows.steps.opening import open_home
from flows.undo import undo_flow
from tests.flows.conftest import Merchant
from tests.flows.scripted import REVIEWS, Platform, loaded, reviews, script, write
from tests.flows.test_writes_to_people import put

pytestmark = [
    pytest.mark.long,
    # The harness's own server leaves sockets to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture(scope="module")
def prefect_server() -> Iterator[None]:
    # Imported only where it is used: it loads the whole server, and every core collects all tests.
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120):
        yield
    # Now, while these tests' filters hold, and not in whichever test comes next.
    gc.collect()


def kept_by_prefect() -> str:
    """All bytes of the server's database."""
    path = Path(str(make_url(PREFECT_API_DATABASE_CONNECTION_URL.value()).database))
    files = path.parent.glob(f"{path.name}*")
    return "".join(file.read_bytes().decode(errors="replace") for file in files)


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
    with merchant.open() as home:
        orders = home.scan("orders", home.shop("demo")).collect()
    kept = kept_by_prefect()
    assert f"demo decide {day}" in kept
    named = [*orders["order_id"], *orders["member_id"].drop_nulls()]
    assert all(len(one) > 6 for one in named)
    assert [one for one in named if one in kept] == []


@pytest.mark.usefixtures("prefect_server")
def test_what_prefect_keeps_of_proposals_names_nobodys_order_parcel_review_or_code(
    built: Merchant,
) -> None:
    parcel = {"order_id": "ORDER-71", "tracking_number": "TRACK-71", "carrier_code": "dhl"}
    fields = {name: parcel[name] for name in ("order_id", "tracking_number")}
    notice = Message(
        template="delay_notice", language="en", template_hash=template_hash("delay_notice", "en"),
        values={**fields, "carrier": "DHL", "promised_date": "2026-11-18", "shop_name": "Mall"},
    )  # fmt: skip
    late = {"late_hours": 30.0, "grace_hours": 6, "silent_hours": 1.0, "stuck_hours": 72}
    asked = {"delivered_days": 8.0, "late_hours": None, "delay_days": 7}
    planted: list[dict[str, Any]] = [
        {
            "policy": "delay_notice", "reason_code": "late", "target_id": "PARCEL-71",
            "parent_id": "ORDER-71", "write_kind": "send_message",
            "numbers": json.dumps(parcel | late), "payload": encode(notice),
        },
        {
            "policy": "review_follow_up", "reason_code": "time_to_ask", "target_id": "ORDER-72",
            "write_kind": "request_review", "numbers": json.dumps(asked),
        },
        {
            "policy": "review_follow_up", "reason_code": "bad_review", "target_id": "REVIEW-71",
            "write_kind": "reply_review",
            "numbers": json.dumps(
                {"stars_units": 1, "review_topic": "size", "age_hours": 5.0, "answer_hours": 24}
            ),
        },
    ]  # fmt: skip
    with built.open() as home:
        put(home, *({**one, "after_value": 1, "state": "proposed"} for one in planted))
        ids = [one.action_id for one in home.ledger.find(states=[ActionState.PROPOSED])]
    folder = str(built.folder)
    asyncio.run(approve_flow(folder, by="Ada", action_ids=ids[:2], send_now=False))
    asyncio.run(reject_flow(folder, ids[2:], by="Ada"))
    asyncio.run(undo_flow(folder, by="Ada", policy="delay_notice"))
    kept = kept_by_prefect()
    assert all(one[:8] in kept for one in ids)
    assert "30 hours past its promise" in kept
    listed = [name for name in ("ORDER-7", "TRACK-7", "PARCEL-7", "REVIEW-7") if name in kept]
    assert listed == []


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
    opened = Home.of
    odd = [Page(b"no list", "page")]
    platform = Platform({"reviews": lambda _: odd, "other": lambda _: reviews({"id": "a"})})

    def scripted(folder: str, *, once_open: Callable[[Home], None]) -> Home:
        home = opened(folder, once_open=once_open)
        script(home, "first", platform, REVIEWS, replace(REVIEWS, name="other"))
        return home

    monkeypatch.setattr(Home, "of", scripted)
    run: Any = run_flow(str(tmp_path / "home"), "first", return_state=True)
    state = asyncio.run(run)
    assert (state.is_completed(), state.name) == (True, "Held")
    assert "an answer is not readable JSON" in state.message
    assert asyncio.run(state.aresult()).reported.path.is_file()
    with open_home(tmp_path / "home") as home:
        assert loaded(home, "first") == ["a"]
