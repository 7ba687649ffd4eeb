"""A clearance that the settings ask for reaches policy, guard and alert; nothing else does."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from contracts.clearance import Clearance
from contracts.tables import PriceFact, RivalOffer, StockFact
from flows.steps.actions import describe
from flows.steps.decide import decide
from flows.steps.guard_facts import facts
from flows.steps.home import Home
from flows.steps.impact import impacts
from flows.steps.opening import open_home
from tests.flows.scripted import HOUR, NOW, write
from tests.warehouse.rows import rows

REPRICING = """
mode = "approve"
[parameters]
min_factor = 0.3
max_factor = 3.0
{clearance}
[limits]
max_actions = 9
max_exposure_minor = 100_000
{limits}
"""
WATCH = 'mode = "approve"\n[limits]\nmax_actions = 9\nmax_exposure_minor = 0\n'
STEP = "clearance = [{ min_age_days = 180, min_cover_days = 120, off_rate = 0.3 }]"
LOSS = STEP.replace("0.3 }", "0.4 }") + "\nclearance_margin_rate = -0.05"
LIMIT = "clearance_loss_rate = 0.05"
# Of a price 97 % are left; 10 % of margin is asked: the floor of a cost of 870 is 1000, even 897.
FACT: dict[str, Any] = {
    "shop_id": "shop", "listing_id": "v1", "product_id": "p1", "sku_id": "A", "currency": "EUR",
    "price_minor": 980, "anchor_minor": 1300, "low_anchor_minor": 1300, "unit_cost_minor": 870,
    "cost_currency": "EUR", "discount_rate": 0.0, "price_observed_at": NOW - 9 * HOUR,
    "age_days": 300.0, "available_units": 800, "daily_units": 4.0, "cover_days": 200.0,
    "has_demand": True, "median_28d_minor": 980,
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    write(folder, "shop")
    (folder / "policies" / "price_watch.toml").write_text(WATCH, encoding="utf-8")
    monkeypatch.setattr(Home, "data_as_of", lambda *_: NOW)
    monkeypatch.setattr("flows.steps.guard_facts._readings", lambda *_: _read())
    stock(folder)
    return folder


def _read() -> pl.DataFrame:
    listed = [{"shop_id": "shop", "table": name, "read_at": NOW} for name in ("prices", "costs")]
    return pl.DataFrame(listed).with_columns(pl.col("read_at").dt.cast_time_unit("us"))


def stock(folder: Path, *, clearance: str = STEP, limits: str = "", **fact: Any) -> None:
    """Settings, and the one listing of the shop."""
    text = REPRICING.format(clearance=clearance, limits=limits)
    (folder / "policies" / "repricing.toml").write_text(text, encoding="utf-8")
    with open_home(folder) as home:
        home.lake.replace("price_facts", rows(PriceFact, [FACT | fact]), shop_id="shop")
        home.lake.replace("stock_facts", rows(StockFact, []), shop_id="shop")
        home.lake.replace("rival_offers", rows(RivalOffer, []), shop_id="shop")
        home.readings.record(home.lake.versions())


def decided(folder: Path) -> dict[str, tuple[Any, ...]]:
    """By policy what it came to: reason, new price, state and guard."""
    with open_home(folder) as home:
        decide(home)
        return {
            one.policy: (one.reason_code, one.after_value, one.state, one.guard)
            for one in home.ledger.find()
        }


def test_what_clears_is_cut_below_the_usual_floor_and_no_alert_speaks_against_it(
    folder: Path,
) -> None:
    assert decided(folder) == {"repricing": ("clearance", 931, "proposed", None)}
    with open_home(folder) as home:
        assert [one.right_minor for one in impacts(home, "A")] == [980]


def test_without_the_setting_it_walks_up_and_the_alert_tells(folder: Path) -> None:
    stock(folder, clearance="")
    assert decided(folder) == {
        "repricing": ("raise_to_floor", 1000, "proposed", None),
        "price_watch": ("below_floor", 1000, "proposed", None),
    }


def test_a_clearance_that_is_off_or_unwritten_allows_no_alert_to_be_silent(folder: Path) -> None:
    text = (folder / "policies" / "repricing.toml").read_text(encoding="utf-8")
    off = text.replace('mode = "approve"', 'mode = "off"')
    (folder / "policies" / "repricing.toml").write_text(off, encoding="utf-8")
    assert set(decided(folder)) == {"price_watch"}
    (folder / "policies" / "repricing.toml").unlink()
    assert set(decided(folder)) == {"price_watch"}


def test_a_loss_needs_the_limit_beside_the_setting(folder: Path) -> None:
    """From 9.00 one step goes to 8.55, which loses 5 % of it; even is 8.97."""
    below: dict[str, Any] = {"price_minor": 900, "median_28d_minor": 900}
    stock(folder, clearance=LOSS, **below)
    assert decided(folder) == {"repricing": ("clearance", 855, "refused", "floor")}
    with open_home(folder) as home:
        assert [one.right_minor for one in impacts(home, "A")] == [900]


def test_a_loss_that_setting_and_limit_ask_for_is_let_through(folder: Path) -> None:
    below: dict[str, Any] = {"price_minor": 900, "median_28d_minor": 900}
    stock(folder, clearance=LOSS, limits=LIMIT, **below)
    assert decided(folder) == {"repricing": ("clearance", 855, "proposed", None)}


@pytest.mark.parametrize(("limits", "told"), [("", {"price_watch"}), (LIMIT, set())])
def test_the_alert_of_a_loss_is_silent_as_far_as_the_limit_says(
    folder: Path, limits: str, told: set[str]
) -> None:
    stock(folder, clearance=LOSS, limits=limits, price_minor=880, median_28d_minor=880)
    assert set(decided(folder)) - {"repricing"} == told


def test_the_guard_of_another_policy_knows_of_no_clearance(folder: Path) -> None:
    with open_home(folder) as home:
        shop = home.shop("shop")
        own = facts(home, shop, "repricing", at=NOW).clearance
        other = facts(home, shop, "price_watch", at=NOW).clearance
    assert [step.off_rate for step in own.steps] == [0.3]
    assert other == Clearance()


def test_the_screen_says_why_in_both_languages(folder: Path) -> None:
    decided(folder)
    with open_home(folder) as home:
        (action,) = home.ledger.find()
        screen = describe(home, action.action_id)["screen"]
    assert "to clear it: it was listed 300 days ago and its 800 pieces last 200 days" in " ".join(
        screen["en"].split()
    )
    assert "清仓：上架已 300 天" in "".join(screen["zh"].split("\n"))
