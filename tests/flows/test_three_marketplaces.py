"""One merchant on Shopify, Tmall and Amazon: prices follow rivals and stay in step."""

import datetime as dt
import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import polars as pl
import pytest

from contracts.actions import Action
from contracts.codes import ActionState
from deployments.at_once import AT_ONCE
from flows.steps.act import act
from flows.steps.actions import Selection
from flows.steps.build import build, rebuild
from flows.steps.check import order_checks
from flows.steps.decide import decide
from flows.steps.home import Home
from flows.steps.metrics import show
from flows.steps.opening import open_home
from flows.steps.pull import lookup_tables, pull
from flows.steps.undo import undo
from sandbox.composed import composed
from sandbox.merchant import merchant as built_worlds
from sandbox.scoreboard import clock_text
from sandbox.world import exports
from sandbox.world.world import World
from tests.flows.conftest import KEYS, RATES, TODAY, TOKEN
from tests.flows.three_marketplaces import (
    AMAZON,
    CALENDAR,
    FILES,
    GROCER,
    MAPPINGS,
    NO_RATE,
    OLD_RATE,
    ORDER,
    POLICY,
    RATE,
    TMALL,
)

pytestmark = pytest.mark.long

SHOPS = {"grocer": "shopify", "tmall": "taobao", "amazon": "amazon"}
"""Our shops and the channels that they are."""
WORTH = {"grocer": 7.0, "tmall": 1.0, "amazon": 7.0}
"""What a unit of their currencies is worth in yuan."""
MOST_GAP = 0.3
SENTENCE_OF_GAP = r"[\d.]+ (USD|CNY) is [\d.]+ % from [\d.]+ (USD|CNY) in shop \w+, limit 30\.0%"


@dataclass(frozen=True, slots=True)
class Told:
    """What the merchant has settled: rates, order, most prices per shop, the largest gap."""

    settings: str = RATE
    most: int = 1000
    gap: float = MOST_GAP


@dataclass(frozen=True, slots=True)
class Merchant:
    """Three running platforms, and the folder of the home that points at them."""

    url: str
    folder: Path
    worlds: Mapping[str, World]

    def open(self) -> Home:
        """The home, opened."""
        return open_home(self.folder)

    def decided(self, home: Home) -> list[Action]:
        """All that repricing proposed, with what the guard made of it."""
        decide(home, policy="repricing")
        found = home.ledger.find(policy="repricing")
        assert {action.shop_id for action in found} == set(SHOPS)
        return found

    def prices(self, shop_id: str) -> dict[str, int]:
        """What the platform itself says each SKU on sale costs, in minor units of its currency."""
        listed = self.worlds[SHOPS[shop_id]].products
        # Tmall takes off the shelf what is sold out.
        on_sale = listed.filter((pl.col("on_hand_units") > 0) | pl.lit(shop_id != "tmall"))
        skus = on_sale["product_id"].cast(pl.String)
        asked = {"channel": SHOPS[shop_id], "skus": ",".join(skus)}
        answer = httpx.get(f"{self.url}/truth/prices", params=asked, timeout=30)
        answer.raise_for_status()
        found: dict[str, int] = answer.json()
        return found


def write_home(folder: Path, url: str, worlds: Mapping[str, World], told: Told) -> None:
    """A home with three shops and one policy; the shops' exports lie in its inbox."""
    for name in ("shops", "policies", "keys"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name, key in KEYS.items():  # the same in every home, so that data may be copied
        (folder / "keys" / f"{name}.key").write_text(key, encoding="utf-8")
    (folder / "shopkeeper.toml").write_text(AT_ONCE + CALENDAR + told.settings, encoding="utf-8")
    (folder / "policies" / "repricing.toml").write_text(
        POLICY.format(most=told.most, gap=told.gap), encoding="utf-8"
    )
    for (shop_id, channel), shop in zip(SHOPS.items(), (GROCER, TMALL, AMAZON), strict=True):
        world = worlds[channel]
        text = (shop + FILES).format(
            url=url,
            channel=channel,
            mappings=MAPPINGS[channel],
            zone=world.zone,
            clock=clock_text(world),
        )
        (folder / "shops" / f"{shop_id}.toml").write_text(text, encoding="utf-8")
        exports.write_exports(world, folder / "inbox" / channel)


@contextmanager
def serving(seeded: Mapping[str, World], folder: Path, told: Told) -> Iterator[Merchant]:
    """The merchant's platforms, of the caller's own; frames are never changed in place."""
    worlds = {
        name: replace(world, writes=[], spoiled=[], lock=threading.RLock())
        for name, world in seeded.items()
    }
    with composed(worlds, token=TOKEN, rates=RATES) as answers:
        write_home(folder, answers["url"], worlds, told)
        yield Merchant(answers["url"], folder, worlds)


Opener = Callable[[Told], tuple[Merchant, Home]]


@pytest.fixture(scope="module")
def worlds() -> dict[str, World]:
    """Two weeks of twenty households on each platform; some SKUs are sold on all three."""
    return built_worlds(TODAY, days=14, households=20, channels=tuple(SHOPS.values()))


@pytest.fixture(scope="module")
def read_data(worlds: dict[str, World], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the home holds once all was read, and Amazon asked who else sells it."""
    folder = tmp_path_factory.mktemp("read") / "home"
    with pytest.MonkeyPatch.context() as patch, serving(worlds, folder, Told()) as served:
        patch.setenv("WORLD_TOKEN", TOKEN)
        with served.open() as home:
            pull(home, lookups=False)
            build(home)
            pull(home, lookups=True)
            rebuild(home, changed=lookup_tables(home))
    return folder / "data"


@pytest.fixture
def opened(
    worlds: dict[str, World], read_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Opener]:
    """Opens a merchant of the test's own, who has read and built all there is."""
    monkeypatch.setenv("WORLD_TOKEN", TOKEN)
    with ExitStack() as stack:

        def open_as(told: Told) -> tuple[Merchant, Home]:
            served = stack.enter_context(serving(worlds, tmp_path / "home", told))
            shutil.copytree(read_data, served.folder / "data")
            return served, stack.enter_context(served.open())

        yield open_as


def guarded(actions: list[Action], guard: str) -> list[Action]:
    """Those that this guard refused."""
    return [action for action in actions if action.guard == guard]


Board = dict[str, dict[str, int]]


def board(served: Merchant) -> Board:
    """What every SKU on sale costs on every platform, as the platforms say; in minor units."""
    return {shop_id: served.prices(shop_id) for shop_id in SHOPS}


def elsewhere(prices: Board, action: Action) -> dict[str, float]:
    """What the same SKU costs in the other shops, in the currency of the action."""
    return {
        shop_id: listed[str(action.sku_id)] * WORTH[shop_id] / WORTH[action.shop_id]
        for shop_id, listed in prices.items()
        if shop_id != action.shop_id and str(action.sku_id) in listed
    }


def is_abroad(prices: Board, action: Action) -> bool:
    """Whether a shop of another currency sells the same SKU."""
    return any(WORTH[shop_id] != WORTH[action.shop_id] for shop_id in elsewhere(prices, action))


def test_amazon_itself_tells_the_rivals_whose_price_is_followed(opened: Opener) -> None:
    served, home = opened(Told())
    offers = served.worlds["amazon"].offers.filter("in_stock")
    landed = pl.col("price_minor") + pl.col("shipping_minor")
    ours = [
        action
        for action in served.decided(home)
        # What goes up to its floor needs no rival, and has none where nobody was asked of.
        if action.shop_id == "amazon" and json.loads(action.numbers)["rivals_units"]
    ]
    assert len(ours) > 5
    for action in ours:
        answer = json.loads(action.numbers)
        usual = answer["median_28d_minor"] or answer["price_minor"]
        # Far from the usual price it is another article.
        usable = offers.filter(
            pl.col("sku") == action.sku_id, landed.is_between(usual * 0.6, usual * 1.67)
        )
        assert usable.height == answer["rivals_units"]
        assert usable.select(landed.min()).item() == answer["rival_minor"]


def test_what_amazon_says_its_days_came_to_is_held_against_days_of_the_history(
    opened: Opener,
) -> None:
    _, home = opened(Told())
    shop = home.shop("amazon")
    since = home.data_as_of(shop).date() - dt.timedelta(days=5)
    late = replace(shop, settings=shop.settings.model_copy(update={"history_from": since}))
    (whole,), (few,) = (
        [one for one in order_checks(home, of) if one.check == "totals"] for of in (shop, late)
    )
    assert whole.passed
    assert "0.00 USD not explained: discount" in whole.measured
    assert 0 < few.rows <= 5 < whole.rows


def test_amazons_shop_has_visitors_and_a_conversion_of_the_shop_and_of_each_sku(
    opened: Opener,
) -> None:
    _, home = opened(Told())
    last = home.data_as_of(home.shop("amazon")).date() - dt.timedelta(days=2)

    def values(name: str, *by: str) -> list[float]:
        found = show(home, name, shop_id="amazon", by=["span", *by], first=last, last=last)
        return found.rows["value"].drop_nulls().to_list()

    (visitors,), (conversion,) = values("visitors"), values("conversion")
    assert visitors > 0
    assert 0 < conversion < 1
    by_sku = values("order_conversion", "sku")
    assert len(by_sku) > 20
    assert 0 == min(by_sku) < max(by_sku) < 1


def test_prices_set_on_three_marketplaces_are_theirs_and_undo_restores_all(opened: Opener) -> None:
    served, home = opened(Told(most=4))
    served.decided(home)
    before = board(served)
    act(home)
    confirmed = home.ledger.find(states=[ActionState.CONFIRMED])
    assert {action.shop_id for action in confirmed} == set(SHOPS)
    expected = {shop_id: dict(prices) for shop_id, prices in before.items()}
    for action in confirmed:
        assert before[action.shop_id][str(action.sku_id)] == action.before_value
        assert action.observed_value == action.after_value != action.before_value
        expected[action.shop_id][str(action.sku_id)] = action.after_value
    assert board(served) == expected

    undone = undo(home, Selection(), by="test", execute=True)
    assert undone.states == {"confirmed": len(confirmed)}
    assert board(served) == before


def test_a_price_too_far_from_another_channel_is_refused_and_the_rest_is_set(
    opened: Opener,
) -> None:
    served, home = opened(Told())
    prices, decided = board(served), served.decided(home)
    refused = guarded(decided, "channel_gap")
    assert refused
    for action in refused:
        others = elsewhere(prices, action).values()
        assert max(abs(action.after_value / other - 1) for other in others) > MOST_GAP
        assert re.fullmatch(SENTENCE_OF_GAP, str(action.guard_reason)), action.guard_reason
    act(home, shop_id="grocer")
    ours = home.ledger.find(shop_id="grocer")
    assert sum(action.state is ActionState.CONFIRMED for action in ours) > 100
    now = served.prices("grocer")
    for action in guarded(ours, "channel_gap"):
        assert now[str(action.sku_id)] == action.before_value


def test_no_approved_price_leaves_the_gap_that_was_not_outside_it_already(opened: Opener) -> None:
    served, home = opened(Told())
    prices, compared = board(served), 0
    for action in served.decided(home):
        if action.state is not ActionState.APPROVED:
            continue
        for other in elsewhere(prices, action).values():
            compared += 1
            now = abs(action.after_value / other - 1)
            then = abs((action.before_value or 0) / other - 1)
            assert now <= MOST_GAP + 1e-9 or now < then
    assert compared > 20


def test_no_channel_passes_another_against_their_order_and_the_rest_is_approved(
    opened: Opener,
) -> None:
    served, home = opened(Told(RATE + ORDER, gap=0))
    places = {shop_id: place for place, shop_id in enumerate(("tmall", "grocer", "amazon"))}
    prices, decided = board(served), served.decided(home)
    refused = guarded(decided, "channel_order")
    assert refused
    assert sum(action.state is ActionState.APPROVED for action in decided) > 100
    for action in [*refused, *(one for one in decided if one.state is ActionState.APPROVED)]:
        passed = {
            shop_id
            for shop_id, price in elsewhere(prices, action).items()
            if passes(action, price, is_dearer=places[action.shop_id] < places[shop_id])
        }
        assert bool(passed) is (action.guard == "channel_order")
        if passed:
            sentence = str(action.guard_reason)
            assert sentence.endswith("against the order of channels")
            assert any(f"in shop {shop_id}," in sentence for shop_id in passed)


def passes(action: Action, price: float, *, is_dearer: bool) -> bool:
    """Whether the action moves to the wrong side of another shop's price."""
    after, before = action.after_value, action.before_value or 0
    return after < min(price, before) if is_dearer else after > max(price, before)


@pytest.mark.parametrize(
    ("rate", "guard", "sentence"),
    [
        (NO_RATE, "fx_missing", "[fx] in shopkeeper.toml has no rate to"),
        (OLD_RATE, "fx_stale", "a rate is of 2026-11-01, at most 3 days are allowed"),
    ],
    ids=["no rate", "an old rate"],
)
def test_without_a_rate_of_these_days_only_what_one_currency_sells_goes_on(
    opened: Opener, rate: str, guard: str, sentence: str
) -> None:
    served, home = opened(Told(rate))
    prices, decided = board(served), served.decided(home)
    refused = guarded(decided, guard)
    assert {action.shop_id for action in refused} == set(SHOPS)
    assert all(is_abroad(prices, action) for action in refused)
    assert all(sentence in str(action.guard_reason) for action in refused)
    approved = [action for action in decided if action.state is ActionState.APPROVED]
    assert {action.shop_id for action in approved} == set(SHOPS)
    assert not any(is_abroad(prices, action) for action in approved)
