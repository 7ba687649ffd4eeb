"""Days of repricing: the policy decides, the guard judges, the ledger's past grows, rivals answer.

The whole path from facts to a changed price, but for the database and the platform, for a few
listings at once: one day costs as much for one as for ten.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from actions.guard import GuardFacts, Limits, judge
from actions.guard.facts import HISTORY_SCHEMA, READING_SCHEMA
from actions.policies import repricing
from actions.policies.repricing import Params
from contracts.codes import PolicyMode
from contracts.economics import Economics
from contracts.tables import PriceFact, RivalOffer, StockFact

START = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
Rival = Callable[[int, int], int | None]
"""The rival's delivered price on a day, by the day's number and our price; null: it left."""


@dataclass
class Listing:
    """One listing, its rival and what became of it."""

    rival: Rival
    price: int = 3554
    cost: int | None = 2100
    list_price: int | None = None
    more: dict[str, Any] = field(default_factory=dict)
    prices: list[int] = field(default_factory=list)
    """In force after each run."""
    guards: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    """Of what was proposed and passed."""

    @property
    def changes(self) -> int:
        """How often the price was changed."""
        return len(self.reasons)


@dataclass
class Days:
    """Repricing of some listings, by name, in one shop."""

    listings: dict[str, Listing]
    params: dict[str, Any] = field(default_factory=dict)
    limits: dict[str, Any] = field(default_factory=dict)
    economics: Economics = field(
        default_factory=lambda: Economics(fee_rate=0.05, min_margin_rate=0.1)
    )
    history: list[dict[str, Any]] = field(default_factory=list)
    first: dict[str, int] = field(default_factory=dict)
    day: int = 0

    def run(self, days: int) -> None:
        """So many days more, one run each."""
        self.first = self.first or {name: one.price for name, one in self.listings.items()}
        for _ in range(days):
            self._run(START + self.day * DAY)
            self.day += 1

    def rest(self, days: int) -> None:
        """So many days on which nothing is run."""
        self.day += days

    def held(self) -> dict[str, str]:
        """Why each listing that is left alone today is."""
        held = repricing.holds(**self._asked(START + self.day * DAY))
        return dict(held.select("target_id", "reason_code").iter_rows())

    def _asked(self, at: dt.datetime) -> dict[str, Any]:
        return {
            "prices": self._facts(at).lazy(),
            "rivals": self._rivals(at).lazy(),
            "params": Params(**self.params),
            "economics": self.economics,
            "as_of": at,
            "time_zone": "UTC",
        }

    def _run(self, at: dt.datetime) -> None:
        given = GuardFacts(
            depends=("prices", "costs"),
            price_facts=self._facts(at),
            stock_facts=StockFact.create_empty(),
            readings=pl.DataFrame(
                [{"shop_id": "s", "table": table, "read_at": at} for table in ("prices", "costs")],
                schema=dict(READING_SCHEMA),
            ),
            history=pl.DataFrame(self.history, schema=dict(HISTORY_SCHEMA)).filter(
                pl.col("at") > at - 91 * DAY
            ),
            platforms={("s", "set_price"): "shopify"},
            clearance=Params(**self.params).clearing,
        )
        judged = judge(
            repricing.propose(**self._asked(at)),
            given,
            limits=Limits(**{"max_actions": 200, "max_exposure_minor": 10**9, **self.limits}),
            economics=self.economics,
            mode=PolicyMode.AUTO,
            at=at,
        )
        for row in judged.to_dicts():
            self._settle(row, at)
        for one in self.listings.values():
            one.prices.append(one.price)

    def _settle(self, row: dict[str, Any], at: dt.datetime) -> None:
        one = self.listings[row["target_id"]]
        if row["guard"] is not None:
            one.guards.append(row["guard"])
            return
        one.price = row["after_value"]
        one.reasons.append(row["reason_code"])
        past = {name: row[name] for name in HISTORY_SCHEMA.keys() & row.keys()}
        done = {"run_id": str(at), "state": "confirmed", "is_undo": False, "at": at}
        self.history.append({**past, **done})

    def _facts(self, at: dt.datetime) -> pl.DataFrame:
        rows = []
        for name, one in self.listings.items():
            rival = one.rival(self.day, one.price)
            row = {
                "shop_id": "s", "listing_id": name, "product_id": f"p-{name}", "sku_id": name,
                "currency": "USD", "price_minor": one.price, "list_price_minor": one.list_price,
                "price_observed_at": at, "median_28d_minor": one.price,
                "anchor_minor": one.list_price or self.first[name],
                "low_anchor_minor": self.first[name], "unit_cost_minor": one.cost,
                "cost_currency": "USD", "discount_rate": 0.0, "charged_shipping_minor": 0,
                "rival_observed_at": None if rival is None else at,
                "available_units": 1000, "daily_units": 2.0, "cover_days": 500.0,
            }  # fmt: skip
            rows.append(row | one.more)
        schema = {name: column.dtype for name, column in PriceFact.columns().items()}
        return PriceFact.validate(pl.DataFrame(rows, schema=schema))

    def _rivals(self, at: dt.datetime) -> pl.DataFrame:
        asked = {name: one.rival(self.day, one.price) for name, one in self.listings.items()}
        rows = [
            {
                "shop_id": "s", "sku_id": name, "competitor_id": "rival", "currency": "USD",
                "delivered_minor": rival, "fulfilment": "seller", "observed_at": at,
            }
            for name, rival in asked.items()
            if rival is not None
        ]  # fmt: skip
        schema = {name: column.dtype for name, column in RivalOffer.columns().items()}
        return RivalOffer.validate(pl.DataFrame(rows, schema=schema))
