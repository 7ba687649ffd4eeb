"""A trial of a whole merchant: four marketplaces, ads, CRM and carrier, every dialect struck.

What stands in front of the dialects spoils answers whatever they are: lost, cut, busy, or with one
value of another shape. In the end nothing may be lost, doubled or stopped.
"""

import datetime as dt
import os
import random
import shutil
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import polars as pl

from checks.reconcile import against, together
from contracts.actions import Action
from contracts.codes import ActionState
from contracts.errors import ShopkeeperError
from deployments.at_once import AT_ONCE
from deployments.score import FINAL, TrialScore, double_rows
from deployments.trial import FAST, TODAY, Result, open_trial_home, seconds_of
from flows.steps.act import act
from flows.steps.build import build
from flows.steps.decide import decide
from flows.steps.home import Home
from flows.steps.pull import blocked_in, pull
from flows.steps.shop import Shop
from sandbox.composed import composed
from sandbox.merchant import merchant
from sandbox.plan import Fault, What, as_json
from sandbox.proxy import DIALECTS
from sandbox.scoreboard import clock_text
from sandbox.world.exports import write_exports
from sandbox.world.world import World

SHOPS = {"grocer": "shopify", "tmall": "taobao", "amazon": "amazon", "woo": "woocommerce"}
"""Our shops and the channels that they are."""
DAYS, HOUSEHOLDS = 4, 12
_FIRST = dt.date(2026, 11, 1)
"""Before anything was sold."""
_TOKEN = "SHOPKEEPER_TRIAL_TOKEN"  # noqa: S105  the variable's name
_WHATS: tuple[What, ...] = ("odd", "odd", "odd", "status", "lost", "unanswered", "cut", "garbled")

_SOURCES = {
    "grocer": """
[sources.shopify]
base_url = "{url}"
access_token = "env:{token}"
is_sandbox = true
[sources.klaviyo]
base_url = "{url}"
api_key = "env:{token}"
is_sandbox = true
[sources.kuaidi100]
base_url = "{url}"
customer = "demo"
key = "env:{token}"
is_sandbox = true
queries_per_second = 50
queries_per_day = 50_000
""",
    "tmall": """
[sources.taobao]
base_url = "{url}"
app_key = "demo"
app_secret = "env:{token}"
session = "env:{token}"
is_sandbox = true
calls_per_second = 45
[sources.taobao_ads]
base_url = "{url}"
app_key = "demo"
app_secret = "env:{token}"
session = "env:{token}"
is_sandbox = true
""",
    "amazon": """
[sources.amazon]
base_url = "{url}"
marketplace_id = "ATVPDKIKX0DER"
seller_id = "DEMOSELLER"
client_id = "demo"
client_secret = "env:{token}"
refresh_token = "env:{token}"
is_sandbox = true
most_offers = 10
price_settles_seconds = 2
has_brand_analytics = false
""",
    "woo": """
[sources.woocommerce]
base_url = "{url}"
access = "signed_key"
consumer_key = "env:SHOPKEEPER_TRIAL_KEY"
consumer_secret = "env:{token}"
is_sandbox = true
requests_per_second = 50
""",
}
_SHOP = """
name = "{shop}"
currency = "{currency}"
time_zone = "{zone}"
history_from = {first}
{sources}
[sources.files]
folder = "inbox/{channel}"
mappings = ["erp_costs", "erp_purchasing", "erp_stockouts", "competitor_offers", "sycm_traffic"]
time_zone = "{zone}"
quiet_seconds = 0
as_of = {clock}

[economics]
fee_rate = 0.03
min_margin_rate = 0.05
"""
_HOME = """
[[campaigns]]  # a Chinese shop acts by itself only while its calendar is kept
name = "12.12"
starts_at = 2026-12-08T20:00:00+08:00
ends_at = 2026-12-13T00:00:00+08:00
shops = ["tmall"]
"""
_REPRICING = """
mode = "auto"
[parameters]
rule = "match"
min_factor = 0.5
max_factor = 2.0
[limits]
max_actions = 100
keep_actions = 5
""" + "".join(f"[shops.{shop}.limits]\nmax_exposure_minor = 10_000_000\n" for shop in SHOPS)


@dataclass(frozen=True, slots=True)
class MerchantStage:
    """What all trials of a merchant start from: worlds by channel, and a built home of them."""

    worlds: Mapping[str, World]
    built: Path


def plan_faults(seed: int) -> tuple[Fault, ...]:
    """The faults of a seed: every dialect is struck."""
    draw = random.Random(seed)  # noqa: S311 a plan must repeat
    return tuple(
        Fault(
            what=draw.choice(_WHATS),
            where=dialect,
            at=draw.randint(1, 4),
            every=draw.randint(1, 3),
            count=draw.randint(1, 6),
            status=draw.choice((429, 500, 502, 503)),
            seed=draw.randrange(1000),
        )
        for dialect in DIALECTS
        for _ in range(draw.randint(1, 2))
    )


def stage(folder: Path) -> MerchantStage:
    """Set the stage in `folder`, or take the one that stands there."""
    worlds = merchant(TODAY, days=DAYS, households=HOUSEHOLDS, channels=tuple(SHOPS.values()))
    built = folder / "merchant"
    if not built.exists():
        with serve(worlds, built) as _, open_trial_home(built, worlds["shopify"]) as home:
            for one in blocked_in(pull(home)):
                raise one.as_error
            build(home)
    return MerchantStage(worlds, built)


def run_trial(stage: MerchantStage, seed: int) -> Result:
    """Carry out the plan of a seed in a home of its own."""
    random.seed(seed)  # the jitter of the connectors' retries
    worlds = {
        name: replace(world, writes=[], spoiled=[], lock=threading.RLock())
        for name, world in stage.worlds.items()
    }
    with tempfile.TemporaryDirectory(prefix="trial-") as folder:
        home = Path(folder) / "home"
        shutil.copytree(stage.built, home)
        with serve(worlds, home) as http, open_trial_home(home, worlds["shopify"]) as theirs:
            try:
                return _Trial(seed, theirs, http).run()
            except Exception as error:  # noqa: BLE001  whatever breaks a trial fails it, by name
                why = f"the trial broke with {type(error).__name__}: {error}"
                return Result(seed=seed, score=TrialScore(unresolved=(why,)))


@contextmanager
def serve(worlds: Mapping[str, World], home: Path) -> Iterator[httpx.Client]:
    """The merchant's platforms behind HTTP, and the home's shops pointed at them."""
    token = os.environ.setdefault(_TOKEN, "trial")
    os.environ["SHOPKEEPER_TRIAL_KEY"] = "demo"
    # A client that waits moves the first world's clock: the limits of all platforms run on that,
    # or one whose time stood still would refuse who believes to have waited.
    clock = seconds_of(worlds["shopify"])
    with composed(worlds, token=token, rates=FAST, clock=clock) as answers:
        _write_home(home, answers["url"], worlds)
        with httpx.Client(base_url=answers["url"], timeout=60) as http:
            yield http


def _write_home(home: Path, url: str, worlds: Mapping[str, World]) -> None:
    for name in ("shops", "policies"):
        (home / name).mkdir(parents=True, exist_ok=True)
    (home / "shopkeeper.toml").write_text(AT_ONCE + _HOME, encoding="utf-8")
    (home / "policies" / "repricing.toml").write_text(_REPRICING, encoding="utf-8")
    for shop, channel in SHOPS.items():
        world = worlds[channel]
        text = _SHOP.format(
            shop=shop,
            currency=world.channel.currency,
            zone=world.zone,
            first=_FIRST,
            sources=_SOURCES[shop].format(url=url, token=_TOKEN),
            channel=channel,
            clock=clock_text(world),
        )
        (home / "shops" / f"{shop}.toml").write_text(text, encoding="utf-8")
        write_exports(world, home / "inbox" / channel)


@dataclass(slots=True)
class _Trial:
    """A trial under way."""

    seed: int
    home: Home
    http: httpx.Client
    sentences: list[str] = field(default_factory=list)

    def run(self) -> Result:
        before = {shop: self._prices(shop) for shop in SHOPS}
        self._advance(1)
        self.http.post(
            "/world/answers", json=as_json(list(plan_faults(self.seed)))
        ).raise_for_status()
        for step in (self._pull, self._build, self._decide, self._act):
            self._step(step)
        struck: Counter[str] = Counter()
        for one in self.http.get("/world/answers").json():
            struck[f"{one['where']} {one['what']}"] += one["struck"]
        self.http.post("/world/answers", json=[]).raise_for_status()
        stopped = self._calm()
        actions = self.home.ledger.find()
        return Result(
            seed=self.seed,
            score=self._score(before, actions, stopped),
            struck=dict(struck),
            sentences=tuple(dict.fromkeys(self.sentences)),
            writes=sum(one.fence > 0 for one in actions),
            states=dict(Counter(str(one.state) for one in actions if one.fence)),
        )

    def _advance(self, hours: int) -> None:
        self.http.post("/world/advance", json={"hours": hours}).raise_for_status()

    def _step(self, step: Any) -> None:
        """Run a step as an operator does: an error is a sentence, and the next step is tried."""
        try:
            step()
        except ShopkeeperError as error:
            self.sentences.append(f"{type(error).__name__}: {error}")

    def _pull(self) -> None:
        self.sentences += [f"{one.error}: {one.sentence}" for one in blocked_in(pull(self.home))]

    def _build(self) -> None:
        build(self.home)

    def _decide(self) -> None:
        decide(self.home)

    def _act(self) -> None:
        act(self.home)

    def _calm(self) -> list[str]:
        """Without faults nothing may be stopped; the days that were read odd are read anew."""
        self._advance(1)
        stopped = [one.summary for one in blocked_in(pull(self.home))]
        act(self.home)
        self._advance(1)
        act(self.home)
        self._advance(1)
        again = pull(self.home, first=_FIRST, last=TODAY + dt.timedelta(days=2))
        stopped += [one.summary for one in blocked_in(again)]
        stopped += [one.failure for one in self.home.readings.set_aside()]
        return stopped

    def _prices(self, shop: str) -> dict[str, int]:
        listed = self.home.scan("listings", self.home.shop(shop)).select("sku_id").collect()
        skus = ",".join(listed["sku_id"].drop_nulls().unique().sort())
        query = {"channel": SHOPS[shop], "skus": skus}
        found: dict[str, int] = self.http.get("/truth/prices", params=query).json()
        return found

    def _score(
        self, before: Mapping[str, dict[str, int]], actions: list[Action], stopped: list[str]
    ) -> TrialScore:
        shops = [self.home.shop(shop) for shop in SHOPS]
        return TrialScore(
            lost=tuple(told for shop in shops for told in self._lost(shop)),
            duplicated=tuple(told for shop in shops for told in double_rows(self.home, shop)),
            unsafe=tuple(
                told
                for shop in shops
                for told in _unexplained_prices(
                    shop.id, before[shop.id], self._prices(shop.id), actions
                )
            ),
            unresolved=tuple(
                f"{one.shop_id} {one.sku_id} is {one.state} in the end"
                for one in actions
                if one.state not in FINAL or (one.state is ActionState.UNKNOWN and not one.message)
            ),
            blocked=tuple(stopped),
            left=tuple(
                one.message for one in actions if one.state is ActionState.UNKNOWN and one.message
            ),
        )

    def _lost(self, shop: Shop) -> Iterator[str]:
        """Days that are not as they were, lake and quarantine together; and what is still held."""
        truth_days = self.http.get("/truth/days", params={"channel": SHOPS[shop.id]}).json()
        days = pl.DataFrame(truth_days).select(
            order_date=pl.col("date").str.to_date(),
            orders_count=pl.col("orders"),
            sold_units=pl.col("units"),
            gmv_minor=pl.col("gmv_minor"),
        )
        quarantined = self.home.quarantine.open(shop_id=shop.id, table_name="orders")
        ours = together(
            self.home.scan("orders", shop),
            self.home.scan("order_lines", shop),
            quarantined,
            shop.settings.time_zone,
        )
        yield from (
            f"{shop.id}: {row['order_date']} is not as it was"
            for row in against(ours, days).to_dicts()
        )
        yield from (f"{shop.id}: order {one} is held" for one in quarantined["document_id"])


def _unexplained_prices(
    shop_id: str, before: dict[str, int], now: dict[str, int], actions: list[Action]
) -> Iterator[str]:
    """Prices in force that are neither those of before nor what an action set."""
    sent = (ActionState.CONFIRMED, ActionState.REVERTED, ActionState.UNKNOWN, ActionState.FAILED)
    written = {
        (one.sku_id, one.after_value)
        for one in actions
        if one.shop_id == shop_id and one.state in sent
    }
    for sku, price in now.items():
        if price != before.get(sku, price) and (sku, price) not in written:
            yield f"{shop_id}: {sku} costs {price}, which no action names"
    for one in actions:
        is_ours = one.shop_id == shop_id and one.state is ActionState.CONFIRMED
        if is_ours and one.sku_id in now and now[one.sku_id] != one.after_value:
            yield f"{shop_id}: {one.sku_id} is confirmed at {one.after_value} and is not"
