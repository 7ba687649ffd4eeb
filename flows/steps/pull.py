"""Pull: plan the readings that are due, land them, check every document, load what is good."""

import datetime as dt
import time
from dataclasses import dataclass

from checks.rows import Split
from connectors.base.declaration import Stream, facts_of
from contracts.errors import ConfigurationError
from contracts.streams import Reading, Window
from contracts.tables import TABLES, TableKind, table_of
from flows.steps.documents import documents, fetched
from flows.steps.home import Home, Progress, Shop, Source, machine_now, silent
from flows.steps.shops import each
from flows.steps.turns import Turn, turn
from warehouse.readings import Counts

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


def planned_streams(
    home: Home, *, shop_id: str | None = None, asking: bool | None = None
) -> list[tuple[str, str]]:
    """Shop and stream of all that can be pulled; `asking` as for `pull`."""
    return [
        (shop.id, stream.name)
        for shop in home.select(shop_id)
        for _, stream in shop.streams()
        if asking in (None, stream.about is not None)
    ]


def asked_tables(home: Home, shop_id: str | None = None) -> set[str]:
    """Names of the tables that streams fill which ask about a derived table."""
    return {
        table_of(schema).name
        for shop in home.select(shop_id)
        for _, stream in shop.streams()
        for schema in stream.tables
        if stream.about is not None
    }


def pull(
    home: Home,
    *,
    shop_id: str | None = None,
    stream: str | None = None,
    first: dt.date | None = None,
    last: dt.date | None = None,
    asking: bool | None = None,
    progress: Progress = silent,
) -> list[Pulled]:
    """Read what is due; with `first` or `last`, those shop-local days again.

    `asking` says whether only streams that ask about a derived table are meant, or only the others:
    the loop builds between them, so that what was just read can be asked about.

    Safe to run again from any point: a reading that was planned is resumed with the clock it was
    planned with, one that is loaded is left alone.

    Raises:
        ConfigurationError: no shop, no stream of that name, or no token.
        BusyError: another process is pulling the same stream; nothing of it was read here.
        ShopkeeperError: a platform cannot be reached or refuses; the other shops were read.
    """

    def one(shop: Shop) -> list[Pulled]:
        chosen = _chosen(shop, stream, asking)
        return _pull_shop(home, shop, chosen, first=first, last=last, progress=progress)

    return [row for rows in each(home.select(shop_id), one) for row in rows]


def _chosen(shop: Shop, stream: str | None, asking: bool | None) -> list[tuple[Source, Stream]]:
    named = [(s, found) for s, found in shop.streams() if stream in (None, found.name)]
    if not named:
        known = ", ".join(found.name for _, found in shop.streams())
        raise ConfigurationError(f"shop {shop.id} has no stream {stream!r}; it has {known}")
    return [(s, found) for s, found in named if asking in (None, found.about is not None)]


def _pull_shop(
    home: Home,
    shop: Shop,
    chosen: list[tuple[Source, Stream]],
    *,
    first: dt.date | None,
    last: dt.date | None,
    progress: Progress,
) -> list[Pulled]:
    pulled = []
    for source in dict.fromkeys(shop.sources):
        streams = [found for owner, found in chosen if owner is source]
        if not streams:
            continue
        client = source.open()
        try:
            now = client.now()
            for found in streams:
                with turn(home, f"pull {shop.id} {found.name}") as mine:
                    due = _due(home, shop, found, now=now, first=first, last=last)
                    pulled.append(_pull_stream(mine, shop, found, client, due, progress))
        finally:
            client.close()
    return pulled


def _due(
    home: Home,
    shop: Shop,
    stream: Stream,
    *,
    now: dt.datetime,
    first: dt.date | None,
    last: dt.date | None,
) -> list[Reading]:
    """Readings that were planned and not loaded, then those that are due, oldest first."""
    planned = home.readings.unfinished(shop_id=shop.id, stream=stream.name)
    watermark = home.readings.watermark(shop.id, stream.name)
    # What is planned will be read: to plan it once more would read it twice.
    ends = [reading.window.end for reading in planned]
    reached = max([*ends, watermark] if watermark else ends, default=None)
    history = shop.settings.history_from
    start = shop.midnight(history) if history else now - _YEAR
    end = now - stream.settle
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
    # Days that were asked for say nothing about the days before them: the watermark stays.
    new = [
        Reading(shop.id, stream.name, window, now, is_backfill=is_span)
        for window in Window(start, end).spans(longest)
    ]
    known = {reading.id for reading in planned}
    return planned + [reading for reading in new if reading.id not in known]


def _pull_stream(
    mine: Turn,
    shop: Shop,
    stream: Stream,
    client: object,
    due: list[Reading],
    progress: Progress,
) -> Pulled:
    name = f"{shop.id} {stream.name}"
    total = Pulled(shop_id=shop.id, stream=stream.name)
    for reading in due:
        mine.home.readings.plan(reading, mapping_version=stream.mapping_version)
    for done, reading in enumerate(due):
        progress(name, done, len(due))
        mine.confirm()
        total = _sum(total, pull_reading(mine.home, shop, stream, client, reading))
    progress(name, len(due), len(due))
    return total


def pull_reading(
    home: Home, shop: Shop, stream: Stream, client: object, reading: Reading
) -> Pulled:
    """Land, map, check and load one reading, in that order of commits."""
    started = time.monotonic()
    pages = fetched(home, shop, stream, client, reading)
    landed = home.landing.keep(reading, pages, facts=lambda: facts_of(client))
    loaded = load(home, shop, stream, reading, started=started)
    home.readings.loaded(
        reading,
        landed,
        counts=loaded.counts,
        versions=loaded.versions,
        at=machine_now(),
        mapping_version=stream.mapping_version,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What became of a landed reading; `quarantined` are documents."""

    counts: Counts
    versions: dict[str, int]
    quarantined: int


def load(home: Home, shop: Shop, stream: Stream, reading: Reading, *, started: float) -> Loaded:
    """Map, check and merge a landed reading; that it is loaded is for the caller to record.

    `started` is the monotonic clock, in seconds, at which work on the reading began.
    """
    rows, parted = documents(home, shop, stream, reading)
    merged = home.lake.merge(parted.good)
    home.quarantine.keep(reading, parted.bad)
    _release(home, reading, parted)
    good = sum(frame.height for frame in parted.good.values())
    counts = Counts(
        landed_rows=rows,
        loaded_rows=good,
        quarantined_rows=rows - good,
        seconds=time.monotonic() - started,
    )
    versions = {name: table.version for name, table in merged.items()}
    return Loaded(counts=counts, versions=versions, quarantined=parted.bad.height)


def _release(home: Home, reading: Reading, parted: Split) -> None:
    """Close what this reading brought in good."""
    for name, frame in parted.good.items():
        table = TABLES[name]
        is_root = table.kind is not TableKind.VERSIONED or len(table.key) == len(table.document) + 1
        if is_root and frame.height:
            ids = frame.select(table.document_id.alias("id"))["id"]
            home.quarantine.close(reading.shop_id, name, document_ids=ids, read_at=reading.read_at)


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
    )
