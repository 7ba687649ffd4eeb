"""Answers about waybills as parcels and their events. Pure."""

from collections.abc import Iterable, Mapping

import msgspec
import polars as pl

from connectors.base.frames import ColumnType, columns, flatten, with_parent_columns
from connectors.base.mapping import Mapper, coded, gmt8
from connectors.base.wire import decoded, unknown_fields
from connectors.kuaidi100.codes import EVENTS, STATES
from connectors.kuaidi100.wire import TRACK, Track
from contracts.codes import ParcelStatus
from contracts.streams import Context, Mapped, Page
from contracts.tables import Parcel, ParcelEvent

_TRACK: Mapping[str, tuple[str, ColumnType]] = {"state": ("state", pl.String)}
_EVENT: Mapping[str, tuple[str, ColumnType]] = {
    "time": ("time", pl.String),
    "status": ("status", pl.String),
    "context": ("context", pl.String),
}


def shipment_events(pages: Iterable[Page], context: Context) -> Mapped:
    """Parcels and their events; a page's part names the parcel.

    Of a parcel that nothing is told of nothing is known: it has no row. Versions go by when they
    were read, for an answer says at which moment nothing else was known.
    """
    told = [(page.part, decoded(TRACK.decode, page.body), page.body) for page in pages]
    known = [(part, track, body) for part, track, body in told if track.result is not False]
    unknown = {name for *_, body in told for name in _unknown(body)}
    tracks = _tracks([track for _, track, _ in known], [part for part, *_ in known])
    events = _events([track for _, track, _ in known], tracks)
    mapper = Mapper(context)
    mapper.add(
        Parcel,
        tracks.join(_summary(events), on="shipment", how="left", maintain_order="left"),
        shipment_id=pl.col("shipment"),
        parcel_status=coded("state", STATES),
        last_event_at=pl.col("last_event_at"),
        delivered_at=pl.when(_is_delivered("state", STATES)).then("delivered_at"),
    )
    mapper.add(
        ParcelEvent,
        events,
        shipment_id=pl.col("shipment"),
        event_number=pl.col("place").cast(pl.String),
        event_at=gmt8("time"),
        parcel_status=coded("status", EVENTS),
        description=pl.col("context"),
    )
    return mapper.done(unknown_fields=tuple(sorted(unknown)))


def _tracks(tracks: list[Track], parts: list[str]) -> pl.DataFrame:
    return columns(tracks, _TRACK).with_columns(shipment=pl.Series(parts, dtype=pl.String))


def _events(tracks: list[Track], parcels: pl.DataFrame) -> pl.DataFrame:
    """Events counted from each parcel's first; the platform tells the newest first."""
    oldest_first = [(track.data or [])[::-1] for track in tracks]
    rows, owners = flatten(oldest_first)
    places = [place for told in oldest_first for place in range(1, len(told) + 1)]
    events = with_parent_columns(columns(rows, _EVENT), parcels.select("shipment"), owners)
    return events.with_columns(place=pl.Series(places, dtype=pl.Int64))


def _summary(events: pl.DataFrame) -> pl.DataFrame:
    """Per parcel its newest event, and when it was handed over."""
    at = gmt8("time").value
    handed_over = at.filter(_is_delivered("status", EVENTS))
    return events.group_by("shipment").agg(last_event_at=at.max(), delivered_at=handed_over.max())


def _is_delivered(column: str, codes: Mapping[str, ParcelStatus]) -> pl.Expr:
    return coded(column, codes).value == ParcelStatus.DELIVERED


def _unknown(body: bytes) -> set[str]:
    return unknown_fields(msgspec.json.decode(body), Track)
