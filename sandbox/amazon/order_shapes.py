"""What an order looks like on the platform, with the datasets that are requested."""

import hashlib
from collections.abc import Collection, Mapping
from datetime import timedelta
from functools import partial
from typing import Final

import polars as pl

from sandbox.amazon.account import Account
from sandbox.amazon.names import amazon_order_id, asin, order_item_id
from sandbox.kit.fields import (
    Document,
    Fields,
    Row,
    as_is,
    documents,
    fixed,
    lean,
    nested,
    singles,
    written,
)
from sandbox.kit.frames import first_of, grouped, keyed, of_values
from sandbox.kit.money import amount_text, beside_currency
from sandbox.kit.parameters import texts
from sandbox.kit.values import utc_text

_money: Final = partial(beside_currency, amount_text, "amount", "currencyCode")
SHIP_WITHIN: Final = timedelta(days=2)
INCLUDED: Final = texts(
    "BUYER", "RECIPIENT", "PROCEEDS", "EXPENSE", "PROMOTION", "CANCELLATION", "FULFILLMENT",
    "PACKAGES", "TAX", "PAYMENT", "FULFILLMENT_ORDERS",
)  # fmt: skip
_IS_CANCELLED: Final = pl.col("cancelled_at").is_not_null()
FULFILMENT: Final = first_of(
    (_IS_CANCELLED, "CANCELLED"),
    (pl.col("fulfillment_status") == "FULFILLED", "SHIPPED"),
    otherwise="UNSHIPPED",
)
_IS_OWN: Final = pl.col("order_id") % 4 == 0
"""Every fourth order is sent by the merchant, the others from the platform's warehouses."""
FULFILLED_BY: Final = first_of((_IS_OWN, "MERCHANT"), otherwise="AMAZON")
# kuaidi100's state of the last event: where the package is.
_UNDELIVERABLE: Final = {4: "RETURNED_TO_SELLER", 6: "RETURNING_TO_SELLER", 14: "REJECTED_BY_BUYER"}
_ON_THE_WAY: Final = {1: "PICKED_UP", 5: "OUT_FOR_DELIVERY"}


def _alias(household_id: int) -> str:
    """An alias for each pair of buyer and seller: the platform never gives the address itself."""
    digits = hashlib.sha256(f"buyer {household_id}".encode()).hexdigest()[:14]
    return f"{digits}@marketplace.example.com"


def _window(start: str, end: str) -> Fields:
    return written(utc_text, earliestDateTime=start, latestDateTime=end)


def _proceeds(total: str) -> Fields:
    """What an order or a line brings in, and of what."""
    gross, discount = _money(subtotal="gross_minor"), _money(subtotal="discount_minor")

    def breakdowns(row: Row) -> list[Document] | None:
        parts = {"ITEM": lean(gross, row), "DISCOUNT": lean(discount, row)}
        return [{"type": kind, **part} for kind, part in parts.items() if part] or None

    return nested(proceeds={**_money(**{total: "net_minor"}), "breakdowns": breakdowns})


_PRODUCT: Final[Fields] = {
    **written(asin, asin="product_id"),
    **as_is("title"),
    **written(str, sellerSku="product_id"),
    **fixed(condition={"conditionType": "NEW", "conditionSubtype": "NEW"}),
    **nested(price=_money(unitPrice="unit_minor")),
}
_ITEM: Final[Fields] = {
    **written(order_item_id, orderItemId="line_id"),
    **as_is(quantityOrdered="ordered_units"),
    **nested(product=_PRODUCT),
}
_COLLECTED: Final = {"model": "MARKETPLACE_FACILITATOR", "responsibleParty": "Amazon Services"}
_OF_ITEM: Final[Mapping[str, Fields]] = {
    "PROCEEDS": _proceeds("proceedsTotal"),
    "PROMOTION": written(lambda code: {"breakdowns": [{"promotionId": code}]}, promotion="used"),
    "CANCELLATION": written(
        lambda why: {"cancellationExecution": {"cancelledBy": "BUYER", "cancelReason": why}},
        cancellation="cancelled_for",
    ),
    "FULFILLMENT": nested(
        fulfillment=as_is(quantityFulfilled="sent_units", quantityUnfulfilled="open_units")
    ),
    "TAX": fixed(tax={"taxCollections": [_COLLECTED]}),
}
_PACKED: Final[Fields] = {**written(order_item_id, orderItemId="line_id"), **as_is("quantity")}
_PACKAGE: Final[Fields] = {
    **written(str, packageReferenceId="parcel_id"),
    **written(utc_text, createdTime="shipped_at", shipTime="shipped_at"),
    **nested(packageStatus=as_is("status", detailedStatus="detail")),
    **as_is("carrier", trackingNumber="number"),
    "packageItems": lambda parcel: documents(_PACKED, parcel["lines"]),
}
_ADDRESS: Final[Fields] = {
    **as_is("name", countryCode="country"),
    **written(lambda key: f"{key} Example Street", addressLine1="household_id"),
    **fixed(city="Exampleton", addressType="RESIDENTIAL"),
    **written(lambda key: f"{key % 100_000:05d}", postalCode="household_id"),
}
_FULFILMENT: Final[Fields] = {
    **as_is(fulfillmentStatus="fulfilment", fulfilledBy="fulfilled_by"),
    **fixed(fulfillmentServiceLevel="STANDARD"),
    **nested(
        shipByWindow=_window("created_at", "ship_by_at"),
        deliverByWindow=_window("deliver_from_at", "deliver_by_at"),
    ),
}
_CHANNEL: Final[Fields] = {
    **fixed(channelName="AMAZON"),
    **as_is(marketplaceId="store", marketplaceName="store_name"),
}
_ORDER: Final[Fields] = {
    **written(amazon_order_id, orderId="order_id"),
    **written(utc_text, createdTime="created_at", lastUpdatedTime="updated_at"),
    **nested(salesChannel=_CHANNEL),
}
_PAID: Final[Fields] = {**fixed(paymentMethod="CreditCard"), **_money(paymentAmount="net_minor")}
_PAYMENT: Final = singles(paymentExecutions=_PAID)
_OF_ORDER: Final[Mapping[str, Fields]] = {
    "BUYER": nested(
        buyer={**as_is(buyerName="name"), **written(_alias, buyerEmail="own_buyer_id")}
    ),
    "RECIPIENT": nested(recipient=nested(deliveryAddress=_ADDRESS)),
    "PROCEEDS": _proceeds("grandTotal"),
    "PAYMENT": {"payment": lambda row: None if row["net_minor"] is None else lean(_PAYMENT, row)},
    "FULFILLMENT": nested(fulfillment=_FULFILMENT),
    "PACKAGES": {"packages": lambda row: [lean(_PACKAGE, one) for one in row["parcels"]] or None},
}


def shaped(account: Account, orders: pl.DataFrame, included: Collection[str]) -> list[Document]:
    """The orders of a frame, in its order."""
    rows = _rows(account, orders)
    lines = grouped(_lines(account, rows), "order_id")
    parcels = keyed(_parcels(account, rows), "order_id") if "PACKAGES" in included else {}
    order, item = _with(_ORDER, _OF_ORDER, included), _with(_ITEM, _OF_ITEM, included)
    found = []
    for row in rows.iter_rows(named=True):
        key = row["order_id"]
        own = lines.get(key, [])
        sent = [parcels[key] | {"lines": own}] if key in parcels else []
        items = [lean(item, line) for line in own]
        found.append(lean(order, row | {"parcels": sent}) | {"orderItems": items})
    return found


def _with(fields: Fields, datasets: Mapping[str, Fields], included: Collection[str]) -> Fields:
    """The fields that every document has, and those of the datasets."""
    found = dict(fields)
    for name in included:
        found |= datasets.get(name, {})
    return found


def _rows(account: Account, orders: pl.DataFrame) -> pl.DataFrame:
    """Orders with what is told of them beside their own columns."""
    people = account.world.customers.select("household_id", "first_name", "last_name")
    rows = orders.join(people, on="household_id", how="left", maintain_order="left")
    return rows.with_columns(
        name=pl.concat_str("first_name", "last_name", separator=" ", ignore_nulls=True),
        own_buyer_id=pl.when(_IS_OWN).then("household_id"),
        ship_by_at=pl.col("created_at") + SHIP_WITHIN,
        fulfilment=FULFILMENT,
        fulfilled_by=FULFILLED_BY,
        store=pl.lit(account.store),
        store_name=pl.lit(account.store_name),
        country=pl.lit(account.country),
    ).with_columns(*_sums(account, pl.col("original_minor")))


def _sums(account: Account, gross: pl.Expr) -> list[pl.Expr]:
    """What an order or a line costs, what is taken off if anything, and what is left.

    Of what was cancelled no amounts are told.
    """
    discount = pl.col("automatic_minor") + pl.col("code_minor")
    told = pl.when(pl.col("fulfilment") != "CANCELLED")
    sign = -1 if account.manner.discounts_are_negative else 1
    return [
        told.then(gross).alias("gross_minor"),
        told.then(pl.when(discount != 0).then(sign * discount)).alias("discount_minor"),
        told.then(gross - discount).alias("net_minor"),
    ]


def _lines(account: Account, orders: pl.DataFrame) -> pl.DataFrame:
    """The lines of the orders; what was edited out of one is not there any more."""
    own = orders.select("order_id", "currency", "fulfilment", "code", "cancel_reason")
    lines = of_values(account.world.lines, "order_id", orders["order_id"])

    def units(is_told: pl.Expr) -> pl.Expr:
        return pl.when(is_told).then("quantity").otherwise(0)

    status = pl.col("fulfilment")
    return (
        account.titled(lines.filter(~pl.col("is_removed")))
        .join(own, on="order_id", maintain_order="left")
        .with_columns(
            pl.col("title").fill_null(""),
            *_sums(account, pl.col("unit_minor") * pl.col("quantity")),
            # Of what was cancelled no pieces are left.
            ordered_units=units(status != "CANCELLED"),
            sent_units=units(status == "SHIPPED"),
            open_units=units(status == "UNSHIPPED"),
            used=pl.when(pl.col("code_minor") > 0).then("code"),
            cancelled_for=pl.when(status == "CANCELLED").then(
                pl.col("cancel_reason").fill_null("OTHER")
            ),
        )
    )


def _parcels(account: Account, orders: pl.DataFrame) -> pl.DataFrame:
    """The merchant's own parcels with where they are; the platform tells of no others."""
    own = orders.filter(_IS_OWN)["order_id"]
    parcels = of_values(account.world.parcels, "order_id", own)
    events = of_values(account.world.parcel_events, "number", parcels["number"])
    last = events.group_by("number", maintain_order=True).agg(pl.col("state").last())
    is_delivered, state = pl.col("delivered_at").is_not_null(), pl.col("state")
    lost = state.replace_strict(_UNDELIVERABLE, default=None, return_dtype=pl.String)
    moving = state.replace_strict(_ON_THE_WAY, default=None, return_dtype=pl.String)
    return parcels.join(last, on="number", how="left").with_columns(
        status=first_of(
            (is_delivered, "DELIVERED"),
            (lost.is_not_null(), "UNDELIVERABLE"),
            otherwise="IN_TRANSIT",
        ),
        detail=pl.when(is_delivered).then(pl.lit("DELIVERED")).otherwise(lost.fill_null(moving)),
    )
