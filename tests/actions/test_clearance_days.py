"""Sixty days of clearance: policy, guard and ledger, on demand that answers to each cut."""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest

from actions.policies import price_watch
from contracts.clearance import clearing
from contracts.tables import PriceFact
from tests.actions.days import START, Days, Listing

pytestmark = pytest.mark.long

STEPS = [
    {"min_age_days": 90, "min_cover_days": 60, "off_rate": 0.1},
    {"min_age_days": 150, "min_cover_days": 90, "off_rate": 0.25},
]
SETTINGS = {"min_factor": 0.3, "max_factor": 3.0, "clearance": STEPS}
# Of a price 95 % are left; with 10 % of margin the floor of 28.00 is 32.95, and even is 29.48.
COST, FULL, SEEN = 2800, 3554, 28


@dataclass
class Shelf:
    """A stock that sells by a constant elasticity, seen by the mean of the last `SEEN` days."""

    cover: float
    elasticity: float
    rival: int = FULL
    daily: float = 2.0
    noise: tuple[float, ...] = (0.8, 1.3, 0.9)
    age: float = 140.0
    sold: list[float] = field(default_factory=list)
    stock: float = field(init=False)
    listing: Listing = field(init=False)

    def __post_init__(self) -> None:
        self.stock = self.cover * (self.daily or 1)
        self.sold = [self.daily] * SEEN
        self.listing = Listing(lambda _day, _ours: self.rival, price=FULL, cost=COST)
        self.show()

    def pass_day(self, day: int) -> None:
        """Sell for a day at the price in force."""
        usual = self.daily * (self.listing.price / FULL) ** self.elasticity
        self.sold.append(min(self.stock, usual * self.noise[day % len(self.noise)]))
        self.stock -= self.sold[-1]
        self.age += 1
        self.show()

    def show(self) -> None:
        """What the facts say of it."""
        daily = sum(self.sold[-SEEN:]) / SEEN
        self.listing.more = {
            "age_days": self.age,
            "available_units": int(self.stock),
            "daily_units": daily,
            "cover_days": int(self.stock) / daily if daily else None,
            "has_demand": daily > 0,
        }


SHELVES = {
    "many": Shelf(200, -2.0),
    "just enough": Shelf(150, -2.0),
    "slow to answer": Shelf(150, -1.3),
    "rival far above": Shelf(160, -2.0, rival=5000),
    "rival far below": Shelf(160, -2.0, rival=2500),
    "quick to answer": Shelf(200, -3.0),
    "sells nothing": Shelf(300, -2.0, daily=0.0),
    "little": Shelf(40, -2.0),
}


def simulated(rule: str, shelves: dict[str, Shelf], days: int = 60) -> tuple[Days, list[str]]:
    """What became of the shelves, and what `price_watch` told of them meanwhile."""
    market = Days({name: one.listing for name, one in shelves.items()}, SETTINGS | {"rule": rule})
    listed = []
    for day in range(days):
        market.run(1)
        for one in shelves.values():
            one.pass_day(day)
        listed += watched(market)
    return market, listed


def watched(market: Days) -> list[str]:
    """What `price_watch` tells of the prices in force, each with its clearance floor."""
    asked: dict[str, Any] = market._asked(START)
    floor = clearing(asked["params"].clearing, market.economics)["clearance_floor_minor"]
    prices = PriceFact.cast(asked["prices"].with_columns(clearance_floor_minor=floor))
    watching = {name: asked[name] for name in ("economics", "as_of", "time_zone")}
    found = price_watch.propose(prices=prices, params=price_watch.Params(), **watching)
    return [f"{row['sku_id']} {row['reason_code']}" for row in found.to_dicts()]


@pytest.fixture(scope="module", params=["match", "optimum", "velocity"])
def sixty(request: pytest.FixtureRequest) -> tuple[Days, list[str], dict[str, Shelf]]:
    shelves = {
        name: Shelf(one.cover, one.elasticity, one.rival, one.daily)
        for name, one in SHELVES.items()
    }
    return *simulated(request.param, shelves), shelves


CLEARED = [name for name in SHELVES if name != "little"]


@pytest.mark.parametrize("name", CLEARED)
def test_what_is_cut_to_clear_is_not_raised_in_sixty_days(
    sixty: tuple[Days, list[str], dict[str, Shelf]], name: str
) -> None:
    prices = [FULL, *sixty[0].listings[name].prices]
    assert all(after <= before for before, after in pairwise(prices))
    assert set(sixty[0].listings[name].reasons) == {"clearance"}
    assert not set(sixty[0].listings[name].guards) & {"floor", "reversals", "price_war"}
    assert min(prices) >= 2948


def test_the_steps_go_as_deep_as_age_and_cover_say(
    sixty: tuple[Days, list[str], dict[str, Shelf]],
) -> None:
    """10 % off 35.54 is 31.99; a quarter would be 26.66, and even is 29.48."""
    market, _, shelves = sixty
    assert market.listings["many"].price == 2948
    assert market.listings["sells nothing"].price == 2948
    assert shelves["many"].stock < 200 * 2 - 60 * 2  # it sold more than at the full price


def test_price_watch_is_silent_about_what_the_merchant_clears(
    sixty: tuple[Days, list[str], dict[str, Shelf]],
) -> None:
    assert not [one for one in sixty[1] if not one.startswith("little")]


def test_once_the_stock_is_down_the_price_goes_up_to_its_floor_and_stays() -> None:
    """Four and a half months: cleared, sold down to what two weeks sell, then as any other."""
    shelf = Shelf(110, -2.0)
    market, _ = simulated("optimum", {"A": shelf}, days=85)
    prices = [FULL, *market.listings["A"].prices]
    turns = [one for one, other in pairwise(_ways(prices)) if one != other]
    assert min(prices) < 3295
    assert turns == [-1]
    assert prices[-1] == 3295
    assert set(market.listings["A"].reasons) == {"clearance", "raise_to_floor"}


def _ways(prices: list[int]) -> list[int]:
    return [1 if after > before else -1 for before, after in pairwise(prices) if after != before]
