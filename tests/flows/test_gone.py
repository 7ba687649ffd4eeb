"""What a shop no longer has is gone: not repriced, not reordered; restored, it is back."""

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from connectors.base.declaration import Stream
from connectors.base.mapping import Mapper
from contracts.codes import QuarantineReason
from contracts.streams import Context, Mapped, Page, Window
from contracts.tables import Listing, Price, StockLevel
from flows.steps.build import build
from flows.steps.home import Home
from flows.steps.opening import open_home
from flows.steps.pull import pull
from tests.flows.test_lookup_streams import SHOP

START = dt.datetime(2026, 11, 16, 5, tzinfo=dt.UTC)
ODD = "odd"


@dataclass
class Catalogue:
    """A shop in memory; each look at its clock is a day later."""

    products: dict[str, str] = field(default_factory=dict)
    """Price by listing; the listing's SKU code is its name in capitals."""
    days: int = 0

    def now(self) -> dt.datetime:
        self.days += 1
        return START + dt.timedelta(days=self.days)

    def close(self) -> None:
        pass


def fetch(client: Any, _window: Window) -> Iterator[Page]:
    yield Page(json.dumps(client.products).encode(), "page")


def to_canonical(pages: Iterable[Page], context: Context) -> Mapped:
    products = {name: price for page in pages for name, price in json.loads(page.body).items()}
    raw = pl.DataFrame(
        {"name": list(products), "price": list(products.values())},
        schema={"name": pl.String, "price": pl.String},
    )
    is_odd = pl.col("price") == ODD
    mapper = Mapper(context)
    mapper.reject(Listing, raw.filter(is_odd)["name"], QuarantineReason.UNREADABLE_ROW)
    good = raw.filter(~is_odd)
    at = pl.lit(context.read_at)
    mapper.add(
        Listing,
        good,
        listing_id=pl.col("name"),
        product_id=pl.col("name"),
        sku_id=pl.col("name").str.to_uppercase(),
        title=pl.col("name"),
        listing_status=pl.lit("active"),
        created_at=pl.lit(START),
    )
    mapper.add(
        Price,
        good,
        listing_id=pl.col("name"),
        observed_at=at,
        currency=pl.lit("USD"),
        price_minor=pl.col("price").cast(pl.Int64),
    )
    mapper.add(
        StockLevel,
        good,
        sku_id=pl.col("name").str.to_uppercase(),
        warehouse_id=pl.lit("w"),
        observed_at=at,
        on_hand_units=pl.lit(5),
        available_units=pl.lit(5),
        committed_units=pl.lit(0),
    )
    return mapper.done()


PRODUCTS = Stream(
    name="products",
    tables=(Listing, Price, StockLevel),
    fetch=fetch,
    to_canonical=to_canonical,
    is_snapshot=True,
)


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue({"a": "1000", "b": "2000"})


@pytest.fixture
def home(tmp_path: Path, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    monkeypatch.setenv("TOKEN", "shpat_x")
    (tmp_path / "shops").mkdir()
    (tmp_path / "shopkeeper.toml").write_text("", encoding="utf-8")
    (tmp_path / "shops" / "demo.toml").write_text(SHOP, encoding="utf-8")
    with open_home(tmp_path) as opened:
        use(opened, catalogue, PRODUCTS)
        yield opened


def use(home: Home, catalogue: Catalogue, *streams: Stream) -> None:
    """Let the shop's platform be the catalogue."""
    shop = home.shop("demo")
    (source,) = shop.sources

    def opened(*_: Any) -> Catalogue:
        return catalogue

    connector = replace(source.connector, streams=streams, open_client=opened, streams_of=None)
    home.shops["demo"] = replace(shop, sources=(replace(source, connector=connector),))


def read(home: Home) -> tuple[set[str], set[str]]:
    """What may be repriced and what may be reordered, after another reading."""
    pull(home)
    build(home)
    shop = home.shop("demo")
    prices = home.scan("price_facts", shop).collect()["listing_id"]
    stock = home.scan("stock_facts", shop).filter(~pl.col("is_discontinued"))
    return set(prices), set(stock.collect()["sku_id"])


def test_a_deleted_product_is_neither_repriced_nor_reordered_until_it_is_restored(
    home: Home, catalogue: Catalogue
) -> None:
    assert read(home) == ({"a", "b"}, {"A", "B"})
    price = catalogue.products.pop("b")
    assert read(home) == ({"a"}, {"A"})
    catalogue.products["b"] = price
    assert read(home) == ({"a", "b"}, {"A", "B"})


def test_a_product_that_cannot_be_read_is_not_gone(home: Home, catalogue: Catalogue) -> None:
    read(home)
    catalogue.products["b"] = ODD
    assert read(home) == ({"a", "b"}, {"A", "B"})


def test_a_stream_that_does_not_read_all_takes_nothing_away(
    home: Home, catalogue: Catalogue
) -> None:
    use(home, catalogue, replace(PRODUCTS, is_partial=True))
    read(home)
    del catalogue.products["b"]
    assert read(home) == ({"a", "b"}, {"A", "B"})


def test_what_another_stream_tells_of_too_is_not_gone_for_want_in_one(
    home: Home, catalogue: Catalogue
) -> None:
    other = replace(PRODUCTS, name="exported", is_snapshot=False)
    use(home, catalogue, PRODUCTS, other)
    read(home)
    del catalogue.products["b"]
    assert read(home) == ({"a", "b"}, {"A", "B"})
