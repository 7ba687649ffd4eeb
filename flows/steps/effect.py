"""Effect: what each policy earned, measured against those that it leaves alone to compare."""

import datetime as dt
from dataclasses import dataclass

import polars as pl

from contracts.codes import WriteKind
from contracts.economics import FACTS, Economics, extra_cost, received_rate
from contracts.tables import Order, PriceFact, RefundCase, SalesDaily
from flows.steps.home import Home
from flows.steps.shop import Shop
from reports.effects import ReportedEffect
from transforms.effects import effect
from transforms.refunds import refunded_orders
from warehouse.arms import arms


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """What SKUs or members brought per shop-local day (unit_id, day, outcome_minor)."""

    rows: pl.LazyFrame
    first: dt.date | None
    """The first day that is known; None: none is."""


def effects(
    home: Home, *, shop_id: str | None = None, policy: str | None = None
) -> list[ReportedEffect]:
    """The effect of every policy that leaves some alone, per shop that has data.

    Raises:
        ConfigurationError: no such shop or policy.
    """
    return [
        _effect(home, shop, name)
        for shop in home.select(shop_id)
        for name in home.policies_of(shop, policy)
        if home.policy(shop, name).module.HAS_HOLDOUT and _is_built(home, shop)
    ]


def _is_built(home: Home, shop: Shop) -> bool:
    has_data = home.readings.newest(shop.id, with_backfills=True)
    return bool(has_data) and "sales_daily" in home.readings.versions()


def _effect(home: Home, shop: Shop, policy: str) -> ReportedEffect:
    is_price = WriteKind.SET_PRICE in home.policy(shop, policy).module.WRITES
    since = pl.col("since").dt.convert_time_zone(shop.settings.time_zone).dt.date()
    units = arms(home.database, shop_id=shop.id, policy=policy).with_columns(since=since)
    outcomes = margins(home, shop) if is_price else receipts(home, shop)
    last = home.data_as_of(shop).astimezone(shop.zone).date() - dt.timedelta(days=1)
    return ReportedEffect(
        shop_id=shop.id,
        policy=policy,
        currency=shop.settings.currency,
        is_per_sku=is_price,
        effect=effect(
            units,
            outcomes.rows,
            first=outcomes.first or last,
            last=last,
            drawn_rate=home.settings.holdout.share_rate or None,
        ),
    )


def margins(home: Home, shop: Shop) -> Outcomes:
    """Margin per SKU and day, at the costs of today: a change of cost is no policy's doing."""
    pieces = home.read(PriceFact, shop).lazy().unique("sku_id", keep="any")
    sold = home.read(SalesDaily, shop).lazy()
    rows = sold.join(pieces.drop("currency"), on="sku_id").select(
        unit_id="sku_id", day="sales_date", outcome_minor=_margin(shop.economics)
    )
    return _outcomes(rows)


def _margin(economics: Economics) -> pl.Expr:
    piece = extra_cost(economics, FACTS) + pl.col("unit_cost_minor")
    return pl.col("gmv_minor") * received_rate(economics, FACTS) - pl.col("sold_units") * piece


def receipts(home: Home, shop: Shop) -> Outcomes:
    """What is left after fees and tax of each member's orders per day, coupons taken off."""
    placed = pl.col("placed_at").dt.convert_time_zone(shop.settings.time_zone).dt.date()
    counts = (
        ~pl.col("is_test") & pl.col("cancelled_at").is_null() & pl.col("member_id").is_not_null()
    )
    kept = pl.col("goods_minor") - pl.col("refunded_minor")
    rows = (
        refunded_orders(home.read(Order, shop), home.read(RefundCase, shop))
        .filter(counts)
        .group_by(unit_id="member_id", day=placed)
        .agg(outcome_minor=(kept * received_rate(shop.economics)).sum())
    )
    return _outcomes(rows)


def _outcomes(rows: pl.LazyFrame) -> Outcomes:
    known = rows.filter(pl.col("outcome_minor").is_not_null()).collect()
    return Outcomes(rows=known.lazy(), first=known.select(pl.col("day").min()).item())
