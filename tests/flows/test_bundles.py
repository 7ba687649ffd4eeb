"""A merchant's file of bundles, from the folder to what restock leaves alone."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from actions.policies import restock
from contracts.tables import PriceFact, SalesDaily, StockFact
from flows.steps.build import build
from flows.steps.home import Home
from flows.steps.pull import pull
from tests.flows.conftest import Merchant
from tests.flows.test_incremental_build import is_as_if_built_whole

ZONE = ZoneInfo("America/New_York")
LAYOUT = """
[[file]]
stream = "bundles"
pattern = "bundles_{yyyymmddThhmm}.csv"
format = "csv"

[file.tables.bundle_parts.columns]
sku_id = { column = "bundle" }
part_sku_id = { column = "part" }
part_units = { column = "pieces" }
"""


def file(merchant: Merchant, rows: str) -> None:
    """Save the sheet of now, and let the folder be read as of now."""
    merchant.export()
    shop = merchant.folder / "shops/demo.toml"
    text = shop.read_text(encoding="utf-8").replace('"sycm_traffic"', '"sycm_traffic", "own.toml"')
    shop.write_text(text, encoding="utf-8")
    (merchant.folder / "own.toml").write_text(LAYOUT, encoding="utf-8")
    saved = merchant.world.clock - dt.timedelta(hours=1)
    path = merchant.folder / f"inbox/bundles_{saved.astimezone(ZONE):%Y%m%dT%H%M}.csv"
    path.write_text(f"bundle,part,pieces\n{rows}", encoding="utf-8")


def best_sellers(home: Home) -> list[str]:
    """Codes that are sold most, those of listings with a price and a stock level only."""
    shop = home.shop("demo")
    facts = home.read(PriceFact, shop).join(home.read(StockFact, shop), on="sku_id", how="semi")
    sold = home.read(SalesDaily, shop).join(facts, on="sku_id", how="semi")
    pieces = sold.group_by("sku_id").agg(pl.col("sold_units").sum()).collect()
    return pieces.sort("sold_units", "sku_id", descending=True)["sku_id"].to_list()


def stock(home: Home, sku: str) -> dict[str, Any]:
    facts = home.read(StockFact, home.shop("demo"))
    return facts.filter(pl.col("sku_id") == sku).collect().row(0, named=True)


def held(home: Home) -> dict[str, str]:
    shop = home.shop("demo")
    holds = restock.holds(
        stock=home.read(StockFact, shop),
        params=restock.Params(),
        economics=shop.economics,
        as_of=home.data_as_of(shop),
        time_zone=shop.settings.time_zone,
    )
    return dict(holds.select("sku_id", "reason_code").iter_rows())


def test_a_changed_file_of_bundles_changes_what_a_whole_build_would(built: Merchant) -> None:
    with built.open() as home:
        bundle, part, other = best_sellers(home)[:3]
        before = stock(home, part)
        fact = home.read(PriceFact, home.shop("demo")).filter(pl.col("sku_id") == part).collect()
    built.advance(24)
    file(built, f"{bundle},{part},2\n{bundle},{other},1\n")
    with built.open() as home:
        pull(home)
        build(home)
        assert is_as_if_built_whole(home)
        made, taken = stock(home, bundle), stock(home, part)
        assert made["is_bundle"]
        left = taken["available_units"] // 2, stock(home, other)["available_units"]
        assert made["available_units"] == min(left)
        assert taken["sold_units"] > before["sold_units"]
        alone = home.read(PriceFact, home.shop("demo")).filter(pl.col("sku_id") == part).collect()
        assert alone["daily_units"].item() < taken["daily_units"]
        assert fact["daily_units"].item() == before["daily_units"]
        assert held(home)[bundle] == "is_bundle"
    built.advance(24)
    file(built, f"{other},{part},1\n")
    with built.open() as home:
        pull(home)
        build(home)
        assert is_as_if_built_whole(home)
        assert not stock(home, bundle)["is_bundle"]
        assert stock(home, other)["is_bundle"]
        assert held(home)[other] == "is_bundle"
