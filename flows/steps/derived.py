"""The derived tables that hold one moment: what policies read, each made by its transform."""

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, cast

import dataframely as dy
import polars as pl

from checks.volume import AFTER_EVENT_DAYS
from contracts.tables import (
    BundlePart,
    CompetitorOffer,
    Consent,
    Contact,
    Cost,
    Coupon,
    CouponGrant,
    Elasticity,
    Inbound,
    Listing,
    Member,
    MemberFact,
    MemberTier,
    OpenOrder,
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
    RivalOffer,
    SalesDaily,
    Shipment,
    StockFact,
    StockLevel,
    StockoutDay,
    SupplyTerms,
    Velocity,
    table_of,
)
from flows.steps.fitted import last_known, last_or_fitted, last_or_forecast, last_or_learnt
from flows.steps.on_order import approved_orders
from flows.steps.rates import rates
from flows.steps.since_build import SinceBuild
from flows.steps.views import View
from transforms.bundles import alone_rates, articles, pieces_sold, with_bundle_spans
from transforms.costs import costs_in_use, with_bundle_costs
from transforms.follow_ups import order_follow_ups, review_facts, unanswered
from transforms.histories import histories
from transforms.members import member_facts
from transforms.parcels import open_parcels, parcel_facts
from transforms.pricing import price_facts, rival_offers
from transforms.purchases import open_orders
from transforms.stock import stock_facts, stockout_spans
from transforms.velocity import velocity

VELOCITY_DAYS = 56  # eight weeks: enough of every weekday, recent enough for a season
_ENGINE: Final = "in-memory"  # of many joins of few rows: streaming takes a third longer
_AFTERWARDS = dt.timedelta(days=AFTER_EVENT_DAYS)


class Built:
    """Derived tables of a shop: those that were just made, else those of the last build.

    `sold` is `sales_daily` as it was just made; `since`: what stands of the last build.
    """

    def __init__(
        self, view: View, *, sold: pl.LazyFrame | None = None, since: SinceBuild | None = None
    ) -> None:
        self._view = view
        self._sold = sold
        self.since = since
        self.frames: dict[str, pl.DataFrame] = {}

    def add(self, schema: type[dy.Schema], frame: pl.DataFrame) -> None:
        """Keep a table, once it is what its schema says."""
        self.frames[table_of(schema).name] = schema.validate(frame)

    def of(self, schema: type[dy.Schema]) -> Any:
        """The rows of a table that comes before, lazy."""
        name = table_of(schema).name
        self._view.asked.add(name)
        if schema is SalesDaily and self._sold is not None:
            return self._sold
        return self.frames[name].lazy() if name in self.frames else self._view.rows(schema)


def point_in_time_tables(
    view: View, sold: pl.LazyFrame, *, since: SinceBuild | None = None
) -> dict[str, pl.DataFrame]:
    """Every table of `POINT_IN_TIME` by name; `sold` and `since` as of `Built`."""
    built = Built(view, sold=sold, since=since)
    for schema, made in POINT_IN_TIME.items():
        built.add(schema, made(view, built).collect(engine=_ENGINE))
    return built.frames


def depending(view: View, changed: Collection[str]) -> dict[str, pl.DataFrame]:
    """The tables of `POINT_IN_TIME` made from changed tables, directly or not; by name."""
    built = Built(view)
    for schema, made in POINT_IN_TIME.items():
        view.asked.clear()
        plan = made(view, built)
        if view.asked.isdisjoint({*changed, *built.frames}):
            # What it would rest on was noted while it was planned.
            view.notes.pop(table_of(schema).name, None)
        else:
            built.add(schema, plan.collect(engine=_ENGINE))
    return built.frames


def _pieces(view: View) -> pl.LazyFrame:
    """The articles of the shop's bundles."""
    return articles(view.rows(BundlePart))


def _velocity(view: View, built: Built) -> pl.LazyFrame:
    pieces = _pieces(view).collect()
    # A bundle's own stock is no shelf's.
    levels = view.rows(StockLevel).join(pieces.lazy(), on=["shop_id", "sku_id"], how="anti")
    spans = stockout_spans(
        view.rows(StockoutDay),
        cast("dy.LazyFrame[StockLevel]", levels),
        as_of=view.as_of,
        time_zone=view.zone,
    )
    out = with_bundle_spans(spans, pieces.lazy()).collect()
    events = event_days(view).collect()
    made = velocity(
        pieces_sold(built.of(SalesDaily), pieces.lazy()),
        out.lazy(),
        events.lazy(),
        as_of_date=_yesterday(view),
        window_days=VELOCITY_DAYS,
        known=last_known(view, pieces, since=built.since),
    )
    return last_or_forecast(
        view, made, out, events, pieces, window_days=VELOCITY_DAYS, since=built.since
    )


def _yesterday(view: View) -> dt.date:
    """The last whole day."""
    return view.today - dt.timedelta(days=1)


def event_days(view: View) -> pl.LazyFrame:
    """Days of the shop's campaigns and the days after each, which sell less for it.

    Grain: (shop_id, sku_id, event_date); a campaign of all SKUs has none.
    """
    every_sku: list[str | None] = [None]
    rows = [
        (view.shop.id, sku, campaign.starts_at.astimezone(view.shop.zone).date(), last)
        for campaign in view.home.settings.campaigns
        if campaign.concerns(view.shop.id)
        for last in [campaign.last.astimezone(view.shop.zone).date() + _AFTERWARDS]
        for sku in (campaign.skus or every_sku)
    ]
    schema = {"shop_id": pl.String, "sku_id": pl.String, "first": pl.Date, "last": pl.Date}
    return (
        pl.LazyFrame(rows, schema=schema, orient="row")
        .with_columns(event_date=pl.date_ranges("first", "last"))
        .explode("event_date")
        .select("shop_id", "sku_id", "event_date")
        .unique()
    )


def _price_facts(view: View, built: Built) -> pl.LazyFrame:
    pieces, until = _pieces(view), _yesterday(view)
    since = until - dt.timedelta(days=VELOCITY_DAYS - 1)
    return price_facts(
        view.rows(Listing),
        view.rows(Price),
        costs=costs(view),
        rivals=built.of(RivalOffer),
        stock_levels=view.rows(StockLevel),
        velocity=built.of(Velocity),
        elasticities=built.of(Elasticity),
        lines=view.rows(OrderLine),
        orders=view.rows(Order),
        coupons=view.rows(Coupon),
        as_of=view.as_of,
        confirmed=view.shop.settings.confirmed,
        pieces=pieces,
        alone=alone_rates(built.of(SalesDaily), pieces, since=since, until=until),
    )


def _elasticities(view: View, built: Built) -> pl.LazyFrame:
    return last_or_learnt(view, built.of(SalesDaily), since=built.since)


def _rival_offers(view: View, built: Built) -> pl.LazyFrame:
    return rival_offers(view.rows(CompetitorOffer), as_of=view.as_of)


def costs(view: View) -> pl.LazyFrame:
    """Costs in use. Those of the last build count for now, not for a moment in the past."""
    home, shop = view.home, view.shop
    name = table_of(PriceFact).name
    last = home.lake.scan(name, version=view.versions.get(name))
    is_now = view.as_of >= home.data_as_of(shop)
    known = last.filter((pl.col("shop_id") == shop.id) & pl.lit(is_now))
    usual: dict[str, Any] = {
        "known": known.group_by("shop_id", "sku_id").agg(
            known_minor=pl.col("unit_cost_minor").max()
        ),
        "currency": shop.settings.currency,
        "confirmed": shop.settings.confirmed,
        "max_jump_rate": shop.economics.max_cost_jump_rate,
        "max_fall_rate": shop.economics.max_cost_fall_rate,
    }
    stated = costs_in_use(
        view.rows(Cost),
        fx=rates(home, view.as_of),
        as_of=view.as_of,
        time_zone=view.zone,
        held_rates=_last_rates(known.filter(pl.col("currency") == shop.settings.currency)),
        min_fx_move_rate=shop.economics.min_fx_move_rate,
        **usual,
    )
    return with_bundle_costs(stated, _pieces(view), **usual)


def _last_rates(last: pl.LazyFrame) -> pl.LazyFrame:
    """Rates of exchange that the last build's costs were converted by; one for each currency."""
    rate = pl.col("cost_fx_rate").drop_nulls().max()
    return last.group_by("shop_id", currency="cost_currency").agg(held_rate=rate)


def _stock_facts(view: View, built: Built) -> pl.LazyFrame:
    return stock_facts(
        view.rows(StockLevel),
        built.of(Velocity),
        listings=view.rows(Listing, with_deleted=True),
        prices=built.of(PriceFact),
        supply_terms=view.rows(SupplyTerms),
        inbound=view.rows(Inbound),
        orders=built.of(OpenOrder),
        as_of=view.as_of,
        time_zone=view.zone,
        pieces=_pieces(view),
        overdue_days=view.shop.settings.purchasing.overdue_days,
    )


def _open_orders(view: View, built: Built) -> pl.LazyFrame:
    approved = approved_orders(view.home, view.shop, view.as_of)
    first = approved["decided_at"].min()
    # Without an order no sale counts, and none of before the first; a day's margin for the zone.
    since = view.today if first is None else cast("dt.datetime", first).date()
    sold = built.of(SalesDaily).filter(pl.col("sales_date") >= since - dt.timedelta(days=1))
    return open_orders(
        approved.lazy(),
        view.rows(StockLevel),
        sales_daily=pieces_sold(sold, _pieces(view)),
        inbound=view.rows(Inbound),
        as_of=view.as_of,
        time_zone=view.zone,
    )


def _parcel_facts(view: View, built: Built) -> pl.LazyFrame:
    return parcel_facts(
        view.rows(Order),
        view.rows(Shipment),
        parcels=view.rows(Parcel),
        contacts=view.rows(Contact),
        as_of=view.as_of,
    )


def _open_parcels(view: View, built: Built) -> pl.LazyFrame:
    return open_parcels(built.of(ParcelFact), parcels=view.rows(Parcel), as_of=view.as_of)


def _order_follow_ups(view: View, built: Built) -> pl.LazyFrame:
    return order_follow_ups(
        view.rows(Order),
        view.rows(Refund),
        cases=view.rows(RefundCase),
        shipments=view.rows(Shipment),
        parcels=view.rows(Parcel),
        reviews=view.rows(Review),
        parcel_facts=built.of(ParcelFact),
        contacts=view.rows(Contact),
        consents=view.rows(Consent),
        as_of=view.as_of,
    )


def _review_facts(view: View, built: Built) -> pl.LazyFrame:
    """The words of the few reviews that count are opened here, and go no further."""
    sealed = unanswered(view.rows(Review), as_of=view.as_of).collect()
    words = view.home.keys.vault.open_frame(sealed, table_of(Review).name)
    return review_facts(Review.cast(words.lazy()), as_of=view.as_of)


def _member_facts(view: View, built: Built) -> pl.LazyFrame:
    return member_facts(
        _histories(view, built.since),
        members=view.rows(Member),
        contacts=view.rows(Contact),
        consents=view.rows(Consent),
        tiers=view.rows(MemberTier),
        as_of=view.as_of,
        time_zone=view.zone,
        models=last_or_fitted(view),
    )


def _histories(view: View, since: SinceBuild | None) -> pl.LazyFrame:
    """Of all members; those whom no change concerns have that of the last build."""
    if since is not None:
        return since.histories.lazy()
    return histories(
        view.whole(Order),
        refunds=view.whole(Refund),
        cases=view.rows(RefundCase),
        order_coupons=view.rows(OrderCoupon),
        grants=view.rows(CouponGrant),
        time_zone=view.zone,
    )


POINT_IN_TIME: Mapping[type[dy.Schema], Callable[[View, Built], pl.LazyFrame]] = {
    Velocity: _velocity,
    Elasticity: _elasticities,
    RivalOffer: _rival_offers,
    PriceFact: _price_facts,
    OpenOrder: _open_orders,
    StockFact: _stock_facts,
    ParcelFact: _parcel_facts,
    OpenParcel: _open_parcels,
    OrderFollowUp: _order_follow_ups,
    ReviewFact: _review_facts,
    MemberFact: _member_facts,
}
"""In the order in which they are made; one may read those before it."""
