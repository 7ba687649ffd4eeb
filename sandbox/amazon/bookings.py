"""What is booked: sales and refunds with their fees; storage and a withdrawal every two weeks.

A third of the sales is deferred: posted once when it is shipped, and again a week later, when its
money is released.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import polars as pl

from sandbox.amazon.account import Account
from sandbox.amazon.names import amazon_order_id, asin, order_item_id
from sandbox.kit.fields import Document, Row, without_none
from sandbox.kit.money import amount_number
from sandbox.kit.values import utc_text

BOOKED_AFTER: Final = timedelta(hours=12)
DEFERRED_FOR: Final = timedelta(days=7)
COMMISSION_PERCENT: Final = 15
KEPT_PERCENT: Final = 20
"""Of the commission, when a sale is refunded."""
PARCEL_MINOR: Final = 30
STORAGE_MINOR: Final = 2_995
_EVERY: Final = timedelta(days=14)
_COLUMNS: Final = ("key", "type", "order_id", "line_id", "posted_at", "status", "released")
Charges = Mapping[str, int]


def bookings(account: Account) -> pl.DataFrame:
    """What is posted by now. Grain: transaction; `released` names one that was deferred before."""
    world, now = account.world, account.now
    sold = world.orders.filter(
        (pl.col("fulfillment_status") == "FULFILLED") & pl.col("cancelled_at").is_null()
    ).with_columns(
        key=pl.format("sale-{}", "order_id"),
        posted_at=pl.col("created_at") + BOOKED_AFTER,
        is_deferred=pl.col("order_id") % 3 == 0,
    )
    is_over = pl.col("posted_at") + DEFERRED_FOR <= now
    state = pl.when(is_over).then(pl.lit("DEFERRED_RELEASED")).otherwise(pl.lit("DEFERRED"))
    sales = sold.with_columns(
        type=pl.lit("Shipment"),
        status=pl.when("is_deferred").then(state).otherwise(pl.lit("RELEASED")),
    )
    releases = sold.filter("is_deferred").with_columns(
        key=pl.format("release-{}", "order_id"),
        type=pl.lit("Shipment"),
        posted_at=pl.col("posted_at") + DEFERRED_FOR,
        status=pl.lit("RELEASED"),
        released="key",
    )
    refunds = world.refunds.with_columns(
        key=pl.format("refund-{}", "refund_id"),
        type=pl.lit("Refund"),
        posted_at="created_at",
        status=pl.lit("RELEASED"),
        line_id=pl.when(~pl.col("is_full")).then("line_id"),
    )
    own = [_of_the_account(sales, kind) for kind in ("ServiceFee", "Transfer")]
    parts = [one.select(_known(one)) for one in (sales, releases, refunds, *own)]
    return pl.concat(parts, how="diagonal").filter(pl.col("posted_at") <= now)


def _known(frame: pl.DataFrame) -> list[str]:
    return [name for name in _COLUMNS if name in frame.columns]


def _of_the_account(sales: pl.DataFrame, kind: str) -> pl.DataFrame:
    """What belongs to no order, every two weeks."""
    at = pl.col("posted_at")
    posted = sales.select(pl.datetime_range(at.min(), at.max(), _EVERY).alias("posted_at"))
    return posted.with_columns(
        key=pl.format("{}-{}", pl.lit(kind.lower()), pl.int_range(pl.len())),
        type=pl.lit(kind),
        status=pl.lit("RELEASED"),
    )


def transaction(account: Account, row: Row, lines: Sequence[Row]) -> Document:
    """One booking as the platform tells it."""
    items = [(line, _of_line(row, line)) for line in lines]
    if row["order_id"] is None:
        whole: Charges = {row["type"]: -STORAGE_MINOR}
    else:
        whole = {}
        for _, charges in items:
            whole = {name: whole.get(name, 0) + charges.get(name, 0) for name in charges | whole}
    order = None if row["order_id"] is None else amazon_order_id(row["order_id"])
    identifiers = {
        "ORDER_ID": order,
        "FINANCIAL_EVENT_GROUP_ID": f"group-{row['posted_at']:%Y-%m}",
        "DEFERRED_TRANSACTION_ID": row["released"] and _name(row["released"]),
    }
    return without_none(
        {
            "sellingPartnerMetadata": {
                "sellingPartnerId": account.credentials.seller_id,
                "accountType": "Standard Orders",
                "marketplaceId": account.store,
            },
            "relatedIdentifiers": [
                {"relatedIdentifierName": name, "relatedIdentifierValue": value}
                for name, value in identifiers.items()
                if value is not None
            ],
            "transactionType": row["type"],
            "transactionId": _name(row["key"]),
            "transactionStatus": row["status"],
            "description": {"Shipment": "Order Payment", "Refund": "Refund Order"}.get(row["type"]),
            "postedDate": utc_text(row["posted_at"]),
            "totalAmount": _money(account, sum(whole.values())),
            "marketplaceDetails": {
                "marketplaceId": account.store,
                "marketplaceName": account.store_name,
            },
            "items": [_item(account, line, charges) for line, charges in items] or None,
            "breakdowns": _whole(account, whole),
        }
    )


def _of_line(row: Row, line: Row) -> dict[str, int]:
    """What a line of goods brings, or takes back, by the platform's names."""
    gross = line["unit_minor"] * line["quantity"]
    discount = line["automatic_minor"] + line["code_minor"]
    commission = (gross - discount) * COMMISSION_PERCENT // 100
    if row["type"] == "Refund":
        kept = commission * KEPT_PERCENT // 100
        return {"OurPricePrincipal": -gross, "OurPriceDiscount": discount,
                "Commission": commission, "RefundCommission": -kept}  # fmt: skip
    return {"OurPricePrincipal": gross, "OurPriceDiscount": -discount, "Commission": -commission,
            "FBAPerUnitFulfillmentFee": -PARCEL_MINOR * line["quantity"]}  # fmt: skip


_INSIDE: Final = {"OurPricePrincipal": "ProductCharges", "OurPriceDiscount": "PromoRebates"}


def _item(account: Account, line: Row, charges: Charges) -> Document:
    groups: dict[str, Any] = {}
    for name, minor in charges.items():
        if minor:
            groups.setdefault(_INSIDE.get(name, "AmazonFees"), {})[name] = minor
    context = {"contextType": "ProductContext", "asin": asin(line["product_id"]),
               "sku": str(line["product_id"]), "quantityShipped": line["quantity"],
               "fulfillmentNetwork": "AFN"}  # fmt: skip
    return {
        "description": line["title"] or "",
        "totalAmount": _money(account, sum(charges.values())),
        "relatedIdentifiers": [
            {
                "itemRelatedIdentifierName": "ORDER_ADJUSTMENT_ITEM_ID",
                "itemRelatedIdentifierValue": order_item_id(line["line_id"]),
            }
        ],
        "breakdowns": [
            _charge(account, group, sum(inner.values()))
            | {
                "breakdowns": [
                    _charge(account, name, minor)
                    | ({"breakdowns": [_charge(account, "Base", minor)]} if "Fees" in group else {})
                    for name, minor in inner.items()
                ]
            }
            for group, inner in groups.items()
        ],
        "contexts": [context],
    }


def _whole(account: Account, charges: Charges) -> list[Document]:
    """The transaction as a whole tells less: sales, and what was spent."""
    sales = {name: minor for name, minor in charges.items() if name in _INSIDE}
    spent = {name: minor for name, minor in charges.items() if name not in _INSIDE}
    return [
        _charge(account, "Sales", sum(sales.values()))
        | {"breakdowns": [_charge(account, "ProductCharges", sum(sales.values()))]},
        _charge(account, "Expenses", sum(spent.values()))
        | {"breakdowns": [_charge(account, "AmazonFees", sum(spent.values()))]},
    ]


def _charge(account: Account, name: str, minor: int) -> Document:
    return {"breakdownType": name, "breakdownAmount": _money(account, minor)}


def _money(account: Account, minor: int) -> Document:
    currency = account.world.currency
    return {"currencyCode": currency, "currencyAmount": amount_number(minor, currency)}


def _name(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:43]
