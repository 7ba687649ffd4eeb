"""WooCommerce's catalogue and people as canonical tables. Pure, as the mapping of orders."""

from collections.abc import Iterable

import polars as pl

from connectors.base.catalogue import charged_price
from connectors.base.documents import by_part
from connectors.base.frames import PART, empty_to_null
from connectors.base.mapping import Mapper, Parsed, coded, gmt, money, name, pieces
from connectors.woocommerce import wire
from connectors.woocommerce.codes import (
    COUPON_STATUS,
    DISCOUNT_KIND,
    LISTING_STATUS,
    PRODUCT_TYPE,
    UNSOLD_TYPES,
)
from contracts.codes import CouponStatus, QuarantineReason, ReviewResult
from contracts.streams import Context, Mapped, Page
from contracts.tables import Coupon, Listing, Member, Price, Review, StockLevel

WAREHOUSE = "shop"
"""The only place that the platform knows."""


def products(pages: Iterable[Page], context: Context) -> Mapped:
    """Listings, prices in force and stock; a product with variations is listed by them.

    Which instant a stock has is not told: it is as of the reading.
    """
    parts = by_part(pages)
    listed = wire.PRODUCTS.frames(parts.get("products", []))
    varied = wire.PRODUCTS.frames(parts.get(wire.VARIATIONS_OF, []))
    parents = listed.documents.with_columns(product_id="id")
    raw = pl.concat([parents, _variations(varied.documents, parents)])
    sold = raw.filter(~pl.col("type").is_in(UNSOLD_TYPES))
    decimals = context.facts.get(wire.PRICE_DECIMALS)
    price = charged_price("price", context.currency, decimals)
    mapper = Mapper(context)
    mapper.add(
        Listing,
        sold,
        listing_id=name("id"),
        product_id=_of_known_type(name("product_id")),
        sku_id=empty_to_null("sku"),
        title=pl.col("title"),
        listing_status=coded("status", LISTING_STATUS),
        brand=empty_to_null("brand"),
        category=empty_to_null("category"),
        # A draft that was never public has no date of its own.
        created_at=gmt(pl.coalesce("date_created_gmt", "date_modified_gmt")),
        source_updated_at=gmt("date_modified_gmt"),
    )
    mapper.add(
        Price,
        sold.filter(empty_to_null("price").is_not_null()),
        listing_id=name("id"),
        observed_at=gmt("date_modified_gmt"),
        currency=pl.lit(context.currency),
        price_minor=price,
        list_price_minor=charged_price(
            pl.when("on_sale").then(empty_to_null("regular_price")), context.currency, decimals
        ),
        price_text=pl.when(money("price", context.currency).value.ne_missing(price.value)).then(
            "price"
        ),
        source_updated_at=gmt("date_modified_gmt"),
    )
    kept = raw.filter(empty_to_null("sku").is_not_null(), pl.col("stock").is_not_null())
    units = pieces("stock")
    mapper.add(
        StockLevel,
        kept,
        sku_id=pl.col("sku"),
        warehouse_id=pl.lit(WAREHOUSE),
        observed_at=pl.lit(context.read_at),
        on_hand_units=units,
        available_units=units,
        committed_units=pl.lit(0),
        source_updated_at=pl.lit(context.read_at),
    )
    return mapper.done(unknown_fields=tuple(sorted({*listed.unknown, *varied.unknown})))


def customers(pages: Iterable[Page], context: Context) -> Mapped:
    """Members, without anything that says who they are; what they spent is not told."""
    found = wire.CUSTOMERS.frames(pages)
    mapper = Mapper(context).add(
        Member,
        found.documents,
        member_id=name("id"),
        joined_at=gmt("date_created_gmt"),
        currency=pl.lit(context.currency),
        source_updated_at=gmt(pl.coalesce("date_modified_gmt", "date_created_gmt")),
    )
    return mapper.done(unknown_fields=found.unknown)


def coupons(pages: Iterable[Page], context: Context) -> Mapped:
    """Coupons, each by its code in lower case. One holds from when it was made."""
    found = wire.COUPONS.frames(pages)
    is_rate = pl.col("discount_type") == "percent"
    status = coded("status", COUPON_STATUS)
    is_over = (gmt("date_expires_gmt").value <= pl.lit(context.read_at)).fill_null(value=False)
    mapper = Mapper(context).add(
        Coupon,
        found.documents,
        coupon_id=name("id"),
        coupon_code=pl.col("code"),
        title=pl.coalesce(empty_to_null("description"), "code"),
        coupon_status=Parsed(
            pl.when(is_over, status.value.is_not_null())
            .then(pl.lit(CouponStatus.EXPIRED))
            .otherwise(status.value),
            status.raw,
            status.reason,
        ),
        discount_kind=coded("discount_type", DISCOUNT_KIND),
        discount_rate=Parsed(
            pl.when(is_rate).then(pl.col("amount").cast(pl.Float64, strict=False) / 100),
            pl.when(is_rate).then("amount"),
            QuarantineReason.UNREADABLE_NUMBER,
        ),
        currency=pl.lit(context.currency),
        discount_minor=money(pl.when(~is_rate).then("amount"), context.currency),
        starts_at=gmt("date_created_gmt"),
        ends_at=gmt("date_expires_gmt"),
        limit_units=pl.when(pl.col("usage_limit") > 0).then("usage_limit"),
        redeemed_units=pl.col("usage_count"),
        source_updated_at=gmt("date_modified_gmt"),
    )
    return mapper.done(unknown_fields=found.unknown)


def reviews(pages: Iterable[Page], context: Context) -> Mapped:
    """Public reviews. One without stars judges neither way; who wrote it is not asked for."""
    found = wire.REVIEWS.frames(pages)
    rating = pl.col("rating")
    judged = (
        pl.when(rating >= 4)
        .then(pl.lit(ReviewResult.GOOD))
        .when(rating.is_in([1, 2]))
        .then(pl.lit(ReviewResult.BAD))
        .otherwise(pl.lit(ReviewResult.NEUTRAL))
    )
    mapper = Mapper(context).add(
        Review,
        found.documents,
        review_id=name("id"),
        product_id=name("product_id"),
        review_result=judged,
        stars_units=pl.when(rating != 0).then(rating),
        body=empty_to_null("body"),
        reviewed_at=gmt("date_created_gmt"),
    )
    return mapper.done(unknown_fields=found.unknown)


def _variations(varied: pl.DataFrame, parents: pl.DataFrame) -> pl.DataFrame:
    """Variations with title, category and brand of their product; not public if it is not."""
    of_product = parents.select(
        "product_id", "title", "category", "brand", product_status="status", product_sku="sku"
    ).unique("product_id", keep="first")
    product = pl.col(PART).str.strip_prefix(f"{wire.VARIATIONS_OF}:").cast(pl.Int64)
    own = varied.drop("title", "category", "brand").with_columns(product_id=product)
    joined = own.join(of_product, on="product_id", how="left", maintain_order="left")
    is_public = pl.col("product_status") == "publish"
    return joined.with_columns(
        title=pl.concat_str("title", empty_to_null("options"), separator=" ", ignore_nulls=True),
        status=pl.when(is_public).then("status").otherwise("product_status"),
        # Shown is the product's code where a variation has none: it names none of its sisters.
        sku=pl.when(pl.col("sku").ne_missing(pl.col("product_sku"))).then("sku"),
    ).select(parents.columns)


def _of_known_type(value: pl.Expr) -> Parsed:
    known = coded("type", PRODUCT_TYPE)
    return Parsed(pl.when(known.value.is_not_null()).then(value), known.raw, known.reason)
