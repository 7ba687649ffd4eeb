"""The judgement: what became of a stream with a fault in it, and by what it was caught."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from contracts.tables import table_of
from flows.steps.check import order_checks, readings
from flows.steps.home import Home
from flows.steps.usual import as_usual
from tests.planted_faults.faults import Fault
from tests.planted_faults.tape import Tape, copied, play

LIMITS: Final[Mapping[str, tuple[str, ...]]] = {
    "shopify discounts": ("missing",),
    "taobao members": ("missing",),
    "taobao refunds": ("zone ahead", "missing", "field gone"),
}
"""Faults that cannot be told from the truth, by shop and stream; docs/guarantees.md says why."""

Frames = dict[str, pl.DataFrame]


@dataclass(frozen=True)
class State:
    """What a shop holds of the tables of a stream, and what is said of them."""

    frames: Frames
    failed: frozenset[tuple[str, str, bool]] = frozenset()
    """Table, check and whether it holds actions."""
    reasons: frozenset[str] = frozenset()
    """Of documents in quarantine."""


@dataclass(frozen=True)
class Verdict:
    """What became of a stream with a fault in it."""

    caught: tuple[str, ...]
    """Reasons of quarantine and checks that failed for it."""
    holds: tuple[str, ...]
    """Tables that actions may not rest on."""
    spoiled: tuple[str, ...]
    """Tables in which rows are that neither the day before nor the clean second day has."""
    kept_rate: float
    """Share of the rows that are new on the clean second day, and are there all the same."""


def _state(home: Home, shop_id: str, name: str) -> State:
    shop = home.shop(shop_id)
    stream = next(one for _, one in shop.streams() if one.name == name)
    tables = [table_of(schema).name for schema in stream.tables]
    versions = home.readings.versions()
    frames = {one: _plain(home.scan(one, shop)) for one in tables if one in versions}
    checks = [*as_usual(home, shop), *readings(home, shop), *order_checks(home, shop)]
    held = home.quarantine.counts(shop_id=shop_id).filter(pl.col("table").is_in(tables))
    return State(
        frames,
        frozenset(
            (one.table, one.check, one.is_blocking)
            for one in checks
            if one.table in tables and not one.passed
        ),
        frozenset(held["reason"]),
    )


def _plain(frame: pl.LazyFrame) -> pl.DataFrame:
    """Rows as the source told them."""
    kit = ("content_hash", "read_at", "deleted_at", "mapping_version")
    if "deleted_at" in frame.collect_schema():
        frame = frame.filter(pl.col("deleted_at").is_null())
    return frame.drop(kit, strict=False).collect()


@dataclass
class Bench:
    """A stream of a shop, as it is before and after a clean second day."""

    tape: Tape
    shop_id: str
    name: str
    before: State = field(init=False)
    clean: State = field(init=False)

    def __post_init__(self) -> None:
        with copied(self.tape.folder) as home:
            self.before = _state(home, self.shop_id, self.name)
        _, self.clean = self._played([None])

    @property
    def limits(self) -> tuple[str, ...]:
        """Faults that are not caught in it."""
        return LIMITS.get(f"{self.shop_id} {self.name}", ())

    @property
    def fresh_rows(self) -> int:
        """Rows that the clean second day brings anew."""
        clean, before = self.clean.frames, self.before.frames
        return sum(_anti(frame, before[name]).height for name, frame in clean.items())

    def _played(self, faults: Sequence[Fault | None]) -> tuple[bool, State]:
        """The state after the second day is told so often, an hour later each time."""
        with copied(self.tape.folder) as home:
            shop = home.shop(self.shop_id)
            planted = [
                play(home, self.tape, shop, self.name, fault, hours=hours)
                for hours, fault in enumerate(faults)
            ]
            return any(planted), _state(home, self.shop_id, self.name)

    def judged(self, *faults: Fault | None) -> Verdict | None:
        """What becomes of the second day told so; none where there is nothing to spoil."""
        is_planted, found = self._played(faults)
        if not is_planted:
            return None
        new = found.failed - self.clean.failed
        reasons = found.reasons - self.clean.reasons
        return Verdict(
            caught=tuple(sorted({check for _, check, _ in new} | reasons)),
            holds=tuple(sorted({table for table, _, is_blocking in new if is_blocking})),
            spoiled=tuple(name for name in found.frames if self._spoiled(name, found).height),
            kept_rate=self._kept(found),
        )

    def _spoiled(self, name: str, found: State) -> pl.DataFrame:
        rows = found.frames[name]
        for known in (self.clean, self.before):
            if name in known.frames:
                rows = _anti(rows, known.frames[name])
        return rows

    def _kept(self, found: State) -> float:
        new = kept = 0
        for name, frame in self.clean.frames.items():
            fresh = _anti(frame, self.before.frames[name])
            new += fresh.height
            kept += fresh.height - _anti(fresh, found.frames[name]).height
        return kept / new if new else 1.0


def _anti(frame: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    return frame.join(known, on=frame.columns, how="anti", nulls_equal=True)


def benches(tape: Tape) -> list[tuple[str, str]]:
    """Shop and stream of all that answered something on the second day."""
    return sorted(tape.pages)
