"""Listings, stock, customers and discounts as canonical tables. Pure, as is `order_mapping`."""

from collections.abc import Iterable

import polars as pl

from connectors.base.frames import empty_to_null, frame, with_parent_columns
from connectors.base.mapping import Mapper, coded, money, utc, whole
from connectors.shopify import shapes, wire
from connectors.shopify.codes import COUPON_STATUS, DISCOUNT_KIND, LISTING_STATUS
from connectors.shopify.ids import number_in
from contracts.streams import Context, Mapped, Page
from contracts.tables import Coupon, Listing, Member, Price, StockLevel


def products(pages: Iterable[Page], context: Context) -> Mapped:
    """Listings and the prices in force, one of each per variant, in the shop's currency."""
    raw, unknown = _documents(shapes.PRODUCTS, pages)
    is_only = pl.col("title").is_in(["Default Title", ""])
    title = (
        pl.when(is_only)
        .then("product.title")
        .otherwise(pl.concat_str("product.title", "title", separator=" "))
    )
    mapper = Mapper(context)
    mapper.add(
        Listing,
        raw,
        listing_id=number_in("id", "ProductVariant"),
        product_id=number_in("product.id", "Product"),
        sku_id=empty_to_null("sku"),
        title=title,
        listing_status=coded("product.status", LISTING_STATUS),
        brand=empty_to_null("product.vendor"),
        category=empty_to_null("product.productType"),
        created_at=utc("createdAt"),
        source_updated_at=pl.max_horizontal(utc("updatedAt").value, utc("product.updatedAt").value),
    )
    mapper.add(
        Price,
        raw,
        listing_id=number_in("id", "ProductVariant"),
        observed_at=utc("updatedAt"),
        currency=pl.lit(context.currency),
        price_minor=money("price", context.currency),
        list_price_minor=money("compareAtPrice", context.currency),
        source_updated_at=utc("updatedAt"),
    )
    return mapper.done(unknown_fields=unknown)


def inventory(pages: Iterable[Page], context: Context) -> Mapped:
    """Stock per SKU and location. Items that are not tracked, or have no SKU, hold no stock."""
    levels, unknown = [], set[str]()
    for found in shapes.INVENTORY.each(pages):
        items = frame(found.parents, wire.ItemHead).select("sku", "tracked")
        level = frame(found.children, wire.Level)
        levels.append(with_parent_columns(level, items, found.owners))
        unknown |= found.unknown
    raw = pl.concat(levels).filter("tracked", empty_to_null("sku").is_not_null())
    mapper = Mapper(context).add(
        StockLevel,
        raw,
        sku_id=pl.col("sku"),
        warehouse_id=number_in("location.id", "Location"),
        observed_at=utc("updatedAt"),
        on_hand_units=pl.col("on_hand"),
        available_units=pl.col("available"),
        committed_units=pl.col("committed"),
        source_updated_at=utc("updatedAt"),
    )
    return mapper.done(unknown_fields=tuple(sorted(unknown)))


def customers(pages: Iterable[Page], context: Context) -> Mapped:
    """Members, without anything that says who they are."""
    raw, unknown = _documents(shapes.CUSTOMERS, pages)
    mapper = Mapper(context).add(
        Member,
        raw,
        member_id=number_in("id", "Customer"),
        joined_at=utc("createdAt"),
        orders_count=whole("numberOfOrders"),
        currency=pl.col("amountSpent.currencyCode"),
        spent_minor=money("amountSpent.amount", context.currency),
        source_updated_at=utc("updatedAt"),
    )
    return mapper.done(unknown_fields=unknown)


_VALUE = "discount.customerGets.value"


def discounts(pages: Iterable[Page], context: Context) -> Mapped:
    """Coupons: discounts on the amount that a code gives, each by the first of its codes.

    Automatic discounts, free shipping, "buy X get Y" and those of apps are no coupons of ours and
    are left out on purpose.
    """
    parts, unknown = [], set[str]()
    for found in shapes.DISCOUNTS.each(pages):
        pairs = zip(reversed(found.owners), reversed(found.children), strict=True)
        first = {owner: child.code for owner, child in pairs}
        codes = [first.get(owner) for owner in range(len(found.parents))]
        code = pl.Series("code", codes, dtype=pl.String)
        parts.append(frame(found.parents, wire.DiscountNode).with_columns(code))
        unknown |= found.unknown
    raw = pl.concat(parts).filter(pl.col("discount.__typename") == "DiscountCodeBasic")
    mapper = Mapper(context).add(
        Coupon,
        raw,
        coupon_id=pl.col("id").str.extract(r"/(\d+)$"),
        coupon_code=pl.col("code"),
        title=pl.col("discount.title"),
        coupon_status=coded("discount.status", COUPON_STATUS),
        discount_kind=coded(f"{_VALUE}.__typename", DISCOUNT_KIND),
        discount_rate=pl.col(f"{_VALUE}.percentage"),
        currency=pl.col(f"{_VALUE}.amount.currencyCode").fill_null(context.currency),
        discount_minor=money(f"{_VALUE}.amount.amount", context.currency),
        starts_at=utc("discount.startsAt"),
        ends_at=utc("discount.endsAt"),
        limit_units=pl.col("discount.usageLimit"),
        redeemed_units=pl.col("discount.asyncUsageCount"),
        source_updated_at=utc("discount.updatedAt"),
    )
    return mapper.done(unknown_fields=tuple(sorted(unknown)))


def _documents(shape: shapes.Shape, pages: Iterable[Page]) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Documents without children as one frame, and the names of unknown fields."""
    frames, unknown = [], set[str]()
    for found in shape.each(pages):
        frames.append(frame(found.parents, shape.head))
        unknown |= found.unknown
    return pl.concat(frames), tuple(sorted(unknown))
