"""Order states: where the goods and the money of an order stand, over all tables that report
them."""

import datetime as dt

import dataframely as dy
import polars as pl

from contracts.codes import OPEN_CASES, CaseStatus, FulfilmentStatus, ParcelStatus
from contracts.tables import Order, Parcel, Refund, RefundCase, Review, Shipment

_ORDER = ["shop_id", "order_id"]
_ASTRAY = (
    ParcelStatus.PROBLEM,
    ParcelStatus.REFUSED,
    ParcelStatus.RETURNING,
    ParcelStatus.RETURNED,
)


def order_states(
    orders: dy.LazyFrame[Order],
    refunds: dy.LazyFrame[Refund],
    cases: dy.LazyFrame[RefundCase],
    shipments: dy.LazyFrame[Shipment],
    parcels: dy.LazyFrame[Parcel],
    reviews: dy.LazyFrame[Review],
    *,
    at: dt.datetime,
) -> pl.LazyFrame:
    """One row per order that is no test: is it cancelled, refunded, disputed, delivered, reviewed.

    An order is delivered when carrier or platform says so of each of its parcels, and no carrier
    says that one went astray. Where none is reported, it is when the platform closed it as done,
    or when all of it was shipped and the latest promised instant has passed. A refund of a part
    counts as one.
    """
    paid_back = pl.concat(
        [
            refunds.lazy().select(_ORDER),
            cases.lazy()
            .filter(
                pl.col("refunded_at").is_not_null() | (pl.col("case_status") == CaseStatus.REFUNDED)
            )
            .select(_ORDER),
        ]
    )
    disputed = cases.lazy().filter(pl.col("case_status").is_in(OPEN_CASES)).select(_ORDER)
    states = (
        orders.lazy()
        .filter(~pl.col("is_test"))
        .join(_arrivals(shipments.lazy(), parcels.lazy()), on=_ORDER, how="left")
    )
    for name, rows in (
        ("is_paid_back", paid_back),
        ("has_open_case", disputed),
        ("is_reviewed", reviews.lazy().select(_ORDER)),
    ):
        states = states.join(
            rows.unique().with_columns(pl.lit(True).alias(name)), on=_ORDER, how="left"
        )
    is_done = pl.col("completed_at").is_not_null() | (
        (pl.col("fulfilment_status") == FulfilmentStatus.FULFILLED)
        & (pl.col("deliver_by_at") <= at).fill_null(value=False)
    )
    return states.select(
        *_ORDER,
        is_cancelled=pl.col("cancelled_at").is_not_null(),
        is_refunded=(pl.col("refunded_minor") > 0) | pl.col("is_paid_back").fill_null(value=False),
        has_open_case=pl.col("has_open_case").fill_null(value=False),
        is_delivered=pl.coalesce("have_arrived", is_done),
        is_reviewed=pl.col("is_reviewed").fill_null(value=False),
    )


def _arrivals(shipments: pl.LazyFrame, parcels: pl.LazyFrame) -> pl.LazyFrame:
    """Whether all parcels have arrived, an unreported one has not; null: there is none."""
    status = pl.col("parcel_status")
    is_there = (status == ParcelStatus.DELIVERED) | (
        pl.col("delivered_at").is_not_null() & ~status.is_in(_ASTRAY).fill_null(value=False)
    )
    is_reported = status.is_not_null() | pl.col("delivered_at").is_not_null()
    return (
        shipments.select(*_ORDER, "shipment_id", "delivered_at")
        .join(
            parcels.select("shop_id", "shipment_id", "parcel_status"),
            on=["shop_id", "shipment_id"],
            how="left",
        )
        .group_by(_ORDER)
        .agg(have_arrived=pl.when(is_reported.any()).then(is_there.fill_null(value=False).all()))
    )
