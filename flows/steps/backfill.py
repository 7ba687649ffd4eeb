"""Backfill: read a span of history, behind what is read every day; it never acts."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from itertools import groupby
from typing import Any

from connectors.base.declaration import Stream
from connectors.base.limits import HasUrgency, Urgency
from contracts.actions import Action
from contracts.checks import CheckResult
from contracts.codes import ActionState
from contracts.errors import ConfigurationError
from contracts.streams import Reading, Window
from contracts.tables import table_of
from flows.steps.build import build
from flows.steps.check import check
from flows.steps.home import Home
from flows.steps.leases import ActiveLease, lease
from flows.steps.progress import Progress, silent
from flows.steps.pull import Pulled, blocked_in, pull_reading
from flows.steps.shop import Shop, ShopSource

_WEEK = dt.timedelta(days=7)  # so that progress shows and an interruption costs little
_TICK = dt.timedelta(microseconds=1)


class BackfillMode(StrEnum):
    """Which days of the span are read."""

    MISSING = "missing"
    FAILED = "failed"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillSpan:
    """What to backfill: shop-local days, both included, on which records changed.

    missing: what no loaded reading covers; failed: what was planned and not loaded, what cannot be
    mapped is requested again; all: everything again. What an interrupted backfill left is taken up
    in each mode.
    """

    first: dt.date
    last: dt.date
    mode: BackfillMode = BackfillMode.MISSING
    shop_id: str | None = None
    stream: str | None = None
    table: str | None = None
    newest_first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPlan:
    """Readings of one stream, in the order in which they are read."""

    shop_id: str
    stream: str
    readings: tuple[Reading, ...]
    calls: int | None
    """About how many requests they take; None where the connector has no estimate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillPlan:
    """What a backfill would read, and which streams it cannot: their past is not kept there."""

    span: BackfillSpan
    streams: tuple[StreamPlan, ...]
    snapshots: tuple[str, ...]

    @property
    def readings(self) -> list[Reading]:
        """All readings, stream by stream."""
        return [reading for stream in self.streams for reading in stream.readings]

    @property
    def calls(self) -> int:
        """About how many requests the plan takes, of the streams with an estimate."""
        return sum(stream.calls or 0 for stream in self.streams)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfilled:
    """What a backfill did, and the actions of its span that were not sent and never will be."""

    plan: BackfillPlan
    pulled: list[Pulled]
    checked: list[CheckResult]
    built: dict[str, int]
    expired: list[Action]

    @property
    def rows(self) -> int:
        """Canonical rows that were read."""
        return sum(one.rows for one in self.pulled)

    @property
    def quarantined(self) -> int:
        """Documents in quarantine."""
        return sum(one.quarantined for one in self.pulled)

    @property
    def is_blocked(self) -> bool:
        """Whether a blocking check failed, or something could not be read."""
        failed = any(not one.passed and one.is_blocking for one in self.checked)
        return failed or bool(blocked_in(self.pulled))


def mode_of(text: str) -> BackfillMode:
    """A mode as the command line takes it.

    Raises:
        ConfigurationError: it is none.
    """
    try:
        return BackfillMode(text)
    except ValueError:
        raise ConfigurationError(
            f"--mode {text!r} is not one of {', '.join(BackfillMode)}"
        ) from None


def as_dict(planned: BackfillPlan, done: Backfilled | None = None) -> dict[str, Any]:
    """For --json: the plan, and what was done once it is."""
    streams = [
        {
            "shop_id": one.shop_id,
            "stream": one.stream,
            "readings": len(one.readings),
            "calls": one.calls,
        }
        for one in planned.streams
    ]
    plan_rows = {"streams": streams, "calls": planned.calls, "snapshots": list(planned.snapshots)}
    if done is None:
        return {"plan": plan_rows}
    expired = [
        {"action_id": one.action_id, "shop_id": one.shop_id, "policy": one.policy}
        for one in done.expired
    ]
    return {
        "plan": plan_rows,
        "rows": done.rows,
        "quarantined": done.quarantined,
        "blocked": [asdict(one) for one in blocked_in(done.pulled)],
        "checks": [asdict(one) for one in done.checked],
        "built": done.built,
        "expired": expired,
    }


def plan(home: Home, span: BackfillSpan) -> BackfillPlan:
    """Ask the platforms for their clock and for the cost, and plan; nothing is kept yet.

    Raises:
        ConfigurationError: the span is none or lies ahead, nothing of that name, or a stream that
            shows only what is now.
    """
    if span.last < span.first:
        raise ConfigurationError(f"the span ends before it starts: {span.first} .. {span.last}")
    streams, snapshots = [], []
    for shop in home.select(span.shop_id):
        chosen = _chosen(shop, span)
        snapshots += [f"{shop.id} {stream.name}" for _, stream in chosen if stream.is_snapshot]
        for source in dict.fromkeys(source for source, stream in chosen if not stream.is_snapshot):
            wanted = [s for owner, s in chosen if owner is source and not s.is_snapshot]
            streams += _plan_source(home, shop, source, wanted, span)
    if snapshots and not streams:
        raise ConfigurationError(
            f"{', '.join(snapshots)} cannot be backfilled: the platform reports only what is now"
        )
    return BackfillPlan(span=span, streams=tuple(streams), snapshots=tuple(snapshots))


def keep(home: Home, planned: BackfillPlan) -> None:
    """Keep the plan, so that an interruption anywhere loses none of it."""
    for reading in planned.readings:
        version = _resolve(home, reading)[2].mapping_version
        home.readings.plan(reading, mapping_version=version)


def read(home: Home, readings: Sequence[Reading], progress: Progress = silent) -> list[Pulled]:
    """Land, check and load readings one after the other, leaving the platform's room to others.

    Raises:
        BusyError: another backfill is at one of the streams; a live pull is not in the way.
    """
    pulled = []
    of_stream = groupby(readings, key=lambda one: (one.shop_id, one.stream))
    for (shop_id, stream), group in of_stream:
        with lease(home, f"backfill {shop_id} {stream}") as mine:
            pulled += _read_stream(mine, list(group), progress)
    return pulled


def _read_stream(mine: ActiveLease, due: Sequence[Reading], progress: Progress) -> list[Pulled]:
    shop, source, stream = _resolve(mine.home, due[0])
    pulled = []
    client = source.open()
    try:
        if isinstance(client, HasUrgency):
            client.urgency = Urgency.BACKFILL
        for done, reading in enumerate(due):
            mine.confirm()
            progress(f"{shop.id} {stream.name} · {business_days(shop, reading)}", done, len(due))
            pulled.append(pull_reading(mine.home, shop, stream, client, reading))
    finally:
        client.close()
    progress(f"{shop.id} {stream.name} · done", len(due), len(due))
    return pulled


def finish(
    home: Home, planned: BackfillPlan, pulled: list[Pulled], progress: Progress = silent
) -> Backfilled:
    """Check and build what was read, decide nothing, and list the actions that are past."""
    shops = [
        shop
        for shop in home.select(planned.span.shop_id)
        if home.readings.newest(shop.id, with_backfills=True)
    ]
    built: dict[str, int] = {}
    checked: list[CheckResult] = []
    for shop in shops:
        checked += check(home, shop_id=shop.id, progress=progress)
        for table, rows in build(home, shop_id=shop.id, progress=progress).items():
            built[table] = built.get(table, 0) + rows
    past = [action for shop in shops for action in expired_actions(home, shop, planned.span)]
    return Backfilled(plan=planned, pulled=pulled, checked=checked, built=built, expired=past)


def backfill(home: Home, planned: BackfillPlan, progress: Progress = silent) -> Backfilled:
    """Carry a plan out. Interrupted anywhere, it goes on when the same span is requested again."""
    keep(home, planned)
    return finish(home, planned, read(home, planned.readings, progress), progress)


def expired_actions(home: Home, shop: Shop, span: BackfillSpan) -> list[Action]:
    """Actions of the span whose window has passed before they were sent."""
    now = home.now(shop)
    start, end = shop.midnight(span.first), shop.midnight(span.last + dt.timedelta(days=1))
    waiting = (ActionState.PROPOSED, ActionState.APPROVED, ActionState.EXPIRED)
    return [
        action
        for action in home.ledger.find(shop_id=shop.id, states=waiting)
        if start <= action.window_start < end
        and (action.state is ActionState.EXPIRED or action.expires_at <= now)
    ]


def business_days(shop: Shop, reading: Reading) -> str:
    """The shop-local days of a reading, as in "2026-10-01 .. 2026-10-07"."""
    first = reading.window.start.astimezone(shop.zone).date()
    last = (reading.window.end - _TICK).astimezone(shop.zone).date()
    return f"{first}" if first == last else f"{first} .. {last}"


def _chosen(shop: Shop, span: BackfillSpan) -> list[tuple[ShopSource, Stream]]:
    """The streams that are requested, by name or by a table that they fill."""
    found = [
        (source, stream)
        for source, stream in shop.streams()
        if span.stream in (None, stream.name)
        and (span.table is None or span.table in {table_of(one).name for one in stream.tables})
    ]
    if not found:
        known = ", ".join(stream.name for _, stream in shop.streams())
        wanted = f"stream {span.stream!r}" if span.stream else f"stream that fills {span.table!r}"
        raise ConfigurationError(f"shop {shop.id} has no {wanted}; it has {known}")
    return found


def _plan_source(
    home: Home, shop: Shop, source: ShopSource, streams: Sequence[Stream], span: BackfillSpan
) -> list[StreamPlan]:
    client = source.open()
    try:
        now = client.now()
        if shop.midnight(span.first) >= now:
            raise ConfigurationError(f"{span.first} has not begun at shop {shop.id}")
        return [_plan_stream(home, shop, stream, client, now, span) for stream in streams]
    finally:
        client.close()


def _plan_stream(
    home: Home, shop: Shop, stream: Stream, client: object, now: dt.datetime, span: BackfillSpan
) -> StreamPlan:
    """What was planned and not loaded, as it was planned; then what is new."""
    start, end = shop.midnight(span.first), shop.midnight(span.last + dt.timedelta(days=1))
    if start >= now - stream.settle:
        return StreamPlan(shop_id=shop.id, stream=stream.name, readings=(), calls=0)
    whole = Window(start, min(end, now - stream.settle))
    known = home.readings.of_span(shop.id, stream.name, span=whole)
    left = [reading for reading, is_loaded in known.items() if not is_loaded]
    if span.mode is BackfillMode.FAILED:
        left = _requested_again(home, shop, left, now)
    gaps = (
        []
        if span.mode is BackfillMode.FAILED
        else _uncovered_parts(whole, _covered_windows(known, span.mode))
    )
    new = [
        Reading(shop.id, stream.name, window, now, is_backfill=True)
        for gap in gaps
        for window in _weeks(shop, gap, stream.max_window)
    ]
    new = [reading for reading in new if reading not in known]
    ordered = sorted([*left, *new], key=lambda one: one.window, reverse=span.newest_first)
    calls = _calls(home, stream, client, ordered)
    return StreamPlan(shop_id=shop.id, stream=stream.name, readings=tuple(ordered), calls=calls)


def _requested_again(
    home: Home, shop: Shop, left: Sequence[Reading], now: dt.datetime
) -> list[Reading]:
    """Readings to be resumed; one that cannot be mapped is requested once more instead."""
    aside = {one.reading for one in home.readings.set_aside(shop_id=shop.id)}
    return [
        replace(reading, read_at=now, is_backfill=True) if reading in aside else reading
        for reading in left
    ]


def _calls(home: Home, stream: Stream, client: object, due: Sequence[Reading]) -> int | None:
    """About how many requests the readings take; what was landed takes none."""
    if stream.estimate is None:
        return None
    return sum(
        stream.estimate(client, reading.window)
        for reading in due
        if not home.landing.is_complete(reading.id)
    )


def _weeks(shop: Shop, gap: Window, longest: dt.timedelta | None) -> Iterable[Window]:
    """A window cut where shop-local days begin, also where a day has 23 or 25 hours."""
    start = gap.start
    while start < gap.end:
        end = min(shop.midnight(start.astimezone(shop.zone).date() + _WEEK), gap.end)
        yield from Window(start, end).spans(longest)
        start = end


def _covered_windows(known: dict[Reading, bool], mode: BackfillMode) -> list[Window]:
    """Windows that need no new reading.

    To read all again ends when all was read since the backfill began: a plan that was interrupted
    is known by the clock that its readings share.
    """
    if mode is BackfillMode.MISSING:
        return [reading.window for reading in known]
    begun = {one.read_at for one, is_loaded in known.items() if one.is_backfill and not is_loaded}
    return [one.window for one in known if one.is_backfill and one.read_at in begun]


def _uncovered_parts(whole: Window, covered: Iterable[Window]) -> Iterable[Window]:
    """The parts of a window that none of the others covers, oldest first."""
    start = whole.start
    for window in sorted(covered):
        if window.start > start:
            yield Window(start, min(window.start, whole.end))
        start = max(start, window.end)
        if start >= whole.end:
            return
    yield Window(start, whole.end)


def _resolve(home: Home, reading: Reading) -> tuple[Shop, ShopSource, Stream]:
    shop = home.shop(reading.shop_id)
    for source, stream in shop.streams():
        if stream.name == reading.stream:
            return shop, source, stream
    raise ConfigurationError(f"shop {shop.id} no longer has stream {reading.stream!r}")
