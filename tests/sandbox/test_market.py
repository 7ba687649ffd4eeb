"""Markets judge prices and stock, so what they do is held against what they are named for."""

import numpy as np
import pytest

from sandbox.market import Demand, Grid, Habit, Market

DAYS = range(60)


def total(market: Market, prices: Grid, days: range = DAYS) -> int:
    """Pieces asked for, at prices that stay."""
    return sum(int(market.wanted(day, prices, market.offers(day, prices)).sum()) for day in days)


@pytest.mark.parametrize("demand", Demand)
def test_the_same_seed_draws_the_same_luck_whoever_prices(demand: Demand) -> None:
    one, other = Market(demand, 7, skus=60), Market(demand, 7, skus=60)
    assert (one.first_prices == other.first_prices).all()
    assert total(one, one.first_prices) == total(other, other.first_prices)
    assert total(Market(demand, 8, skus=60), one.first_prices) != total(one, one.first_prices)


def test_demand_answers_to_our_price_as_it_is_named() -> None:
    blind, own = Market(Demand.PRICE_BLIND, 3), Market(Demand.OWN_ELASTIC, 3)
    usual = blind.truth.usual
    dearer = np.rint(usual * 1.2).astype(np.int64)
    assert total(blind, dearer) == total(blind, usual)
    lost = np.average(1.2**own.truth.elasticity, weights=own.truth.base)
    assert total(own, dearer) / total(own, usual) == pytest.approx(lost, rel=0.03)


def test_a_demand_that_shifts_is_another_from_the_45th_day_on() -> None:
    market = Market(Demand.SHIFTING, 3)
    usual, later = market.truth.usual, range(45, 90)
    before = total(market, usual, range(45)) / total(
        Market(Demand.OWN_ELASTIC, 3), usual, range(45)
    )
    after = total(market, usual, later) / total(Market(Demand.OWN_ELASTIC, 3), usual, later)
    level = np.average(market.truth.later_level, weights=market.truth.base)
    assert before == 1
    assert after == pytest.approx(level, rel=0.03)


def test_where_rivals_count_a_cheaper_one_takes_buyers_and_one_that_leaves_gives_them() -> None:
    market = Market(Demand.RIVAL_ELASTIC, 3)
    usual, offers = market.truth.usual, market.offers(0, market.truth.usual)
    asked = market.wanted(1, usual, offers).sum()
    assert market.wanted(1, usual, offers * 0.8).sum() < asked
    assert market.wanted(1, usual, np.full_like(offers, np.nan)).sum() > asked


def test_rivals_follow_flap_undercut_and_leave() -> None:
    market = Market(Demand.CONTESTED, 3)
    rivals, ours = market.rivals, market.first_prices
    days = np.stack([market.offers(day, ours) for day in range(90)])
    seen = ours[rivals.sku]
    habits = {habit: rivals.habit == habit for habit in Habit}
    assert all(mask.sum() > 10 for mask in habits.values())
    follows, undercuts = habits[Habit.FOLLOWS], habits[Habit.UNDERCUTS]
    assert (days[5, follows] == np.maximum(seen, rivals.least)[follows]).all()
    cheaper = np.maximum(np.rint(seen * 0.98), rivals.least)
    assert (days[5, undercuts] == cheaper[undercuts]).all()
    lower = market.offers(5, np.rint(ours * 0.5).astype(np.int64))
    assert (lower[undercuts] == rivals.least[undercuts]).mean() > 0.8
    flaps = days[:, habits[Habit.FLAPS]]
    assert (flaps[0] > flaps[1]).all()
    assert (flaps[1] < flaps[2]).all()
    gone = np.isnan(days)
    assert gone[:, ~habits[Habit.LEAVES]].sum() == 0
    first = np.where(gone.any(axis=0), gone.argmax(axis=0), 90)
    assert (first[habits[Habit.LEAVES]] == rivals.leaves_on[habits[Habit.LEAVES]]).all()
