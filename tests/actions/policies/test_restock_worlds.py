"""What is ordered in drawn worlds whose true demand is known: from sales to the order, whole."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from actions.policies import restock
from contracts.economics import Economics
from contracts.tables import (
    Inbound,
    Listing,
    OpenOrder,
    PriceFact,
    SalesDaily,
    StockLevel,
    StockoutDay,
    SupplyTerms,
)
from transforms.stock import stock_facts, stockout_spans
from transforms.velocity import velocity

TODAY = date(2026, 11, 29)
KEY = {"shop_id": "s", "sku_id": "A"}
Row = dict[str, Any]


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def back(days: int) -> date:
    return TODAY - timedelta(days=days)


def decide(
    units: dict[date, int],
    *,
    stock: list[tuple[date, int]] | None = None,
    today: date = TODAY,
    inbound: list[Row] | None = None,
    listings: list[Row] | None = None,
    events: list[date] | None = None,
    params: restock.Params | None = None,
    **terms: Any,
) -> tuple[int | None, str]:
    """Pieces ordered and why, or none and why not; of one SKU with a lead time of a week."""
    as_of = noon(today)
    levels = [
        {**KEY, "warehouse_id": "w", "observed_at": noon(day), "read_at": noon(day)}
        | {"available_units": left, "on_hand_units": max(left, 0)}
        for day, left in (stock or [(back(400), 50)])
    ]
    sales = [{**KEY, "sales_date": day, "sold_units": sold} for day, sold in units.items() if sold]
    supply = {"lead_time_days": 7.0, "lead_time_sd_days": 0.0, "minimum_order_units": 0}
    shelf = StockLevel.sample(overrides=levels).lazy()
    out = stockout_spans(
        StockoutDay.sample(overrides=[]).lazy(),
        shelf,
        as_of=as_of,
        time_zone="UTC",
    )
    locked = {"shop_id": "s", "sku_id": None}
    speed = velocity(
        SalesDaily.sample(overrides=sales).lazy(),
        out,
        pl.LazyFrame(
            [locked | {"event_date": day} for day in events or []],
            schema={"shop_id": pl.String, "sku_id": pl.String, "event_date": pl.Date},
        ),
        as_of_date=today - timedelta(days=1),
        window_days=56,
    )
    facts = stock_facts(
        shelf,
        speed,
        listings=Listing.sample(overrides=listings or []).lazy(),
        prices=PriceFact.sample(overrides=[]).lazy(),
        supply_terms=SupplyTerms.sample(
            overrides=[{**KEY, **supply, "case_pack_units": 1, **terms}]
        ).lazy(),
        inbound=Inbound.sample(overrides=inbound or []).lazy(),
        orders=OpenOrder.sample(overrides=[]).lazy(),
        as_of=as_of,
        time_zone="UTC",
    )
    stated: dict[str, Any] = {
        "stock": facts,
        "params": params or restock.Params(),
        "economics": Economics(fee_rate=0, min_margin_rate=0),
        "as_of": as_of,
        "time_zone": "UTC",
    }
    proposed = restock.propose(**stated)
    if proposed.height:
        return proposed["after_value"].item(), proposed["reason_code"].item()
    return None, restock.holds(**stated)["reason_code"].item()


def steady(rate: float = 10, days: int = 100, seed: int = 1) -> dict[date, int]:
    drawn = np.random.default_rng(seed).poisson(rate, days)
    return {back(ago + 1): int(units) for ago, units in enumerate(drawn)}


def ordered(units: dict[date, int], **world: Any) -> int:
    order, why = decide(units, **world)
    assert order is not None, why
    return order


def test_one_bulk_order_on_a_dead_article_orders_nothing_and_says_why() -> None:
    # Before: 1,146 pieces.
    assert decide({back(2): 300}, stock=[(back(400), 40)]) == (None, "unusual_sales_only")


def test_a_spike_last_week_does_not_double_an_order() -> None:
    usual = steady()
    plain = ordered(usual)
    for spike in ({back(3): 150}, {back(ago): 60 for ago in range(1, 6)}):
        assert ordered(usual | spike) == pytest.approx(plain, rel=0.1)


def test_a_campaign_does_not_raise_an_order() -> None:
    usual = steady()
    days = [back(ago) for ago in range(1, 16)]
    campaign = usual | {day: 3 * usual[day] for day in days}
    assert ordered(campaign, events=days) == pytest.approx(ordered(usual), rel=0.1)
    assert ordered(campaign) > 1.5 * ordered(usual)  # no calendar: it looks like demand


@pytest.mark.parametrize("status", ["archived", "draft"])
def test_what_is_discontinued_is_not_ordered(status: str) -> None:
    listing = {**KEY, "listing_id": "L", "deleted_at": None}
    gone = listing | {"listing_status": status}
    assert decide(steady(), listings=[gone]) == (None, "discontinued")
    assert ordered(steady(), listings=[listing | {"listing_status": "unlisted"}]) > 0


@pytest.mark.parametrize(("late", "blocks"), [(3, True), (14, True), (15, False), (200, False)])
def test_an_overdue_order_does_not_block_for_ever(late: int, blocks: bool) -> None:
    due = [{**KEY, "expected_date": back(late), "inbound_units": 5_000}]
    order, _ = decide(steady(), inbound=due)
    assert (order is None) is blocks


def test_an_order_does_not_swing_with_the_weekday_of_the_run() -> None:
    # Before: between 216 and 269 pieces over one week.
    shape = np.array([10, 10, 10, 10, 14, 30, 26])
    rng = np.random.default_rng(2)
    units = {back(ago): int(rng.poisson(shape[back(ago).weekday()])) for ago in range(1, 120)}
    runs = []
    for ago in range(7):
        known = {day: sold for day, sold in units.items() if day < back(ago)}
        runs.append(ordered(known, today=back(ago), stock=[(back(400), 0), (back(300), 50)]))
    assert max(runs) / min(runs) < 1.12
    truth = shape.mean() * (7 + 1 + 14) - 50  # and some safety stock
    assert truth < np.mean(runs) < 1.25 * truth


def test_a_sold_out_best_seller_is_ordered_as_it_sold() -> None:
    before = {back(ago): 20 for ago in range(80, 200)}
    order = ordered(before, stock=[(back(400), 500), (back(79), 0)])
    assert order == pytest.approx(20 * (7 + 1 + 14), rel=0.1)


def test_last_years_season_is_ordered_for() -> None:
    """Christmas sold three times as much from tomorrow on, a year ago."""
    flat = {back(ago): 10 for ago in range(1, 450)}
    risen = flat | {back(ago): 30 for ago in range(337, 365)}
    assert ordered(risen) > 2 * ordered(flat)
