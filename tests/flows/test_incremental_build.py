"""A build after a change computes what changed, and ends as a whole build does."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from contracts.tables import TABLES
from flows.steps import build as build_module
from flows.steps import fitted
from flows.steps.build import build, derive, rebuild
from flows.steps.home import Home
from flows.steps.pull import pull
from tests.flows.conftest import Merchant
from transforms import kpis, lifetime


def is_as_if_built_whole(home: Home) -> bool:
    """Every derived table, row for row."""
    shop = home.shop("demo")
    for name, frame in derive(home, shop, as_of=home.data_as_of(shop)).items():
        key = TABLES[name].key
        assert_frame_equal(home.scan(name, shop).sort(key).collect(), frame.sort(key))
    return True


def sales_files(folder: Path) -> set[Path]:
    return set((folder / "data/lake/sales_daily").rglob("*.parquet"))


def test_what_is_read_after_a_build_renews_only_what_is_made_from_it(built: Merchant) -> None:
    with built.open() as home:
        pull(home)
        build(home)
        shop = home.shop("demo")
        before = home.scan("price_facts", shop).collect()
        sku = built.tamper("set_price")["sku"]
        pull(home, stream="products")
        renewed = rebuild(home, shop_id="demo", changed={"prices"})
        assert set(renewed) == {"price_facts", "stock_facts"}
        whole = derive(home, shop, as_of=home.data_as_of(shop))["price_facts"]
        key = TABLES["price_facts"].key
        facts = home.scan("price_facts", shop).sort(key).collect()
        assert_frame_equal(facts, whole.sort(key))
        moved = facts.join(before, on=[*key, "price_minor"], how="anti")
        assert moved["sku_id"].to_list() == [sku]


def test_builds_after_new_changed_deleted_and_released_orders_equal_whole_ones(
    built: Merchant,
) -> None:
    with built.open() as home:
        files = sales_files(built.folder)
        built.tamper("change_order")
        built.tamper("remove_line")
        held = built.tamper("status")["order_id"]
        pull(home)
        build(home)
        assert is_as_if_built_whole(home)
        written = {file.parent.name for file in sales_files(built.folder) - files}
        assert 0 < len(written) < 10
        built.tamper("status", order_id=held, status="PAID")
        built.advance(24)
        pull(home)
        build(home)
        assert is_as_if_built_whole(home)
        versions = home.readings.versions()
        build(home, is_full=True)
        assert home.readings.versions() == versions


def test_a_build_without_a_change_computes_no_day(
    built: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    with built.open() as home:
        versions = home.readings.versions()
        monkeypatch.setattr(build_module, "whole_days", whole)
        build(home)
        assert home.readings.versions() == versions


@pytest.mark.parametrize("reason", ["asked for", "transform", "note", "table"])
def test_a_whole_build_is_made_when_it_is_asked_for_and_when_the_last_cannot_be_trusted(
    built: Merchant, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    with built.open() as home:
        if reason == "transform":
            monkeypatch.setattr(kpis, "VERSION", 99)
        elif reason == "note":
            monkeypatch.setattr(build_module, "_key", lambda shop: f"another.{shop.id}")
        elif reason == "table":
            (built.folder / "data/lake/kpis_daily").rename(built.folder / "gone")
        monkeypatch.setattr(build_module, "whole_days", whole)
        with pytest.raises(WholeBuildError):
            build(home, is_full=reason == "asked for")


def test_an_order_merged_before_the_last_build_and_read_after_it_is_counted(
    built: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a crash between merging and recording, when another shop records the table."""
    with built.open() as home:
        shop = home.shop("demo")
        as_of = home.data_as_of(shop)
        order = home.scan("orders", shop).sort("placed_at").collect().head(1)
        lines = home.scan("order_lines", shop).collect().join(order, on="order_id", how="semi")
        later = as_of + dt.timedelta(hours=1)
        late = {
            name: frame.with_columns(read_at=pl.lit(later), order_id=pl.lit("late"))
            for name, frame in {"orders": order, "order_lines": lines}.items()
        }
        merged = home.lake.merge(late)
        home.readings.record({name: table.version for name, table in merged.items()})
        build(home)
        assert is_as_if_built_whole(home)
        before = pieces(home)
        monkeypatch.setattr(Home, "data_as_of", lambda _home, _shop: later)
        build(home)
        assert is_as_if_built_whole(home)
        assert pieces(home) == before + sum(lines["quantity_units"])


def test_models_of_members_are_fitted_anew_only_where_what_they_are_fitted_on_changed(
    built: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifetime, "LEAST_REPEATERS", 5)
    monkeypatch.setattr(fitted, "_METHOD", "so that there is nothing to keep yet")
    with built.open() as home:
        shop = home.shop("demo")
        build(home)
        made = home.scan("member_facts", shop).collect()
        assert made["alive_rate", "order_minor"].null_count().row(0) == (0, 0)
        versions = home.readings.versions()
        assert is_as_if_built_whole(home)
        monkeypatch.setattr(fitted, "fitted", whole)
        build(home)
        assert home.readings.versions() == versions
        with pytest.raises(WholeBuildError):
            build(home, is_full=True)
        built.advance(24)
        pull(home)
        with pytest.raises(WholeBuildError):
            build(home)


def pieces(home: Home) -> int:
    """Sold on all days together."""
    return sum(home.scan("sales_daily", home.shop("demo")).collect()["sold_units"])


class WholeBuildError(Exception):
    """All days were about to be computed."""


def whole(_view: object) -> object:
    raise WholeBuildError
