"""What an order looks like on the platform, with the datasets a call asks for."""

import hashlib
from collections.abc import Set
from datetime import timedelta
from typing import Any, Final

import polars as pl

from sandbox.amazon.account import Account
from sandbox.amazon.names import (
    amazon_order_id,
    amount_text,
    asin,
    instant_text,
    order_item_id,
)

Shape = dict[str, Any]
SHIP_WITHIN: Final = timedelta(days=2)
# Every fourth order is sent by the merchant, the others from the platform's warehouses.
FULFILMENT: Final = (
    pl.when(pl.col("cancelled_at").is_not_null())
    .then(pl.lit("CANCELLED"))
    .when(pl.col("fulfillment_status") == "FULFILLED")
    .then(pl.lit("SHIPPED"))
    .otherwise(pl.lit("UNSHIPPED")),
    pl.when(pl.col("order_id") % 4 == 0).then(pl.lit("MERCHANT")).otherwise(pl.lit("AMAZON")),
)
# kuaidi100's state of the last event: where the package is.
_UNDELIVERABLE: Final = {4: "RETURNED_TO_SELLER", 6: "RETURNING_TO_SELLER", 14: "REJECTED_BY_BUYER"}
_ON_THE_WAY: Final = {1: "PICKED_UP", 5: "OUT_FOR_DELIVERY"}


def shaped(account: Account, orders: pl.DataFrame, included: Set[str]) -> list[Shape]:
    """The orders of a frame, in its order."""
    status, by = FULFILMENT
    ids = orders["order_id"].to_list()
    rows = orders.with_columns(fulfilment=status, fulfilled_by=by)
    if "BUYER" in included or "RECIPIENT" in included:
        people = account.world.customers.select("household_id", "first_name", "last_name")
        rows = rows.join(people, on="household_id", how="left", maintain_order="left")
    lines = _lines(account, ids)
    parcels = _parcels(account, ids) if "PACKAGES" in included else {}
    return [
        _order(account, row, lines[row["order_id"]], parcels, included)
        for row in rows.iter_rows(named=True)
    ]


def _lines(account: Account, ids: list[int]) -> dict[int, list[Shape]]:
    """The lines of each order; what was edited out of it is not there any more."""
    titles = account.world.products.select("product_id", "title")
    frame = account.world.lines.filter(pl.col("order_id").is_in(ids) & ~pl.col("is_removed"))
    found: dict[int, list[Shape]] = {order_id: [] for order_id in ids}
    joined = frame.join(titles, on="product_id", how="left", maintain_order="left")
    for line in joined.iter_rows(named=True):
        found[line["order_id"]].append(line)
    return found


def _parcels(account: Account, ids: list[int]) -> dict[int, Shape]:
    world = account.world
    parcels = world.parcels.filter(pl.col("order_id").is_in(ids))
    events = world.parcel_events.filter(pl.col("number").is_in(parcels["number"].to_list()))
    last = events.group_by("number", maintain_order=True).agg(pl.col("state").last())
    rows = parcels.join(last, on="number", how="left").iter_rows(named=True)
    return {row["order_id"]: row for row in rows}


def _order(
    account: Account,
    row: Shape,
    lines: list[Shape],
    parcels: dict[int, Shape],
    included: Set[str],
) -> Shape:
    order: Shape = {
        "orderId": amazon_order_id(row["order_id"]),
        "createdTime": instant_text(row["created_at"]),
        "lastUpdatedTime": instant_text(row["updated_at"]),
        "salesChannel": {
            "channelName": "AMAZON",
            "marketplaceId": account.credentials.marketplace_id,
            "marketplaceName": account.store_name,
        },
        "orderItems": [_item(account, row, line, included) for line in lines],
    }
    is_own = row["fulfilled_by"] == "MERCHANT"
    if "BUYER" in included:
        order["buyer"] = _buyer(row, is_own=is_own)
    if "RECIPIENT" in included:
        order["recipient"] = {"deliveryAddress": _address(account, row)}
    if "PROCEEDS" in included and row["fulfilment"] != "CANCELLED":
        order["proceeds"] = _proceeds(account, row, "grandTotal", *_sums(lines))
    if "PAYMENT" in included and row["fulfilment"] != "CANCELLED":
        gross, discount = _sums(lines)
        paid = _money(gross - discount, row)
        order["payment"] = {
            "paymentExecutions": [{"paymentMethod": "CreditCard", "paymentAmount": paid}]
        }
    if "FULFILLMENT" in included:
        order["fulfillment"] = _fulfilment(row)
    if is_own and row["order_id"] in parcels:
        order["packages"] = [_package(parcels[row["order_id"]], lines)]
    return order


def _item(account: Account, row: Shape, line: Shape, included: Set[str]) -> Shape:
    is_cancelled = row["fulfilment"] == "CANCELLED"
    item: Shape = {
        "orderItemId": order_item_id(line["line_id"]),
        # Of what was cancelled no pieces are left and no amounts are told.
        "quantityOrdered": 0 if is_cancelled else line["quantity"],
        "product": {
            "asin": asin(line["product_id"]),
            "title": line["title"] or "",
            "sellerSku": str(line["product_id"]),
            "condition": {"conditionType": "NEW", "conditionSubtype": "NEW"},
            "price": {"unitPrice": _money(line["unit_minor"], row)},
        },
    }
    if "PROCEEDS" in included and not is_cancelled:
        item["proceeds"] = _proceeds(account, row, "proceedsTotal", *_sums([line]))
    if "PROMOTION" in included and line["code_minor"] and row["code"]:
        item["promotion"] = {"breakdowns": [{"promotionId": row["code"]}]}
    if "CANCELLATION" in included and is_cancelled:
        by = {"cancelledBy": "BUYER", "cancelReason": row["cancel_reason"] or "OTHER"}
        item["cancellation"] = {"cancellationExecution": by}
    if "FULFILLMENT" in included:
        is_sent = row["fulfilment"] == "SHIPPED"
        is_open = row["fulfilment"] == "UNSHIPPED"
        item["fulfillment"] = {
            "quantityFulfilled": line["quantity"] if is_sent else 0,
            "quantityUnfulfilled": line["quantity"] if is_open else 0,
        }
    if "TAX" in included:
        collected = {"model": "MARKETPLACE_FACILITATOR", "responsibleParty": "Amazon Services"}
        item["tax"] = {"taxCollections": [collected]}
    return item


def _sums(lines: list[Shape]) -> tuple[int, int]:
    """What the lines cost, and what was taken off."""
    gross = sum(line["unit_minor"] * line["quantity"] for line in lines)
    return gross, sum(line["automatic_minor"] + line["code_minor"] for line in lines)


def _proceeds(account: Account, row: Shape, total: str, gross: int, discount: int) -> Shape:
    parts = [{"type": "ITEM", "subtotal": _money(gross, row)}]
    if discount:
        sign = -1 if account.manner.discounts_are_negative else 1
        parts.append({"type": "DISCOUNT", "subtotal": _money(sign * discount, row)})
    return {total: _money(gross - discount, row), "breakdowns": parts}


def _money(minor: int, row: Shape) -> Shape:
    return {"amount": amount_text(minor, row["currency"]), "currencyCode": row["currency"]}


def _buyer(row: Shape, *, is_own: bool) -> Shape:
    buyer: Shape = {"buyerName": _name(row)}
    if is_own:
        # The platform gives an alias for each pair of buyer and seller, never the address itself.
        alias = hashlib.sha256(f"buyer {row['household_id']}".encode()).hexdigest()[:14]
        buyer["buyerEmail"] = f"{alias}@marketplace.example.com"
    return buyer


def _name(row: Shape) -> str:
    return " ".join(part for part in (row["first_name"], row["last_name"]) if part)


def _address(account: Account, row: Shape) -> Shape:
    return {
        "name": _name(row),
        "addressLine1": f"{row['household_id']} Example Street",
        "city": "Exampleton",
        "postalCode": f"{row['household_id'] % 100_000:05d}",
        "countryCode": account.country,
        "addressType": "RESIDENTIAL",
    }


def _fulfilment(row: Shape) -> Shape:
    return {
        "fulfillmentStatus": row["fulfilment"],
        "fulfilledBy": row["fulfilled_by"],
        "fulfillmentServiceLevel": "STANDARD",
        "shipByWindow": _span(row["created_at"], row["created_at"] + SHIP_WITHIN),
        "deliverByWindow": _span(row["deliver_from_at"], row["deliver_by_at"]),
    }


def _span(start: Any, end: Any) -> Shape:
    return {"earliestDateTime": instant_text(start), "latestDateTime": instant_text(end)}


def _package(parcel: Shape, lines: list[Shape]) -> Shape:
    state = parcel["state"]
    status: Shape = {"status": "IN_TRANSIT"}
    if parcel["delivered_at"] is not None:
        status = {"status": "DELIVERED", "detailedStatus": "DELIVERED"}
    elif state in _UNDELIVERABLE:
        status = {"status": "UNDELIVERABLE", "detailedStatus": _UNDELIVERABLE[state]}
    elif state in _ON_THE_WAY:
        status["detailedStatus"] = _ON_THE_WAY[state]
    return {
        "packageReferenceId": str(parcel["parcel_id"]),
        "createdTime": instant_text(parcel["shipped_at"]),
        "packageStatus": status,
        "carrier": parcel["carrier"],
        "shipTime": instant_text(parcel["shipped_at"]),
        "trackingNumber": parcel["number"],
        "packageItems": [
            {"orderItemId": order_item_id(line["line_id"]), "quantity": line["quantity"]}
            for line in lines
        ],
    }
