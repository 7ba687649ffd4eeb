"""A scripted shop with prices, costs and rivals, whose days are said by the test."""

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import dataframely as dy
import polars as pl
import pytest

from connectors.base.declaration import Stream
from connectors.base.mapping import Mapper
from contracts.codes import ActionState
from contracts.streams import Context, Mapped, Page, Window
from contracts.tables import CompetitorOffer, Cost, Listing, Price, table_of
from flows.steps.build import build
from flows.steps.check import check
from flows.steps.decide import decide
from flows.steps.home import Home
from flows.steps.opening import open_home
from flows.steps.pull import pull
from tests.flows import scripted

DAY = dt.timedelta(days=1)
FIRST = scripted.NOW.date()
REPRICING = """
mode = "approve"
[parameters]
rule = "match"
min_factor = 0.5
max_factor = 2.0
[limits]
max_actions = 100
max_exposure_minor = 10_000_000
"""


def stream(schema: type[dy.Schema]) -> Stream:
    """A table told row by row, as it is in force at the reading, of listings that stay."""
    columns = {name: column.dtype for name, column in schema.columns().items()}

    def mapped(pages: Iterable[Page], context: Context) -> Mapped:
        rows = [row for page in pages for row in json.loads(page.body)]
        fields = {name: columns[name] for row in rows for name in row}
        given = {
            name: pl.col(name).str.to_date() if dtype == pl.Date else pl.col(name)
            for name, dtype in fields.items()
        }
        texts = {name: pl.String if dtype == pl.Date else dtype for name, dtype in fields.items()}
        raw = pl.DataFrame(rows, schema_overrides=texts)
        instants = {"observed_at": context.read_at, "created_at": scripted.NOW - DAY}
        seen = {name: pl.lit(at) for name, at in instants.items() if name in columns}
        return Mapper(context).add(schema, raw, **given, **seen).done() if rows else Mapped({})

    return Stream(name=table_of(schema).name, tables=(schema,), to_canonical=mapped,
                  fetch=lambda *_: iter(()))  # fmt: skip


STREAMS = tuple(stream(schema) for schema in (Listing, Price, Cost, CompetitorOffer))


@dataclass
class PricingShop:
    """What the platform shows: by SKU its price, its cost and what the rival asks."""

    folder: Path
    prices: dict[str, int]
    costs: dict[str, int]
    rivals: dict[str, int]
    titles: dict[str, str] = field(default_factory=dict)
    beside: dict[str, int] = field(default_factory=dict)
    """Prices in the merchant's other shop, if there is one."""
    spoiled: int = 0
    """Offers that nobody can read."""
    platform: scripted.Platform = field(default_factory=scripted.Platform)
    other: scripted.Platform = field(default_factory=scripted.Platform)

    def open(self) -> Home:
        """The home, its shop scripted."""
        home = open_home(self.folder)
        scripted.script(home, "shop", self.platform, *STREAMS)
        if "other" in home.shops:
            scripted.script(home, "other", self.other, *STREAMS)
        return home

    def read(self, *, is_checked: bool = False) -> None:
        """Pull, check and build."""
        fields = {**self._rows(self.beside), "costs": [], "competitor_offers": []}
        for platform, tables in ((self.platform, self._rows(self.prices)), (self.other, fields)):
            for name, rows in tables.items():
                pages = [Page(json.dumps(rows).encode(), "page")]
                platform.answers[name] = partial(_answer, pages)
        with self.open() as home:
            pull(home)
            if is_checked:
                check(home, has_docs=False)
            build(home)

    def decided(self) -> set[tuple[Any, ...]]:
        """What the policy says now, as it enters the ledger."""
        with self.open() as home:
            (one,) = decide(home, policy="repricing")
            return said(home.ledger.find(run_id=one.run_id))

    def carry_out(self, listing: str) -> None:
        """Its newest price is approved and sent, and the platform shows it."""
        with self.open() as home:
            waits = home.ledger.find(targets=[listing])[-1:]
            home.ledger.approve([waits[0].action_id], by="chen", at=self.platform.now)
            home.ledger.settle(waits, ActionState.CONFIRMED, at=self.platform.now)

    def set_limit(self, line: str) -> None:
        """Add a line to the policy's limits."""
        file = self.folder / "policies" / "repricing.toml"
        file.write_text(file.read_text(encoding="utf-8") + line, encoding="utf-8")

    def pass_time(self, time: dt.timedelta = DAY) -> None:
        self.platform.now += time
        self.other.now += time

    def _rows(self, prices: dict[str, int]) -> dict[str, list[dict[str, Any]]]:
        money = {"currency": "EUR"}
        listed = [
            {"listing_id": f"L{sku}", "product_id": f"P{sku}", "sku_id": sku,
             "title": self.titles.get(sku, sku), "listing_status": "active"}
            for sku in prices
        ]  # fmt: skip
        offer = {"competitor_id": "rival", "shipping_minor": 0, "is_in_stock": True}
        offer |= {"fulfilment": "seller", **money}
        good = [
            {"sku_id": sku, "price_minor": price, **offer} for sku, price in self.rivals.items()
        ]
        bad = [{"sku_id": f"X{place}", "price_minor": -1, **offer} for place in range(self.spoiled)]
        return {
            "listings": listed,
            "prices": [
                {"listing_id": f"L{sku}", "price_minor": price, "list_price_minor": 1000, **money}
                for sku, price in prices.items()
            ],
            "costs": [
                {"sku_id": sku, "valid_from": "2026-01-01", "unit_cost_minor": cost, **money}
                for sku, cost in self.costs.items()
            ],
            "competitor_offers": [*good, *bad],
        }


def _answer(pages: list[Page], _window: Window) -> list[Page]:
    return pages


def said(actions: Iterable[Any]) -> set[tuple[Any, ...]]:
    """What a decision says, but for the state in which it waits."""
    return {
        (one.target_id, one.before_value, one.after_value, one.reason_code, one.numbers,
         one.guard, one.guard_reason, one.window_start)
        for one in actions
    }  # fmt: skip


def made(folder: Path, monkeypatch: pytest.MonkeyPatch, *others: str) -> PricingShop:
    """A shop of three SKUs: A may follow its rival, B has no cost, C nobody else sells."""
    monkeypatch.setenv("SCRIPTED_TOKEN", "token")
    scripted.write(folder, "shop", *others)
    (folder / "policies" / "repricing.toml").write_text(REPRICING, encoding="utf-8")
    return PricingShop(
        folder,
        prices={"A": 1000, "B": 1000, "C": 1000},
        costs={"A": 500, "C": 500},
        rivals={"A": 960, "B": 960},
    )
