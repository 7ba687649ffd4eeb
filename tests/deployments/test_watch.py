"""How a schedule's standing is told, by the shop's clock."""

import datetime as dt
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from contracts.errors import TransientSourceError
from deployments import schedules
from deployments.schedules import Standing, wait_until_planned
from deployments.watch import sentence

BERLIN = ZoneInfo("Europe/Berlin")
NOW = dt.datetime(2026, 11, 28, 16, 20, tzinfo=dt.UTC)
WELL = Standing(
    name="run/stall",
    shop_id="stall",
    step="run",
    is_paused=False,
    last_at=dt.datetime(2026, 11, 28, 16, 15, tzinfo=dt.UTC),
    last_state="Completed",
    next_at=dt.datetime(2026, 11, 28, 17, 15, tzinfo=dt.UTC),
)


@pytest.mark.parametrize(
    ("changed", "is_well", "told"),
    [
        ({}, True, "ran 2026-11-28 17:15: completed; next 2026-11-28 18:15 (Europe/Berlin)"),
        (
            {"last_at": None, "last_state": None},
            True,
            "has not run yet; next 2026-11-28 18:15 (Europe/Berlin)",
        ),
        (
            {"last_state": "Running"},
            True,
            "runs since 2026-11-28 17:15; next 2026-11-28 18:15 (Europe/Berlin)",
        ),
        (
            {"last_state": "Failed"},
            False,
            "ran 2026-11-28 17:15: failed; next 2026-11-28 18:15 (Europe/Berlin)",
        ),
        (
            {"last_state": "Crashed"},
            False,
            "ran 2026-11-28 17:15: crashed; next 2026-11-28 18:15 (Europe/Berlin)",
        ),
        (
            {"next_at": None},
            False,
            "ran 2026-11-28 17:15: completed; no run is planned: see prefect/server.log",
        ),
        (
            {"next_at": NOW - dt.timedelta(minutes=10)},
            False,
            "ran 2026-11-28 17:15: completed; waits since 2026-11-28 17:10: see prefect/worker.log",
        ),
        (
            {"next_at": None, "is_paused": True},
            True,
            "ran 2026-11-28 17:15: completed; is paused",
        ),
    ],
)
def test_a_schedule_is_told_with_its_last_run_and_its_next(
    changed: dict[str, Any], is_well: bool, told: str
) -> None:
    standing = replace(WELL, **changed)
    assert standing.is_well(NOW) is is_well
    assert sentence(standing, BERLIN, NOW) == told


@pytest.mark.parametrize(("paused", "active"), [(True, True), (False, False)])
def test_what_a_person_paused_need_not_be_planned(paused: bool, active: bool) -> None:
    wait_until_planned(_server(paused=paused, active=active))


def test_a_schedule_of_which_no_run_is_planned_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedules, "PLANNED_SECONDS", 0)
    with pytest.raises(TransientSourceError, match="planned no run of run/stall in 0 s"):
        wait_until_planned(_server(paused=False, active=True))


def _server(*, paused: bool, active: bool) -> httpx.Client:
    """One that has a deployment with a schedule, and no run."""
    deployment = {
        "id": "1",
        "name": "stall",
        "tags": ["shopkeeper", "step:run", "shop:stall"],
        "parameters": {"shop_id": "stall"},
        "paused": paused,
        "schedules": [{"active": active}],
    }

    def answer(request: httpx.Request) -> httpx.Response:
        is_deployments = request.url.path == "/api/deployments/filter"
        return httpx.Response(200, json=[deployment] if is_deployments else [])

    transport = httpx.MockTransport(answer)
    return httpx.Client(base_url="http://prefect.example/api", transport=transport)
