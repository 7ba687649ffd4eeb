"""A cost that jumps is not used until the shop's settings confirm it, and `check` says so."""

import base64
import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from contracts.tables import Cost, PriceFact
from flows.steps.check import check
from flows.steps.derived import costs
from flows.steps.home import Home
from flows.steps.opening import open_home
from flows.steps.views import View
from tests.flows.homes import write_settings
from tests.warehouse.rows import rows

NOW = dt.datetime(2026, 11, 1, 8, tzinfo=dt.UTC)
FX = '[fx]\nbase = "CNY"\n[fx.rates.USD]\nrate = 7.0\ndate = 2026-10-31\n'


def opened(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    confirmed: str = "",
    economics: str = "",
    last: dict[str, Any] | None = None,
) -> Home:
    """A shop whose last build used a cost of 21.00, and whose feed has written 2.10 over it."""
    write_settings(folder, FX, north="USD")
    with (folder / "shops/north.toml").open("a", encoding="utf-8") as file:
        file.write(economics + confirmed)  # [economics] is its last table
    (folder / "keys").mkdir(exist_ok=True)
    for name in ("data", "members"):
        key = base64.b64encode(name.encode().ljust(32)).decode()
        (folder / "keys" / f"{name}.key").write_text(key, encoding="utf-8")
    monkeypatch.setattr(Home, "data_as_of", lambda *_: NOW)
    home = open_home(folder)
    stated: dict[str, Any] = {
        "shop_id": "north", "sku_id": "A", "valid_from": dt.date(2026, 1, 1), "currency": "USD",
        "unit_cost_minor": 210, "read_at": NOW, "source_updated_at": None, "deleted_at": None,
    }  # fmt: skip
    fact = {"shop_id": "north", "sku_id": "A", "unit_cost_minor": 2100, "currency": "USD"}
    home.lake.merge({"costs": rows(Cost, [stated, stated | {"sku_id": "B", "currency": "CNY"}])})
    facts = [fact, *([] if last is None else [{**fact, "sku_id": "B", **last}])]
    home.lake.replace("price_facts", rows(PriceFact, facts), shop_id="north")
    home.readings.record(home.lake.versions())
    return home


def used(home: Home, as_of: dt.datetime = NOW) -> dict[str, tuple[int, int | None]]:
    """The cost in use of each SKU, and the one that waits."""
    found = costs(View.of(home, home.shop("north"), as_of)).collect().sort("sku_id")
    columns = ("sku_id", "unit_cost_minor", "unconfirmed_cost_minor")
    return {sku: (cost, newer) for sku, cost, newer in found.select(columns).iter_rows()}


def told(home: Home) -> tuple[bool, str]:
    (found,) = [one for one in check(home) if one.check == "cost_jumps"]
    assert not found.is_blocking
    return found.passed, f"{found.measured}, {found.limit}"


def test_a_cost_written_over_its_predecessor_waits_until_the_settings_confirm_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path / "a", monkeypatch) as home:
        assert used(home) == {"A": (2100, 210), "B": (30, None)}  # 2.10 CNY are 0.30 USD
        assert told(home) == (
            False,
            "1 newer costs are not used: A 2.10 USD after 21.00 USD, at most 30% above or 10% below"
            " the cost before it, or confirmed under [confirmed] in shops/north.toml",
        )
    sure = "\n[confirmed]\ncosts = { A = 210 }\n"
    with opened(tmp_path / "b", monkeypatch, confirmed=sure) as home:
        assert used(home)["A"] == (210, None)
        assert told(home)[0]
    until = "\n[confirmed]\ncosts_until = 2026-11-01\n"
    with opened(tmp_path / "c", monkeypatch, confirmed=until) as home:
        assert used(home)["A"] == (210, None)


def test_a_decision_of_the_past_knows_nothing_of_the_build_of_today(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path, monkeypatch) as home:
        monkeypatch.setattr(Home, "data_as_of", lambda *_: NOW + dt.timedelta(days=1))
        assert used(home)["A"] == (210, None)


USED = {"listing_id": "B", "unit_cost_minor": 31, "cost_currency": "CNY", "cost_fx_rate": 0.1445}


@pytest.mark.parametrize(
    ("least", "last", "cost"),
    [
        ("0.015", USED, 31),  # 210 x 0.1445 = 30.35; 1 / 7 is 1.14 % below
        ("0.01", USED, 30),
        ("0.0", USED, 30),
        ("0.015", USED | {"cost_fx_rate": None}, 30),
        ("0.015", USED | {"currency": "EUR"}, 30),  # what the shop's prices were in before
        ("0.015", None, 30),
    ],
)
def test_a_rate_of_exchange_that_hardly_moved_since_the_last_build_moves_no_cost(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    least: str,
    last: dict[str, Any] | None,
    cost: int,
) -> None:
    setting = f"min_fx_move_rate = {least}\n"
    with opened(tmp_path, monkeypatch, economics=setting, last=last) as home:
        assert used(home)["B"] == (cost, None)
        monkeypatch.setattr(Home, "data_as_of", lambda *_: NOW + dt.timedelta(days=1))
        assert used(home)["B"] == (30, None)  # a decision of the past knows nothing of the build
