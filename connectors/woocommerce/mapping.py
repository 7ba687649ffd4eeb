"""WooCommerce's catalogue and people as canonical tables. Pure, as the mapping of orders."""

from collections.abc import Iterable, Mapping

import polars as pl

from connectors.base.frames import ColumnType, columns, empty_to_null, flatten
from connectors.base.mapping import Mapper, Parsed, coded, money, pieces
from connectors.woocommerce import wire
from connectors.woocommerce.cells import catalogue_price, gmt, name
from connectors.woocommerce.codes import (
    COUPON_STATUS,
    DISCOUNT_KIND,
    LISTING_STATUS,
    PRODUCT_TYPE,
    UNSOLD_TYPES,
)
from contracts.codes import (
    CouponStatus,
    QuarantineReason,
    ReviewResult,
)
from contracts.streams import Context, Mapped, Page
from contracts.tables import (
    Coupon,
    Listing,
    Member,
    Price,
    Review,
    StockLevel,
)

Paths = Mapping[str, tuple[str, ColumnType]]

WAREHOUSE = "shop"
"""The only place that the platform knows."""
_TEXT, _ID, _PIECES = pl.String, pl.Int64, pl.Float64

_PRODUCT: Paths = {
    "listing": ("id", _ID),
    "sku": ("sku", _TEXT),
    "price": ("price", _TEXT),
    "regular_price": ("regular_price", _TEXT),
    "on_sale": ("on_sale", pl.Boolean),
    "own_status": ("status", _TEXT),
    "created": ("date_created_gmt", _TEXT),
    "updated": ("date_modified_gmt", _TEXT),
    "stock": ("stock", _PIECES),
    "type": ("type", _TEXT),
    "title": ("title", _TEXT),
    "options": ("options", _TEXT),
    "category": ("category", _TEXT),
    "brand": ("brand", _TEXT),
}
_CUSTOMER: Paths = {
    "customer": ("id", _ID),
    "created": ("date_created_gmt", _TEXT),
    "updated": ("date_modified_gmt", _TEXT),
}
_COUPON: Paths = {
    "coupon": ("id", _ID),
    "code": ("code", _TEXT),
    "amount": ("amount", _TEXT),
    "kind": ("discount_type", _TEXT),
    "title": ("description", _TEXT),
    "created": ("date_created_gmt", _TEXT),
    "updated": ("date_modified_gmt", _TEXT),
    "ends": ("date_expires_gmt", _TEXT),
    "redeemed": ("usage_count", _ID),
    "limit": ("usage_limit", _ID),
    "status": ("status", _TEXT),
}
_REVIEW: Paths = {
    "review": ("id", _ID),
    "created": ("date_created_gmt", _TEXT),
    "product": ("product_id", _ID),
    "body": ("body", _TEXT),
    "rating": ("rating", _ID),
}


def products(pages: Iterable[Page], context: Context) -> Mapped:
    """Listings, prices in force and stock; a product with variations is listed by them.

    Which instant a stock has is not told: it is as of the reading.
    """
    parts = wire.parted(pages)
    heads = [page for _, page in parts.get("products", [])]
    children = [(int(owner), page) for owner, page in parts.get(wire.VARIATIONS_OF, [])]
    parents = columns(wire.PRODUCTS.documents(*heads), _PRODUCT).with_columns(
        product=pl.col("listing"), status=pl.col("own_status")
    )
    varied = _variations(children, parents)
    raw = pl.concat([parents, varied.select(parents.columns)])
    sold = raw.filter(~pl.col("type").is_in(UNSOLD_TYPES))
    decimals = context.facts.get(wire.PRICE_DECIMALS)
    price = catalogue_price("price", context.currency, decimals)
    mapper = Mapper(context)
    mapper.add(
        Listing,
        sold,
        listing_id=name("listing"),
        product_id=_of_known_type(name("product")),
        sku_id=empty_to_null("sku"),
        title=pl.col("title"),
        listing_status=coded("status", LISTING_STATUS),
        brand=empty_to_null("brand"),
        category=empty_to_null("category"),
        # A draft that was never public has no date of its own.
        created_at=gmt(pl.coalesce("created", "updated")),
        source_updated_at=gmt("updated"),
    )
    mapper.add(
        Price,
        sold.filter(empty_to_null("price").is_not_null()),
        listing_id=name("listing"),
        observed_at=gmt("updated"),
        currency=pl.lit(context.currency),
        price_minor=price,
        list_price_minor=catalogue_price(
            pl.when("on_sale").then(empty_to_null("regular_price")), context.currency, decimals
        ),
        price_text=pl.when(money("price", context.currency).value.ne_missing(price.value)).then(
            "price"
        ),
        source_updated_at=gmt("updated"),
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
    unknown = wire.PRODUCTS.unknown([*heads, *(page for _, page in children)])
    return mapper.done(unknown_fields=tuple(sorted(unknown)))


def customers(pages: Iterable[Page], context: Context) -> Mapped:
    """Members, without anything that says who they are; what they spent is not told."""
    pages = list(pages)
    raw = columns(wire.CUSTOMERS.documents(*pages), _CUSTOMER)
    mapper = Mapper(context).add(
        Member,
        raw,
        member_id=name("customer"),
        joined_at=gmt("created"),
        currency=pl.lit(context.currency),
        source_updated_at=gmt(pl.coalesce("updated", "created")),
    )
    return mapper.done(unknown_fields=tuple(sorted(wire.CUSTOMERS.unknown(pages))))


def coupons(pages: Iterable[Page], context: Context) -> Mapped:
    """Coupons, each by its code in lower case. One holds from when it was made."""
    pages = list(pages)
    raw = columns(wire.COUPONS.documents(*pages), _COUPON)
    is_rate = pl.col("kind") == "percent"
    status = coded("status", COUPON_STATUS)
    is_over = (gmt("ends").value <= pl.lit(context.read_at)).fill_null(value=False)
    mapper = Mapper(context).add(
        Coupon,
        raw,
        coupon_id=name("coupon"),
        coupon_code=pl.col("code"),
        title=pl.coalesce(empty_to_null("title"), "code"),
        coupon_status=Parsed(
            pl.when(is_over, status.value.is_not_null())
            .then(pl.lit(CouponStatus.EXPIRED))
            .otherwise(status.value),
            status.raw,
            status.reason,
        ),
        discount_kind=coded("kind", DISCOUNT_KIND),
        discount_rate=Parsed(
            pl.when(is_rate).then(pl.col("amount").cast(pl.Float64, strict=False) / 100),
            pl.when(is_rate).then("amount"),
            QuarantineReason.UNREADABLE_NUMBER,
        ),
        currency=pl.lit(context.currency),
        discount_minor=money(pl.when(~is_rate).then("amount"), context.currency),
        starts_at=gmt("created"),
        ends_at=gmt("ends"),
        limit_units=pl.when(pl.col("limit") > 0).then("limit"),
        redeemed_units=pl.col("redeemed"),
        source_updated_at=gmt("updated"),
    )
    return mapper.done(unknown_fields=tuple(sorted(wire.COUPONS.unknown(pages))))


def reviews(pages: Iterable[Page], context: Context) -> Mapped:
    """Public reviews. One without stars judges neither way; who wrote it is not asked for."""
    pages = list(pages)
    raw = columns(wire.REVIEWS.documents(*pages), _REVIEW)
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
        raw,
        review_id=name("review"),
        product_id=name("product"),
        review_result=judged,
        stars_units=pl.when(rating != 0).then(rating),
        body=empty_to_null("body"),
        reviewed_at=gmt("created"),
    )
    return mapper.done(unknown_fields=tuple(sorted(wire.REVIEWS.unknown(pages))))


def _variations(children: list[tuple[int, Page]], parents: pl.DataFrame) -> pl.DataFrame:
    """Variations with title, category and brand of their product; not public if it is not."""
    found, owners = flatten(wire.PRODUCTS.documents(page) for _, page in children)
    product = pl.Series("product", [children[owner][0] for owner in owners], dtype=_ID)
    own = columns(found, _PRODUCT).drop("title", "category", "brand").with_columns(product)
    of_product = parents.select(
        "product", "title", "category", "brand", product_status="own_status", product_sku="sku"
    ).unique("product", keep="first")
    is_public = pl.col("product_status") == "publish"
    return own.join(of_product, on="product", how="left", maintain_order="left").with_columns(
        title=pl.concat_str("title", empty_to_null("options"), separator=" ", ignore_nulls=True),
        status=pl.when(is_public).then("own_status").otherwise("product_status"),
        # Shown is the product's code where a variation has none: it names none of its sisters.
        sku=pl.when(pl.col("sku").ne_missing(pl.col("product_sku"))).then("sku"),
    )


def _of_known_type(value: pl.Expr) -> Parsed:
    known = coded("type", PRODUCT_TYPE)
    return Parsed(pl.when(known.value.is_not_null()).then(value), known.raw, known.reason)
