"""Metrics rest on the tables of their own shop; targets and benchmarks stand beside them."""

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import polars as pl
import pytest

from contracts.tables import (
    ActiveUsers,
    Benchmark,
    Cart,
    FunnelDaily,
    ListingTrafficDaily,
    Order,
    ShopRating,
    SlotTrafficDaily,
    Target,
    Ticket,
    TrafficDaily,
    TrafficHourly,
    VisitEvent,
    table_of,
)
from flows.steps.goals import beside, goals
from flows.steps.home import Home
from flows.steps.metrics import show, sources
from flows.steps.opening import open_home
from flows.steps.views import View
from tests.flows.commands import typing
from tests.flows.conftest import KEYS
from tests.flows.homes import write_settings
from tests.warehouse.rows import rows

NOW = dt.datetime(2026, 11, 20, 8, tzinfo=dt.UTC)
DAY, FIRST, LAST = dt.date(2026, 11, 19), dt.date(2026, 11, 1), dt.date(2026, 11, 30)
READ = {
    "traffic": TrafficDaily,
    "hours": TrafficHourly,
    "listing_traffic": ListingTrafficDaily,
    "slots": SlotTrafficDaily,
    "active_users": ActiveUsers,
    "visit_events": VisitEvent,
    "funnel": FunnelDaily,
    "carts": Cart,
    "tickets": Ticket,
    "ratings": ShopRating,
    "targets": Target,
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """Two shops, each with a row of each table of visits and service."""
    folder = tmp_path_factory.mktemp("goals")
    write_settings(folder, "", demo="USD", tmall="CNY")
    (folder / "keys").mkdir()
    for name, key in KEYS.items():
        (folder / "keys" / f"{name}.key").write_text(key, encoding="utf-8")
    goal: dict[str, Any] = {"metric_name": "gmv", "first_date": FIRST, "last_date": LAST}
    values = {"target_value": 50.0, "benchmark_value": 40.0, "peer_group": "all", **goal}
    order = {"order_id": "1", "placed_at": NOW - dt.timedelta(days=1), "goods_minor": 2500}
    with open_home(folder) as opened:
        for shop_id in ("demo", "tmall"):
            for schema in (*READ.values(), Benchmark, Order):
                known = values | order
                given = {n: value for n, value in known.items() if n in schema.column_names()}
                given |= {"shop_id": shop_id, "read_at": NOW}
                opened.lake.merge({table_of(schema).name: rows(schema, [given])})
        opened.readings.record(opened.lake.versions())
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(opened), "data_as_of", lambda _home, _shop: NOW)
            yield opened


@pytest.mark.parametrize("name", READ)
def test_metrics_are_computed_from_the_shops_own_rows_of_each_table(home: Home, name: str) -> None:
    found = sources(View.of(home, home.shop("tmall"), NOW))
    assert name in {one.name for one in fields(found)}
    frame: pl.DataFrame = getattr(found, name).collect()
    assert frame["shop_id"].to_list() == ["tmall"]
    assert set(frame.columns) == set(READ[name].column_names())


def test_a_target_and_a_benchmark_stand_beside_the_month_and_no_other_span(home: Home) -> None:
    month = show(home, "gmv", first=FIRST, last=DAY, by=["month"])
    found = beside(home, month).select("shop_id", "value", "target", "benchmark").rows()
    assert found == [("demo", 2500.0, 5000.0, 4000.0), ("tmall", 2500.0, 5000.0, 4000.0)]
    for by in (["day"], ["week"], ["span"], ["month", "buyer"]):
        other = beside(home, show(home, "gmv", shop_id="demo", first=FIRST, last=DAY, by=by))
        assert other["target"].null_count() == other["benchmark"].null_count() == other.height
    other = beside(home, show(home, "orders", first=FIRST, last=DAY, by=["month"]))
    assert other["target"].to_list() == [None, None]


def test_goals_tell_how_each_shop_stands(home: Home) -> None:
    found = goals(home)
    columns = ["shop_id", "currency", "target", "value", "reached_rate", "gone_rate"]
    rows_ = found.targets.select(columns).rows()
    assert rows_ == [
        (s, c, 5000.0, 2500.0, 0.5, 19 / 30) for s, c in (("demo", "USD"), ("tmall", "CNY"))
    ]
    compared = found.benchmarks.select("shop_id", "benchmark", "value", "gap").rows()
    assert compared == [(s, 4000.0, None, "censored") for s in ("demo", "tmall")]
    assert goals(home, shop_id="tmall").targets["shop_id"].to_list() == ["tmall"]


def test_the_command_line_shows_goals_and_values_beside_them(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    call = typing(home.folder, monkeypatch, capsys)
    code, screen, _ = call("metrics", "goals", "--shop", "tmall")
    assert code == 0
    for shown in ("50.00", "25.00", "50.0%", "78.9%", "linear", "40.00", "has not passed"):
        assert shown in " ".join(screen.split()), shown
    (home.folder / "shopkeeper.toml").write_text('language = "zh-CN"\n', encoding="utf-8")
    code, screen, _ = call("metrics", "goals", "--shop", "tmall")
    for shown in ("目标与基准", "成交额", "按天数折算时间", "观察期未满"):
        assert shown in "".join(screen.split()), shown
    code, document, _ = call("--json", "metrics", "goals")
    found = json.loads(document)
    assert (code, len(found["targets"]), len(found["benchmarks"])) == (0, 2, 2)
    month = ("metrics", "show", "gmv", "--from", FIRST, "--to", DAY, "--by", "month")
    code, screen, _ = call(*month, "--shop", "demo")
    assert (code, "25.00 USD" in screen, "50.00 USD" in screen, "40.00 USD" in screen) == (
        0, True, True, True,
    )  # fmt: skip
    code, document, _ = call("--json", *month)
    assert [row["target"] for row in json.loads(document)["rows"]] == [5000.0, 5000.0]
