"""What the steps hand from room to room: each value arrives, and is the shop's own."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from pydantic import BaseModel

from actions.guard import judge
from actions.policies._proposal import Hold, proposals
from connectors.base.limits import Urgency
from contracts.checks import CheckResult
from contracts.codes import PolicyMode, WriteKind
from contracts.tables import PriceFact, StockFact, table_of
from deployments.at_once import AT_ONCE
from flows.steps import act as act_step
from flows.steps import decide as decide_step
from flows.steps import door as door_step
from flows.steps import holders
from flows.steps.guard_facts import facts
from flows.steps.home import Home
from flows.steps.opening import open_home
from flows.steps.policies import PolicyFile
from flows.steps.settings import PolicySettings
from flows.steps.writers import Writers
from tests.flows.conftest import KEYS
from tests.flows.homes import campaign, write_settings
from tests.warehouse.rows import judged, proposal, rows

NOW = dt.datetime(2026, 11, 1, 8, tzinfo=dt.UTC)
SETTINGS = f"""
{AT_ONCE}
[holdout]
salt = "pepper"
share_rate = 0.25
[fx]
base = "CNY"
[fx.rates.USD]
rate = 7.1
date = 2026-10-31
[channels]
order = ["tmall", "demo"]
"""
LIMITS = {"max_actions": 9, "max_exposure_minor": 0}


class Params(BaseModel, extra="forbid"):
    """Parameters of the policy of these tests."""

    size: int = 1


class Rule:
    """A policy that alerts once, and keeps what it was asked with."""

    NAME = "rule"
    WRITES = (WriteKind.NONE, WriteKind.SEND_MESSAGE)
    DEPENDS = ("orders", "members")
    INPUTS = {"prices": PriceFact}  # noqa: RUF012  as modules have it
    Params = Params

    def __init__(self) -> None:
        self.asked: dict[str, Any] = {}
        self.asked_for_holds: dict[str, Any] = {}

    def holds(self, **given: Any) -> Any:
        self.asked_for_holds = given
        held = {"policy": "rule", "shop_id": "tmall", "target_id": "T2", "sku_id": "S2"}
        return Hold.validate(
            pl.DataFrame([{**held, "reason_code": "small_change", "numbers": "{}"}]), cast=True
        )

    def propose(self, **given: Any) -> Any:
        self.asked = given
        alert = proposal("T1", policy="rule", write_kind="none", shop_id="tmall")
        alert |= {"policy_version": 1, "units_at_risk": 0.0, "reason_code": "because"}
        alert |= {"window_start": NOW, "expires_at": NOW + dt.timedelta(days=1)}
        return proposals(
            pl.LazyFrame([{**alert, "numbers": "{}", "evidence": "{}"}]), max_proposals=None
        )


@pytest.fixture
def rule() -> Rule:
    return Rule()


@pytest.fixture
def home(tmp_path: Path, rule: Rule, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """Two shops, one policy whose table for tmall differs, and derived tables of both."""
    write_settings(tmp_path, SETTINGS, demo="USD", tmall="CNY")
    (tmp_path / "keys").mkdir()
    for name, key in KEYS.items():
        (tmp_path / "keys" / f"{name}.key").write_text(key, encoding="utf-8")
    own = {"mode": "auto", "parameters": {"size": 7}, "limits": {"max_actions": 3}}
    written = PolicySettings.model_validate({"limits": LIMITS, "shops": {"tmall": own}})
    with open_home(tmp_path) as opened:
        module: Any = rule
        opened.policies["rule"] = PolicyFile(module, written)
        for shop_id in opened.shops:
            price = {"shop_id": shop_id, "listing_id": f"of {shop_id}", "listing_status": "active"}
            frames = {"price_facts": rows(PriceFact, [price]), "stock_facts": rows(StockFact, [])}
            for name, frame in frames.items():
                opened.lake.replace(name, frame, shop_id=shop_id)
        opened.readings.record(opened.lake.versions())
        monkeypatch.setattr(opened, "data_as_of", lambda _shop: NOW)
        yield opened


def put(home: Home, target: str, *, days: float, **values: Any) -> None:
    """An approved message of so many days ago."""
    at = NOW - dt.timedelta(days=days)
    row = proposal(
        target, policy="rule", shop_id="tmall", state="approved",
        window_start=at, expires_at=NOW + dt.timedelta(days=1),
        **{"write_kind": "send_message", **values},
    )  # fmt: skip
    home.ledger.record(judged(row), run_id=f"run {target}", at=at)


def seen(home: Home, limits: dict[str, int], **given: Any) -> Any:
    """The facts of tmall under some limits."""
    module = home.policies["rule"].module
    settings = PolicySettings(limits={**LIMITS, **limits})
    home.policies["rule"] = PolicyFile(module, settings)
    return facts(home, home.shop("tmall"), "rule", at=NOW, **given)


def test_a_policy_of_prices_knows_what_the_shops_beside_allow(home: Home, rule: Rule) -> None:
    """Of two shops at parity the dearer may go up and the cheaper down: one of them can move."""
    for shop_id, currency, price in (("tmall", "CNY", 7100), ("demo", "USD", 1000)):
        row = {"shop_id": shop_id, "sku_id": "A", "currency": currency, "price_minor": price}
        home.lake.replace("price_facts", rows(PriceFact, [row]), shop_id=shop_id)
    home.readings.record(home.lake.versions())
    found = {}
    for shop_id in ("tmall", "demo"):
        decide_step.consider(home, home.shop(shop_id), "rule")
        price_rows = rule.asked["prices"].collect()
        found[shop_id] = price_rows.select("channel_low_minor", "channel_high_minor").row(0)
    assert found == {"tmall": (7100, 9230), "demo": (700, 1000)}


@pytest.mark.parametrize("limit", ["coupon_days", "message_days", "budget_days"])
def test_the_guard_sees_as_far_back_as_each_of_its_limits_counts(home: Home, limit: str) -> None:
    put(home, "within", days=99)
    put(home, "before", days=101)
    assert seen(home, {limit: 100}).history["target_id"].to_list() == ["within"]


def test_the_guard_of_prices_sees_their_changes_of_ninety_days(home: Home, rule: Rule) -> None:
    rule.WRITES = (WriteKind.SET_PRICE,)  # type: ignore[assignment]
    price = {"write_kind": "set_price", "currency": "CNY", "before_value": 1000}
    for target, days in (("lately", 27), ("within", 89), ("another", 88), ("before", 91)):
        put(home, target, days=days, **price)
    put(home, "a message", days=80)
    found = seen(home, {}).history["target_id"].to_list()
    assert found == ["within", "another", "lately"]
    few = seen(home, {}, targets=["within"]).history["target_id"].to_list()
    assert few == ["within", "lately"]


def test_the_guard_sees_four_weeks_whatever_its_limits_count(home: Home) -> None:
    put(home, "within", days=27)
    put(home, "before", days=29)
    short = {"coupon_days": 1, "message_days": 1, "budget_days": 1}
    assert seen(home, short).history["target_id"].to_list() == ["within"]


def test_what_is_written_once_for_life_is_looked_for_however_long_ago_by_target(home: Home) -> None:
    put(home, "order-1", days=900)
    put(home, "order-2", days=900)
    found = seen(home, {}, targets=["order-1"])
    assert found.earlier["target_id"].to_list() == ["order-1"]
    assert found.history.is_empty()


def test_the_guard_knows_what_the_home_says_of_the_shop(home: Home) -> None:
    failed = CheckResult(
        shop_id="tmall", table="orders", check="suite", passed=False, measured="1", limit="0",
        checked_at=NOW,
    )  # fmt: skip
    home.checks.record([failed])
    home.ledger.stop("platform", "shopify", by="ada", at=NOW)
    given = seen(home, {})
    assert given.depends == ("orders", "members")
    assert given.price_facts["listing_id"].to_list() == ["of tmall"]
    assert [one.table for one in given.failed] == ["orders"]
    assert [(one.scope, one.name) for one in given.switches] == [("platform", "shopify")]
    assert given.platforms["tmall", "set_price"] == "shopify"
    assert given.time_zones == {"tmall": "Asia/Shanghai"}
    assert list(given.channel_order) == ["tmall", "demo"]
    assert sorted(given.fx.rows()) == [
        ("CNY", 1.0, NOW.date()),
        ("USD", 7.1, dt.date(2026, 10, 31)),
    ]
    assert (given.holdout_salt, given.holdout_share) == ("pepper", 0.25)


@pytest.mark.parametrize(
    ("campaigns", "mode"), [("", PolicyMode.APPROVE), (campaign(), PolicyMode.AUTO)]
)
def test_decide_hands_the_shops_own_to_policy_guard_and_ledger(
    home: Home, rule: Rule, monkeypatch: pytest.MonkeyPatch, campaigns: str, mode: PolicyMode
) -> None:
    put(home, "T1", days=900)
    given: dict[str, Any] = {}

    def spy(proposed: pl.DataFrame, known: Any, **values: Any) -> pl.DataFrame:
        given.update(values, proposed=proposed, facts=known)
        return judge(proposed, known, **values)

    monkeypatch.setattr(decide_step, "judge", spy)
    with open_home(write_settings(home.folder, SETTINGS + campaigns)) as again:
        monkeypatch.setattr(home, "settings", again.settings)
    shop = home.shop("tmall")
    [decided] = decide_step.decide(home, shop_id="tmall", policy="rule")
    asked = {name: rule.asked[name] for name in ("params", "economics", "as_of", "time_zone")}
    assert asked == {
        "params": Params(size=7), "economics": shop.economics, "as_of": NOW,
        "time_zone": "Asia/Shanghai",
    }  # fmt: skip
    assert rule.asked_for_holds is not rule.asked
    assert {name: rule.asked_for_holds[name] for name in asked} == asked
    assert rule.asked_for_holds["prices"] is rule.asked["prices"]
    [alone] = decided.left_alone
    assert (alone.reason, alone.targets, alone.samples) == ("small_change", 1, ())
    assert home.left_alone.latest() == [alone]
    assert rule.asked["prices"].collect()["listing_id"].to_list() == ["of tmall"]
    assert given["proposed"]["target_id"].to_list() == ["T1"]
    assert given["limits"] == home.policy(shop, "rule").limits
    assert given["limits"].max_actions == 3
    assert (given["economics"], given["mode"], given["at"]) == (shop.economics, mode, NOW)
    assert given["facts"].earlier["target_id"].to_list() == ["T1"]
    [action] = home.ledger.find(run_id=decided.run_id)
    assert (decided.mode, decided.as_of) == (mode, NOW)
    assert action.state == ("proposed" if mode is PolicyMode.APPROVE else "approved")
    assert action.decided_at == NOW


@pytest.mark.parametrize("batch", [None, "batch"])
def test_act_hands_on_what_is_asked_for_and_the_shops_own_limits(
    home: Home, monkeypatch: pytest.MonkeyPatch, batch: str | None
) -> None:
    given: dict[str, Any] = {}
    urgencies: list[Urgency] = []

    def clock(writers: Writers) -> Any:
        urgencies.append(writers.urgency)
        return lambda: NOW

    def dispatched(ledger: Any, _outbound_of: Any, **values: Any) -> dict[Any, int]:
        given.update(values)
        actions = ledger.find(shop_id="tmall")
        given["on_progress"](len(actions))
        given["barred"] = given["recheck"](actions, {"T1": "live"})
        return {}

    def rechecked(actions: Any, live: Any, known: Any, **values: Any) -> dict[str, Any]:
        given["rechecked"] = SimpleNamespace(actions=actions, live=live, facts=known, **values)
        return {actions[0].action_id: ("floor", "too low")}

    monkeypatch.setattr(Writers, "clock", clock)
    monkeypatch.setattr(act_step, "dispatch", dispatched)
    monkeypatch.setattr(door_step, "per_item_recheck", rechecked)
    put(home, "T1", days=1)
    put(home, "gone", days=900)
    listed: list[tuple[str, int, int | None]] = []
    act_step.act(
        home, shop_id="tmall", policy="rule", undo_batch=batch,
        progress=lambda *work: listed.append(work),
    )  # fmt: skip
    shop, judged_again = home.shop("tmall"), given["rechecked"]
    assert urgencies == [Urgency.ACT if batch is None else Urgency.UNDO]
    asked = (given["shop_id"], given["policy"], given["undo_batch"], given["holder"])
    assert asked == ("tmall", "rule", batch, holders.holder())
    assert given["clock"]() == NOW
    assert listed == [("tmall act", 2, None)]
    assert list(given["barred"].values()) == [("floor", "too low")]
    assert judged_again.limits.max_actions == 3
    assert (judged_again.economics, judged_again.at) == (shop.economics, NOW)
    assert judged_again.live == {"T1": "live"}
    assert sorted(judged_again.facts.earlier["target_id"]) == ["T1", "gone"]
    assert {one.target_id for one in judged_again.actions} == {"T1", "gone"}


def test_act_expires_by_the_platforms_clock_what_is_late(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(home, "T1", days=1)
    monkeypatch.setattr(Writers, "clock", lambda _: lambda: NOW + dt.timedelta(days=1))
    act_step.act(home, shop_id="tmall")
    assert [str(one.state) for one in home.ledger.find()] == ["expired"]


def test_derived_tables_are_of_their_shop_alone(home: Home) -> None:
    for shop in home.shops.values():
        found = home.scan(table_of(PriceFact).name, shop).collect()
        assert found["listing_id"].to_list() == [f"of {shop.id}"]
