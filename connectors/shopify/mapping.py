"""Listings, stock, customers and discounts as canonical tables. Pure, as is `order_mapping`."""

from collections.abc import Iterable, Mapping

import polars as pl

from connectors.base.frames import ColumnType, columns, empty_to_null, with_parent_columns
from connectors.base.mapping import Mapper, coded, money, utc, whole
from connectors.shopify import shapes, wire
from connectors.shopify.codes import COUPON_STATUS, DISCOUNT_KIND, LISTING_STATUS
from connectors.shopify.ids import number_in
from contracts.streams import Context, Mapped, Page
from contracts.tables import Coupon, Listing, Member, Price, StockLevel

Paths = Mapping[str, tuple[str, ColumnType]]

_TEXT, _COUNT = pl.String, pl.Int64
_VARIANT: Paths = {
    "variant": ("id", _TEXT),
    "sku": ("sku", _TEXT),
    "variant_title": ("title", _TEXT),
    "price": ("price", _TEXT),
    "list_price": ("compare_at_price", _TEXT),
    "created": ("created_at", _TEXT),
    "updated": ("updated_at", _TEXT),
    "product": ("product.id", _TEXT),
    "product_title": ("product.title", _TEXT),
    "status": ("product.status", _TEXT),
    "vendor": ("product.vendor", _TEXT),
    "type": ("product.product_type", _TEXT),
    "product_updated": ("product.updated_at", _TEXT),
}
_ITEM: Paths = {"sku": ("sku", _TEXT), "tracked": ("tracked", pl.Boolean)}
_LEVEL: Paths = {"location": ("location.id", _TEXT), "updated": ("updated_at", _TEXT)}
_CUSTOMER: Paths = {
    "customer": ("id", _TEXT),
    "created": ("created_at", _TEXT),
    "updated": ("updated_at", _TEXT),
    "orders": ("number_of_orders", _TEXT),
    "spent": ("amount_spent.amount", _TEXT),
    "spent_currency": ("amount_spent.currency_code", _TEXT),
}
_DISCOUNT: Paths = {
    "discount": ("id", _TEXT),
    "type": ("discount.typename", _TEXT),
    "title": ("discount.title", _TEXT),
    "status": ("discount.status", _TEXT),
    "starts": ("discount.starts_at", _TEXT),
    "ends": ("discount.ends_at", _TEXT),
    "updated": ("discount.updated_at", _TEXT),
    "limit": ("discount.usage_limit", _COUNT),
    "redeemed": ("discount.async_usage_count", _COUNT),
    "kind": ("discount.customer_gets?.value.typename", _TEXT),
    "percentage": ("discount.customer_gets?.value.percentage", pl.Float64),
    "amount": ("discount.customer_gets?.value.amount?.amount", _TEXT),
    "amount_currency": ("discount.customer_gets?.value.amount?.currency_code", _TEXT),
}


def products(pages: Iterable[Page], context: Context) -> Mapped:
    """Listings and the prices in force, one of each per variant, in the shop's currency."""
    raw, unknown = _documents(shapes.PRODUCTS, pages, _VARIANT)
    is_only = pl.col("variant_title").is_in(["Default Title", ""])
    title = (
        pl.when(is_only)
        .then("product_title")
        .otherwise(pl.concat_str("product_title", "variant_title", separator=" "))
    )
    mapper = Mapper(context)
    mapper.add(
        Listing,
        raw,
        listing_id=number_in("variant", "ProductVariant"),
        product_id=number_in("product", "Product"),
        sku_id=empty_to_null("sku"),
        title=title,
        listing_status=coded("status", LISTING_STATUS),
        brand=empty_to_null("vendor"),
        category=empty_to_null("type"),
        created_at=utc("created"),
        source_updated_at=pl.max_horizontal(utc("updated").value, utc("product_updated").value),
    )
    mapper.add(
        Price,
        raw,
        listing_id=number_in("variant", "ProductVariant"),
        observed_at=utc("updated"),
        currency=pl.lit(context.currency),
        price_minor=money("price", context.currency),
        list_price_minor=money("list_price", context.currency),
        source_updated_at=utc("updated"),
    )
    return mapper.done(unknown_fields=unknown)


def inventory(pages: Iterable[Page], context: Context) -> Mapped:
    """Stock per SKU and location. Items that are not tracked, or have no SKU, hold no stock."""
    levels, unknown = [], set[str]()
    for found in (shapes.NOTHING, *map(shapes.INVENTORY.read, pages)):
        level = columns(found.children, _LEVEL).with_columns(_pieces(found.children))
        levels.append(with_parent_columns(level, columns(found.parents, _ITEM), found.owners))
        unknown |= found.unknown
    raw = pl.concat(levels).filter("tracked", empty_to_null("sku").is_not_null())
    mapper = Mapper(context).add(
        StockLevel,
        raw,
        sku_id=pl.col("sku"),
        warehouse_id=number_in("location", "Location"),
        observed_at=utc("updated"),
        on_hand_units=pl.col("on_hand"),
        available_units=pl.col("available"),
        committed_units=pl.col("committed"),
        source_updated_at=utc("updated"),
    )
    return mapper.done(unknown_fields=tuple(sorted(unknown)))


def customers(pages: Iterable[Page], context: Context) -> Mapped:
    """Members, without anything that says who they are."""
    raw, unknown = _documents(shapes.CUSTOMERS, pages, _CUSTOMER)
    mapper = Mapper(context).add(
        Member,
        raw,
        member_id=number_in("customer", "Customer"),
        joined_at=utc("created"),
        orders_count=whole("orders"),
        currency=pl.col("spent_currency"),
        spent_minor=money("spent", context.currency),
        source_updated_at=utc("updated"),
    )
    return mapper.done(unknown_fields=unknown)


def discounts(pages: Iterable[Page], context: Context) -> Mapped:
    """Coupons: discounts on the amount that a code gives, each by the first of its codes.

    Automatic discounts, free shipping, "buy X get Y" and those of apps are no coupons of ours and
    are left out on purpose.
    """
    parts, unknown = [], set[str]()
    for found in (shapes.NOTHING, *map(shapes.DISCOUNTS.read, pages)):
        pairs = zip(reversed(found.owners), reversed(found.children), strict=True)
        first = {owner: child.code for owner, child in pairs}
        codes = [first.get(owner) for owner in range(len(found.parents))]
        code = pl.Series("code", codes, dtype=_TEXT)
        parts.append(columns(found.parents, _DISCOUNT).with_columns(code))
        unknown |= found.unknown
    raw = pl.concat(parts).filter(pl.col("type") == "DiscountCodeBasic")
    mapper = Mapper(context).add(
        Coupon,
        raw,
        coupon_id=pl.col("discount").str.extract(r"/(\d+)$"),
        coupon_code=pl.col("code"),
        title=pl.col("title"),
        coupon_status=coded("status", COUPON_STATUS),
        discount_kind=coded("kind", DISCOUNT_KIND),
        discount_rate=pl.col("percentage"),
        currency=pl.col("amount_currency").fill_null(context.currency),
        discount_minor=money("amount", context.currency),
        starts_at=utc("starts"),
        ends_at=utc("ends"),
        limit_units=pl.col("limit"),
        redeemed_units=pl.col("redeemed"),
        source_updated_at=utc("updated"),
    )
    return mapper.done(unknown_fields=tuple(sorted(unknown)))


def _documents(
    shape: shapes.Shape, pages: Iterable[Page], paths: Paths
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Documents without children as one frame, and the names of unknown fields."""
    frames, unknown = [], set[str]()
    for found in (shapes.NOTHING, *map(shape.read, pages)):
        frames.append(columns(found.parents, paths))
        unknown |= found.unknown
    return pl.concat(frames), tuple(sorted(unknown))


def _pieces(levels: list[wire.Level]) -> list[pl.Series]:
    return [
        pl.Series(state, [level.pieces(state) for level in levels], dtype=_COUNT)
        for state in ("on_hand", "available", "committed")
    ]
