"""Remap: replay what landing holds through the mapping of today, without asking a platform."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from connectors.base.declaration import Stream
from contracts.errors import ConfigurationError
from contracts.streams import Reading
from flows.steps.home import Home, Progress, Shop, silent
from flows.steps.pull import Loaded, load
from warehouse.landing import LandingError


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """A stream with readings in landing that an older mapping than today's has mapped."""

    shop_id: str
    stream: str
    readings: int
    mapping_version: int

    @property
    def sentence(self) -> str:
        """What an operator reads."""
        return (
            f"{self.readings} readings were mapped before version {self.mapping_version} of the"
            " mapping: run `shopkeeper build --remap`"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Remapped:
    """What replaying a stream came to; `missing` are readings that landing no longer holds."""

    shop_id: str
    stream: str
    readings: int = 0
    rows: int = 0
    loaded_rows: int = 0
    quarantined: int = 0
    """Documents."""
    missing: tuple[str, ...] = ()


def stale(home: Home, shop: Shop) -> list[Stale]:
    """The streams of a shop whose mapping has changed since they were read."""
    found = []
    for _, stream in shop.streams():
        version = stream.mapping_version
        old = home.readings.loaded_by(shop.id, stream.name, older_than=version)
        held = sum(home.landing.is_kept(reading.id) for reading in old)
        if held:
            found.append(
                Stale(
                    shop_id=shop.id,
                    stream=stream.name,
                    readings=held,
                    mapping_version=version,
                )
            )
    return found


def remap(
    home: Home,
    *,
    shop_id: str | None = None,
    stream: str | None = None,
    is_all: bool = False,
    progress: Progress = silent,
) -> list[Remapped]:
    """Replay the readings of an older mapping, or all there are, oldest first.

    What landing no longer holds is listed and left as it is. Safe to run again from any point: a
    reading is stale until its rows are in the lake.

    Raises:
        ConfigurationError: no shop or no stream of that name.
    """
    return [
        _replay(home, shop, found, is_all=is_all, progress=progress)
        for shop in home.select(shop_id)
        for found in _streams(shop, stream)
    ]


def _streams(shop: Shop, name: str | None) -> Iterator[Stream]:
    known = [stream for _, stream in shop.streams()]
    if name is not None and name not in {stream.name for stream in known}:
        names = ", ".join(stream.name for stream in known)
        raise ConfigurationError(f"shop {shop.id} has no stream {name!r}; it has {names}")
    return (stream for stream in known if name in (None, stream.name))


def _replay(
    home: Home, shop: Shop, stream: Stream, *, is_all: bool, progress: Progress
) -> Remapped:
    bound = None if is_all else stream.mapping_version
    due = home.readings.loaded_by(shop.id, stream.name, older_than=bound)
    name = f"{shop.id} {stream.name} remap"
    replayed, missing = [], []
    for done, reading in enumerate(due):
        progress(name, done, len(due))
        loaded = _replay_reading(home, shop, stream, reading)
        if loaded is None:
            missing.append(reading.id)
        else:
            replayed.append(loaded)
    if due:
        progress(name, len(due), len(due))
    return Remapped(
        shop_id=shop.id,
        stream=stream.name,
        readings=len(replayed),
        rows=sum(one.counts.landed_rows for one in replayed),
        loaded_rows=sum(one.counts.loaded_rows for one in replayed),
        quarantined=sum(one.quarantined for one in replayed),
        missing=tuple(missing),
    )


def _replay_reading(home: Home, shop: Shop, stream: Stream, reading: Reading) -> Loaded | None:
    """What became of its rows; nothing where landing lacks a page of it."""
    try:
        loaded = load(home, shop, stream, reading, started=time.monotonic())
    except LandingError:
        return None
    home.readings.remapped(
        reading,
        counts=loaded.counts,
        versions=loaded.versions,
        mapping_version=stream.mapping_version,
    )
    return loaded
