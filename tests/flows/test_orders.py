"""An approved order of goods: written per supplier, on the way until it came or is taken back."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from actions.policies import restock
from contracts.actions import Judged
from contracts.codes import ActionState
from contracts.economics import Economics
from contracts.errors import ConfigurationError
from contracts.tables import StockFact
from flows.steps.actions import Selection
from flows.steps.home import Home
from flows.steps.on_order import approved_orders
from flows.steps.opening import open_home
from flows.steps.orders import purchase_orders
from flows.steps.undo import undo
from tests.flows.commands import typing
from tests.flows.scripted import NOW, REVIEWS, Platform, script, write

ZONE = "Europe/Berlin"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    monkeypatch.setenv("SCRIPTED_TOKEN", "token")
    write(tmp_path / "home", "demo")
    with open_home(tmp_path / "home") as opened:
        script(opened, "demo", Platform(), REVIEWS)
        yield opened


def fact(sku: str, **more: Any) -> dict[str, Any]:
    return {
        "shop_id": "demo",
        "sku_id": sku,
        "available_units": 5,
        "inbound_units": 3,
        "next_inbound_date": None,
        "overdue_units": 0,
        "daily_units": 2.0,
        "daily_sd_units": 1.0,
        "is_discontinued": False,
        "is_shared": False,
        "is_bundle": False,
        "last_sold_date": NOW.date(),
        "lead_time_days": 6.5,
        "lead_time_sd_days": 1.0,
        "minimum_order_units": 0,
        "case_pack_units": 6,
        "currency": "EUR",
        "price_minor": 990,
        "unit_cost_minor": 512,
        "supplier": "Maker",
        "category": None,
        "discount_rate": 0.0,
        **more,
    }


def order(home: Home, *facts: dict[str, Any], at: dt.datetime = NOW) -> dict[str, int]:
    """Decide, approve and acknowledge; pieces by SKU."""
    proposed = restock.propose(
        stock=StockFact.sample(overrides=list(facts)).lazy(),
        params=restock.Params(),
        economics=Economics(fee_rate=0, min_margin_rate=0),
        as_of=at,
        time_zone=ZONE,
    )
    state = {"state": pl.lit(str(ActionState.APPROVED)), "guard": None, "guard_reason": None}
    judged = Judged.cast(proposed.with_columns(**state))
    home.ledger.record(judged, run_id=f"{at}", at=at)
    return dict(judged.select("target_id", "after_value").iter_rows())


def test_there_is_a_file_of_each_kind_per_supplier_with_all_that_it_has_to_know(
    home: Home, tmp_path: Path
) -> None:
    units = order(home, fact("A"), fact("B"), fact("C", supplier="Other & Sons"))
    written = purchase_orders(home, out=tmp_path)
    assert [(one.supplier, one.skus) for one in written] == [("Maker", 2), ("Other & Sons", 1)]
    names = sorted(path.name for path in tmp_path.glob("demo-*"))
    stem = "demo-2026-11-20"
    assert names == [
        f"{stem}-Maker.csv",
        f"{stem}-Maker.xlsx",
        f"{stem}-Other-Sons.csv",
        f"{stem}-Other-Sons.xlsx",
    ]
    rows = pl.read_csv(tmp_path / names[0]).to_dicts()
    fields = {
        "supplier": "Maker",
        "unit_cost": 5.12,
        "currency": "EUR",
        "expected_date": "2026-11-27",
    }
    assert [row["sku_id"] for row in rows] == ["A", "B"]
    assert rows[0].items() >= fields.items()
    assert (rows[0]["units"], rows[0]["cases"]) == (units["A"], units["A"] // 6)
    assert rows[0]["cost"] == pytest.approx(units["A"] * 5.12)
    sheet = openpyxl.load_workbook(tmp_path / names[1])["order"]
    assert [row[2].value for row in sheet.iter_rows()] == ["sku_id", "A", "B"]
    assert [row[4].value for row in sheet.iter_rows(min_row=2)] == [units["A"], units["B"]]


def test_no_cell_of_an_order_is_a_formula(home: Home, tmp_path: Path) -> None:
    order(home, fact("=1+1", supplier="=cmd|' /C calc'!A0"), fact("@x", supplier="..\\../../etc"))
    written = purchase_orders(home, out=tmp_path)
    assert {Path(file).parent for one in written for file in one.files} == {tmp_path}
    for one in written:
        sheet = openpyxl.load_workbook(one.files[1])["order"]
        cells = [cell for row in sheet.iter_rows() for cell in row]
        assert not any(cell.data_type == "f" for cell in cells)
        assert not any(str(cell.value).startswith(("=", "@")) for cell in cells)


def test_suppliers_whose_names_make_the_same_file_keep_two(home: Home, tmp_path: Path) -> None:
    order(home, fact("A", supplier="X/Y"), fact("B", supplier="X?Y"), fact("C", supplier=None))
    files = [file for one in purchase_orders(home, out=tmp_path) for file in one.files]
    assert len(files) == len(set(files)) == 6
    assert all(Path(file).exists() for file in files)


def test_the_newest_day_is_written_unless_another_is_asked_for(home: Home, tmp_path: Path) -> None:
    order(home, fact("A"), at=NOW - dt.timedelta(days=1))
    order(home, fact("B"))
    (newest,) = purchase_orders(home, out=tmp_path)
    assert pl.read_csv(newest.files[0])["sku_id"].to_list() == ["B"]
    (before,) = purchase_orders(home, out=tmp_path, day=dt.date(2026, 11, 19))
    assert pl.read_csv(before.files[0])["sku_id"].to_list() == ["A"]


def test_without_an_approved_order_nothing_is_written(home: Home, tmp_path: Path) -> None:
    assert purchase_orders(home, out=tmp_path) == []
    with pytest.raises(ConfigurationError, match="does not exist"):
        purchase_orders(home, out=tmp_path / "none")


def test_an_approved_order_is_on_the_way_and_not_before_it_was_decided(home: Home) -> None:
    units = order(home, fact("A"))
    shop = home.shop("demo")
    (row,) = approved_orders(home, shop, NOW).to_dicts()
    assert (row["sku_id"], row["ordered_units"], row["position_units"]) == ("A", units["A"], 8)
    assert approved_orders(home, shop, NOW - dt.timedelta(seconds=1)).is_empty()


def test_an_order_that_is_taken_back_is_no_longer_on_the_way(home: Home) -> None:
    order(home, fact("A"), fact("B"))
    order(home, fact("A"), at=NOW - dt.timedelta(days=1))
    home.ledger.settle(home.ledger.find(policy="restock"), ActionState.CONFIRMED, at=NOW)
    chosen = Selection(shop_id="demo", policy="restock", targets=("A",))
    plan = undo(home, chosen, by="me", execute=False)
    assert [item["conflict"] for item in plan.items] == [None]
    assert "tell the supplier" in plan.items[0]["note"]
    done = undo(home, chosen, by="me", execute=True)
    assert done.states == {"confirmed": 1}
    left = approved_orders(home, home.shop("demo"), NOW + dt.timedelta(days=1))
    assert left["sku_id"].to_list() == ["B"]
    assert done.items[0]["to"] == "0"


def test_the_command_writes_them_and_says_where(
    home: Home,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    order(home, fact("A"))
    command = typing(tmp_path / "home", monkeypatch, capsys)
    done, printed, _ = command("--json", "purchase-orders", "--out", tmp_path)
    (answer,) = json.loads(printed)
    assert (done, answer["supplier"], answer["skus"]) == (0, "Maker", 1)
    assert all(Path(file).exists() for file in answer["files"])
    wrong, _, error = command("purchase-orders", "--out", tmp_path, "--day", "soon")
    assert wrong == 2
    assert "--day" in error
