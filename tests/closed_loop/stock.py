"""Stock in markets: what restock orders, against two ways of not thinking about it.

All seeds of a world are shops of one home, as in `tests.closed_loop.prices`; prices stay.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from actions.policies import restock
from contracts.economics import Economics
from contracts.tables import (
    Inbound,
    Listing,
    OpenOrder,
    PriceFact,
    SalesDaily,
    StockLevel,
    SupplyTerms,
)
from sandbox.market import Market
from tests.closed_loop.tables import AS_OF, DAY, Grid, articles, ids, padded, sales_daily
from transforms.stock import stock_facts
from transforms.velocity import velocity

DAYS: Final = 90
BEFORE: Final = 84
REVIEW: Final = 7
PARAMS: Final = restock.Params(review_days=REVIEW, order_days=1, service_level=0.995)
Rates = npt.NDArray[np.float64]


class Shelves:
    """Stock and arrivals of every SKU of every shop, day by day."""

    def __init__(self, markets: Sequence[Market]) -> None:
        self.markets = markets
        self.prices = np.stack([market.first_prices for market in markets])
        self.lead_days = np.stack([market.truth.lead_days for market in markets])
        self.sold = [(self.prices, self._wanted(day)) for day in range(-BEFORE, 0)]
        """Prices and pieces sold per day; before day 0 there was always enough."""
        self.out: list[npt.NDArray[np.bool_]] = [np.zeros(self.prices.shape, bool)] * BEFORE
        self.before = np.mean([units for _, units in self.sold], axis=0)
        """Pieces a day, as the merchant reckoned once."""
        self.stock = standing_level(self)
        self.coming: dict[int, Grid] = defaultdict(lambda: np.zeros(self.prices.shape, np.int64))
        self._asked, self._lost, self._held = (np.zeros(len(markets)) for _ in range(3))

    def _wanted(self, day: int) -> Grid:
        return np.stack(
            [
                market.wanted(day, own, market.offers(max(day, 0), own))
                for market, own in zip(self.markets, self.prices, strict=True)
            ]
        )

    def live(self, order: Callable[["Shelves", int], Grid]) -> tuple[Rates, Rates]:
        """`DAYS` days, with orders once a week: part of the pieces asked for that were not there,
        and mean pieces in stock, by shop."""
        luck = np.random.default_rng([self.markets[0].seed, 3])
        for day in range(DAYS):
            self.stock = self.stock + self.coming.pop(day, np.zeros_like(self.stock))
            if day % REVIEW == 0:
                late = luck.integers(0, 4, self.stock.shape)
                self._order(order(self, day), day + self.lead_days + late)
            self._sell(day)
        return self._lost / self._asked, self._held / DAYS

    def _order(self, pieces: Grid, due: Grid) -> None:
        for day in np.unique(due[pieces > 0]):
            self.coming[int(day)] += np.where(due == day, pieces, 0)

    def _sell(self, day: int) -> None:
        wanted = self._wanted(day)
        sold = np.minimum(wanted, self.stock)
        self.stock = self.stock - sold
        self.sold.append((self.prices, sold))
        self.out.append(self.stock == 0)
        self._asked += wanted.sum(axis=1)
        self._lost += (wanted - sold).sum(axis=1)
        self._held += self.stock.sum(axis=1)

    @property
    def position(self) -> Grid:
        """On the shelf and on the way."""
        held: Grid = self.stock + sum(self.coming.values(), np.zeros_like(self.stock))
        return held


def standing_level(shelves: Shelves) -> Grid:
    """What the merchant once reckoned: three weeks beyond the lead time, as it sold in 12 weeks."""
    level: Grid = np.ceil(shelves.before * (shelves.lead_days + 21)).astype(np.int64)
    return level


def filled_up(factor: float) -> Callable[[Shelves, int], Grid]:
    """Every week what was sold is filled up to a multiple of the level that was reckoned once."""

    def order(shelves: Shelves, _day: int) -> Grid:
        level = np.ceil(standing_level(shelves) * factor).astype(np.int64)
        missing: Grid = np.maximum(level - shelves.position, 0)
        return missing

    return order


def same_again(factor: float) -> Callable[[Shelves, int], Grid]:
    """Every week the same pieces, a multiple of what sold in one, whatever lies on the shelf."""

    def order(shelves: Shelves, day: int) -> Grid:
        weekly, week = shelves.before * REVIEW * factor, day // REVIEW
        # What a week is short of a piece is ordered once it makes one.
        pieces: Grid = (np.floor(weekly * (week + 1)) - np.floor(weekly * week)).astype(np.int64)
        return pieces

    return order


def as_restock_says(shelves: Shelves, day: int) -> Grid:
    """What the policy orders on the facts of the morning; every proposal is approved."""
    ordered = np.zeros_like(shelves.stock)
    columns = ("shop_id", "target_id", "after_value")
    for shop, sku, pieces in _proposed(shelves, day).select(columns).iter_rows():
        ordered[int(shop), int(sku)] = pieces
    return ordered


def _proposed(shelves: Shelves, day: int) -> pl.DataFrame:
    as_of = AS_OF + day * DAY
    sold = SalesDaily.cast(sales_daily(shelves.sold, day=day).lazy())
    nothing = pl.LazyFrame(
        schema={"shop_id": pl.String, "sku_id": pl.String, "event_date": pl.Date}
    )
    yesterday = (as_of - DAY).date()
    speed = velocity(sold, _stockouts(shelves), nothing, as_of_date=yesterday, window_days=56)
    facts = stock_facts(
        StockLevel.cast(_levels(shelves, as_of).lazy()),
        speed,
        listings=Listing.cast(_listings(shelves).lazy()),
        prices=PriceFact.cast(_prices(shelves, as_of).lazy()),
        supply_terms=SupplyTerms.cast(_terms(shelves).lazy()),
        inbound=Inbound.cast(_inbound(shelves, as_of, day).lazy()),
        orders=OpenOrder.create_empty().lazy(),
        as_of=as_of,
        time_zone="UTC",
    )
    return restock.propose(
        stock=facts.collect().lazy(),
        params=PARAMS,
        economics=Economics(fee_rate=0.05, min_margin_rate=0.1),
        as_of=as_of,
        time_zone="UTC",
    )


def _stockouts(shelves: Shelves) -> pl.LazyFrame:
    names = ids(shelves.prices)
    days = [(AS_OF + (place - BEFORE) * DAY).date() for place in range(len(shelves.out))]
    frames = [
        names.filter(pl.Series(out.ravel())).with_columns(
            first_date=pl.lit(day), last_date=pl.lit(day)
        )
        for day, out in zip(days, shelves.out, strict=True)
    ]
    return pl.concat(frames).lazy()


def _levels(shelves: Shelves, as_of: dt.datetime) -> pl.DataFrame:
    units = pl.Series(shelves.stock.ravel())
    fields: dict[str, Any] = {"on_hand_units": units, "available_units": units}
    seen = {"observed_at": pl.lit(as_of), "read_at": pl.lit(as_of)}
    return padded(StockLevel, ids(shelves.stock).with_columns(**fields, **seen))


def _listings(shelves: Shelves) -> pl.DataFrame:
    return padded(Listing, articles(shelves.prices).with_columns(listing_status=pl.lit("active")))


def _prices(shelves: Shelves, as_of: dt.datetime) -> pl.DataFrame:
    cost = np.stack([market.truth.cost for market in shelves.markets])
    facts = articles(shelves.prices).with_columns(
        price_minor=pl.Series(shelves.prices.ravel()),
        unit_cost_minor=pl.Series(cost.ravel()),
        cost_currency=pl.lit("USD"),
        price_observed_at=pl.lit(as_of),
    )
    return padded(PriceFact, facts)


def _terms(shelves: Shelves) -> pl.DataFrame:
    """Lead times as suppliers keep them: nought to three days late."""
    mean = pl.Series(shelves.lead_days.ravel() + 1.5)
    terms = ids(shelves.prices).with_columns(
        lead_time_days=mean, lead_time_sd_days=pl.lit(1.1), case_pack_units=pl.lit(1)
    )
    return padded(SupplyTerms, terms)


def _inbound(shelves: Shelves, as_of: dt.datetime, day: int) -> pl.DataFrame:
    names = ids(shelves.stock)
    frames = [
        names.with_columns(
            purchase_order_id=pl.format("{}-{}", pl.lit(due), "sku_id"),
            inbound_units=pl.Series(units.ravel()),
            expected_date=pl.lit((as_of + (due - day) * DAY).date()),
        ).filter(pl.col("inbound_units") > 0)
        for due, units in shelves.coming.items()
    ]
    empty = Inbound.create_empty().select("shop_id", "sku_id").clear()
    return padded(Inbound, pl.concat(frames) if frames else empty)
