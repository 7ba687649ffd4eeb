"""A backtest says what was said then, whatever was read since, and leaves everything as it is."""

import datetime as dt
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, inspect, text

from contracts.errors import ConfigurationError
from flows.steps import actions
from flows.steps import backtest as step
from flows.steps.actions import switch
from flows.steps.backtest import Backtested, backtest
from flows.steps.decide import Decided, decide
from flows.steps.home import Home
from flows.steps.past import Past
from tests.flows.commands import typing
from tests.flows.pricing_shop import DAY, FIRST, PricingShop, made, said
from tests.flows.scripted import NOW
from warehouse.erasures import Erasure
from warehouse.event_chain import Events

pytestmark = pytest.mark.long


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PricingShop:
    return made(tmp_path, monkeypatch)


@pytest.fixture
def unchecked(shop: PricingShop, monkeypatch: pytest.MonkeyPatch) -> PricingShop:
    """The same, where what is read is not looked at closely, which takes seconds a day."""
    monkeypatch.setattr(step, "check", lambda *_, **__: [])
    return shop


def replayed(shop: PricingShop, first: dt.date, last: dt.date) -> Backtested:
    with shop.open() as home:
        return backtest(home, "repricing", shop_id="shop", first=first, last=last)


def changes(found: Backtested) -> list[list[tuple[int | None, int, str | None]]]:
    """Per day from which price to which, and what refused it, of A."""
    return [
        [(one.before_value, one.after_value, one.guard) for one in day.actions if one.sku_id == "A"]
        for day in found.days
    ]


def guards(told: set[tuple[Any, ...]]) -> dict[str, str | None]:
    """What refused each listing's price."""
    return {row[0]: row[5] for row in told}


def stored(folder: Path) -> dict[str, str]:
    """All that a home holds but for its events, by file and by table of its database."""
    files = {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "shopkeeper.db" not in path.name
    }
    engine = create_engine(f"sqlite:///{folder / 'data' / 'shopkeeper.db'}")
    with engine.connect() as connection:
        tables = {
            name: str(connection.execute(text(f'SELECT * FROM "{name}"')).all())
            for name in inspect(connection).get_table_names()
            if name not in ("events", "event_head")
        }
    engine.dispose()
    return files | tables


@pytest.mark.long
def test_a_day_is_decided_as_it_was_then_whatever_was_read_since(shop: PricingShop) -> None:
    shop.set_limit("cooldown_hours = 72")
    shop.read(is_checked=True)
    then = {FIRST: shop.decided()}
    assert guards(then[FIRST]) == {"LA": None, "LB": "cost_missing"}
    shop.carry_out("LA")
    # The cost of C jumps in its place, and is not used, since nobody has confirmed it.
    shop.pass_time()
    shop.prices["A"], shop.rivals["A"], shop.titles["A"] = 960, 930, "new"
    shop.costs["C"], shop.rivals["C"], shop.costs["B"] = 900, 970, 400
    shop.read(is_checked=True)
    then[FIRST + DAY] = shop.decided()
    assert guards(then[FIRST + DAY]) == {"LA": "cooldown", "LB": None, "LC": None}
    # So many offers are unreadable that nothing is changed.
    shop.pass_time()
    shop.spoiled = 30
    shop.read(is_checked=True)
    then[FIRST + 2 * DAY] = shop.decided()
    assert set(guards(then[FIRST + 2 * DAY]).values()) == {"check_failed"}
    shop.pass_time()
    shop.prices, shop.rivals, shop.costs = {"A": 700}, {}, {}
    shop.read(is_checked=True)
    with shop.open() as home:
        switch(home, on=True, by="chen", shop_id="shop")
    before = stored(shop.folder)
    for day, expected in then.items():
        (found,) = replayed(shop, day, day).days
        assert said(found.actions) == expected, day
    assert stored(shop.folder) == before
    with shop.open() as home:
        events = Events(home.database).of("repricing in shop")
    tested = [one.details["first"] for one in events if one.kind == "backtested"]
    assert tested == [str(day) for day in then]


@pytest.mark.long
def test_what_would_have_been_done_counts_for_the_days_after_it(unchecked: PricingShop) -> None:
    """The rival asks 800, a day's step is 5 %, and a week's 15 %."""
    unchecked.rivals["A"] = 800
    for _ in range(4):
        unchecked.read()
        unchecked.decided()
        unchecked.pass_time()
    found = replayed(unchecked, FIRST, FIRST + 3 * DAY)
    assert changes(found) == [
        [(1000, 950, None)], [(950, 903, None)], [(903, 858, None)], [(858, 816, "max_week")],
    ]  # fmt: skip
    assert (found.total.proposals, found.total.raises, found.total.cuts) == (3, 0, 3)
    assert found.total.refusals == {"cost_missing": 4, "max_week": 1}


def test_a_price_that_somebody_changed_is_the_one_in_force(unchecked: PricingShop) -> None:
    unchecked.rivals["A"] = 800
    unchecked.read()
    unchecked.decided()
    unchecked.pass_time()
    unchecked.prices["A"] = 990
    unchecked.read()
    assert changes(replayed(unchecked, FIRST, FIRST + DAY))[1] == [(990, 941, None)]


def test_a_stop_counts_as_long_as_it_was_in_force(
    unchecked: PricingShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "machine_now", lambda: unchecked.platform.now)
    unchecked.read()
    with unchecked.open() as home:
        switch(home, on=True, by="chen", policy="repricing")
    unchecked.decided()
    unchecked.pass_time()
    with unchecked.open() as home:
        switch(home, on=False, by="chen", policy="repricing")
    unchecked.read()
    found = replayed(unchecked, FIRST, FIRST + DAY)
    assert [day.tally.refusals for day in found.days] == [{"kill_switch": 2}, {"cost_missing": 1}]


@pytest.mark.long
def test_the_shops_beside_bound_a_price_as_they_did_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other shop may not be dearer: from 980 on it would be, and later it asks 500."""
    monkeypatch.setattr(step, "check", lambda *_, **__: [])
    shop = made(tmp_path, monkeypatch, "other")
    order = '[channels]\norder = ["shop", "other"]\n[fx]\nbase = "EUR"\n'
    (tmp_path / "shopkeeper.toml").write_text(order, encoding="utf-8")
    shop.beside["A"] = 980
    shop.read()
    with shop.open() as home:
        said_then = said(one for row in decide(home, shop_id="shop", policy="repricing")
                         for one in home.ledger.find(run_id=row.run_id))  # fmt: skip
    shop.pass_time()
    shop.beside["A"] = 500
    shop.read()
    (found,) = replayed(shop, FIRST, FIRST).days
    assert said(found.actions) == said_then
    assert ("LA", 1000, 980, None) in {(row[0], row[1], row[2], row[5]) for row in said_then}


def test_what_landing_no_longer_holds_is_counted_and_the_rest_played(
    unchecked: PricingShop,
) -> None:
    unchecked.read()
    with unchecked.open() as home:
        (offers,) = home.readings.loaded_by("shop", "competitor_offers", older_than=None)
        manifest = home.landing._manifest(offers.id)
        assert manifest is not None
        home.landing._page_path(manifest.parts[0].address).unlink()
        for is_kept in (True, False):  # a page is gone, then the whole reading
            found = backtest(home, "repricing", shop_id="shop", first=FIRST, last=FIRST)
            assert found.missing == (offers.id,)
            assert found.days[0].tally.left_alone == {"alone": 3}
            assert home.landing.is_complete(offers.id) == is_kept
            home.landing.drop(offers.id)
        for stream in ("listings", "prices", "costs"):
            (reading,) = home.readings.loaded_by("shop", stream, older_than=None)
            home.landing.drop(reading.id)
        with pytest.raises(ConfigurationError, match="until 2026-11-20 is no longer in landing"):
            backtest(home, "repricing", shop_id="shop", first=FIRST, last=FIRST)


def test_who_is_forgotten_is_forgotten_in_what_is_played_again(
    shop: PricingShop, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with shop.open() as home:
        home.erasures.add(Erasure("shop", "somebody", NOW, "chen"))
        with Past(home, tmp_path_factory.mktemp("past"), {}) as past:
            assert past.members(past.shop("shop")).forgotten == {"somebody"}


def test_what_is_typed_tells_each_day_and_those_that_failed(
    unchecked: PricingShop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    unchecked.read()
    unchecked.decided()
    unchecked.pass_time(2 * DAY)
    unchecked.read()
    opened = unchecked.open
    typed = typing(unchecked.folder, monkeypatch, capsys)
    monkeypatch.setattr("shopkeeper.history.chosen_home", opened)
    span = ("--shop", "shop", "--from", FIRST, "--to", FIRST + 2 * DAY)
    code, printed, _ = typed("--json", "backtest", "repricing", *span)
    days = json.loads(printed)["days"]
    assert code == 0
    assert [(one["day"], one["proposals"]) for one in days] == [
        ("2026-11-20", 1), ("2026-11-21", 0), ("2026-11-22", 0),
    ]  # fmt: skip
    assert [one["decided_at"] is None for one in days] == [False, True, False]

    def broken(home: Home, *, shop_id: str, policy: str) -> list[Decided]:
        if home.data_as_of(home.shop("shop")).date() == FIRST:
            raise ZeroDivisionError
        return decide(home, shop_id=shop_id, policy=policy)

    monkeypatch.setattr(step, "decide", broken)
    code, screen, printed = typed("backtest", "repricing", *span)
    assert code == 3
    assert printed == "stopped: 2026-11-20: it fails: ZeroDivisionError\n"
    assert "On 1 of 3 days nothing was read by then." in screen
    assert "Refused, day by day: 1 cost_missing." in screen


def test_a_span_in_which_nothing_was_read_is_refused_in_one_sentence(
    unchecked: PricingShop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    unchecked.read()
    opened = unchecked.open
    typed = typing(unchecked.folder, monkeypatch, capsys)
    monkeypatch.setattr("shopkeeper.history.chosen_home", opened)
    span = ("--shop", "shop", "--from", "2026-10-01", "--to", "2026-10-02")
    code, _, printed = typed("backtest", "repricing", *span)
    assert code == 2
    assert "shop was first read on 2026-11-20, so nothing was known between 2026-10-01" in printed
    code, _, printed = typed("backtest", "repricing", *span[:4], "--to", "2026-09-01")
    assert code == 2
    assert "--from 2026-10-01 is later than --to 2026-09-01" in printed
