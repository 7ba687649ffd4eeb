"""TOP's answers as canonical tables. Pure: the same pages and context give the same rows."""

from collections.abc import Iterable, Mapping

import polars as pl

from connectors.base.frames import ColumnType, columns, empty_to_null, flatten
from connectors.base.mapping import Mapper, coded, gmt8, money
from connectors.taobao import wire
from connectors.taobao.codes import (
    CASE_STATUS,
    LISTING_STATUS,
    REVIEW_RESULT,
)
from contracts.codes import (
    CaseStatus,
    CouponStatus,
    DiscountKind,
)
from contracts.streams import Context, Mapped, Page
from contracts.tables import (
    Coupon,
    Listing,
    Member,
    Price,
    RefundCase,
    Review,
    StockLevel,
)

Paths = Mapping[str, tuple[str, ColumnType]]

CURRENCY = "CNY"
_TEXT, _COUNT = pl.String, pl.Int64
_ROW = "row"

_REFUND: Paths = {
    "refund_id": ("refund_id", _TEXT),
    "tid": ("tid", _COUNT),
    "oid": ("oid", _COUNT),
    "case": ("status", _TEXT),
    "created": ("created", _TEXT),
    "modified": ("modified", _TEXT),
    "fee": ("refund_fee", _TEXT),
    "has_return": ("has_good_return", pl.Boolean),
    "num": ("num", _COUNT),
    "reason": ("reason", _TEXT),
}
_ITEM: Paths = {
    "num_iid": ("num_iid", _COUNT),
    "title": ("title", _TEXT),
    "item_price": ("price", _TEXT),
    "item_quantity": ("num", _COUNT),
    "approve": ("approve_status", _TEXT),
    "cid": ("cid", _COUNT),
    "item_code": ("outer_id", _TEXT),
    "created": ("created", _TEXT),
    "item_modified": ("modified", _TEXT),
}
_SKU: Paths = {
    "sku": ("sku_id", _COUNT),
    "sku_price": ("price", _TEXT),
    "sku_quantity": ("quantity", _COUNT),
    "sku_code": ("outer_id", _TEXT),
    "properties": ("properties_name", _TEXT),
    "sku_modified": ("modified", _TEXT),
}
_REVIEW: Paths = {
    "tid": ("tid", _COUNT),
    "oid": ("oid", _COUNT),
    "result": ("result", _TEXT),
    "created": ("created", _TEXT),
    "num_iid": ("num_iid", _COUNT),
    "buyer": ("ouid", _TEXT),
    "content": ("content", _TEXT),
    "reply": ("reply", _TEXT),
}
_MEMBER: Paths = {
    "buyer": ("ouid", _TEXT),
    "trades": ("trade_count", _COUNT),
    "amount": ("trade_amount", _TEXT),
}
_COUPON: Paths = {
    "coupon": ("coupon_id", _COUNT),
    "off": ("denominations", _COUNT),
    "condition": ("condition", _COUNT),
    "created": ("creat_time", _TEXT),
    "ends": ("end_time", _TEXT),
}


def refunds(pages: Iterable[Page], context: Context) -> Mapped:
    """Refund cases. What a case has come to is told by its last change: no other date is."""
    raw, unknown = _rows(wire.REFUNDS, pages, _REFUND)
    status, modified = coded("case", CASE_STATUS), gmt8("modified")
    mapper = Mapper(context).add(
        RefundCase,
        raw,
        case_id=pl.col("refund_id"),
        order_id=pl.col("tid"),
        line_id=pl.col("oid"),
        case_status=status,
        has_return=pl.col("has_return").fill_null(value=False),
        requested_at=gmt8("created"),
        refunded_at=pl.when(status.value == CaseStatus.REFUNDED).then(modified.value),
        currency=pl.lit(CURRENCY),
        asked_minor=money("fee", CURRENCY),
        returned_units=pl.when("has_return").then("num"),
        reason=empty_to_null("reason"),
        source_updated_at=modified,
    )
    return mapper.done(unknown_fields=unknown)


def items(pages: Iterable[Page], context: Context) -> Mapped:
    """Listings, prices and stock, one of each per SKU; a product without SKUs is its own listing.

    A variant's values stand in its title where its product has several. A variant that only shows
    its product's code has none: two of them would be taken for one.

    What the platform calls quantity can still be sold; what is sold already is not part of it. So
    it is what lies there too, as far as the platform knows, seen when it was read: a sale need not
    change a product's date. A listing without code has no stock level.
    """
    raw, unknown = _variants(pages)
    values = pl.col("properties").str.split(";").list.eval(pl.element().str.split(":").list.last())
    named = pl.concat_str("title", values.list.join(" "), separator=" ")
    mapper = Mapper(context)
    mapper.add(
        Listing,
        raw,
        listing_id=pl.col("listing"),
        product_id=pl.col("num_iid"),
        sku_id=pl.col("code"),
        title=pl.when(pl.col("variants") > 1).then(named).otherwise("title"),
        listing_status=coded("approve", LISTING_STATUS),
        category=pl.col("cid"),
        created_at=gmt8("created"),
        source_updated_at=gmt8("modified"),
    )
    mapper.add(
        Price,
        raw,
        listing_id=pl.col("listing"),
        observed_at=gmt8("modified"),
        currency=pl.lit(CURRENCY),
        price_minor=money("price", CURRENCY),
        source_updated_at=gmt8("modified"),
    )
    mapper.add(
        StockLevel,
        raw.filter(pl.col("code").is_not_null()),
        sku_id=pl.col("code"),
        warehouse_id=pl.when(pl.col("sku").is_null())
        .then(pl.col("num_iid").cast(_TEXT))
        .otherwise(pl.format("{}:{}", "num_iid", "sku")),
        observed_at=pl.lit(context.read_at),
        on_hand_units=pl.col("quantity"),
        available_units=pl.col("quantity"),
        committed_units=pl.lit(0),
    )
    return mapper.done(unknown_fields=unknown)


def reviews(pages: Iterable[Page], context: Context) -> Mapped:
    """Reviews, one per line of a trade, so the line's number names it."""
    raw, unknown = _rows(wire.REVIEWS, pages, _REVIEW)
    mapper = Mapper(context).add(
        Review,
        raw,
        review_id=pl.col("oid"),
        order_id=pl.col("tid"),
        product_id=pl.col("num_iid"),
        member_id=empty_to_null("buyer"),
        review_result=coded("result", REVIEW_RESULT),
        body=empty_to_null("content"),
        reviewed_at=gmt8("created"),
        reply=empty_to_null("reply"),
    )
    return mapper.done(unknown_fields=unknown)


def members(pages: Iterable[Page], context: Context) -> Mapped:
    """Members, by what the platform counts of them. It tells neither since when nor as of when."""
    raw, unknown = _rows(wire.MEMBERS, pages, _MEMBER)
    mapper = Mapper(context).add(
        Member,
        raw,
        member_id=empty_to_null("buyer"),
        orders_count=pl.col("trades"),
        currency=pl.lit(CURRENCY),
        spent_minor=money("amount", CURRENCY),
    )
    return mapper.done(unknown_fields=unknown)


def coupons(pages: Iterable[Page], context: Context) -> Mapped:
    """Coupons of a fixed amount; the page's part is their unit. Nobody types one: it has no code,
    so its number stands for it. How many were redeemed is not told."""
    units = {"fen": 1, "yuan": 100}
    frames, unknown = [columns([], _COUPON).with_columns(unit=pl.lit(1, _COUNT))], set[str]()
    for page in pages:
        frame = columns(wire.COUPONS.rows(page.body), _COUPON)
        frames.append(frame.with_columns(unit=pl.lit(units[page.part], _COUNT)))
        unknown |= wire.COUPONS.unknown(page)
    off, least = pl.col("off") * pl.col("unit"), pl.col("condition") * pl.col("unit")
    yuan = [(amount / 100).round(2).cast(_TEXT).str.strip_suffix(".0") for amount in (least, off)]
    ends = gmt8("ends")
    is_over = ends.value <= pl.lit(context.read_at)
    mapper = Mapper(context).add(
        Coupon,
        pl.concat(frames),
        coupon_id=pl.col("coupon"),
        coupon_code=pl.col("coupon").cast(_TEXT),
        title=pl.format("满{}减{}", yuan[0].fill_null("0"), yuan[1]),
        coupon_status=pl.when(is_over)
        .then(pl.lit(CouponStatus.EXPIRED))
        .otherwise(pl.lit(CouponStatus.ACTIVE)),
        discount_kind=pl.lit(DiscountKind.AMOUNT),
        currency=pl.lit(CURRENCY),
        discount_minor=off,
        starts_at=gmt8("created"),
        ends_at=ends,
    )
    return mapper.done(unknown_fields=tuple(sorted(unknown)))


def _variants(pages: Iterable[Page]) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """One row per SKU with its product's columns, or per product that has none."""
    frames, unknown = [], set[str]()
    for found, names in wire.ITEMS.pages(pages):
        skus, owners = flatten(item.variants for item in found)
        owner = pl.Series(_ROW, owners, dtype=pl.UInt32)
        items = columns(found, _ITEM).with_row_index(_ROW)
        variants = columns(skus, _SKU).with_columns(owner, variants=pl.len().over(owner))
        frames.append(items.join(variants, on=_ROW, how="left", maintain_order="left_right"))
        unknown |= names
    is_product = pl.col("sku").is_null()
    raw = pl.concat(frames).with_columns(
        listing=pl.coalesce("sku", "num_iid").cast(_TEXT),
        code=pl.when(is_product)
        .then(empty_to_null("item_code"))
        .otherwise(empty_to_null("sku_code")),
        price=pl.when(is_product).then("item_price").otherwise("sku_price"),
        quantity=pl.when(is_product).then("item_quantity").otherwise("sku_quantity"),
        # Text of this form sorts as its instants do.
        modified=pl.max_horizontal("sku_modified", "item_modified"),
    )
    return raw, tuple(sorted(unknown))


def _rows(
    shape: wire.Lists, pages: Iterable[Page], paths: Paths
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """All rows of the pages as one frame, and the names of unknown fields."""
    frames, unknown = [], set[str]()
    for found, names in shape.pages(pages):
        frames.append(columns(found, paths))
        unknown |= names
    return pl.concat(frames), tuple(sorted(unknown))
