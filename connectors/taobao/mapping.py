"""TOP's answers as canonical tables. Pure: the same pages and context give the same rows."""

from collections.abc import Iterable

import polars as pl

from connectors.base.catalogue import add_prices, add_sellable
from connectors.base.frames import PARENT, ROW, Frames, empty_to_null
from connectors.base.mapping import Mapper, coded, gmt8, money
from connectors.taobao import wire
from connectors.taobao.codes import CASE_STATUS, CURRENCY, LISTING_STATUS, REVIEW_RESULT
from contracts.codes import CaseStatus, CouponStatus, DiscountKind
from contracts.streams import Context, Mapped, Page
from contracts.tables import Coupon, Listing, Member, RefundCase, Review

_TEXT = pl.String


def refunds(pages: Iterable[Page], context: Context) -> Mapped:
    """Refund cases. What a case has come to is told by its last change: no other date is."""
    found = wire.REFUNDS.frames(pages)
    status, modified = coded("status", CASE_STATUS), gmt8("modified")
    mapper = Mapper(context).add(
        RefundCase,
        found.documents,
        case_id=pl.col("refund_id"),
        order_id=pl.col("tid"),
        line_id=pl.col("oid"),
        case_status=status,
        has_return=pl.col("has_good_return").fill_null(value=False),
        requested_at=gmt8("created"),
        refunded_at=pl.when(status.value == CaseStatus.REFUNDED).then(modified.value),
        currency=pl.lit(CURRENCY),
        asked_minor=money("refund_fee", CURRENCY),
        returned_units=pl.when("has_good_return").then("num"),
        reason=empty_to_null("reason"),
        source_updated_at=modified,
    )
    return mapper.done(unknown_fields=found.unknown)


def items(pages: Iterable[Page], context: Context) -> Mapped:
    """Listings, prices and stock, one of each per SKU; a product without SKUs is its own listing.

    A variant's values stand in its title where its product has several. A variant that only shows
    its product's code has none: two of them would be taken for one.
    """
    found = wire.ITEMS.frames(pages)
    raw = _variants(found)
    values = (
        pl.col("properties_name").str.split(";").list.eval(pl.element().str.split(":").list.last())
    )
    named = pl.concat_str("title", values.list.join(" "), separator=" ")
    mapper = Mapper(context)
    mapper.add(
        Listing,
        raw,
        listing_id=pl.col("listing"),
        product_id=pl.col("num_iid"),
        sku_id=pl.col("code"),
        title=pl.when(pl.col("variants") > 1).then(named).otherwise("title"),
        listing_status=coded("approve_status", LISTING_STATUS),
        category=pl.col("cid"),
        created_at=gmt8("created"),
        source_updated_at=gmt8("modified"),
    )
    add_prices(
        mapper,
        raw,
        listing_id=pl.col("listing"),
        price=money("price", CURRENCY),
        currency=CURRENCY,
        observed=gmt8("modified"),
    )
    # A sale need not change a product's date: what can be sold was seen when it was read.
    add_sellable(
        mapper,
        raw,
        sku_id=pl.col("code"),
        warehouse_id=pl.concat_str("num_iid", "sku_id", separator=":", ignore_nulls=True),
        observed_at=pl.lit(context.read_at),
        pieces=pl.col("quantity"),
    )
    return mapper.done(unknown_fields=found.unknown)


def reviews(pages: Iterable[Page], context: Context) -> Mapped:
    """Reviews, one per line of a trade, so the line's number names it."""
    found = wire.REVIEWS.frames(pages)
    mapper = Mapper(context).add(
        Review,
        found.documents,
        review_id=pl.col("oid"),
        order_id=pl.col("tid"),
        product_id=pl.col("num_iid"),
        member_id=empty_to_null("ouid"),
        review_result=coded("result", REVIEW_RESULT),
        body=empty_to_null("content"),
        reviewed_at=gmt8("created"),
        reply=empty_to_null("reply"),
    )
    return mapper.done(unknown_fields=found.unknown)


def members(pages: Iterable[Page], context: Context) -> Mapped:
    """Members, by what the platform counts of them. It tells neither since when nor as of when."""
    found = wire.MEMBERS.frames(pages)
    mapper = Mapper(context).add(
        Member,
        found.documents,
        member_id=empty_to_null("ouid"),
        orders_count=pl.col("trade_count"),
        currency=pl.lit(CURRENCY),
        spent_minor=money("trade_amount", CURRENCY),
    )
    return mapper.done(unknown_fields=found.unknown)


def coupons(pages: Iterable[Page], context: Context) -> Mapped:
    """Coupons of a fixed amount; the page's part is their unit. Nobody types one: it has no code,
    so its number stands for it. How many were redeemed is not told."""
    found = wire.COUPONS.frames(pages)
    unit = pl.col("page_part").replace_strict({"fen": 1, "yuan": 100}, return_dtype=pl.Int64)
    off, least = pl.col("denominations") * unit, pl.col("condition") * unit
    yuan = [(amount / 100).round(2).cast(_TEXT).str.strip_suffix(".0") for amount in (least, off)]
    ends = gmt8("end_time")
    is_over = ends.value <= pl.lit(context.read_at)
    mapper = Mapper(context).add(
        Coupon,
        found.documents,
        coupon_id=pl.col("coupon_id"),
        coupon_code=pl.col("coupon_id").cast(_TEXT),
        title=pl.format("满{}减{}", yuan[0].fill_null("0"), yuan[1]),
        coupon_status=pl.when(is_over)
        .then(pl.lit(CouponStatus.EXPIRED))
        .otherwise(pl.lit(CouponStatus.ACTIVE)),
        discount_kind=pl.lit(DiscountKind.AMOUNT),
        currency=pl.lit(CURRENCY),
        discount_minor=off,
        starts_at=gmt8("creat_time"),
        ends_at=ends,
    )
    return mapper.done(unknown_fields=found.unknown)


def _variants(found: Frames) -> pl.DataFrame:
    """One row per SKU with its product's columns, or per product that has none."""
    skus = found.lists["skus"].drop(ROW).with_columns(variants=pl.len().over(PARENT))
    is_product = pl.col("sku_id").is_null()
    return found.documents.join(
        skus,
        left_on=ROW,
        right_on=PARENT,
        how="left",
        suffix=" of sku",
        maintain_order="left_right",
    ).with_columns(
        listing=pl.coalesce("sku_id", "num_iid").cast(_TEXT),
        code=pl.when(is_product)
        .then(empty_to_null("outer_id"))
        .otherwise(empty_to_null("outer_id of sku")),
        price=pl.when(is_product).then("price").otherwise("price of sku"),
        quantity=pl.when(is_product).then("num").otherwise("quantity"),
        # Text of this form sorts as its instants do.
        modified=pl.max_horizontal("modified of sku", "modified"),
    )
