"""WooCommerce's orders as canonical tables. Pure: the same pages and context give the same rows."""

from collections.abc import Iterable

import polars as pl

from connectors.base.documents import by_part
from connectors.base.frames import PARENT, PART, Frames, empty_to_null
from connectors.base.mapping import Mapper, Parsed, coded, gmt, money, name, pieces
from connectors.base.orders import (
    HEAD,
    UPDATED_AT,
    OrderTables,
    known_sum,
    sale_or_gift,
    status_of_paid,
    unit_price,
    with_heads,
    with_sums,
)
from connectors.woocommerce import wire
from connectors.woocommerce.codes import (
    DRAFTS,
    FULFILMENT_STATUS,
    UNPAID_STATUS,
    UNPAID_WHATEVER_WAS_PAID,
)
from contracts.codes import FulfilmentStatus, QuarantineReason
from contracts.streams import Context, Mapped, Page
from contracts.tables import Order


def orders(pages: Iterable[Page], context: Context) -> Mapped:
    """Orders, lines, codes used and refunds. Amounts are decimal text, and leave as minor units.

    Lines are without tax and after all discounts. An order names its refunds; when each was and
    what it took back is told by a page of its own. A cart that nobody ordered, or an order that was
    made one again, is kept as what counts nowhere: left out, it would leave the order as it was.
    """
    parts, currency = by_part(pages), context.currency
    found = wire.ORDERS.frames([*parts.get("orders", []), *parts.get(wire.AGAIN, [])])
    told = wire.REFUNDS.frames(parts.get(wire.REFUNDS_OF, []))
    heads = _heads(found.documents, context)
    keys = heads.select(*HEAD)
    lines = _without_inherited(found.of("line_items", keys), parts.get(wire.CODES, []))
    fees = found.of("fee_lines", keys)
    back = money(pl.col("total").str.strip_prefix("-"), currency)
    refunds = found.of("refunds", keys).join(_times(told), on="id", how="left")
    mapper = Mapper(context)
    tables = OrderTables(mapper)
    heads = with_sums(heads, refunds, back=known_sum(back.value), refunds_count=pl.len())
    off = money("total", currency).value.clip(upper_bound=0)
    _add_orders(tables, with_sums(heads, fees, fees_off=-off.sum()), currency)
    for place in ("line_items", "refunds"):  # null is not the same as none
        mute = found.documents.filter(pl.col("untold") == place)["id"]
        mapper.reject(Order, mute, QuarantineReason.MISSING_VALUE, column=place)
    _add_lines(tables, lines, _returned(told, refunds), currency)
    # One below zero is how plug-ins take off: it is a discount of its order and no line. Tips of
    # plug-ins are fees here too.
    charged = fees.filter((money("total", currency).value < 0).ne_missing(other=True))
    tables.fees(charged, line_id=name("id"), total=money("total", currency))
    tables.codes(found.of("coupon_lines", keys), pl.col("code"))
    tables.refunds(
        refunds, refund_id=name("id"), refunded_at=gmt("date_created_gmt"), refunded_minor=back
    )
    return mapper.done(unknown_fields=tuple(sorted({*found.unknown, *told.unknown})))


def _heads(documents: pl.DataFrame, context: Context) -> pl.DataFrame:
    """Orders; one that is read again is as it was then, though the platform dates no change."""
    changed = gmt("date_modified_gmt")
    is_again = pl.col(PART) == wire.AGAIN
    updated = pl.when(is_again).then(pl.lit(context.read_at)).otherwise(changed.value)
    return with_heads(
        documents,
        order_id=name("id"),
        placed=gmt("date_created_gmt"),
        updated=Parsed(updated, changed.raw, changed.reason),
        currency=pl.col("currency"),
    )


def _without_inherited(lines: pl.DataFrame, pages: list[Page]) -> pl.DataFrame:
    """Lines of variations without the code that is their product's, and their sisters' too."""
    found = [one for page in pages for one in wire.CODES_OF_PRODUCTS.rows(page.body)]
    codes = {one.id: str(one.sku) for one in found if isinstance(one.id, int) and one.sku}
    products = pl.DataFrame(
        {"product_id": list(codes), "product_sku": list(codes.values())},
        schema={"product_id": pl.Int64, "product_sku": pl.String},
    )
    is_inherited = (pl.col("variation_id") != 0) & (pl.col("sku") == pl.col("product_sku"))
    joined = lines.join(products, on="product_id", how="left", maintain_order="left")
    return joined.with_columns(sku=pl.when(is_inherited.ne_missing(other=True)).then("sku"))


def _times(told: Frames) -> pl.DataFrame:
    """When each refund was; one that is read twice is one."""
    times = told.documents.select("id", "date_created_gmt")
    return times.unique("id", keep="first", maintain_order=True)


def _returned(told: Frames, refunds: pl.DataFrame) -> pl.DataFrame:
    """Pieces that refunds took back per order and line, below zero."""
    lines = told.of("line_items", told.documents.select("id"), prefix="refund_")
    once = lines.unique(["refund_id", "id"], keep="first").select("refund_id", "line", "quantity")
    of_order = refunds.select(PARENT, refund_id="id").join(once, on="refund_id")
    return of_order.group_by(PARENT, "line").agg(returned=pl.col("quantity").sum())


def _add_orders(tables: OrderTables, heads: pl.DataFrame, currency: str) -> None:
    heads = heads.with_columns(
        # An unreadable amount leaves the sum null.
        back=pl.when(pl.col("refunds_count") > 0).then("back").otherwise(0),
        fees_off=pl.col("fees_off").fill_null(0),
    )
    total, discount = money("total", currency), money("discount_total", currency)
    is_cancelled = pl.col("status").is_in(["cancelled", "trash"])
    tables.orders(
        heads,
        member_id=pl.when(pl.col("customer_id") != 0).then(name("customer_id")),
        paid_at=gmt("date_paid_gmt"),
        cancelled_at=pl.when(is_cancelled).then(UPDATED_AT),
        payment_status=_payment(total.value),
        fulfilment_status=_fulfilment(),
        is_test=pl.col("status").is_in(DRAFTS),
        discount_minor=Parsed(discount.value + pl.col("fees_off"), discount.raw, discount.reason),
        shipping_minor=money("shipping_total", currency),
        tax_minor=money("total_tax", currency),
        total_minor=total,
        refunded_minor=pl.col("back"),
        completed_at=gmt("date_completed_gmt"),
    )


def _payment(total: pl.Expr) -> Parsed:
    """Where the money stands: whether it was paid and what went back, which no status tells."""
    unpaid, status = coded("status", UNPAID_STATUS), pl.col("status")
    is_paid = pl.col("date_paid_gmt").is_not_null() & ~status.is_in(UNPAID_WHATEVER_WAS_PAID)
    value = (
        pl.when(unpaid.value.is_not_null() & is_paid)
        .then(status_of_paid(total, pl.col("back")))
        .otherwise(unpaid.value)
    )
    return Parsed(value, unpaid.raw, unpaid.reason)


def _fulfilment() -> Parsed:
    """Where the goods stand; what was handed over and then paid back was handed over."""
    plain = coded("status", FULFILMENT_STATUS)
    was_sent = pl.col("date_completed_gmt").is_not_null()
    is_nothing = plain.value == FulfilmentStatus.NOT_REQUIRED
    value = pl.when(was_sent & is_nothing).then(pl.lit(FulfilmentStatus.FULFILLED))
    return Parsed(value.otherwise(plain.value), plain.raw, plain.reason)


def _add_lines(
    tables: OrderTables, lines: pl.DataFrame, returned: pl.DataFrame, currency: str
) -> None:
    lines = lines.join(
        returned,
        left_on=[PARENT, "id"],
        right_on=[PARENT, "line"],
        how="left",
        maintain_order="left",
    ).with_columns(left=pl.col("quantity") + pl.col("returned").fill_null(0))
    gross, total = money("subtotal", currency), money("total", currency)
    # Who edits an order may charge more than the price was: that is the price then.
    price = pl.max_horizontal(gross.value, total.value)
    tables.lines(
        lines,
        line_id=name("id"),
        listing_id=pl.when(pl.col("variation_id") != 0)
        .then(name("variation_id"))
        .when(pl.col("product_id") != 0)
        .then(name("product_id")),
        sku_id=empty_to_null("sku"),
        line_kind=sale_or_gift(total.value),
        quantity_units=pieces("quantity"),
        current_units=pieces("left"),
        unit_price_minor=Parsed(unit_price(price, pl.col("quantity")), gross.raw, gross.reason),
        discount_minor=Parsed(price - total.value, gross.raw, gross.reason),
        total_minor=total,
    )
