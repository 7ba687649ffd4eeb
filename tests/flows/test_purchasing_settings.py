"""How late an order on its way may be and still count is the shop's to say."""

import base64
import datetime as dt
from pathlib import Path

import pytest

from contracts.tables import Inbound, StockLevel
from flows.steps.derived import depending
from flows.steps.home import Home
from flows.steps.opening import open_home
from flows.steps.views import View
from tests.flows.homes import write_settings
from tests.warehouse.rows import rows

NOW = dt.datetime(2026, 11, 28, 8, tzinfo=dt.UTC)
SKU = {"shop_id": "north", "sku_id": "A", "read_at": NOW, "source_updated_at": None}


@pytest.mark.parametrize(
    ("setting", "counted"),
    [("", 0), ("[purchasing]\noverdue_days = 20\n", 7), ("[purchasing]\noverdue_days = 19\n", 0)],
)
def test_an_order_twenty_days_late_counts_where_the_shop_allows_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, counted: int
) -> None:
    write_settings(tmp_path, north="USD")
    with (tmp_path / "shops/north.toml").open("a", encoding="utf-8") as file:
        file.write(setting)
    (tmp_path / "keys").mkdir()
    for name in ("data", "members"):
        key = base64.b64encode(name.encode().ljust(32)).decode()
        (tmp_path / "keys" / f"{name}.key").write_text(key, encoding="utf-8")
    monkeypatch.setattr(Home, "data_as_of", lambda *_: NOW)
    level = {"observed_at": NOW, "on_hand_units": 5, "available_units": 5}
    due = {"expected_date": dt.date(2026, 11, 8), "inbound_units": 7, "deleted_at": None}
    with open_home(tmp_path) as home:
        held = {"stock_levels": rows(StockLevel, [{**SKU, **level}])}
        home.lake.merge(held | {"inbound": rows(Inbound, [{**SKU, **due}])})
        home.readings.record(home.lake.versions())
        made = depending(View.of(home, home.shop("north"), NOW), {"inbound"})["stock_facts"]
    fact = made.row(0, named=True)
    assert (fact["inbound_units"], fact["overdue_units"]) == (counted, 7 - counted)
