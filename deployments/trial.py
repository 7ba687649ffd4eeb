"""One trial: a plan drawn from a seed, the loop under its faults, a calm end, and its score."""

import datetime as dt
import os
import random
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

from contracts.errors import ShopkeeperError
from deployments.at_once import AT_ONCE
from deployments.score import TrialScore, score_trial
from flows.steps.act import act
from flows.steps.actions import Selection, switch
from flows.steps.build import build
from flows.steps.decide import decide
from flows.steps.home import Home
from flows.steps.opening import open_home
from flows.steps.pull import blocked_in, pull
from flows.steps.shop import ShopSource
from flows.steps.undo import undo
from sandbox.plan import Fault, as_json
from sandbox.scoreboard import clock_text
from sandbox.server import running
from sandbox.shopify.cost import Rates
from sandbox.world.demand import advance
from sandbox.world.exports import write_exports
from sandbox.world.world import World
from sandbox.world.world import build as build_world

TODAY = dt.date(2026, 11, 22)
DAYS, HOUSEHOLDS = 3, 20
_TOKEN = "SHOPKEEPER_TRIAL_TOKEN"  # noqa: S105  the variable's name
# At the slow rate a first reading of orders goes in pages and one of products in bulk.
FAST, SLOW = Rates(1e6, 1e6), Rates(2_000, 12)
_WRITE, _LIVE = "productVariantsBulkUpdate", "nodes"
_READS = (
    "orders", "ordersCount", "productVariants", "inventoryItems", "customers", "discountNodes",
    "shop", "query",
)  # fmt: skip
_DATA = ("change_order", "remove_line", "penny_price", "currency", "status", "future")

_SHOP_TOML = """
name = "Trial Grocer"
currency = "USD"
time_zone = "America/New_York"
history_from = 2026-11-01

[sources.shopify]
base_url = "{url}"
access_token = "env:{token}"
is_sandbox = true

[sources.files]
folder = "inbox"
mappings = ["erp_costs", "erp_purchasing", "erp_stockouts", "competitor_offers", "sycm_traffic"]
time_zone = "America/New_York"
quiet_seconds = 0
as_of = {clock}

[economics]
fee_rate = 0.029
min_margin_rate = 0.05
"""
_REPRICING_TOML = """
mode = "auto"
[parameters]
rule = "match"
min_factor = 0.5
max_factor = 2.0
[limits]
max_actions = 100
keep_actions = 10
max_exposure_minor = 10_000_000
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialPlan:
    """What happens in one trial; a function of its seed."""

    seed: int
    is_first_reading: bool = False
    """The home has read nothing yet, from a shop of few points."""
    hours: tuple[int, ...] = (1,)
    """World hours that pass before each loop under faults."""
    stopped: int | None = None
    """The loop before which everything is stopped; resumed after it."""
    is_undone: bool = False
    """What was confirmed is taken back, still under faults."""
    is_decided_again: bool = False
    """Decided once more in the end, even if something was decided under faults."""
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one trial came to."""

    seed: int
    score: TrialScore
    struck: dict[str, int] = field(default_factory=dict)
    """Calls that each kind of fault struck."""
    sentences: tuple[str, ...] = ()
    """What an operator read while the faults lasted."""
    writes: int = 0
    """Writes that the shop received."""
    states: dict[str, int] = field(default_factory=dict)
    """Actions by the state in which they ended; what the guard refused at once is left out."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What all trials start from: a world, and two homes of it, empty and built."""

    world: World
    empty: Path
    built: Path


def plan_trial(seed: int) -> TrialPlan:
    """The plan of a seed."""
    draw = random.Random(seed)  # noqa: S311 a plan must repeat
    is_first = draw.random() < 0.12
    hours = tuple(draw.choice((1, 1, 2, 5)) for _ in range(draw.choice((1, 1, 2))))
    return TrialPlan(
        seed=seed,
        is_first_reading=is_first,
        hours=hours,
        stopped=draw.randrange(len(hours)) if draw.random() < 0.15 else None,
        is_undone=draw.random() < 0.3,
        is_decided_again=draw.random() < 0.3,
        faults=tuple(_fault(draw, is_first=is_first) for _ in range(draw.randint(1, 6))),
    )


def _fault(draw: random.Random, *, is_first: bool) -> Fault:
    """One random fault; writes and what is read around them are struck more often than the rest."""
    kinds: tuple[Callable[[random.Random], dict[str, Any]], ...] = (
        _broken, _broken, _lying, _lying, _busy, _busy, _wrong_clock, _changing, _draw_switch,
        _draw_paging_fault,
    )  # fmt: skip
    chosen = draw.choice((*kinds, _bulk, _bulk, _bulk) if is_first else kinds)
    often = {"at": draw.randint(1, 6), "every": draw.randint(1, 3), "count": draw.randint(1, 6)}
    return Fault(**{**often, "seed": draw.randrange(1000), **chosen(draw)})


def _broken(draw: random.Random) -> dict[str, Any]:
    what = draw.choice(("lost", "unanswered", "unanswered", "cut", "garbled"))
    return {"what": what, "where": draw.choice((*_READS, _LIVE, _LIVE, *[_WRITE] * 6))}


def _lying(draw: random.Random) -> dict[str, Any]:
    if draw.random() < 0.5:
        return {"what": "nothing", "where": _WRITE}
    return {
        "what": "later", "where": _WRITE, "seconds": 60, "calls": draw.randint(1, 40)
    }  # fmt: skip


def _busy(draw: random.Random) -> dict[str, Any]:
    where = draw.choice(("*", "query", "mutation", "orders", _LIVE, _WRITE))
    if draw.random() < 0.2:
        return {"what": "token", "where": where, "count": draw.randint(1, 30)}
    if draw.random() < 0.3:
        return {"what": "throttled", "where": where, "count": draw.randint(1, 8)}
    status = draw.choice((429, 429, 500, 502, 503))
    wait = draw.choice((None, 1, 30, 3600))
    storm = {"every": 1, "count": draw.randint(1, 12)}
    return {"what": "status", "where": where, "status": status, "seconds": wait, **storm}


def _wrong_clock(draw: random.Random) -> dict[str, Any]:
    count = draw.choice((0, 1, 5, 20))
    return {"what": "clock", "where": "*", "seconds": draw.choice((120, -120)), "count": count}


def _changing(draw: random.Random) -> dict[str, Any]:
    where = draw.choice(("orders", "ordersCount", "productVariants", _WRITE))
    return {"what": "data", "where": where, "op": draw.choice(_DATA), "count": 1}


def _draw_switch(draw: random.Random) -> dict[str, Any]:
    # Between our look and our write nothing can be promised: the platform compares no prices.
    what, where = draw.choice((("operator_before", _LIVE), ("operator_after", _WRITE)))
    return {"what": what, "where": where, "at": draw.randint(1, 3), "count": draw.randint(1, 2)}


def _draw_paging_fault(draw: random.Random) -> dict[str, Any]:
    return {"what": draw.choice(("duplicate_page", "repeated_cursor")), "where": "orders", "at": 1}


def _bulk(draw: random.Random) -> dict[str, Any]:
    what = draw.choice(("bulk_failed", "bulk_expired", "status", "cut", "lost"))
    where = "bulkOperation" if what.startswith("bulk") else "download"
    return {"what": what, "where": where, "status": 404, "at": 1, "count": draw.randint(1, 2)}


def stage(folder: Path) -> Stage:
    """Set the stage in `folder`, or take the one that stands there."""
    world = build_world(TODAY, days=DAYS, households=HOUSEHOLDS)
    found = Stage(world, folder / "empty", folder / "built")
    if not found.empty.exists():
        _write_home(found.empty, world)
        shutil.copytree(found.empty, found.built)
        with serve(world, found.built, FAST), open_home(found.built) as home:
            pull(home)
            build(home)
    return found


def own_world(stage: Stage) -> World:
    """A world that nobody else changes; frames are replaced, never changed in place."""
    world = copy(stage.world)
    world.writes, world.spoiled, world.lock = [], [], threading.RLock()
    return world


def run_trial(stage: Stage, plan: TrialPlan) -> Result:
    """Carry out a plan in a home of its own."""
    random.seed(plan.seed)  # the jitter of the connectors' retries
    world = own_world(stage)
    with tempfile.TemporaryDirectory(prefix="trial-") as folder:
        home = Path(folder) / "home"
        shutil.copytree(stage.empty if plan.is_first_reading else stage.built, home)
        rates = SLOW if plan.is_first_reading else FAST
        with serve(world, home, rates) as http, open_trial_home(home, world) as theirs:
            trial = _Trial(plan, theirs, world, http)
            try:
                return trial.run()
            except Exception as error:  # noqa: BLE001  whatever breaks a trial fails it, by name
                why = f"the trial broke with {type(error).__name__}: {error}"
                return Result(seed=plan.seed, score=TrialScore(unresolved=(why,)))


@contextmanager
def serve(world: World, home: Path, rates: Rates) -> Iterator[httpx.Client]:
    """The world behind HTTP, and the home's shop pointed at it."""
    token = os.environ.setdefault(_TOKEN, "trial")
    with running(world, token=token, rates=rates) as url, httpx.Client(base_url=url) as http:
        shop = _SHOP_TOML.format(url=url, token=_TOKEN, clock=clock_text(world))
        (home / "shops" / "trial.toml").write_text(shop, encoding="utf-8")
        yield http


def _write_home(home: Path, world: World) -> None:
    for name in ("shops", "policies"):
        (home / name).mkdir(parents=True)
    (home / "shopkeeper.toml").write_text(AT_ONCE, encoding="utf-8")
    (home / "policies" / "repricing.toml").write_text(_REPRICING_TOML, encoding="utf-8")
    write_exports(world, home / "inbox")


def seconds_of(world: World) -> Callable[[], float]:
    """Seconds that pass for us or in the world, as from now."""
    begun = world.clock
    return lambda: time.monotonic() + (world.clock - begun).total_seconds()


@contextmanager
def open_trial_home(home: Path, world: World) -> Iterator[Home]:
    """The home, with clients that wait in the world's time instead of ours."""
    clock = seconds_of(world)

    def pause(seconds: float) -> None:
        with world.lock:
            world.clock += dt.timedelta(seconds=seconds)
        time.sleep(0.002)  # a bulk file is made meanwhile

    def patient(source: ShopSource) -> ShopSource:
        opens: Callable[..., object] = source.connector.open_client

        # Nobody else uses the account: its points are counted here, by the world's time.
        def open_client(settings: object, _: object = None) -> object:
            return opens(settings, clock=clock, sleep=pause)

        return replace(source, connector=replace(source.connector, open_client=open_client))

    with open_home(home) as theirs:
        for shop_id, shop in theirs.shops.items():
            sources = tuple(
                patient(source) if source.connector.writes else source for source in shop.sources
            )
            theirs.shops[shop_id] = replace(shop, sources=sources)
        yield theirs


@dataclass(slots=True)
class _Trial:
    """A trial under way."""

    plan: TrialPlan
    home: Home
    world: World
    http: httpx.Client
    sentences: list[str] = field(default_factory=list)
    sent_while_stopped: int = 0

    def run(self) -> Result:
        self._post("/world/faults", as_json(list(self.plan.faults)))
        for number, hours in enumerate(self.plan.hours):
            advance(self.world, hours)
            if number == self.plan.stopped:
                self._stopped_loop()
            else:
                self._loop()
        if self.plan.is_undone:
            advance(self.world, 1)
            self._step(lambda: undo(self.home, Selection(), by="trial", execute=True))
        struck: Counter[str] = Counter()
        for one in self.http.get("/world/faults").json():
            struck[one["what"]] += one["struck"]
        self._post("/world/faults", [])
        self._calm()
        score = score_trial(
            self.home, self.world, self.http, sent_while_stopped=self.sent_while_stopped
        )
        return Result(
            seed=self.plan.seed,
            score=score,
            struck=dict(struck),
            sentences=tuple(dict.fromkeys(self.sentences)),
            writes=len(self.world.writes),
            states=dict(Counter(str(one.state) for one in self.home.ledger.find() if one.fence)),
        )

    def _post(self, path: str, content: object) -> None:
        self.http.post(path, json=content).raise_for_status()

    def _loop(self) -> None:
        for step in self._steps():
            self._step(step)

    def _steps(self) -> Sequence[Callable[[], object]]:
        home = self.home
        return (
            self._pull,
            lambda: build(home),
            lambda: decide(home),
            lambda: act(home),
        )

    def _step(self, step: Callable[[], object]) -> None:
        """Run a step as an operator does: an error is a sentence, and the next step is tried."""
        try:
            step()
        except ShopkeeperError as error:
            self.sentences.append(f"{type(error).__name__}: {error}")

    def _pull(self) -> None:
        self.sentences += [f"{one.error}: {one.sentence}" for one in blocked_in(pull(self.home))]

    def _stopped_loop(self) -> None:
        before = len(self.world.writes)
        self._switch(on=True)
        self._loop()
        self.sent_while_stopped += len(self.world.writes) - before
        self._switch(on=False)

    def _switch(self, *, on: bool) -> None:
        switch(self.home, on=on, everything=True, by="trial")

    def _calm(self) -> None:
        """Without faults nothing may fail: a whole loop, then what it left is settled and read."""
        advance(self.world, 1)
        self._read()
        if self.plan.is_decided_again or not any(one.fence for one in self.home.ledger.find()):
            build(self.home)
            decide(self.home)
        act(self.home)
        advance(self.world, 1)
        act(self.home)
        advance(self.world, 1)
        for stream in ("orders", "products"):
            self._read(stream)

    def _read(self, stream: str | None = None) -> None:
        for one in blocked_in(pull(self.home, stream=stream)):
            raise one.as_error
