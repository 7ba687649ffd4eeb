"""What a price decision reads, as it was known at one moment."""

import datetime as dt
from typing import Final
from zoneinfo import ZoneInfo

import dataframely as dy
import polars as pl

from contracts.codes import LineKind, ListingStatus
from contracts.tables import (
    CompetitorOffer,
    Cost,
    Listing,
    OrderLine,
    Price,
    PriceFact,
    StockLevel,
    Velocity,
)
from transforms.listings import shared_codes
from transforms.stock import latest_levels

_SKU = ["shop_id", "sku_id"]
_LISTING = ["shop_id", "listing_id"]
_MEDIAN_DAYS: Final = 28
# A rival's price outside these multiples of our own is another article, a pack or a typing error.
_USABLE_RATES: Final = (0.6, 1.67)
OFFER_MAX_AGE: Final = dt.timedelta(hours=6)


def price_facts(
    listings: dy.LazyFrame[Listing],
    prices: dy.LazyFrame[Price],
    *,
    costs: dy.LazyFrame[Cost],
    offers: dy.LazyFrame[CompetitorOffer],
    stock_levels: dy.LazyFrame[StockLevel],
    velocity: dy.LazyFrame[Velocity],
    lines: dy.LazyFrame[OrderLine],
    as_of: dt.datetime,
    time_zone: str,
    offer_max_age: dt.timedelta = OFFER_MAX_AGE,
) -> dy.LazyFrame[PriceFact]:
    """One row per active, linked listing with a known price, but those that share a SKU code.

    Prices, offers and stock levels count when seen and read by `as_of`; the cost is the one valid
    on its shop-local day. A rival is usable when its newest offer is in stock, in our currency, not
    older than `offer_max_age`, and with shipping within 0.6 to 1.67 of our 28-day median (the price
    in force where nothing sold). Stock and velocity are those of the SKU.
    """
    active = listings.lazy().filter(pl.col("listing_status") == ListingStatus.ACTIVE)
    stock = latest_levels(stock_levels, as_of).group_by(_SKU).agg(pl.col("available_units").sum())
    own = (
        active.filter(pl.col("sku_id").is_not_null())
        .join(shared_codes(listings), on=_SKU, how="anti")
        .select(*_LISTING, "product_id", "sku_id")
        .join(_prices_in_force(prices.lazy(), as_of), on=_LISTING)
        .join(_medians(lines.lazy(), as_of), on=_LISTING, how="left")
    )
    available, daily = pl.col("available_units"), pl.col("daily_units")
    cover = pl.max_horizontal(available, 0) / daily
    return (
        own.join(_rivals(own, offers.lazy(), as_of, offer_max_age), on=_LISTING, how="left")
        .join(_costs(costs.lazy(), as_of, time_zone), on=_SKU, how="left")
        .join(stock, on=_SKU, how="left")
        .join(velocity.lazy().select(*_SKU, "daily_units"), on=_SKU, how="left")
        .with_columns(
            pl.col("rivals_units").fill_null(0),
            cover_days=pl.when(available.is_not_null() & (daily > 0)).then(cover),
        )
        .pipe(PriceFact.cast)
    )


def _prices_in_force(prices: pl.LazyFrame, as_of: dt.datetime) -> pl.LazyFrame:
    newest = pl.all().sort_by("observed_at", "read_at", "content_hash").last()
    return (
        prices.filter(pl.max_horizontal("observed_at", "read_at") <= as_of)
        .group_by(_LISTING)
        .agg(newest)
        .select(
            *_LISTING,
            "currency",
            "price_minor",
            "list_price_minor",
            price_observed_at="observed_at",
        )
    )


def _medians(lines: pl.LazyFrame, as_of: dt.datetime) -> pl.LazyFrame:
    """Median unit price per listing: a price that was charged, so the lower of two middle ones."""
    since = as_of - dt.timedelta(days=_MEDIAN_DAYS)
    is_recent = (pl.col("placed_at") > since) & (pl.col("placed_at") <= as_of)
    is_sale = (pl.col("line_kind") == LineKind.SALE) & (pl.col("unit_price_minor") > 0)
    median = pl.col("unit_price_minor").quantile(0.5, interpolation="lower")
    sold = lines.filter(is_recent & is_sale & pl.col("listing_id").is_not_null())
    return sold.group_by(_LISTING).agg(median_28d_minor=median.cast(pl.Int64))


def _costs(costs: pl.LazyFrame, as_of: dt.datetime, time_zone: str) -> pl.LazyFrame:
    today = as_of.astimezone(ZoneInfo(time_zone)).date()
    newest = pl.col("unit_cost_minor", "currency").sort_by("valid_from").last()
    return (
        costs.filter(pl.col("valid_from") <= today)
        .group_by(_SKU)
        .agg(newest)
        .rename({"currency": "cost_currency"})
    )


def _rivals(
    own: pl.LazyFrame, offers: pl.LazyFrame, as_of: dt.datetime, max_age: dt.timedelta
) -> pl.LazyFrame:
    """Lowest usable offer per listing, how many there are, and when the lowest was seen."""
    newest = pl.all().sort_by("observed_at", "read_at", "content_hash").last()
    latest = (
        offers.filter(pl.max_horizontal("observed_at", "read_at") <= as_of)
        .group_by(*_SKU, "competitor_id")
        .agg(newest)
        .filter("is_in_stock", pl.col("observed_at") >= as_of - max_age)
        .select(
            *_SKU,
            "currency",
            "observed_at",
            delivered_minor=pl.col("price_minor") + pl.col("shipping_minor"),
        )
    )
    reference = pl.coalesce("median_28d_minor", "price_minor")
    low, high = (reference * rate for rate in _USABLE_RATES)
    delivered = pl.col("delivered_minor")
    return (
        own.join(latest, on=[*_SKU, "currency"])
        .filter(delivered.is_between(low, high))
        .group_by(_LISTING)
        .agg(
            rival_minor=delivered.min(),
            rivals_units=pl.len(),
            rival_observed_at=pl.col("observed_at")
            .sort_by("delivered_minor", "observed_at")
            .first(),
        )
    )
