"""What becomes of a price over months, through policy, guard and the ledger's past."""

import datetime as dt

import polars as pl
import pytest

from contracts.economics import Confirmed
from contracts.fx import FX_SCHEMA
from contracts.tables import Cost
from tests.actions.days import START, Days, Listing
from transforms.costs import costs_in_use

pytestmark = pytest.mark.long
# A policy whose own bounds are far away: what holds the price is the guard.
LOOSE = {"rule": "match", "min_factor": 0.05, "max_factor": 10.0}


def cost_in_use(*minors: int) -> tuple[int, int]:
    """The cost that a feed of so many days leaves in use, and the newest that it states."""
    rows = [
        {
            "shop_id": "s",
            "sku_id": "A",
            "valid_from": START.date() + dt.timedelta(days=day),
            "unit_cost_minor": minor,
            "currency": "USD",
        }
        for day, minor in enumerate(minors)
    ]
    nothing = {"shop_id": pl.String, "sku_id": pl.String, "known_minor": pl.Int64}
    frame = costs_in_use(
        Cost.sample(overrides=rows).lazy(),
        known=pl.LazyFrame(schema=nothing),
        currency="USD",
        fx=pl.DataFrame(schema=dict(FX_SCHEMA)),
        confirmed=Confirmed(),
        max_jump_rate=0.3,
        max_fall_rate=0.1,
        as_of=START + dt.timedelta(days=165),
        time_zone="UTC",
    )
    row = frame.collect().row(0, named=True)
    return row["unit_cost_minor"], row["unconfirmed_cost_minor"]


def test_the_making_of_a_fly_ends_at_the_bounds_with_and_without_a_list_price() -> None:
    """Found: a rival 27 % above took 35.54 to 368.61 in 165 days, and a cost feed of a tenth with
    a rival 5 % below took it to 2.34 at a true cost of 21.00, no guard biting."""
    cost, newer = cost_in_use(2100, *(210,) * 164)
    assert (cost, newer) == (2100, 210)
    fields = {"unconfirmed_cost_minor": newer}
    market = {
        "up": Listing(lambda _day, ours: round(ours * 1.27)),
        "up listed": Listing(lambda _day, ours: round(ours * 1.27), list_price=3800),
        "down": Listing(lambda _day, ours: round(ours * 0.95), cost=cost, more=fields),
        "down listed": Listing(
            lambda _day, ours: round(ours * 0.95), cost=cost, more=fields, list_price=3800
        ),
        # Wrong from the first day on, so that nothing can be told from the feed.
        "never right": Listing(lambda _day, ours: round(ours * 0.95), cost=210),
    }
    days = Days(market, params=LOOSE)
    days.run(20)
    quarter = {name: one.price for name, one in market.items()}
    days.rest(60)
    days.run(5)
    for name, one in market.items():
        assert abs(one.price / (one.list_price or 3554) - 1) <= 0.4, name
    days.rest(60)
    days.run(20)  # the 165th day
    for name, one in market.items():
        anchor = one.list_price or 3554
        assert 2100 < 3554 * 0.6 <= min(one.prices), name
        assert max(one.prices) <= anchor * 1.3, name
        assert abs(quarter[name] / 3554 - 1) <= 0.3, name
    assert {"ceiling", "max_quarter"} <= {*market["up"].guards, *market["up listed"].guards}
    assert market["never right"].guards[-1] == "bottom"
    assert 2471 <= min(market["down"].prices) < 2500  # 24.71 is the floor of the cost before


def test_thirty_days_of_a_rival_that_flaps_undercuts_or_moves_once() -> None:
    """Found: a rival that flaps daily made 30 changes in 30 days."""
    market = {
        "flaps": Listing(lambda day, _ours: 3400 if day % 2 else 3700),
        "flaps in twos": Listing(lambda day, _ours: 3400 if day // 2 % 2 else 3700),
        "undercuts": Listing(lambda _day, ours: ours - 40),
        "moves once": Listing(lambda day, _ours: 3554 if day < 10 else 3000),
    }
    days = Days(market, params=LOOSE)
    days.run(30)
    assert 2 <= market["flaps"].changes <= 10
    assert set(market["flaps"].guards) == {"reversals"}
    assert market["flaps in twos"].changes <= 10
    # Six times it follows down, then it stops following and says so; four weeks later once again.
    assert market["undercuts"].prices[6] == market["undercuts"].prices[27] == 3554 - 6 * 40
    assert set(market["undercuts"].guards) == {"price_war"}
    assert market["moves once"].price == 3000
    assert market["moves once"].changes == 4
