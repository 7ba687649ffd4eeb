"""The derived tables that hold one moment: what policies read, each made by its transform."""

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from typing import Any

import dataframely as dy
import polars as pl

from contracts.tables import (
    CompetitorOffer,
    Consent,
    Contact,
    Cost,
    CouponGrant,
    Inbound,
    Listing,
    Member,
    MemberFact,
    OpenParcel,
    Order,
    OrderCoupon,
    OrderFollowUp,
    OrderLine,
    Parcel,
    ParcelFact,
    Price,
    PriceFact,
    Refund,
    RefundCase,
    Review,
    ReviewFact,
    SalesDaily,
    Shipment,
    StockFact,
    StockLevel,
    StockoutDay,
    SupplyTerms,
    Velocity,
    table_of,
)
from flows.steps.views import View
from transforms.follow_ups import order_follow_ups, review_facts, unanswered
from transforms.members import member_facts
from transforms.parcels import open_parcels, parcel_facts
from transforms.pricing import price_facts
from transforms.stock import stock_facts, stockout_days, velocity

VELOCITY_DAYS = 56  # eight weeks: enough of every weekday, recent enough for a season


class Built:
    """Derived tables of a shop: those that were just made, else those of the last build."""

    def __init__(self, view: View) -> None:
        self._view = view
        self.frames: dict[str, pl.DataFrame] = {}

    def add(self, schema: type[dy.Schema], frame: pl.DataFrame) -> None:
        """Keep a table, once it is what its schema says."""
        self.frames[table_of(schema).name] = schema.validate(frame)

    def of(self, schema: type[dy.Schema]) -> Any:
        """The rows of a table that comes before, lazy."""
        name = table_of(schema).name
        self._view.asked.add(name)
        return self.frames[name].lazy() if name in self.frames else self._view.known(schema)


def of_now(view: View, sold: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Every table of `MOMENTS` by name; `sold` is `sales_daily`."""
    built = Built(view)
    built.add(SalesDaily, sold)
    for schema, made in MOMENTS.items():
        built.add(schema, made(view, built).collect())
    del built.frames[table_of(SalesDaily).name]
    return built.frames


def depending(view: View, changed: Collection[str]) -> dict[str, pl.DataFrame]:
    """The tables of `MOMENTS` that are made from changed ones, or from one that is; by name."""
    built = Built(view)
    for schema, made in MOMENTS.items():
        view.asked.clear()
        plan = made(view, built)
        if not view.asked.isdisjoint({*changed, *built.frames}):
            built.add(schema, plan.collect())
    return built.frames


def _velocity(view: View, built: Built) -> pl.LazyFrame:
    out = stockout_days(
        view.known(StockoutDay),
        view.known(StockLevel),
        as_of=view.as_of,
        window_days=VELOCITY_DAYS + 1,
        time_zone=view.zone,
    )
    yesterday = view.today - dt.timedelta(days=1)  # the last whole day
    return velocity(built.of(SalesDaily), out, as_of_date=yesterday, window_days=VELOCITY_DAYS)


def _price_facts(view: View, built: Built) -> pl.LazyFrame:
    return price_facts(
        view.known(Listing),
        view.known(Price),
        costs=view.known(Cost),
        offers=view.known(CompetitorOffer),
        stock_levels=view.known(StockLevel),
        velocity=built.of(Velocity),
        lines=view.known(OrderLine),
        as_of=view.as_of,
        time_zone=view.zone,
    )


def _stock_facts(view: View, built: Built) -> pl.LazyFrame:
    return stock_facts(
        view.known(StockLevel),
        built.of(Velocity),
        listings=view.known(Listing, with_deleted=True),
        supply_terms=view.known(SupplyTerms),
        inbound=view.known(Inbound),
        as_of=view.as_of,
        time_zone=view.zone,
    )


def _parcel_facts(view: View, built: Built) -> pl.LazyFrame:
    return parcel_facts(
        view.known(Order),
        view.known(Shipment),
        parcels=view.known(Parcel),
        contacts=view.known(Contact),
        as_of=view.as_of,
    )


def _open_parcels(view: View, built: Built) -> pl.LazyFrame:
    return open_parcels(built.of(ParcelFact), parcels=view.known(Parcel), as_of=view.as_of)


def _order_follow_ups(view: View, built: Built) -> pl.LazyFrame:
    return order_follow_ups(
        view.known(Order),
        view.known(Refund),
        cases=view.known(RefundCase),
        shipments=view.known(Shipment),
        parcels=view.known(Parcel),
        reviews=view.known(Review),
        parcel_facts=built.of(ParcelFact),
        as_of=view.as_of,
    )


def _review_facts(view: View, built: Built) -> pl.LazyFrame:
    """The words of the few reviews that count are opened here, and go no further."""
    sealed = unanswered(view.known(Review), as_of=view.as_of).collect()
    words = view.home.keys.vault.open_frame(sealed, table_of(Review).name)
    return review_facts(Review.cast(words.lazy()), as_of=view.as_of)


def _member_facts(view: View, built: Built) -> pl.LazyFrame:
    return member_facts(
        view.known(Order),
        refunds=view.known(Refund),
        cases=view.known(RefundCase),
        order_coupons=view.known(OrderCoupon),
        grants=view.known(CouponGrant),
        members=view.known(Member),
        contacts=view.known(Contact),
        consents=view.known(Consent),
        as_of=view.as_of,
        time_zone=view.zone,
    )


MOMENTS: Mapping[type[dy.Schema], Callable[[View, Built], pl.LazyFrame]] = {
    Velocity: _velocity,
    PriceFact: _price_facts,
    StockFact: _stock_facts,
    ParcelFact: _parcel_facts,
    OpenParcel: _open_parcels,
    OrderFollowUp: _order_follow_ups,
    ReviewFact: _review_facts,
    MemberFact: _member_facts,
}
"""In the order in which they are made; one may read those before it."""
