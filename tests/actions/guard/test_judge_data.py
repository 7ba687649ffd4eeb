"""What the guard refuses since the data behind it does not hold: checks, age, a campaign."""

import datetime as dt
from typing import Any

import polars as pl
import pytest

from actions.guard.facts import CAMPAIGN_SCHEMA, READING_SCHEMA
from contracts.actions import KillSwitch
from contracts.checks import CheckResult
from contracts.codes import PolicyMode
from tests.actions.guard.moments import ALERT, HOUR, NOW


def _check(**values: Any) -> CheckResult:
    default: dict[str, Any] = {
        "shop_id": "north",
        "table": "orders",
        "check": "volume",
        "passed": False,
        "measured": "12 rows",
        "limit": "400 rows",
        "checked_at": NOW,
    }
    return CheckResult(**{**default, **values})


@pytest.mark.parametrize(
    ("check", "guard"),
    [
        (_check(), "check_failed"),
        (_check(shop_id="south"), None),
        (_check(table="reviews"), None),
        (_check(is_blocking=False), None),
        (_check(passed=True), None),
    ],
)
def test_a_failed_blocking_check_of_an_input_holds_writes_of_its_shop(
    case: Any, check: CheckResult, guard: str | None
) -> None:
    assert case.knowing(failed=[check]).guards() == [guard]


def test_a_held_write_says_what_was_measured(case: Any) -> None:
    assert case.knowing(failed=[_check()]).reason() == (
        "volume of orders measured 12 rows, limit 400 rows"
    )


@pytest.mark.parametrize(
    ("read_at", "guard"),
    [(NOW - 26 * HOUR, None), (NOW - 27 * HOUR, "stale_input"), (None, "stale_input")],
)
def test_prices_that_were_not_read_lately_are_not_acted_on(
    case: Any, read_at: dt.datetime | None, guard: str | None
) -> None:
    assert case.having(read_at=read_at).guards() == [guard]


@pytest.mark.parametrize(("days", "guard"), [(45, None), (46, "stale_input")])
def test_costs_that_were_not_read_for_weeks_are_not_acted_on(
    case: Any, days: int, guard: str | None
) -> None:
    rows = [("north", "prices", NOW), ("north", "costs", NOW - 24 * days * HOUR)]
    readings = pl.DataFrame(rows, schema=dict(READING_SCHEMA), orient="row")
    assert case.knowing(readings=readings).guards() == [guard]


@pytest.mark.parametrize(
    ("campaign", "guard"),
    [
        ((None, -1, 1), "price_lock"),
        (("SKU-1", -1, 1), "price_lock"),
        (("SKU-2", -1, 1), None),
        ((None, 1, 2), None),
        ((None, -2, 0), None),
    ],
)
def test_a_running_campaign_locks_the_prices_of_what_takes_part(
    case: Any, campaign: tuple[str | None, int, int], guard: str | None
) -> None:
    sku_id, start, end = campaign
    rows = [("north", sku_id, NOW + start * HOUR, NOW + end * HOUR, "sale")]
    campaigns = pl.DataFrame(rows, schema=dict(CAMPAIGN_SCHEMA), orient="row")
    assert case.knowing(campaigns=campaigns).guards() == [guard]


def test_a_cut_waits_for_the_next_arrival_rather_than_the_lead_time(case: Any) -> None:
    thin = case.priced(cover_days=5.0)
    assert thin.stocked(next_inbound_date=dt.date(2026, 11, 24)).guards() == [None]
    assert thin.stocked(next_inbound_date=dt.date(2026, 11, 26)).guards() == ["sells_out"]
    assert thin.stocked(next_inbound_date=dt.date(2026, 11, 19)).guards() == ["sells_out"]
    assert thin.proposing(after_value=1030).guards() == [None]


def test_an_alert_passes_every_guard(case: Any) -> None:
    held = {
        "failed": [_check()],
        "switches": [KillSwitch(scope="all", name="", since=NOW, by="ada")],
        "holdout_share": 1.0,
    }
    alerts = case.batch(300, **ALERT).knowing(**held).limited(max_actions=1)
    judged = alerts.having(read_at=None, mode=PolicyMode.APPROVE).judged()
    assert set(judged["state"]) == {"proposed"}
