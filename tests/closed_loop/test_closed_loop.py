"""The judge of the closed loop, held against slow reckoning in markets of few articles."""

import numpy as np
import pytest
from scipy import stats  # type: ignore[import-untyped]

from sandbox.market import Demand, Market
from tests.closed_loop import prices, stock
from tests.closed_loop.__main__ import interval
from tests.closed_loop.tables import Grid

MARKETS = [Market(Demand.CONTESTED, seed, skus=25) for seed in (100, 101)]


def test_profit_is_what_each_piece_leaves_after_fees_and_cost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(prices, "DAYS", 6)
    for way in (prices.left_alone, prices.always_the_lowest):
        profits = prices.Counters(MARKETS).live(way)
        for market, profit in zip(MARKETS, profits, strict=True):
            ours, slow = market.first_prices, 0.0
            for day in range(6):
                offers = market.offers(day, ours)
                if way is prices.always_the_lowest:
                    for sku in set(market.rivals.sku):
                        seen = [one for one in offers[market.rivals.sku == sku] if one == one]
                        ours = ours.copy()
                        ours[sku] = min(seen, default=ours[sku])
                sold = market.wanted(day, ours, market.offers(day, ours))
                slow += ((ours * 0.95 - market.truth.cost) * sold).sum()
            assert profit == pytest.approx(slow)


def test_repricing_is_asked_with_what_the_morning_shows_and_its_writes_are_the_prices(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(prices, "DAYS", 3)
    monkeypatch.setattr(prices, "PARAMS", prices.PARAMS.model_copy(update={"rule": "match"}))
    counters = prices.Counters(MARKETS)
    counters.live(prices.as_repricing_says)
    assert counters.history
    final = counters.first.copy()
    for row in counters.history:
        place = int(row["shop_id"]), int(row["target_id"])
        assert final[place] == row["before_value"]
        final[place] = row["after_value"]
    assert (final == counters.prices).all()


def test_what_is_ordered_comes_after_its_lead_time_and_nothing_is_sold_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stock, "DAYS", 30)
    shelves = stock.Shelves(MARKETS)
    first = shelves.stock.sum()
    ordered: list[int] = []

    def once(_shelves: stock.Shelves, day: int) -> Grid:
        pieces = np.full_like(shelves.stock, 5 if day == 0 else 0)
        ordered.append(int(pieces.sum()))
        return pieces

    lost, held = shelves.live(once)
    sold = sum(int(units.sum()) for _, units in shelves.sold[-30:])
    assert first + sum(ordered) == shelves.position.sum() + sold
    assert (shelves.stock >= 0).all()
    assert ((lost >= 0) & (lost < 1)).all()
    assert lost.max() > 0
    assert (held > 0).all()


def test_restock_orders_where_the_shelf_runs_low(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stock, "DAYS", 22)
    none = stock.Shelves(MARKETS).live(lambda shelves, _day: np.zeros_like(shelves.stock))
    ours = stock.Shelves(MARKETS).live(stock.as_restock_says)
    assert (ours[0] < none[0]).all()
    assert (ours[1] > none[1]).all()


def test_the_interval_is_students() -> None:
    values = np.random.default_rng(1).normal(3, 2, 20)
    slow = stats.ttest_1samp(values, 0).confidence_interval()
    assert interval(values) == pytest.approx((values.mean(), slow.low, slow.high))
