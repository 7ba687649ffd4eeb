"""A stream that asks about a derived table's rows is given them, of its shop alone."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from connectors.base.declaration import Stream
from contracts.streams import Mapped, Page, Reading, Window
from contracts.tables import SalesDaily
from flows.steps.documents import fetch_pages
from flows.steps.home import Home
from flows.steps.opening import open_home

NOW = dt.datetime(2026, 11, 16, 5, tzinfo=dt.UTC)
READING = Reading("demo", "asked", Window(NOW - dt.timedelta(days=1), NOW), NOW)
SHOP = """
name = "Demo"
currency = "USD"
time_zone = "America/New_York"
[sources.shopify]
shop_domain = "example.myshopify.com"
access_token = "env:TOKEN"
ca_file = "own.pem"
[economics]
fee_rate = 0.029
min_margin_rate = 0.05
"""


def asked(_client: Any, window: Window, rows: pl.DataFrame) -> Iterator[Page]:
    for sku in rows["sku_id"]:
        yield Page(f"{sku} since {window.start:%d}".encode(), sku)


STREAM = Stream(
    name="asked",
    tables=(),
    fetch=asked,
    to_canonical=lambda _pages, _context: Mapped({}),
    lookup=SalesDaily,
)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    (tmp_path / "shops").mkdir()
    (tmp_path / "shopkeeper.toml").write_text("", encoding="utf-8")
    for name in ("demo", "other"):
        (tmp_path / "shops" / f"{name}.toml").write_text(SHOP, encoding="utf-8")
    with open_home(tmp_path) as opened:
        yield opened


def sold(home: Home, shop_id: str, *skus: str) -> None:
    rows = [
        {
            "shop_id": shop_id,
            "sku_id": sku,
            "sales_date": NOW.date(),
            "currency": "USD",
            "sold_units": 1,
            "gift_units": 0,
            "orders_count": 1,
            "gmv_minor": 100,
            "list_minor": 100,
        }
        for sku in skus
    ]
    frame = SalesDaily.validate(pl.DataFrame(rows), cast=True)
    version = home.lake.replace("sales_daily", frame, shop_id=shop_id).version
    home.readings.record({"sales_daily": version})


def bodies(home: Home) -> list[bytes]:
    pages = fetch_pages(home, home.shop("demo"), STREAM, None, READING)
    return sorted(page.body for page in pages)


def test_before_it_is_built_there_is_nothing_to_ask_about(home: Home) -> None:
    assert bodies(home) == []


def test_the_shops_rows_are_asked_about(home: Home) -> None:
    sold(home, "demo", "A-1", "B-2")
    sold(home, "other", "C-3")
    assert bodies(home) == [b"A-1 since 15", b"B-2 since 15"]


def test_a_path_that_may_be_left_out_lies_in_the_home_too(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "shpat_x")
    settings: Any = home.shop("demo").platform.settings()
    assert settings.ca_file == home.folder / "own.pem"
