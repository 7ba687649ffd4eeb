"""The whole loop by hand: what is read equals what happened, and nothing is done twice."""

import datetime as dt
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from checks.reconcile import against, together
from contracts.codes import ActionState
from flows.steps.act import act
from flows.steps.actions import switch
from flows.steps.build import build
from flows.steps.check import check
from flows.steps.decide import decide
from flows.steps.home import Home
from flows.steps.pull import pull
from flows.steps.run import run
from tests.flows.conftest import Merchant


def differences(home: Home, merchant: Merchant) -> pl.DataFrame:
    """Days on which lake and quarantine together are not what the platform says."""
    shop = home.shop("demo")
    ours = together(
        home.scan("orders", shop),
        home.scan("order_lines", shop),
        home.quarantine.open(shop_id="demo", table_name="orders"),
        shop.settings.time_zone,
    )
    truth = pl.DataFrame(merchant.truth()).select(
        order_date=pl.col("date").str.to_date(),
        orders_count=pl.col("orders"),
        sold_units=pl.col("units"),
        gmv_minor="gmv_minor",
    )
    assert truth.height > 20
    return against(ours, truth)


def test_orders_units_and_gmv_of_every_day_equal_what_really_happened(merchant: Merchant) -> None:
    with merchant.open() as home:
        pull(home)
        assert differences(home, merchant).is_empty()


def test_a_second_run_lands_nothing_new_and_sends_nothing_twice(merchant: Merchant) -> None:
    with merchant.open() as home:
        first = run(home)
        written = merchant.writes()
        versions = home.readings.versions()
        second = run(home)
        assert home.readings.versions() == versions
    assert written
    assert sum(one.states.get("confirmed", 0) for one in first.acted) > 0
    assert merchant.writes() == written
    assert sum(one.new_pages + one.rows for one in second.pulled) == 0
    assert all(not one.states for one in second.decided)


def test_a_write_in_the_hands_of_a_killed_process_is_told_and_then_read_back(
    built: Merchant,
) -> None:
    lease = dt.timedelta(hours=2)
    with built.open() as home:
        decide(home, policy="repricing")
        approved = home.ledger.find(states=[ActionState.APPROVED])
        (one,) = home.ledger.claim(
            shop_id="demo", holder="killed", limit=1, lease=lease, at=approved[0].updated_at
        )
        home.ledger.settle([one], ActionState.SENDING, at=approved[0].updated_at)
        (acted,) = act(home)
        assert acted.states == {"confirmed": len(approved) - 1, "sending": 1}
        built.advance(3)
        (acted,) = act(home)
        assert "sending" not in acted.states
        (told,) = home.ledger.find(action_ids=[one.action_id])
        assert told.state is ActionState.CONFIRMED


def test_what_sells_after_the_first_run_is_read_by_the_next(merchant: Merchant) -> None:
    with merchant.open() as home:
        pull(home)
        merchant.advance(24)
        again = pull(home)
        assert sum(one.loaded_rows for one in again if one.stream == "orders") > 0
        assert differences(home, merchant).is_empty()


def test_days_that_are_asked_for_do_not_hide_the_days_before_them(merchant: Merchant) -> None:
    with merchant.open() as home:
        pull(home, stream="orders", first=dt.date(2026, 11, 10))
        assert not differences(home, merchant).is_empty()
        pull(home, stream="orders")
        assert differences(home, merchant).is_empty()


def test_a_failed_check_holds_prices_and_not_alerts(built: Merchant) -> None:
    with built.open() as home:
        failed = next(one for one in check(home) if one.table == "prices")
        home.checks.record([replace(failed, passed=False, measured="9 rows", limit="0")])
        states = {one.policy: one.states for one in decide(home)}
    assert set(states["repricing"]) == {"refused"}
    assert states["restock"].get("proposed", 0) > 0


def test_a_past_decision_writes_shadow_rows_only_and_sends_nothing(merchant: Merchant) -> None:
    with merchant.open() as home:
        pull(home)
        merchant.advance(24)
        pull(home)
        build(home)
        newest = home.data_as_of(home.shop("demo"))
        decided = decide(home, as_of=newest - dt.timedelta(hours=20))
        assert {one.mode for one in decided} == {"shadow"}
        assert set().union(*(one.states for one in decided)) <= {"shadow", "refused"}
        act(home)
    assert merchant.writes() == []


@pytest.mark.parametrize(
    "stopped", [{"policy": "repricing"}, {"shop_id": "demo"}, {"everything": True}]
)
def test_a_stop_keeps_every_write_back(built: Merchant, stopped: dict[str, Any]) -> None:
    with built.open() as home:
        decide(home)
        switch(home, on=True, by="test", **stopped)
        [held] = act(home)
        assert built.writes() == []
        assert held.is_blocked
        assert held.stops[0].startswith("test stopped ")
        switch(home, on=False, by="test", **stopped)
        assert act(home)[0].stops == ()
    assert built.writes()
