"""Two emulated shops, read over HTTP twice, and what they answer days later, to be played back.

A fault is planted in what a mapping makes of the answers, so that it strikes every column of a
kind, or in the answer itself where its shape is at fault; all else is as in any pull.
"""

import datetime as dt
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from connectors.base.declaration import Stream, facts_of
from contracts.streams import Context, Facts, Mapped, Page, Window
from flows.steps.home import Home
from flows.steps.opening import open_home
from flows.steps.pull import pull
from flows.steps.shop import Shop
from sandbox.composed import composed
from sandbox.merchant import merchant
from sandbox.scoreboard import clock_text
from sandbox.shopify.cost import Rates
from sandbox.world import exports
from sandbox.world.demand import advance
from sandbox.world.world import World
from tests.flows.conftest import KEYS
from tests.planted_faults.faults import Fault

TOKEN: Final = "a-token-of-the-judge"
_TODAY: Final = dt.date(2026, 11, 22)
_EARLIER_HOURS: Final = 20
_HOURS: Final = 26
_COMMON: Final = """
name = "{channel}"
currency = "{currency}"
time_zone = "{zone}"
history_from = 2026-10-01
"""
_ECONOMICS: Final = """
[economics]
fee_rate = 0.03
min_margin_rate = 0.05
"""
_SOURCES: Final = {
    "shopify": """
[sources.shopify]
base_url = "{url}"
access_token = "env:JUDGE_TOKEN"
is_sandbox = true

[sources.files]
folder = "inbox"
mappings = ["erp_costs", "erp_purchasing", "erp_stockouts", "competitor_offers", "sycm_traffic"]
time_zone = "{zone}"
quiet_seconds = 0
as_of = {clock}
""",
    "taobao": """
[sources.taobao]
base_url = "{url}"
app_key = "demo"
app_secret = "env:JUDGE_TOKEN"
session = "env:JUDGE_TOKEN"
is_sandbox = true
calls_per_second = 400

[sources.taobao_ads]
base_url = "{url}"
app_key = "demo"
app_secret = "env:JUDGE_TOKEN"
session = "env:JUDGE_TOKEN"
is_sandbox = true
calls_per_second = 400
""",
}


@dataclass
class Tape:
    """What two shops answered on the last day, and the home that had read them before."""

    folder: Path
    now: dict[str, dt.datetime] = field(default_factory=dict)
    pages: dict[tuple[str, str], list[Page]] = field(default_factory=dict)
    facts: dict[str, Facts] = field(default_factory=dict)


@dataclass(frozen=True)
class _Player:
    """A client that answers what was recorded."""

    now_is: dt.datetime
    facts: Facts

    def now(self) -> dt.datetime:
        return self.now_is

    def account_facts(self) -> Facts:
        return self.facts

    def close(self) -> None: ...


def record(folder: Path) -> Tape:
    """Read two shops twice, let a day and two hours pass, and record what they answer then."""
    worlds = merchant(_TODAY, days=42, households=70, channels=tuple(_SOURCES))
    with composed(worlds, token=TOKEN, rates=Rates(1e6, 1e6)) as told:
        os.environ["JUDGE_TOKEN"] = TOKEN
        _write_home(folder, told["url"], worlds)
        for hours in (_EARLIER_HOURS, _HOURS):
            with open_home(folder) as home:
                pull(home)
            for world in worlds.values():
                advance(world, hours)
            _write_home(folder, told["url"], worlds)
        tape = Tape(folder)
        with copied(folder) as later:
            for shop in later.shops.values():
                _tap(later, shop, tape)
            pull(later)
        return tape


def _write_home(folder: Path, url: str, worlds: Mapping[str, World]) -> None:
    for name in ("shops", "policies", "keys"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name, key in KEYS.items():
        (folder / "keys" / f"{name}.key").write_text(key, encoding="utf-8")
    (folder / "shopkeeper.toml").write_text("", encoding="utf-8")
    for channel, world in worlds.items():
        text = (_COMMON + _SOURCES[channel] + _ECONOMICS).format(
            channel=channel,
            currency=world.currency,
            zone=world.zone,
            url=url,
            clock=clock_text(world),
        )
        (folder / "shops" / f"{channel}.toml").write_text(text, encoding="utf-8")
    exports.write_exports(worlds["shopify"], folder / "inbox")


@contextmanager
def copied(folder: Path) -> Iterator[Home]:
    """A copy of the home as it was after the first day, opened."""
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / "home"
        shutil.copytree(folder, copy, copy_function=_shared)
        with open_home(copy) as home:
            yield home


def _shared(source: str, target: str) -> None:
    """One file of a copy. What lies in lake and landing is never written again, only added to or
    removed, so both homes may hold the same file: that takes a third of the time."""
    if {"lake", "landing"}.isdisjoint(Path(source).parts):
        shutil.copy2(source, target)
    else:
        Path(target).hardlink_to(source)


def _with_streams(
    home: Home,
    shop: Shop,
    open_client: Callable[..., Any] | None,
    change: Callable[[Stream], Stream],
) -> None:
    """Let all sources of a shop answer as told."""
    sources = tuple(
        replace(
            source,
            connector=replace(
                source.connector,
                open_client=open_client or source.connector.open_client,
                streams=tuple(change(stream) for stream in source.streams()),
                streams_of=None,
            ),
        )
        for source in shop.sources
    )
    home.shops[shop.id] = replace(shop, sources=sources)


def _tap(home: Home, shop: Shop, tape: Tape) -> None:
    for source in shop.sources:
        client = source.open()
        tape.facts[shop.id] = {**tape.facts.get(shop.id, {}), **facts_of(client)}
        if source is shop.platform:
            tape.now[shop.id] = client.now()
        client.close()

    def tapped(stream: Stream) -> Stream:
        def fetch(client: Any, window: Window, *about: Any) -> Iterator[Page]:
            for page in stream.fetch(client, window, *about):
                tape.pages.setdefault((shop.id, stream.name), []).append(page)
                yield page

        return replace(stream, fetch=fetch)

    _with_streams(home, shop, None, tapped)


def play(
    home: Home, tape: Tape, shop: Shop, name: str, fault: Fault | None, *, hours: int = 0
) -> bool:
    """Pull one stream of a shop as recorded, with a fault; `hours` later than it was recorded.

    Whether the fault spoiled anything.
    """
    planted = []

    def played(stream: Stream) -> Stream:
        pages = tape.pages.get((shop.id, stream.name), [])
        if stream.name == name and fault and fault.in_page and pages:
            pages = fault.in_page(pages)
            planted.append(True)

        def to_canonical(given: Any, context: Context) -> Mapped:
            mapped = stream.to_canonical(given, context)
            if fault is None or fault.in_frame is None:
                return mapped
            frames = {one: fault.in_frame(one, frame) for one, frame in mapped.frames.items()}
            planted.append(any(not frames[one].equals(mapped.frames[one]) for one in frames))
            return replace(mapped, frames=frames)

        return replace(
            stream, fetch=lambda *_: iter(pages), to_canonical=to_canonical, max_window=None
        )

    now = tape.now[shop.id] + dt.timedelta(hours=hours)
    player = _Player(now, tape.facts[shop.id])
    _with_streams(home, shop, lambda *_: player, played)
    pull(home, shop_id=shop.id, stream=name)
    return any(planted)
