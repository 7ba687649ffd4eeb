"""A home whose platform is scripted: what it answers is said by the test, and nothing is sent."""

import base64
import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from connectors.base.declaration import Connector, Stream
from connectors.base.documents import At, JsonDocuments
from connectors.base.frames import columns
from connectors.base.mapping import Mapper
from connectors.base.registry import connector
from connectors.base.wire import decoded
from contracts.codes import ReviewResult
from contracts.streams import Context, Mapped, Page, Window
from contracts.tables import Review
from flows.steps.home import Home

NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)

_SHOP = """
name = "{name}"
currency = "EUR"
time_zone = "Europe/Berlin"
history_from = 2026-11-18

[sources.shopify]
base_url = "http://127.0.0.1:9"
access_token = "env:SCRIPTED_TOKEN"
is_sandbox = true

[economics]
fee_rate = 0.03
min_margin_rate = 0.1
"""


class Wrote(msgspec.Struct):
    """One review, as the scripted platform tells it."""

    id: str
    stars: int
    tags: list[str] = []


_DECODE = msgspec.json.Decoder(list[Wrote]).decode


def to_reviews(pages: Iterable[Page], context: Context) -> Mapped:
    """Reviews; thirteen stars are what this mapping stumbles over."""
    pages = list(pages)
    found = [one for page in pages for one in decoded(_DECODE, page.body)]
    if any(one.stars == 13 for one in found):
        raise ZeroDivisionError("a name of somebody")
    raw = columns(found, {"id": ("id", pl.String), "stars": ("stars", pl.Int64)})
    mapper = Mapper(context).add(
        Review,
        raw,
        review_id=pl.col("id"),
        product_id=pl.lit("p"),
        review_result=pl.lit(ReviewResult.GOOD),
        stars_units=pl.col("stars"),
        reviewed_at=pl.lit(context.read_at),
    )
    known = {"id", "stars", "tags"}
    unknown = {
        name for page in pages for one in json.loads(page.body) for name in one if name not in known
    }
    return mapper.done(unknown_fields=tuple(sorted(unknown)))


def reviews(*documents: dict[str, Any]) -> list[Page]:
    """A page of reviews; each has an id, and five stars unless it says otherwise."""
    return [Page(json.dumps([{"stars": 5, **one} for one in documents]).encode(), "page")]


REVIEWS = Stream(
    name="reviews",
    tables=(Review,),
    fetch=lambda _client, _window: iter(()),
    to_canonical=to_reviews,
    documents=JsonDocuments({"page": At("", "reviews", "id", Wrote)}),
)

Answer = Callable[[Window], Iterable[Page]]


@dataclass
class Platform:
    """What a scripted shop answers; `asked` are the windows that it was asked for, by stream."""

    answers: dict[str, Answer] = field(default_factory=dict)
    now: dt.datetime = NOW
    opens: Callable[[], None] | None = None
    asked: dict[str, list[Window]] = field(default_factory=dict)
    contexts: list[Context] = field(default_factory=list)

    def client(self) -> "Client":
        if self.opens is not None:
            self.opens()
        return Client(self)

    def fetch(self, stream: str, window: Window) -> Iterator[Page]:
        self.asked.setdefault(stream, []).append(window)
        answer = self.answers.get(stream)
        yield from reviews() if answer is None else answer(window)

    def stream(self, base: Stream) -> Stream:
        def mapped(pages: Iterable[Page], context: Context) -> Mapped:
            self.contexts.append(context)
            return base.to_canonical(pages, context)

        return replace(
            base,
            fetch=lambda _client, window: self.fetch(base.name, window),
            to_canonical=mapped,
        )


@dataclass
class Client:
    """An open account of a scripted shop."""

    platform: Platform

    def now(self) -> dt.datetime:
        return self.platform.now

    def close(self) -> None: ...

    def account_facts(self) -> dict[str, str | int | bool]:
        return {"decimals": 3}


def write(folder: Path, *shops: str) -> None:
    """A home with shops that are scripted once it is open."""
    (folder / "shops").mkdir(parents=True)
    (folder / "policies").mkdir()
    (folder / "keys").mkdir()
    (folder / "shopkeeper.toml").write_text("", encoding="utf-8")
    for name in ("data", "members"):
        key = base64.b64encode(name.encode().ljust(32)).decode()
        (folder / "keys" / f"{name}.key").write_text(key, encoding="utf-8")
    for shop in shops:
        text = _SHOP.format(name=shop)
        (folder / "shops" / f"{shop}.toml").write_text(text, encoding="utf-8")


def script(home: Home, shop_id: str, platform: Platform, *streams: Stream) -> None:
    """Let a shop's source be the scripted platform with these streams; again: the next release."""
    shop = home.shop(shop_id)
    declared: Connector = replace(
        connector("shopify"),
        open_client=lambda _settings, _stores: platform.client(),
        streams=tuple(platform.stream(one) for one in streams),
    )
    (source,) = shop.sources
    home.shops[shop_id] = replace(shop, sources=(replace(source, connector=declared),))


def loaded(home: Home, shop_id: str) -> list[str]:
    """Ids of the reviews that are in the lake."""
    if "reviews" not in home.readings.versions():
        return []
    found = home.scan("reviews", home.shop(shop_id)).select("review_id").collect()
    return sorted(found["review_id"])
