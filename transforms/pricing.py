"""What a price decision reads, as it was known at one moment."""

import datetime as dt
from typing import Final

import dataframely as dy
import polars as pl

from contracts.bundles import NO_PIECES
from contracts.codes import LineKind, ListingStatus
from contracts.economics import Confirmed
from contracts.tables import (
    CompetitorOffer,
    Coupon,
    Elasticity,
    Listing,
    Order,
    OrderLine,
    Price,
    PriceFact,
    RivalOffer,
    StockLevel,
    Velocity,
)
from transforms.bundles import NO_RATES, with_bundle_levels
from transforms.discounts import usual_discounts
from transforms.listings import shared_codes
from transforms.stock import latest_levels

_SKU = ["shop_id", "sku_id"]
_LISTING = ["shop_id", "listing_id"]
_MEDIAN_DAYS: Final = 28
OFFER_MAX_AGE: Final = dt.timedelta(hours=6)


def price_facts(
    listings: dy.LazyFrame[Listing],
    prices: dy.LazyFrame[Price],
    *,
    costs: pl.LazyFrame,
    rivals: dy.LazyFrame[RivalOffer],
    stock_levels: dy.LazyFrame[StockLevel],
    velocity: dy.LazyFrame[Velocity],
    elasticities: dy.LazyFrame[Elasticity],
    lines: dy.LazyFrame[OrderLine],
    orders: dy.LazyFrame[Order],
    coupons: dy.LazyFrame[Coupon],
    as_of: dt.datetime,
    confirmed: Confirmed,
    pieces: pl.LazyFrame = NO_PIECES,
    alone: pl.LazyFrame = NO_RATES,
) -> dy.LazyFrame[PriceFact]:
    """One row per active, linked listing with a known price, but those that share a SKU code.

    Prices and stock levels count when seen and read by `as_of`; `costs` are those in use
    (`transforms.costs`). Stock and velocity are those of the SKU, of which nothing was ever sold
    where it has no velocity; of a bundle's article (`pieces`) as much as is sold `alone`
    (`transforms.bundles`). Its age counts from its listing: no table reports receipts.
    """
    active = listings.lazy().filter(pl.col("listing_status") == ListingStatus.ACTIVE)
    stock = (
        latest_levels(stock_levels, as_of)
        .group_by(_SKU)
        .agg(pl.col("on_hand_units", "available_units").sum(), pl.col("observed_at").min())
        .pipe(with_bundle_levels, pieces)
        .select(*_SKU, "available_units")
    )
    own = (
        active.filter(pl.col("sku_id").is_not_null())
        .join(shared_codes(listings), on=_SKU, how="anti")
        .select(
            *_LISTING,
            "product_id",
            "sku_id",
            category=pl.col("category").str.head(200),
            brand=pl.col("brand").str.head(200),
            age_days=(as_of - pl.col("created_at")).dt.total_seconds().clip(lower_bound=0) / 86400,
        )
        .join(_prices_in_force(prices.lazy(), as_of), on=_LISTING)
        .join(_medians(lines.lazy(), as_of), on=_LISTING, how="left")
    )
    discounts, of_shop = usual_discounts(lines, coupons, as_of=as_of)
    usual = pl.max_horizontal(pl.coalesce("own_rate", "shop_rate"), "code_rate")
    available, daily = pl.col("available_units"), pl.col("daily_units")
    cover = pl.max_horizontal(available, 0) / daily
    oldest = rivals.lazy().group_by(_SKU).agg(rival_observed_at=pl.col("observed_at").min())
    unknown = pl.lit(None, dtype=pl.Int64)
    learnt = elasticities.lazy().select(*_SKU, "elasticity", "elasticity_sd", "elasticity_source")
    return (
        own.join(oldest, on=_SKU, how="left")
        .join(_charged_shipping(orders.lazy(), as_of), on="shop_id", how="left")
        .join(costs, on=_SKU, how="left")
        .join(stock, on=_SKU, how="left")
        .join(discounts, on=_SKU, how="left")
        .join(of_shop, on="shop_id", how="left")
        .join(learnt, on=_SKU, how="left")
        .join(velocity.lazy().select(*_SKU, "daily_units", is_sold=True), on=_SKU, how="left")
        .join(alone, on=_SKU, how="left")
        .with_columns(
            charged_shipping_minor=pl.col("charged_minor").fill_null(0),
            channel_low_minor=unknown,
            channel_high_minor=unknown,
            clearance_floor_minor=unknown,
            anchor_minor=pl.coalesce(_vouched_price(confirmed), "list_price_minor", "first_minor"),
            low_anchor_minor=pl.coalesce(
                _vouched_price(confirmed), pl.min_horizontal("list_price_minor", "first_minor")
            ),
            discount_rate=usual.fill_null(0.0),
            daily_units=daily * pl.col("alone_rate").fill_null(1.0),
            cover_days=pl.when(available.is_not_null() & (daily > 0)).then(cover),
            has_demand=pl.when(pl.col("is_sold").is_null())
            .then(pl.lit(value=False))
            .otherwise(daily > 0),
        )
        .pipe(PriceFact.cast)
    )


def _prices_in_force(prices: pl.LazyFrame, as_of: dt.datetime) -> pl.LazyFrame:
    """The newest price per listing, and the first one seen in its currency."""
    seen = prices.filter(pl.max_horizontal("observed_at", "read_at") <= as_of)
    newest = seen.sort("observed_at", "read_at", "content_hash").unique(_LISTING, keep="last")
    earliest = pl.col("price_minor").sort_by("read_at", "observed_at", "content_hash").first()
    first = (
        seen.filter(pl.col("price_minor") > 0)
        .group_by(*_LISTING, "currency")
        .agg(first_minor=earliest)
    )
    return newest.join(first, on=[*_LISTING, "currency"], how="left").select(
        *_LISTING,
        "currency",
        "first_minor",
        "price_minor",
        "list_price_minor",
        price_observed_at="observed_at",
    )


def _medians(lines: pl.LazyFrame, as_of: dt.datetime) -> pl.LazyFrame:
    """Median unit price per listing: a price that was charged, so the lower of two middle ones."""
    since = as_of - dt.timedelta(days=_MEDIAN_DAYS)
    is_recent = (pl.col("placed_at") > since) & (pl.col("placed_at") <= as_of)
    is_sale = (pl.col("line_kind") == LineKind.SALE) & (pl.col("unit_price_minor") > 0)
    median = pl.col("unit_price_minor").quantile(0.5, interpolation="lower")
    sold = lines.filter(is_recent & is_sale & pl.col("listing_id").is_not_null())
    return sold.group_by(_LISTING).agg(median_28d_minor=median.cast(pl.Int64))


def _vouched_price(confirmed: Confirmed) -> pl.Expr:
    prices = confirmed.prices
    return pl.col("sku_id").replace_strict(prices, default=None, return_dtype=pl.Int64)


def rival_offers(
    offers: dy.LazyFrame[CompetitorOffer],
    *,
    as_of: dt.datetime,
    max_age: dt.timedelta = OFFER_MAX_AGE,
) -> dy.LazyFrame[RivalOffer]:
    """Each competitor's newest offer that was known, if it is in stock and not older than that."""
    newest = pl.all().sort_by("observed_at", "read_at", "content_hash").last()
    return (
        offers.lazy()
        .filter(pl.max_horizontal("observed_at", "read_at") <= as_of)
        .group_by(*_SKU, "competitor_id")
        .agg(newest)
        .filter("is_in_stock", pl.col("observed_at") >= as_of - max_age)
        .with_columns(delivered_minor=pl.col("price_minor") + pl.col("shipping_minor"))
        .pipe(RivalOffer.cast)
    )


def _charged_shipping(orders: pl.LazyFrame, as_of: dt.datetime) -> pl.LazyFrame:
    """Shipping that half of the orders of 28 days pay no more than. Grain: shop_id."""
    since = as_of - dt.timedelta(days=_MEDIAN_DAYS)
    recent = orders.filter(
        pl.col("placed_at") > since, pl.col("placed_at") <= as_of, ~pl.col("is_test")
    )
    median = pl.col("shipping_minor").quantile(0.5, interpolation="lower")
    return recent.group_by("shop_id").agg(charged_minor=median.cast(pl.Int64))
