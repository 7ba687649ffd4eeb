"""Loading: a landed reading is mapped, checked and merged; again, whenever its mapping changes."""

import datetime as dt
import hashlib
import logging
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

import polars as pl

from checks.again import Again
from checks.profiles import profile
from checks.rows import Split
from connectors.base.declaration import Stream
from contracts.errors import SourceContractError
from contracts.streams import Reading, Window
from contracts.tables import TABLES, TableKind
from flows.steps.documents import drop_erased, map_and_check
from flows.steps.gone import merge
from flows.steps.home import Home
from flows.steps.shop import Shop
from warehouse.readings import Counts, Made

_NAME = re.compile(r"[^\W\d][\w .:/()（）-]{0,59}")
_MOST_NAMES = 20
_EVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What became of a landed reading; `quarantined` are documents."""

    counts: Counts
    versions: dict[str, int]
    quarantined: int
    made: Made


def load(home: Home, shop: Shop, stream: Stream, reading: Reading, *, started: float) -> Loaded:
    """Map, check and merge a landed reading; that it is loaded is for the caller to record.

    `started` is the monotonic clock, in seconds, at which work on the reading began.

    Raises:
        SourceContractError: it cannot be mapped; nothing of it was merged.
        LandingError: landing does not hold it whole.
    """
    mapped, parted = map_and_check(home, shop, stream, reading)
    undecoded = mapped.rejects.filter(pl.col("raw").is_not_null())["document_id"].n_unique()
    rows = undecoded + sum(frame.height for frame in mapped.frames.values())
    if mapped.unknown_fields:
        names = ", ".join(safe_field_names(mapped.unknown_fields))
        _log.warning("reading=%s fields that nobody knows: %s", reading.id, names)
    again = Again(reading.read_at, reading.window, partial(home.profiles.note, reading))
    beside = None if reading.is_backfill else again.note
    merged = merge(home, shop, stream, reading, parted, beside=beside)
    home.quarantine.keep(
        reading, parted.bad, covers=covered_window(stream, reading), standing=mapped.standing
    )
    _release(home, reading, parted)
    home.profiles.keep(reading, profile(parted.good))
    if mapped.is_of_erased:
        drop_erased(home, shop, stream, reading)
    good = sum(frame.height for frame in parted.good.values())
    counts = Counts(
        landed_rows=rows,
        loaded_rows=good,
        quarantined_rows=rows - good,
        seconds=time.monotonic() - started,
    )
    versions = {name: table.version for name, table in merged.items()}
    made = Made(
        mapping_version=stream.mapping_version,
        fingerprint=fingerprint(shop, stream),
        unknown_fields=tuple(safe_field_names(mapped.unknown_fields)),
    )
    return Loaded(counts=counts, versions=versions, quarantined=parted.bad.height, made=made)


def covered_window(stream: Stream, reading: Reading) -> Window:
    """The time that a reading covers: its window, or all there was for a snapshot."""
    return Window(_EVER, reading.window.end) if stream.is_snapshot else reading.window


def replay(home: Home, shop: Shop, stream: Stream, reading: Reading) -> Loaded:
    """Map a loaded reading again as of today, and record it.

    Raises:
        SourceContractError: it cannot be mapped any more; what it brought stays.
        LandingError: landing does not hold it whole.
    """
    loaded = load(home, shop, stream, reading, started=time.monotonic())
    home.readings.record_replay(
        reading, counts=loaded.counts, versions=loaded.versions, made=loaded.made
    )
    return loaded


def safe_field_names(names: Iterable[str]) -> list[str]:
    """Names of fields that may be shown; what looks like a value used as a name is not one."""
    return [name for name in sorted(names) if _NAME.fullmatch(name)][:_MOST_NAMES]


def _release(home: Home, reading: Reading, parted: Split) -> None:
    """Close what this reading brought in good."""
    for name, frame in parted.good.items():
        table = TABLES[name]
        is_root = table.kind is not TableKind.VERSIONED or len(table.key) == len(table.document) + 1
        if is_root and frame.height:
            ids = frame.select(table.document_id.alias("id"))["id"]
            home.quarantine.close(reading.shop_id, name, document_ids=ids, read_at=reading.read_at)


def fingerprint(shop: Shop, stream: Stream) -> str:
    """Of what the mapping of a stream depends on beside the pages: as long as it is the same, what
    could not be mapped cannot be mapped.
    """
    settings = shop.settings
    parts = (stream.mapping_version, stream.fingerprint, settings.currency, settings.time_zone)
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()


def retry_quarantined(home: Home, shop: Shop, stream: Stream) -> None:
    """Replay readings with documents in quarantine, once what their mapping depends on has changed:
    a repaired description or mapping releases them.
    """
    mark = fingerprint(shop, stream)
    waiting = home.quarantine.readings(shop.id)
    version = stream.mapping_version
    stale = home.readings.loaded_by(shop.id, stream.name, older_than=version, fingerprint=mark)
    for reading in stale:
        if reading.id in waiting and home.landing.is_complete(reading.id):
            try:
                replay(home, shop, stream, reading)
            except SourceContractError as error:
                _log.warning("reading=%s replayed in vain: %s", reading.id, error)
