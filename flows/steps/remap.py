"""Remap: replay what is in landing through the mapping of today, without a platform."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from connectors.base.declaration import Stream
from contracts.errors import ConfigurationError, SourceContractError
from contracts.streams import Reading
from flows.steps.blocked import Blocked, Rung
from flows.steps.home import Home
from flows.steps.loading import fingerprint, replay
from flows.steps.progress import Progress, silent
from flows.steps.pull import pull_reading
from flows.steps.shop import Shop
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
            " mapping, or by other settings: run `shopkeeper build --remap`"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Remapped:
    """What replaying a stream came to; `missing` are readings that landing no longer holds,
    `blocked` those that cannot be mapped."""

    shop_id: str
    stream: str
    readings: int = 0
    rows: int = 0
    loaded_rows: int = 0
    quarantined: int = 0
    """Documents."""
    missing: tuple[str, ...] = ()
    blocked: tuple[Blocked, ...] = ()


def stale(home: Home, shop: Shop) -> list[Stale]:
    """The streams of a shop whose mapping has changed since they were read."""
    found = []
    for _, stream in shop.streams():
        version = stream.mapping_version
        mark = fingerprint(shop, stream)
        old = home.readings.loaded_by(shop.id, stream.name, older_than=version, fingerprint=mark)
        in_landing = sum(home.landing.is_complete(reading.id) for reading in old)
        if in_landing:
            found.append(
                Stale(
                    shop_id=shop.id,
                    stream=stream.name,
                    readings=in_landing,
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
    total = Remapped(shop_id=shop.id, stream=stream.name)
    bound = None if is_all else stream.mapping_version
    loaded = home.readings.loaded_by(
        shop.id, stream.name, older_than=bound, fingerprint=fingerprint(shop, stream)
    )
    aside = [
        one.reading
        for one in home.readings.set_aside(shop_id=shop.id)
        if one.reading.stream == stream.name
    ]
    due = sorted([*loaded, *aside], key=lambda one: (one.read_at, one.window))
    name = f"{shop.id} {stream.name} remap"
    for done, reading in enumerate(due):
        progress(name, done, len(due))
        again = _first_time if reading in aside else _replay_reading
        total = _sum(total, again(home, shop, stream, reading))
    if due:
        progress(name, len(due), len(due))
    return total


def _replay_reading(home: Home, shop: Shop, stream: Stream, reading: Reading) -> Remapped:
    """What became of the rows of a loaded reading."""
    nothing = Remapped(shop_id=shop.id, stream=stream.name)
    try:
        loaded = replay(home, shop, stream, reading)
    except LandingError:
        return replace(nothing, missing=(reading.id,))
    except SourceContractError as error:
        stopped = Blocked.by(error, shop_id=shop.id, rung=Rung.READING, name=reading.id)
        return replace(nothing, blocked=(stopped,))
    return replace(
        nothing,
        readings=1,
        rows=loaded.counts.landed_rows,
        loaded_rows=loaded.counts.loaded_rows,
        quarantined=loaded.quarantined,
    )


def _first_time(home: Home, shop: Shop, stream: Stream, reading: Reading) -> Remapped:
    """What became of a reading that was set aside; landing has it, so no platform is called."""
    nothing = Remapped(shop_id=shop.id, stream=stream.name)
    if not home.landing.is_complete(reading.id):
        return replace(nothing, missing=(reading.id,))
    pulled = pull_reading(home, shop, stream, None, reading)
    return replace(
        nothing,
        readings=pulled.readings,
        rows=pulled.rows,
        loaded_rows=pulled.loaded_rows,
        quarantined=pulled.quarantined,
        blocked=pulled.blocked,
    )


def _sum(left: Remapped, right: Remapped) -> Remapped:
    return Remapped(
        shop_id=left.shop_id,
        stream=left.stream,
        readings=left.readings + right.readings,
        rows=left.rows + right.rows,
        loaded_rows=left.loaded_rows + right.loaded_rows,
        quarantined=left.quarantined + right.quarantined,
        missing=left.missing + right.missing,
        blocked=left.blocked + right.blocked,
    )
