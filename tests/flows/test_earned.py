"""Auto is earned: until it is, a policy acts by approval, and all surfaces say what is missing."""

import asyncio
import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from flows.steps.backtest import backtest
from flows.steps.decide import Decided, decide
from flows.steps.earned import record_backtest, why_not_auto
from flows.steps.report import gather
from reports.markdown import by_approval_list
from reports.page import render
from tests.flows.commands import typing
from tests.flows.pricing_shop import DAY, FIRST, REPRICING, PricingShop, made
from warehouse.event_chain import Events

NOTHING = {"shadow_days": "0", "least_costed_rate": "0", "needs_backtest": "false"}
OF_ALL = (
    "repricing in shop acts by approval: 0 of 14 days of shadow or approval;"
    " 66.7% of the listings are linked and costed, 90.0% are required;"
    " no backtest of these settings in 30 days: `shopkeeper backtest repricing --shop shop`"
)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PricingShop:
    """A shop of three listings, two of them costed, whose policy is set to auto."""
    made_up = made(tmp_path, monkeypatch)
    set_policy(made_up, "auto")
    return made_up


def set_policy(shop: PricingShop, mode: str, *, limit: str = "", parameter: str = "") -> None:
    text = REPRICING.replace("approve", mode).replace("[limits]", f"{parameter}\n[limits]\n{limit}")
    (shop.folder / "policies" / "repricing.toml").write_text(text, encoding="utf-8")


def ask(shop: PricingShop, **asked: str) -> None:
    """Ask for this before auto acts, and for nothing else."""
    lines = [f"{name} = {value}" for name, value in (NOTHING | asked).items()]
    text = "\n".join(["[auto]", *lines])
    (shop.folder / "shopkeeper.toml").write_text(text, encoding="utf-8")


def decided(shop: PricingShop, as_of: dt.datetime | None = None) -> Decided:
    with shop.open() as home:
        (one,) = decide(home, policy="repricing", as_of=as_of)
    return one


def is_acting(shop: PricingShop) -> bool:
    """Whether what it decides needs nobody's approval."""
    one = decided(shop)
    assert (one.mode == "approve") == (one.held_back is not None)
    return one.mode == "auto"


def test_auto_acts_at_once_where_nothing_is_asked(shop: PricingShop) -> None:
    ask(shop)
    shop.read()
    one = decided(shop)
    assert (one.mode, one.held_back, one.states) == ("auto", None, {"approved": 1, "refused": 1})


def test_days_of_shadow_and_approval_are_counted_once_each(shop: PricingShop) -> None:
    ask(shop, shadow_days="2")
    shop.read()
    set_policy(shop, "shadow")
    decided(shop)
    decided(shop)
    shop.pass_time()
    shop.read()
    decided(shop, as_of=shop.platform.now - DAY / 2)
    set_policy(shop, "auto")
    one = decided(shop)
    assert one.held_back is not None
    assert "1 of 2 days of shadow or approval" in one.held_back
    assert one.states == {"proposed": 1, "refused": 1}
    # That was by approval, too.
    assert is_acting(shop)
    with shop.open() as home:
        events = Events(home.database).of("repricing in shop")
    assert [one.details for one in events] == [
        {"day": "2026-11-20", "mode": "shadow"}, {"day": "2026-11-21", "mode": "approve"},
    ]  # fmt: skip


def test_prices_need_the_rate_of_listings_whose_cost_is_known(shop: PricingShop) -> None:
    ask(shop, least_costed_rate="0.9")
    shop.read()
    assert not is_acting(shop)
    shop.pass_time()
    shop.costs["B"] = 500
    shop.read()
    assert is_acting(shop)


def test_the_settings_of_now_need_a_backtest_of_these_days(shop: PricingShop) -> None:
    ask(shop, needs_backtest="true", backtest_days="30")
    shop.read()
    assert not is_acting(shop)
    with shop.open() as home:
        demo = home.shop("shop")
        record_backtest(home, demo, "repricing", first=FIRST, last=FIRST, by="chen")
    assert is_acting(shop)
    for part, line in (("limit", "cooldown_hours = 48"), ("parameter", "by_minor = 5")):
        set_policy(shop, "auto", **{part: line})
        assert not is_acting(shop), line
    set_policy(shop, "auto")
    assert is_acting(shop)
    with shop.open() as home:
        demo = home.shop("shop")
        at = home.data_as_of(demo)
        assert why_not_auto(home, demo, "repricing", at=at + 30 * DAY) is None
        assert why_not_auto(home, demo, "repricing", at=at + 31 * DAY) is not None


def test_what_is_missing_is_told_everywhere_and_a_backtest_is_what_counts(
    shop: PricingShop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.read()
    typed = typing(shop.folder, monkeypatch, capsys)
    monkeypatch.setattr("shopkeeper.steps.chosen_home", shop.open)
    monkeypatch.setattr("shopkeeper.setup.chosen_home", shop.open)
    (answer,) = json.loads(typed("--json", "decide")[1])
    assert (answer["mode"], answer["held_back"]) == ("approve", OF_ALL)
    done = OF_ALL.replace("0 of 14", "1 of 14")
    assert done in " ".join(typed("decide")[1].split())
    code, screen, _ = typed("--json", "doctor")
    assert code == 3
    assert ("policies", "auto", False, done) in {
        (one["source"], one["subject"], one["passed"], one["detail"]) for one in json.loads(screen)
    }
    assert "1 of 14 days of shadow" in by_approval_list([done])
    with shop.open() as home:
        daily = gather(home, [home.shop("shop")], as_of=home.data_as_of(home.shop("shop")))
        assert "1 of 14 days of shadow" in render(daily)
        monkeypatch.setattr("flows.steps.backtest.check", lambda *_, **__: [])
        backtest(home, "repricing", shop_id="shop")
        at = home.data_as_of(home.shop("shop"))
        lacks: Any = why_not_auto(home, home.shop("shop"), "repricing", at=at)
        assert "no backtest" not in lacks
        (event,) = [
            one for one in Events(home.database).of("repricing in shop") if one.kind == "backtested"
        ]
    assert (event.details["first"], event.details["last"]) == ("2026-11-07", "2026-11-20")


@pytest.mark.slow
def test_a_run_and_its_artifact_say_what_is_missing(
    shop: PricingShop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from flows import decide as flow

    shop.read()
    pages: list[str] = []

    async def keep(page: str, **_: str) -> None:
        pages.append(page)

    monkeypatch.setattr(flow, "acreate_markdown_artifact", keep)
    monkeypatch.setattr(flow, "open_home", lambda _: shop.open())
    asyncio.run(flow.decide_flow.fn(str(shop.folder)))
    assert "acts by approval" in pages[0]
    monkeypatch.setattr("shopkeeper.steps.chosen_home", shop.open)
    monkeypatch.setattr("flows.steps.run.check", lambda *_, **__: [])
    screen = typing(shop.folder, monkeypatch, capsys)("run")[1]
    assert "By approval" in screen


def test_what_writes_nothing_has_nothing_to_earn(shop: PricingShop) -> None:
    (shop.folder / "policies" / "price_watch.toml").write_text(
        'mode = "auto"\n[limits]\nmax_actions = 9\nmax_exposure_minor = 0\n', encoding="utf-8"
    )
    shop.read()
    with shop.open() as home:
        demo = home.shop("shop")
        assert why_not_auto(home, demo, "price_watch", at=home.data_as_of(demo)) is None
