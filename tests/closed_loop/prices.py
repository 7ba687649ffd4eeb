"""Grid in markets: what repricing makes of them, against leaving them and against the lowest.

All seeds of a world are shops of one home and decided at once: a day costs as much for one as for
twenty, and neither the policy nor the guard lets one shop know another.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from actions.guard import GuardFacts, Limits, judge
from actions.guard.facts import HISTORY_SCHEMA, READING_SCHEMA
from actions.policies import repricing
from contracts.codes import Fulfilment, PolicyMode
from contracts.economics import Economics
from contracts.tables import (
    Elasticity,
    Listing,
    PriceFact,
    RivalOffer,
    SalesDaily,
    StockFact,
)
from sandbox.market import Market
from tests.closed_loop.tables import AS_OF, DAY, Grid, articles, padded, sales_daily
from transforms.elasticity import elasticities

DAYS: Final = 90
BEFORE: Final = 182
ECONOMICS: Final = Economics(fee_rate=0.05, min_margin_rate=0.1)
PARAMS: Final = repricing.Params(rule="optimum", min_factor=0.8, max_factor=1.25)
LIMITS: Final = Limits(max_actions=100_000, max_exposure_minor=10**12)
_TRIED: Final = (0.93, 0.97, 1.0, 1.05)
"""What a merchant has tried before, a month each, as multiples of the price of day 0."""
Offers = list[npt.NDArray[np.float64]]
"""Per shop the price of each rival; NaN of one that is gone."""
Pricing = Callable[["Counters", int, Offers], Grid]


class Counters:
    """Shops that always have enough in stock: their prices, their sales and what they earned."""

    def __init__(self, markets: Sequence[Market]) -> None:
        """Trade for `BEFORE` days at prices that the merchant tried, ending with the first ones."""
        self.markets = markets
        self.prices = self.first = np.stack([market.first_prices for market in markets])
        self.cost = np.stack([market.truth.cost for market in markets])
        self.sold: list[tuple[Grid, Grid]] = []
        """Grid and pieces of each day, those before day 0 included."""
        self.history: list[dict[str, Any]] = []
        self.profits = np.zeros(len(markets))
        tried = np.random.default_rng([markets[0].seed, 4])
        months = [tried.choice(_TRIED, self.first.shape) for _ in range(BEFORE // 28)]
        for day in range(-BEFORE, 0):
            month = (day + BEFORE) // 28
            level = months[month] if month < len(months) else np.ones(self.first.shape)
            self._trade(day, np.rint(self.first * level).astype(np.int64))
        self.profits = np.zeros(len(markets))
        self.answers: pl.DataFrame = Elasticity.create_empty()
        """What was learnt of each SKU's demand so far."""

    def live(self, pricing: Pricing) -> list[float]:
        """Profit per shop of `DAYS` days, in minor units; `pricing` says each morning's prices."""
        for day in range(DAYS):
            if day % 7 == 0:
                self.answers = _learnt(self, day)
            self.prices = pricing(self, day, self._offers(day, self.prices))
            self._trade(day, self.prices)
        return [float(profit) for profit in self.profits]

    def _offers(self, day: int, ours: Grid) -> Offers:
        return [
            market.offers(max(day, 0), own) for market, own in zip(self.markets, ours, strict=True)
        ]

    def _trade(self, day: int, prices: Grid) -> None:
        offers = self._offers(day, prices)
        units = np.stack(
            [
                market.wanted(day, own, theirs)
                for market, own, theirs in zip(self.markets, prices, offers, strict=True)
            ]
        )
        self.sold.append((prices, units))
        each = prices * (1 - ECONOMICS.fee_rate) - self.cost
        self.profits = self.profits + (each * units).sum(axis=1)


def left_alone(counters: Counters, _day: int, _offers: Offers) -> Grid:
    """Doing nothing."""
    return counters.prices


def always_the_lowest(counters: Counters, _day: int, offers: Offers) -> Grid:
    """Matching the lowest offer, whatever it is; without one the price stays."""
    prices = counters.prices.copy()
    for shop, (market, theirs) in enumerate(zip(counters.markets, offers, strict=True)):
        lowest = np.full(prices.shape[1], np.inf)
        np.fmin.at(lowest, market.rivals.sku, theirs)
        prices[shop] = np.where(np.isinf(lowest), prices[shop], lowest)
    return prices


def as_repricing_says(counters: Counters, day: int, offers: Offers) -> Grid:
    """What the policy proposes on the facts of the morning, and the guard lets pass."""
    at = AS_OF + day * DAY
    facts = _facts(counters, at)
    proposed = repricing.propose(
        prices=PriceFact.cast(facts.lazy()),
        rivals=RivalOffer.cast(_rivals(counters, offers, at).lazy()),
        params=PARAMS,
        economics=ECONOMICS,
        as_of=at,
        time_zone="UTC",
    )
    judged = judge(
        proposed,
        _known(counters, facts, at),
        limits=LIMITS,
        economics=ECONOMICS,
        mode=PolicyMode.AUTO,
        at=at,
    )
    prices = counters.prices.copy()
    for row in judged.filter(pl.col("guard").is_null()).to_dicts():
        prices[int(row["shop_id"]), int(row["target_id"])] = row["after_value"]
        past = {name: row[name] for name in HISTORY_SCHEMA.keys() & row.keys()}
        done = {"run_id": str(day), "state": "confirmed", "is_undo": False, "at": at}
        counters.history.append({**past, **done})
    return prices


def _facts(counters: Counters, at: dt.datetime) -> pl.DataFrame:
    recent = counters.sold[-28:]
    units = np.sum([sold for _, sold in recent], axis=0).ravel()
    medians = np.median([prices for prices, _ in recent], axis=0).astype(np.int64).ravel()
    frame = articles(counters.prices).with_columns(
        currency=pl.lit("USD"),
        cost_currency=pl.lit("USD"),
        price_minor=pl.Series(counters.prices.ravel()),
        price_observed_at=pl.lit(at),
        median_28d_minor=pl.when(pl.Series(units) > 0).then(pl.Series(medians)),
        anchor_minor=pl.Series(counters.first.ravel()),
        low_anchor_minor=pl.Series(counters.first.ravel()),
        unit_cost_minor=pl.Series(counters.cost.ravel()),
        available_units=pl.lit(1_000),
        daily_units=pl.Series(units / len(recent)),
        cover_days=pl.lit(100.0),
    )
    answers = counters.answers.select(
        "shop_id", "sku_id", "elasticity", "elasticity_sd", "elasticity_source"
    )
    return padded(PriceFact, frame.join(answers, on=["shop_id", "sku_id"], how="left"))


def _learnt(counters: Counters, day: int) -> pl.DataFrame:
    """Elasticities from what was sold until the day before."""
    listings = articles(counters.first).with_columns(listing_status=pl.lit("active"))
    return elasticities(
        SalesDaily.cast(sales_daily(counters.sold, day=day).lazy()),
        Listing.cast(padded(Listing, listings).lazy()),
        as_of_date=(AS_OF + (day - 1) * DAY).date(),
    ).collect()


def _rivals(counters: Counters, offers: Offers, at: dt.datetime) -> pl.DataFrame:
    rows = [
        (str(shop), str(market.rivals.sku[place]), str(place), int(theirs[place]))
        for shop, (market, theirs) in enumerate(zip(counters.markets, offers, strict=True))
        for place in np.flatnonzero(~np.isnan(theirs))
    ]
    names = ["shop_id", "sku_id", "competitor_id", "delivered_minor"]
    frame_made = pl.DataFrame(rows, schema=names, orient="row").with_columns(
        currency=pl.lit("USD"),
        fulfilment=pl.lit(str(Fulfilment.SELLER)),
        observed_at=pl.lit(at),
    )
    return padded(RivalOffer, frame_made)


def _known(counters: Counters, facts: pl.DataFrame, at: dt.datetime) -> GuardFacts:
    shops = [str(shop) for shop in range(len(counters.markets))]
    readings = [
        {"shop_id": shop, "table": name, "read_at": at}
        for shop in shops
        for name in ("prices", "costs")
    ]
    past = pl.DataFrame(counters.history, schema=dict(HISTORY_SCHEMA))
    return GuardFacts(
        depends=("prices", "costs"),
        price_facts=PriceFact.validate(facts, cast=True),
        stock_facts=StockFact.create_empty(),
        readings=pl.DataFrame(readings, schema=dict(READING_SCHEMA)),
        history=past.filter(pl.col("at") > at - 91 * DAY),
        platforms={(shop, "set_price"): "shopify" for shop in shops},
    )
