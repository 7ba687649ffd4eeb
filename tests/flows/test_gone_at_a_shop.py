"""A product that is deleted at an emulated shop is gone everywhere, and back when restored."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from flows.steps.build import build
from flows.steps.home import Home
from flows.steps.opening import open_home
from flows.steps.pull import pull
from tests.connectors.woocommerce.shop import url_of
from tests.sandbox.woocommerce_shop import KEY, Woo, opened

SHOP = """
name = "Woo"
currency = "EUR"
time_zone = "Europe/Berlin"
[sources.woocommerce]
base_url = "{url}"
is_sandbox = true
access = "signed_key"
consumer_key = "env:WOO_KEY"
consumer_secret = "env:WOO_SECRET"
requests_per_second = 100
[economics]
fee_rate = 0.03
min_margin_rate = 0.05
"""


@pytest.fixture
def woo() -> Iterator[Woo]:
    with opened() as shop:
        yield shop


@pytest.fixture
def home(tmp_path: Path, woo: Woo, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    monkeypatch.setenv("WOO_KEY", KEY.key)
    monkeypatch.setenv("WOO_SECRET", KEY.secret)
    (tmp_path / "shops").mkdir()
    (tmp_path / "shopkeeper.toml").write_text("", encoding="utf-8")
    text = SHOP.format(url=url_of(woo))
    (tmp_path / "shops" / "woo.toml").write_text(text, encoding="utf-8")
    with open_home(tmp_path) as opened_home:
        yield opened_home


def test_a_deleted_product_is_gone_for_prices_and_orders_until_it_is_restored(
    home: Home, woo: Woo
) -> None:
    def read() -> tuple[set[str], set[str], set[str]]:
        woo.world.clock += dt.timedelta(hours=1)
        pull(home, stream="products")
        build(home)
        shop = home.shop("woo")
        priced = home.scan("price_facts", shop).collect()
        stocked = home.scan("stock_facts", shop).filter(~pl.col("is_discontinued")).collect()
        listed = home.scan("listings", shop).collect()
        return set(listed["listing_id"]), set(priced["listing_id"]), set(stocked["sku_id"])

    before = read()
    whole = woo.world.products
    gone = home.scan("price_facts", home.shop("woo")).collect().row(0, named=True)
    woo.world.products = whole.filter(whole["product_id"] != int(gone["listing_id"]))
    listed, priced, stocked = read()
    assert before[0] - listed == {gone["listing_id"]}
    assert before[1] - priced == {gone["listing_id"]}
    assert before[2] - stocked == {gone["sku_id"]}
    woo.world.products = whole
    assert read() == before
