"""Medusa's catalogue, stock, customers and promotions as canonical tables. Pure, as orders are."""

from collections.abc import Iterable
from dataclasses import replace

import polars as pl

from connectors.base.frames import empty_to_null, frame, frames
from connectors.base.mapping import Mapper, Parsed, coded, first_of, money, pieces, utc
from connectors.medusa import wire
from connectors.medusa.amounts import charged, number
from connectors.medusa.codes import (
    DISCOUNT_KIND,
    FIXED,
    LISTING_STATUS,
    PERCENTAGE,
    PROMOTION_STATUS,
)
from connectors.medusa.pricing import Listed, Market, by_variant, in_force
from contracts.codes import CouponStatus, QuarantineReason
from contracts.streams import Context, Mapped, Page
from contracts.tables import Coupon, Listing, Member, Price, StockLevel


def products(pages: Iterable[Page], context: Context) -> Mapped:
    """Listings, which are variants, and their prices in force at the reading.

    Since when a price holds is not told: it may be a list that began, or one that ended.
    """
    lists: list[wire.PriceList] = []
    variants: list[wire.Variant] = []
    for page in pages:
        if page.part == wire.PRICE_LISTS.path:
            lists += wire.PRICE_LISTS.rows(page.body)
        else:
            variants += wire.VARIANTS.rows(page.body)
    raw = frame(variants, wire.Variant).with_columns(
        title=pl.concat_str(empty_to_null("product.title"), "title", separator=" "),
        category=pl.Series([one.category for one in variants], dtype=pl.String),
        newest_at=pl.max_horizontal(utc("updated_at").value, utc("product.updated_at").value),
    )
    mapper = Mapper(context).add(
        Listing,
        raw,
        listing_id=pl.col("id"),
        product_id=pl.col("product_id"),
        sku_id=empty_to_null("sku"),
        title=pl.coalesce("title", "id"),
        listing_status=coded("product.status", LISTING_STATUS),
        category=empty_to_null("category"),
        created_at=utc("created_at"),
        source_updated_at=Parsed(
            pl.col("newest_at"), pl.col("updated_at"), QuarantineReason.UNREADABLE_TIME
        ),
    )
    _add_prices(mapper, variants, by_variant(lists, context.read_at), context)
    return mapper.done()


def _add_prices(
    mapper: Mapper, variants: list[wire.Variant], listed: dict[str, list[Listed]], context: Context
) -> None:
    """Prices in force of the variants that have one in the shop's currency."""
    region = context.facts.get(wire.REGION)
    market = Market(context.currency, str(region) if region else None)
    rows = [
        (one.id, found.price.amount, found.before_sale and found.before_sale.amount)
        for one in variants
        if (found := in_force(market, one.prices, listed.get(one.id, ()))) is not None
    ]
    names = {"id": pl.String, "price": pl.Float64, "list_price": pl.Float64}
    raw = pl.DataFrame(rows, schema=names, orient="row")
    price, text = charged("price", market.currency), pl.col("price").cast(pl.String)
    exact = money(text, market.currency).value
    mapper.add(
        Price,
        raw,
        listing_id=pl.col("id"),
        observed_at=pl.lit(context.read_at),
        currency=pl.lit(market.currency),
        price_minor=price,
        list_price_minor=charged("list_price", market.currency),
        price_text=pl.when(exact.ne_missing(price.value)).then(text),
        source_updated_at=pl.lit(context.read_at),
    )


def stock(pages: Iterable[Page], context: Context) -> Mapped:
    """Pieces at each place. Since when is not told of goods that are on the way out, so it is as of
    the reading."""
    items = [one for page in pages for one in wire.ITEMS.rows(page.body)]
    codes = pl.DataFrame({"sku": [one.code for one in items]}, schema={"sku": pl.String})
    found = frames([(items, "")], wire.Item)
    on_hand, reserved = pieces("stocked_quantity"), pieces("reserved_quantity")
    mapper = Mapper(context).add(
        StockLevel,
        found.of("location_levels", codes).filter(empty_to_null("sku").is_not_null()),
        sku_id=pl.col("sku"),
        warehouse_id=pl.col("location_id"),
        observed_at=pl.lit(context.read_at),
        on_hand_units=on_hand,
        available_units=Parsed(on_hand.value - reserved.value, on_hand.raw, on_hand.reason),
        committed_units=reserved,
        source_updated_at=pl.lit(context.read_at),
    )
    return mapper.done()


def customers(pages: Iterable[Page], context: Context) -> Mapped:
    """Members, guests among them; names and addresses are not asked for."""
    mapper = Mapper(context).add(
        Member,
        wire.CUSTOMERS.frames(pages).documents,
        member_id=pl.col("id"),
        joined_at=Parsed(
            pl.when("has_account").then(utc("created_at").value),
            pl.when("has_account").then("created_at"),
            QuarantineReason.UNREADABLE_TIME,
        ),
        currency=pl.lit(context.currency),
        source_updated_at=utc("updated_at"),
    )
    return mapper.done()


def promotions(pages: Iterable[Page], context: Context) -> Mapped:
    """Promotions that ask for a code; amounts off in other currencies hold in no order here.

    A campaign says when they hold; without one, from when they were made.
    """
    method = "application_method"
    is_rate = pl.col(f"{method}.type") == PERCENTAGE
    is_foreign = (pl.col(f"{method}.type") == FIXED) & (
        pl.col(f"{method}.currency_code").str.to_uppercase() != context.currency
    )
    documents = wire.PROMOTIONS.frames(pages).documents
    raw = documents.filter(~pl.col("is_automatic"), ~is_foreign.fill_null(value=False))
    rate = number(f"{method}.value") / 100
    mapper = Mapper(context).add(
        Coupon,
        raw,
        coupon_id=pl.col("id"),
        coupon_code=pl.col("code"),
        title=pl.coalesce(empty_to_null("campaign.name"), "code"),
        coupon_status=_status(context),
        discount_kind=coded(f"{method}.type", DISCOUNT_KIND),
        discount_rate=Parsed(
            pl.when(is_rate).then(rate),
            pl.when(is_rate).then(f"{method}.value"),
            QuarantineReason.UNREADABLE_NUMBER,
        ),
        currency=pl.lit(context.currency),
        discount_minor=Parsed(
            pl.when(~is_rate).then(charged(f"{method}.value", context.currency).value),
            pl.when(~is_rate).then(f"{method}.value"),
            QuarantineReason.UNREADABLE_MONEY,
        ),
        starts_at=utc(pl.coalesce("campaign.starts_at", "created_at")),
        ends_at=utc("campaign.ends_at"),
        limit_units=pl.col("limit"),
        redeemed_units=pl.col("used"),
        source_updated_at=utc("updated_at"),
    )
    return mapper.done()


def _status(context: Context) -> Parsed:
    """Whether a code can be redeemed: an active one only in its campaign's time."""
    known, now = coded("status", PROMOTION_STATUS), pl.lit(context.read_at)
    is_active = known.value == CouponStatus.ACTIVE
    rules = (
        (is_active & (utc("campaign.ends_at").value <= now), CouponStatus.EXPIRED),
        (is_active & (utc("campaign.starts_at").value > now), CouponStatus.SCHEDULED),
    )
    return replace(known, value=first_of(*rules, otherwise=known.value))
