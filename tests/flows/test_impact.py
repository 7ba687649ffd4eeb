"""What was sold at a wrong price is listed from the alert, with what can still be held back."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from contracts.tables import Order, OrderLine, Price, PriceFact, Shipment, StockFact
from flows.steps.decide import decide
from flows.steps.home import Home
from flows.steps.impact import impacts
from flows.steps.opening import open_home
from tests.flows.commands import typing
from tests.flows.scripted import HOUR, NOW, write
from tests.warehouse.rows import rows

POLICY = 'mode = "approve"\n[limits]\nmax_actions = 9\nmax_exposure_minor = 0\n'
SINCE = NOW - 5 * HOUR
# Of a price 97 % are left; 10 % of margin is asked: the floor of a cost of 870 is 1000.
FACT: dict[str, Any] = {
    "shop_id": "shop", "listing_id": "v1", "product_id": "p1", "sku_id": "A", "currency": "EUR",
    "price_minor": 100, "anchor_minor": 1200, "unit_cost_minor": 870, "daily_units": 4.0,
    "discount_rate": 0.0, "price_observed_at": SINCE, "cost_currency": "EUR",
}  # fmt: skip
# Hours after the price came into force, pieces, where the goods stand.
SOLD: dict[str, tuple[int, int, str, dict[str, Any]]] = {
    "before": (-1, 9, "unfulfilled", {}),
    "waits": (0, 2, "unfulfilled", {}),
    "on its way": (1, 1, "unfulfilled", {}),
    "in part": (1, 1, "partially_fulfilled", {}),
    "came": (2, 3, "fulfilled", {}),
    "cancelled": (2, 5, "unfulfilled", {"cancelled_at": NOW}),
    "test": (2, 5, "unfulfilled", {"is_test": True}),
    "after": (4, 7, "unfulfilled", {}),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose one price was 1.00 for four hours, instead of 10.00."""
    folder = tmp_path / "home"
    write(folder, "shop")
    (folder / "policies" / "price_watch.toml").write_text(POLICY, encoding="utf-8")
    monkeypatch.setattr(Home, "data_as_of", lambda *_: NOW)
    head = {"shop_id": "shop", "currency": "EUR", "read_at": NOW, "source_updated_at": NOW}
    orders, lines = [], []
    for order_id, (hour, units, status, more) in SOLD.items():
        one = {**head, "order_id": order_id, "placed_at": SINCE + hour * HOUR, **more}
        orders.append({**one, "fulfilment_status": status})
        lines.append({
            **one, "line_id": "1", "listing_id": "v1", "quantity_units": units,
            "unit_price_minor": 100, "total_minor": 100 * units,
        })  # fmt: skip
    sent = [{**head, "order_id": one, "shipment_id": f"dhl:{one}", "shipped_at": NOW}
            for one in ("on its way", "in part", "came")]  # fmt: skip
    seen = [{**head, "listing_id": "v1", "observed_at": at, "price_minor": price}
            for at, price in ((SINCE, 100), (NOW - 4 * HOUR, 100), (NOW - HOUR, 1200))]  # fmt: skip
    tables = {
        "orders": (Order, orders), "order_lines": (OrderLine, lines),
        "shipments": (Shipment, sent), "prices": (Price, seen),
    }  # fmt: skip
    with open_home(folder) as home:
        given = {
            name: rows(schema, [{k: v for k, v in row.items() if k in schema.column_names()}
                                for row in some])
            for name, (schema, some) in tables.items()
        }  # fmt: skip
        home.lake.merge(home.keys.vault.seal_frames(given))
        home.lake.replace("price_facts", rows(PriceFact, [FACT]), shop_id="shop")
        home.lake.replace("stock_facts", rows(StockFact, []), shop_id="shop")
        home.readings.record(home.lake.versions())
    return folder


@pytest.mark.parametrize("by", ["listing", "sku", "alert"])
def test_orders_sold_at_a_wrong_price_are_listed_with_what_they_miss_and_what_can_wait(
    folder: Path, by: str
) -> None:
    with open_home(folder) as home:
        decide(home)
        (alert,) = home.ledger.find()
        assert (alert.reason_code, alert.state) == ("below_cost", "proposed")
        name = {"listing": "v1", "sku": "A", "alert": alert.action_id[:12]}[by]
        (found,) = impacts(home, name)
    assert {row["order_id"] for row in found.orders} == {"waits", "on its way", "in part", "came"}
    assert set(found.hold_back) == {"waits", "in part"}
    assert (found.since, found.until) == (SINCE, SINCE + 4 * HOUR)
    assert (found.units, found.paid_minor, found.right_minor) == (7, 700, 1000)
    # Of each piece 0.97 of 1.00 is left, of a cost of 8.70; 0.97 of 9.00 more was right.
    assert found.margin_minor == 7 * 97 - 7 * 870
    assert found.missed_minor == 7 * 873


def test_the_command_names_what_to_hold_back_and_ends_held(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = typing(folder, monkeypatch, capsys)
    code, printed, _ = typed("actions", "impact", "v1")
    assert code == 3
    assert "Hold back 2 that have not left: waits, in part." in " ".join(printed.split())
    assert json.loads(typed("--json", "actions", "impact", "v1")[1])[0]["missed_minor"] == 7 * 873
    assert typed("actions", "impact", "beef")[0] == 2


def test_the_command_says_it_in_chinese(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = folder / "shopkeeper.toml"
    settings.write_text('language = "zh-CN"\n' + settings.read_text("utf-8"), encoding="utf-8")
    printed = typing(folder, monkeypatch, capsys)("actions", "impact", "v1")[1]
    names = " ".join([*SOLD, "shop", "v1"]).split()
    assert re.findall("[a-z]{2,}", re.sub("|".join(names), "", printed)) == []
    assert "售出 7 件，共 7.00 EUR" in printed
    assert "请拦截尚未发出的 2 笔：waits、in part。" in " ".join(printed.split())
