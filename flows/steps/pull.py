"""Pull: plan the readings that are due, land them, check every document, load what is good."""

import datetime as dt
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any

from connectors.base.declaration import Stream, facts_of
from contracts.errors import ConfigurationError, ShopkeeperError, SourceContractError
from contracts.streams import Reading, Window
from contracts.tables import table_of
from flows.steps.ahead import prefetch
from flows.steps.blocked import Blocked, Rung
from flows.steps.clock import machine_now
from flows.steps.documents import fetch_pages
from flows.steps.home import Home
from flows.steps.leases import lease
from flows.steps.loading import covered_window, fingerprint, load, retry_quarantined
from flows.steps.progress import Progress, silent
from flows.steps.shop import Shop, ShopSource
from warehouse.landing import Landed, LandingError

_YEAR = dt.timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """What the readings of one stream came to."""

    shop_id: str
    stream: str
    readings: int = 0
    pages: int = 0
    new_pages: int = 0
    rows: int = 0
    """Canonical rows that the pages hold; each is loaded or quarantined with its document."""
    loaded_rows: int = 0
    quarantined_rows: int = 0
    quarantined: int = 0
    """Documents."""
    seconds: float = 0.0
    blocked: tuple[Blocked, ...] = ()
    """Readings that were not loaded, and what else stopped the stream."""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Pulled":
        """The same again, from what `dataclasses.asdict` made of it."""
        return cls(**{**row, "blocked": tuple(Blocked(**one) for one in row["blocked"])})


@dataclass(frozen=True, slots=True)
class _Span:
    """The platform's clock, and the shop-local days that were requested."""

    now: dt.datetime
    first: dt.date | None
    last: dt.date | None


@dataclass(frozen=True, slots=True)
class _Landing:
    """What was kept of a reading, and how many seconds that took."""

    landed: Landed
    seconds: float


def planned_streams(
    home: Home, *, shop_id: str | None = None, lookups: bool | None = None
) -> list[tuple[str, str]]:
    """Shop and stream of all that can be pulled; `lookups` as for `pull`."""
    return [
        (shop.id, stream.name)
        for shop in home.select(shop_id)
        for _, stream in shop.streams()
        if lookups in (None, stream.lookup is not None)
    ]


def lookup_tables(home: Home, shop_id: str | None = None) -> set[str]:
    """Names of the tables that streams fill which ask about a derived table."""
    return {
        table_of(schema).name
        for shop in home.select(shop_id)
        for _, stream in shop.streams()
        for schema in stream.tables
        if stream.lookup is not None
    }


def pull(
    home: Home,
    *,
    shop_id: str | None = None,
    stream: str | None = None,
    first: dt.date | None = None,
    last: dt.date | None = None,
    lookups: bool | None = None,
    progress: Progress = silent,
) -> list[Pulled]:
    """Read what is due; with `first` or `last`, those shop-local days again.

    `lookups` picks only the streams that look up rows of a derived table, or only the others: the
    loop builds between them, so that what was just read can be looked up.

    Safe to run again from any point: a reading that was planned is resumed with the clock it was
    planned with, one that is loaded is left alone.

    What blocks a reading, a stream or a source stands in its row as `blocked`; all else goes on.

    Raises:
        ConfigurationError: no shop, or no stream of that name.
    """

    shops = [shop for shop in home.select(shop_id) if _chosen(shop, stream, lookups)]
    if not shops and stream is not None:
        raise _no_stream(home.select(shop_id), stream)
    return [
        row
        for shop in shops
        for row in _pull_shop(
            home, shop, _chosen(shop, stream, lookups), first=first, last=last, progress=progress
        )
    ]


def pull_stream(home: Home, *, shop_id: str, stream: str) -> Pulled:
    """Read what is due of one stream.

    Raises:
        ShopkeeperError: what stopped it, or the first of its readings that was not loaded.
    """
    (pulled,) = pull(home, shop_id=shop_id, stream=stream)
    if pulled.blocked:
        raise pulled.blocked[0].as_error
    return pulled


def blocked_in(pulled: Iterable[Pulled]) -> list[Blocked]:
    """What was stopped, each thing once: a source stops all of its streams."""
    return list(dict.fromkeys(one for row in pulled for one in row.blocked))


def _no_stream(shops: Sequence[Shop], name: str) -> ConfigurationError:
    if len(shops) == 1:
        known = ", ".join(found.name for _, found in shops[0].streams())
        return ConfigurationError(f"shop {shops[0].id} has no stream {name!r}; it has {known}")
    known = ", ".join(sorted({found.name for shop in shops for _, found in shop.streams()}))
    return ConfigurationError(f"no shop has a stream {name!r}; there are {known}")


def _chosen(
    shop: Shop, stream: str | None, lookups: bool | None
) -> list[tuple[ShopSource, Stream]]:
    return [
        (source, found)
        for source, found in shop.streams()
        if stream in (None, found.name) and lookups in (None, found.lookup is not None)
    ]


def _pull_shop(
    home: Home,
    shop: Shop,
    chosen: list[tuple[ShopSource, Stream]],
    *,
    first: dt.date | None,
    last: dt.date | None,
    progress: Progress,
) -> list[Pulled]:
    pulled = []
    for source in dict.fromkeys(owner for owner, _ in chosen):
        streams = [found for owner, found in chosen if owner is source]
        try:
            client, now = _open_client(source)
        except ShopkeeperError as error:
            name = source.connector.name
            stopped = Blocked.by(error, shop_id=shop.id, rung=Rung.SOURCE, name=name)
            pulled += [_nothing(shop, found, stopped) for found in streams]
            continue
        try:
            for found in streams:
                span = _Span(now, first, last)
                pulled.append(_pull_stream(home, shop, found, client, span, progress))
        finally:
            client.close()
    return pulled


def _open_client(source: ShopSource) -> tuple[Any, dt.datetime]:
    """An open client, and the platform's time."""
    client = source.open()
    try:
        return client, client.now()
    except BaseException:
        client.close()
        raise


def _nothing(shop: Shop, stream: Stream, *blocked: Blocked) -> Pulled:
    return Pulled(shop_id=shop.id, stream=stream.name, blocked=blocked)


def _pull_stream(
    home: Home, shop: Shop, stream: Stream, client: object, span: _Span, progress: Progress
) -> Pulled:
    """Read what is due of a stream; a reading that fails does not stop the next one."""
    total = _nothing(shop, stream)
    try:
        with lease(home, f"pull {shop.id} {stream.name}") as mine:
            retry_quarantined(home, shop, stream)
            due = _due(home, shop, stream, span)
            home.readings.plan(*due, mapping_version=stream.mapping_version)
            land = partial(_land, home, shop, stream, client)
            with closing(prefetch(land, due)) as landings:
                for done, (reading, landing) in enumerate(zip(due, landings, strict=True)):
                    progress(f"{shop.id} {stream.name}", done, len(due))
                    mine.confirm()
                    total = _sum(total, _load_landed(home, shop, stream, reading, landing))
            progress(f"{shop.id} {stream.name}", len(due), len(due))
    except ShopkeeperError as error:
        stopped = Blocked.by(error, shop_id=shop.id, rung=Rung.STREAM, name=stream.name)
        total = _sum(total, _nothing(shop, stream, stopped))
    return total


def _due(home: Home, shop: Shop, stream: Stream, span: _Span) -> list[Reading]:
    """Readings that were planned and not loaded, then those that are due, oldest first.

    What was set aside is due again once something has changed that its mapping depends on. A
    snapshot that was not landed is not due: a new one knows more.
    """
    mark = fingerprint(shop, stream)
    planned = home.readings.unfinished(shop_id=shop.id, stream=stream.name, fingerprint=mark)
    if stream.is_snapshot:
        for reading in planned:
            if not home.landing.is_complete(reading.id):
                home.readings.drop(reading)
        planned = [reading for reading in planned if home.landing.is_complete(reading.id)]
    # What is planned will be read, what is set aside was: to plan it once more would read it twice.
    reached = home.readings.planned_until(shop.id, stream.name)
    history = shop.settings.history_from
    start = shop.midnight(history) if history else span.now - _YEAR
    end = span.now - stream.settle
    first, last = span.first, span.last
    is_span = first is not None or last is not None
    if is_span:
        start = shop.midnight(first) if first else start
        end = min(end, shop.midnight(last + dt.timedelta(days=1))) if last else end
    elif reached is not None:
        if reached >= end:
            return planned
        start = start if stream.is_snapshot else max(start, reached - stream.look_back)
    if start >= end:
        return planned
    longest = None if stream.is_snapshot else stream.max_window
    # Days that were requested say nothing about the days before them: the watermark stays.
    new = [
        Reading(shop.id, stream.name, window, span.now, is_backfill=is_span)
        for window in Window(start, end).spans(longest)
    ]
    known = {reading.id for reading in planned}
    return planned + [reading for reading in new if reading.id not in known]


def pull_reading(
    home: Home, shop: Shop, stream: Stream, client: object, reading: Reading
) -> Pulled:
    """Land, map, check and load one reading, in that order of commits.

    One that cannot be read or mapped is `blocked`: not landed, it stays planned; landed, it
    is set aside with its reason.

    Raises:
        ShopkeeperError: the platform is busy or refuses us, so that more of the stream need not be
            tried.
    """
    landing = _land(home, shop, stream, client, reading)
    return _load_landed(home, shop, stream, reading, landing)


def _land(
    home: Home, shop: Shop, stream: Stream, client: object, reading: Reading
) -> _Landing | Blocked:
    """Keep what the platform answers.

    Raises:
        ShopkeeperError: as `pull_reading`.
    """
    started = time.monotonic()
    pages = fetch_pages(home, shop, stream, client, reading)
    try:
        landed = home.landing.keep(reading, pages, facts=lambda: facts_of(client))
    except SourceContractError as error:
        return Blocked.by(error, shop_id=shop.id, rung=Rung.READING, name=reading.id)
    return _Landing(landed, time.monotonic() - started)


def _load_landed(
    home: Home, shop: Shop, stream: Stream, reading: Reading, landing: _Landing | Blocked
) -> Pulled:
    """Map, check and load a reading that was landed, and record it."""
    if isinstance(landing, Blocked):
        return _nothing(shop, stream, landing)
    landed = landing.landed
    started = time.monotonic() - landing.seconds
    try:
        loaded = load(home, shop, stream, reading, started=started)
    except (SourceContractError, LandingError) as error:
        stopped = Blocked.by(error, shop_id=shop.id, rung=Rung.READING, name=reading.id)
        if isinstance(error, LandingError):
            home.landing.drop(reading.id)
        else:
            mark = fingerprint(shop, stream)
            home.readings.put_aside(reading, failure=str(error), fingerprint=mark, at=machine_now())
        return _nothing(shop, stream, stopped)
    home.readings.record_load(
        reading,
        landed,
        counts=loaded.counts,
        versions=loaded.versions,
        at=machine_now(),
        made=loaded.made,
        supersedes=covered_window(stream, reading),
    )
    return Pulled(
        shop_id=shop.id,
        stream=stream.name,
        readings=1,
        pages=landed.pages,
        new_pages=landed.new_pages,
        rows=loaded.counts.landed_rows,
        loaded_rows=loaded.counts.loaded_rows,
        quarantined_rows=loaded.counts.quarantined_rows,
        quarantined=loaded.quarantined,
        seconds=loaded.counts.seconds,
    )


def _sum(left: Pulled, right: Pulled) -> Pulled:
    return Pulled(
        shop_id=left.shop_id,
        stream=left.stream,
        readings=left.readings + right.readings,
        pages=left.pages + right.pages,
        new_pages=left.new_pages + right.new_pages,
        rows=left.rows + right.rows,
        loaded_rows=left.loaded_rows + right.loaded_rows,
        quarantined_rows=left.quarantined_rows + right.quarantined_rows,
        quarantined=left.quarantined + right.quarantined,
        seconds=left.seconds + right.seconds,
        blocked=left.blocked + right.blocked,
    )
