"""A merchant's file of bundles, from the folder to what restock leaves alone."""

import datetime as dt
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from actions.policies import restock
from contracts.tables import BundlePart, PriceFact, SalesDaily, StockFact, StockLevel, StockoutDay
from flows.steps import derived
from flows.steps.build import build
from flows.steps.home import Home
from flows.steps.opening import open_home
from flows.steps.pull import pull
from flows.steps.views import View
from tests.flows.conftest import KEYS, Merchant
from tests.flows.homes import write_settings
from tests.flows.test_incremental_build import is_as_if_built_whole
from tests.warehouse.rows import rows
from transforms.purchases import APPROVED_SCHEMA

pytestmark = pytest.mark.long

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


def test_what_bundles_took_since_an_order_was_approved_is_not_taken_for_pieces_that_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 10 in stock and 6 ordered, bundles took 8: those 2 left are not 2 that came."""
    write_settings(tmp_path, north="USD")
    monkeypatch.setattr(Home, "data_as_of", lambda *_: NOW)
    approved = {"shop_id": "north", "sku_id": "cup", "action_id": "a", "ordered_units": 6}
    since = {"decided_at": NOW - dt.timedelta(days=3), "position_units": 10, "lead_time_days": 9.0}
    orders = pl.DataFrame([{**approved, **since}], schema=dict(APPROVED_SCHEMA))
    monkeypatch.setattr(derived, "approved_orders", lambda *_: orders)
    sku = {"shop_id": "north", "read_at": NOW, "source_updated_at": None}
    fields = {
        "stock_levels": rows(StockLevel, [level(sku, "cup", 2), level(sku, "SET", 0)]),
        "bundle_parts": rows(
            BundlePart,
            [{**sku, "sku_id": "SET", "part_sku_id": "cup", "part_units": 4, "deleted_at": None}],
        ),
    }
    yesterday = NOW.date() - dt.timedelta(days=1)
    out = {**sku, "sku_id": "cup", "stockout_date": dt.date(2026, 11, 20), "deleted_at": None}
    sold = {"shop_id": "north", "sku_id": "SET", "sales_date": yesterday, "sold_units": 2}
    with keyed(tmp_path) as home:
        home.lake.merge(fields | {"stockout_days": rows(StockoutDay, [out])})
        home.lake.replace("sales_daily", rows(SalesDaily, [sold]), shop_id="north")
        home.readings.record(home.lake.versions())
        shop = home.shop("north")
        made = derived.depending(View.of(home, shop, NOW), {"bundle_parts"})
    assert made["open_orders"]["open_units"].to_list() == [6]
    assert dict(made["velocity"].select("sku_id", "stockout_days").iter_rows()) == {
        "SET": 1, "cup": 1,
    }  # fmt: skip
    facts = {row["sku_id"]: row for row in made["stock_facts"].to_dicts()}
    assert (facts["cup"]["available_units"], facts["cup"]["inbound_units"]) == (2, 6)
    assert (facts["SET"]["available_units"], facts["SET"]["is_bundle"]) == (0, True)


NOW = dt.datetime(2026, 11, 28, 17, tzinfo=dt.UTC)


def level(of: dict[str, Any], sku: str, units: int) -> dict[str, Any]:
    seen = NOW - dt.timedelta(days=30)
    return {**of, "sku_id": sku, "observed_at": seen} | {
        "on_hand_units": units, "available_units": units,
    }  # fmt: skip


def keyed(folder: Path) -> Home:
    """The home of written settings, with keys."""
    (folder / "keys").mkdir()
    for name, key in KEYS.items():
        (folder / "keys" / f"{name}.key").write_text(key, encoding="utf-8")
    return open_home(folder)
