"""Answers about waybills as parcels and their events. Pure."""

from collections.abc import Iterable, Mapping

import polars as pl

from connectors.base.frames import PARENT, PART
from connectors.base.mapping import Mapper, coded, gmt8
from connectors.kuaidi100.codes import EVENTS, STATES
from connectors.kuaidi100.wire import TRACKS
from contracts.codes import ParcelStatus
from contracts.streams import Context, Mapped, Page
from contracts.tables import Parcel, ParcelEvent


def shipment_events(pages: Iterable[Page], context: Context) -> Mapped:
    """Parcels and their events; a page's part names the parcel.

    Of a parcel that nothing is told of nothing is known: it has no row. Versions go by when they
    were read, for an answer says at which moment nothing else was known.
    """
    found = TRACKS.frames(pages)
    told = found.documents.select(
        "state", is_known=pl.col("result").ne_missing(other=False), shipment=PART
    )
    tracks = told.filter("is_known")
    events = _placed(found.of("data", told.select("shipment", "is_known")).filter("is_known"))
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
    return mapper.done(unknown_fields=found.unknown)


def _placed(events: pl.DataFrame) -> pl.DataFrame:
    """Events counted from each parcel's first; the platform tells the newest first."""
    return events.with_columns(place=pl.int_range(pl.len(), 0, -1).over(PARENT))


def _summary(events: pl.DataFrame) -> pl.DataFrame:
    """Per parcel its newest event, and when it was handed over."""
    at = gmt8("time").value
    handed_over = at.filter(_is_delivered("status", EVENTS))
    return events.group_by("shipment").agg(last_event_at=at.max(), delivered_at=handed_over.max())


def _is_delivered(column: str, codes: Mapping[str, ParcelStatus]) -> pl.Expr:
    return coded(column, codes).value == ParcelStatus.DELIVERED
