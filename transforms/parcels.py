"""Parcels: what the shop and the carrier know of each together, and which ones to look up."""

import datetime as dt
from functools import partial
from typing import Final

import dataframely as dy
import polars as pl

from contracts.codes import Channel, ParcelStatus, PaymentStatus
from contracts.tables import Contact, OpenParcel, Order, Parcel, ParcelFact, Shipment

LOOK_BACK_DAYS: Final = 120
"""Orders older than this are left out: a parcel of theirs is nobody's news any more."""
_ORDER = ["shop_id", "order_id"]
_PARCEL = ["shop_id", "shipment_id"]
_MEMBER = ["shop_id", "member_id"]
_ASKED_FOR: Final = dt.timedelta(days=45)  # after that a carrier does not know it any more
_BEFORE_PROMISE: Final = dt.timedelta(days=1)
_WITHOUT_PROMISE: Final = dt.timedelta(days=3)
_ASK_AGAIN: Final = dt.timedelta(minutes=30)  # kuaidi100 locks a number that is queried sooner
_SENT: Final = [
    name for name in Shipment.column_names() if name in {"created_date", *ParcelFact.column_names()}
]
_AT_ITS_END: Final = (ParcelStatus.DELIVERED, ParcelStatus.RETURNED)


def parcel_facts(
    orders: dy.LazyFrame[Order],
    shipments: dy.LazyFrame[Shipment],
    *,
    parcels: dy.LazyFrame[Parcel],
    contacts: dy.LazyFrame[Contact],
    as_of: dt.datetime,
) -> dy.LazyFrame[ParcelFact]:
    """One row per order and parcel of the orders of 120 days; test orders are left out.

    The carrier's word goes before the platform's, which often only says that a parcel was sent. How
    late a parcel came that arrived at no known moment is unknown.
    """
    work = partial(_parcel_facts, orders, shipments, parcels, contacts, as_of)
    return pl.defer(work, schema=ParcelFact.create_empty().schema).pipe(ParcelFact.cast)


def _parcel_facts(
    orders: dy.LazyFrame[Order],
    shipments: dy.LazyFrame[Shipment],
    parcels: dy.LazyFrame[Parcel],
    contacts: dy.LazyFrame[Contact],
    as_of: dt.datetime,
) -> pl.DataFrame:
    is_recent = pl.col("created_date") >= as_of.date() - dt.timedelta(days=LOOK_BACK_DAYS)
    sent = shipments.lazy().filter(is_recent).select(_SENT).collect()
    # Orders of days without a parcel are not read: many a platform names none.
    is_sent = pl.col("created_date").is_in(sent["created_date"].unique().implode())
    is_off = pl.col("payment_status").is_in([PaymentStatus.REFUNDED, PaymentStatus.VOIDED])
    bought = (
        orders.lazy()
        .filter(is_sent, ~pl.col("is_test"))
        .select(
            *_ORDER,
            "member_id",
            "deliver_by_at",
            is_cancelled=pl.col("cancelled_at").is_not_null() | is_off,
        )
    )
    carried = parcels.lazy().select(
        *_PARCEL, "parcel_status", "last_event_at", carried_at="delivered_at"
    )
    has_arrived = pl.col("parcel_status") == ParcelStatus.DELIVERED
    until = pl.coalesce("delivered_at", pl.when(~has_arrived.fill_null(value=False)).then(as_of))
    return (
        sent.lazy()
        .join(bought, on=_ORDER)
        .join(carried, on=_PARCEL, how="left")
        .join(_mail_contacts(contacts), on=_MEMBER, how="left")
        .with_columns(
            has_email=pl.col("has_email").fill_null(value=False),
            promised_at=pl.coalesce("promised_at", "deliver_by_at"),
            delivered_at=pl.coalesce("carried_at", "delivered_at"),
        )
        .with_columns(
            late_hours=_hours(until - pl.col("promised_at")),
            silent_hours=_hours(as_of - pl.col("last_event_at")).clip(lower_bound=0.0),
        )
        .pipe(ParcelFact.cast)
        .collect()
    )


def open_parcels(
    facts: dy.LazyFrame[ParcelFact], *, parcels: dy.LazyFrame[Parcel], as_of: dt.datetime
) -> dy.LazyFrame[OpenParcel]:
    """Parcels to look up at their carriers: each query costs money, so only where it matters.

    Not at its end by the word of platform or carrier, left within 45 days, its promise less than a
    day away or past; without a promise, left more than 3 days ago. What was queried within 30
    minutes is not queried again: `Parcel.read_at` is when it was, as long as a carrier's mapping
    leaves `source_updated_at` null, so that an answer that says nothing new is a new version too.
    """
    queried = parcels.lazy().select(*_PARCEL, asked_at="read_at")
    left, promise = pl.col("shipped_at"), pl.col("promised_at")
    is_due = pl.coalesce(promise - _BEFORE_PROMISE, left + _WITHOUT_PROMISE) < as_of
    is_at_end = pl.col("parcel_status").is_in(_AT_ITS_END).fill_null(value=False)
    was_asked = (pl.col("asked_at") > as_of - _ASK_AGAIN).fill_null(value=False)
    return (
        facts.lazy()
        .filter(
            pl.col("delivered_at").is_null(), ~is_at_end, left >= as_of - _ASKED_FOR, left <= as_of
        )
        .filter(is_due)
        .join(queried, on=_PARCEL, how="left")
        .filter(~was_asked)
        # Several orders in one parcel: it is looked up once, by the earliest promise.
        .sort(*_PARCEL, "promised_at", "order_id", nulls_last=True)
        .unique(_PARCEL, keep="first", maintain_order=True)
        .pipe(OpenParcel.cast)
    )


def _mail_contacts(contacts: dy.LazyFrame[Contact]) -> pl.LazyFrame:
    """Who can be written to by e-mail, and in which language."""
    by_mail = (pl.col("channel") == Channel.EMAIL) & pl.col("address").is_not_null()
    return (
        contacts.lazy().filter(by_mail).select(*_MEMBER, "language", has_email=pl.lit(value=True))
    )


def _hours(span: pl.Expr) -> pl.Expr:
    return span.dt.total_seconds() / 3600
