"""History read by hand: planned, counted, resumed wherever it stopped, and never acted on."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

import polars as pl
import pytest

from connectors.base.graphql import GraphQLAnswer as Answer
from connectors.shopify.client import ShopifyClient
from contracts.errors import ConfigurationError
from contracts.tables import TABLES
from flows.steps.backfill import (
    BackfillMode,
    BackfillPlan,
    BackfillSpan,
    business_days,
    expired_actions,
    keep,
    plan,
    read,
)
from flows.steps.decide import decide
from flows.steps.home import Home
from flows.steps.pull import pull
from tests.flows.conftest import Merchant

pytestmark = pytest.mark.long

FIRST, LAST = dt.date(2026, 10, 13), dt.date(2026, 11, 11)


def orders(
    mode: BackfillMode = BackfillMode.MISSING, *, newest_first: bool = False
) -> BackfillSpan:
    return BackfillSpan(
        first=FIRST, last=LAST, stream="orders", mode=mode, newest_first=newest_first
    )


def days(home: Home, planned: BackfillPlan) -> list[str]:
    shop = home.shop("demo")
    return [business_days(shop, reading) for reading in planned.readings]


def canonical(home: Home, tables: Iterable[str] = TABLES) -> dict[str, pl.DataFrame]:
    """What the lake holds, as recorded, row for row."""
    shop = home.shop("demo")
    return {
        name: home.scan(name, shop).collect().sort(TABLES[name].key)
        for name in tables
        if name in home.readings.versions()
    }


def test_a_span_is_planned_week_by_week_and_its_cost_is_told_before_anything_is_read(
    merchant: Merchant,
) -> None:
    with merchant.open() as home:
        planned = plan(home, orders())
        assert days(home, planned) == [
            "2026-10-13 .. 2026-10-19",
            "2026-10-20 .. 2026-10-26",
            "2026-10-27 .. 2026-11-02",  # an hour longer than a week
            "2026-11-03 .. 2026-11-09",
            "2026-11-10 .. 2026-11-11",
        ]
        assert planned.calls > len(planned.readings)
        assert home.reading_totals.summary().is_empty()
        assert plan(home, orders(newest_first=True)).readings == planned.readings[::-1]


def test_the_cost_that_is_told_is_about_what_reading_takes(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    ask = ShopifyClient.ask

    def counted(client: ShopifyClient, document: str, *given: Any, **more: Any) -> Answer:
        asked.append(document)
        return ask(client, document, *given, **more)

    with merchant.open() as home:
        planned = plan(home, orders())
        monkeypatch.setattr(ShopifyClient, "ask", counted)
        read(home, planned.readings)
    assert planned.calls / 2 < len(asked) < planned.calls * 2


def test_only_days_that_nothing_covers_are_missing(merchant: Merchant) -> None:
    with merchant.open() as home:
        some = BackfillSpan(
            first=dt.date(2026, 10, 16), last=dt.date(2026, 10, 30), stream="orders"
        )
        read_days(home, some)
        assert days(home, plan(home, orders())) == [
            "2026-10-13 .. 2026-10-15",
            "2026-10-31 .. 2026-11-06",
            "2026-11-07 .. 2026-11-11",
        ]
        read_days(home, orders())
        assert plan(home, orders()).readings == []


def read_days(home: Home, span: BackfillSpan) -> BackfillPlan:
    planned = plan(home, span)
    keep(home, planned)
    read(home, planned.readings)
    return planned


def test_an_interrupted_backfill_is_taken_up_as_it_was_planned_in_every_mode(
    merchant: Merchant,
) -> None:
    with merchant.open() as home:
        pull(home, stream="orders")
        whole = plan(home, orders(BackfillMode.ALL))
        assert len(whole.readings) == 5
        keep(home, whole)
        read(home, whole.readings[:2])
        merchant.advance(24)
        left = whole.readings[2:]
        for mode in BackfillMode:
            assert plan(home, orders(mode)).readings == left
        read(home, left)
        assert plan(home, orders(BackfillMode.FAILED)).readings == []
        assert len(plan(home, orders(BackfillMode.ALL)).readings) == 5


def test_a_backfill_moves_no_watermark_and_a_live_pull_leaves_it_alone(merchant: Merchant) -> None:
    with merchant.open() as home:
        planned = plan(home, orders())
        keep(home, planned)
        read(home, planned.readings[:1])
        assert home.readings.watermark("demo", "orders") is None
        assert home.readings.newest("demo") == {}
        assert home.readings.unfinished() == []
        pull(home, stream="orders")
        assert plan(home, orders(BackfillMode.FAILED)).readings == planned.readings[1:]
        assert sum(one.is_backfill for one in plan(home, orders()).readings) == 4


def test_what_a_backfill_loads_equals_what_a_pull_loads(merchant: Merchant) -> None:
    with merchant.open() as home:
        span = BackfillSpan(
            first=dt.date(2026, 10, 1), last=dt.date(2026, 11, 22), table="order_lines"
        )
        read_days(home, span)
        backfilled = canonical(home)
        assert set(backfilled) >= {"orders", "order_lines"}
        pull(home, stream="orders")
        assert canonical(home).keys() == backfilled.keys()
        for name, frame in canonical(home).items():
            assert frame.equals(backfilled[name])


def test_a_snapshot_has_no_past_to_read(merchant: Merchant) -> None:
    with merchant.open() as home:
        with pytest.raises(ConfigurationError, match="inventory cannot be backfilled"):
            plan(home, BackfillSpan(first=FIRST, last=LAST, stream="inventory"))
        listed = [f"demo {name}" for name in ("products", "inventory", "customers", "discounts")]
        assert plan(home, BackfillSpan(first=FIRST, last=LAST)).snapshots == tuple(listed)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"first": LAST, "last": FIRST}, "ends before it starts"),
        ({"first": dt.date(2027, 1, 1), "last": dt.date(2027, 1, 2)}, "has not begun"),
        ({"stream": "order"}, "no stream 'order'"),
        ({"table": "ordres"}, "no stream that fills 'ordres'"),
    ],
)
def test_a_span_that_cannot_be_read_is_refused_in_one_sentence(
    merchant: Merchant, wrong: dict[str, object], told: str
) -> None:
    given: dict[str, object] = {"first": FIRST, "last": LAST, **wrong}
    with merchant.open() as home, pytest.raises(ConfigurationError, match=told):
        plan(home, BackfillSpan(**given))  # type: ignore[arg-type]


def test_a_backfill_sends_nothing_and_lists_the_actions_that_are_past(built: Merchant) -> None:
    with built.open() as home:
        decide(home, policy="repricing")
        decided = home.ledger.find()
        day = decided[0].window_start.astimezone(home.shop("demo").zone).date()
        span = BackfillSpan(
            first=day - dt.timedelta(days=3), last=day, stream="orders", mode=BackfillMode.ALL
        )
        assert expired_actions(home, home.shop("demo"), span) == []
        built.advance(72)
        read_days(home, span)
        past = {one.action_id for one in expired_actions(home, home.shop("demo"), span)}
        assert past
        assert past == {one.action_id for one in decided if one.state == "approved"}
        assert home.ledger.find() == decided
    assert built.writes() == []
