"""Where every field of the dialect comes from, written once.

A name is the column of the world; the schema's type says how it is answered. Only what stands
elsewhere in the world, or nowhere, is more than a name.
"""

import re
from functools import cache
from typing import Any, Final

import polars as pl
from graphql import GraphQLSchema

from sandbox.kit.frames import first_of
from sandbox.kit.graphql import sources as kit
from sandbox.kit.graphql.sources import Children, Conversion, Joined, Nested, Source, Sources
from sandbox.kit.money import amount_column
from sandbox.shopify import children
from sandbox.shopify.tables import paid
from sandbox.world.world import LOCATION_ID

GID: Final = "gid://shopify/"
Fields = dict[str, Source | str]


@cache
def sources(schema: GraphQLSchema) -> Sources:
    """The sources of all fields, in the schema's types."""
    return kit.sources(schema, TYPES, _CONVERSIONS)


def _same(*names: str) -> Fields:
    """Fields that are the column of their name."""
    return {name: re.sub(r"([A-Z])", r"_\1", name).lower() for name in names}


def _known_by(key: str) -> Fields:
    """The two ids of an object that has a page of its own."""
    return {"id": key, "legacyResourceId": key}


def _fixed(**values: object) -> Fields:
    """Fields that are the same in all objects."""
    return {name: pl.lit(value) for name, value in values.items()}


def _decimal(_: str, minor: pl.Expr) -> pl.Expr:
    return amount_column(minor)


def _money(_: str, minor: pl.Expr) -> Nested:
    """An amount in the currency of the row; null where there is none."""
    return Nested({"minor": minor}, minor.is_not_null())


def _text(_: str, value: pl.Expr) -> pl.Expr:
    return value.cast(pl.String)


_CONVERSIONS: Final[dict[str, Conversion]] = {
    "ID": lambda kind, key: pl.concat_str(pl.lit(f"{GID}{kind}/"), key.cast(pl.String)),
    "DateTime": lambda _, moment: moment.dt.to_string("%Y-%m-%dT%H:%M:%SZ"),
    "String": _text,
    "UnsignedInt64": _text,
    "Decimal": _decimal,
    "Money": _decimal,
    "MoneyV2": _money,
    "MoneyBag": _money,
}


def _per_unit(total: pl.Expr) -> pl.Expr:
    # The platform calls these approximate: a total need not divide by the quantity.
    return (total / pl.col("quantity").clip(1)).round().cast(pl.Int64)


_HERE: Final = Nested()
"""An object over the same columns."""
_ZERO: Final = pl.lit(0, dtype=pl.Int64)
_NO_AMOUNT: Final = pl.lit(None, dtype=pl.Int64)
_NEVER: Final = pl.lit(None)
_NONE: Final = pl.lit([], dtype=pl.List(pl.Null))
_PRODUCT: Final = Joined("products", "product_id")
_IS_ON_CODE: Final = pl.col("application") == "DiscountCodeApplication"
_LINE_ORIGINAL: Final = pl.col("unit_minor") * pl.col("quantity")
_LINE_LISTED: Final = _LINE_ORIGINAL - pl.col("automatic_minor")
_LINE_PAID: Final = _LINE_LISTED - pl.col("code_minor")


def _discounted(arguments: dict[str, Any]) -> pl.Expr:
    return _LINE_PAID if arguments.get("withCodeDiscounts") else _LINE_LISTED


_DISCOUNT: Final[Fields] = {
    **_same("title", "startsAt", "endsAt", "createdAt", "updatedAt", "usageLimit"),
    **_fixed(__typename="DiscountCodeBasic"),
    "status": first_of(
        (pl.col("ends_at") <= pl.col("clock"), "EXPIRED"),
        (pl.col("starts_at") > pl.col("clock"), "SCHEDULED"),
        otherwise="ACTIVE",
    ),
    "summary": "title",
    "asyncUsageCount": "usage_count",
    "appliesOncePerCustomer": "once_per_customer",
    "codes": Children(children.itself, "discount_id"),
    "codesCount": Nested({"count": pl.lit(1)}),
    "customerGets": _HERE,
    "minimumRequirement": Nested(present=pl.col("minimum_minor").is_not_null()),
    "context": _HERE,
}

TYPES: Final[dict[str, Fields]] = {
    "MoneyBag": {"shopMoney": _HERE, "presentmentMoney": _HERE},
    "MoneyV2": {"amount": "minor", "currencyCode": "currency"},
    "PricingValue": {
        **_fixed(__typename="MoneyV2"),
        "amount": "minor",
        "currencyCode": "currency",
        "percentage": pl.lit(None, dtype=pl.Float64),
    },
    "Count": {"count": "count", "precision": pl.lit("EXACT")},
    "Order": {
        **_same("createdAt", "updatedAt", "cancelledAt", "cancelReason"),
        **_known_by("order_id"),
        "name": pl.format("#{}", "order_id"),
        "processedAt": "created_at",
        "closedAt": "cancelled_at",
        **_fixed(test=False, taxesIncluded=False),
        "currencyCode": "currency",
        "presentmentCurrencyCode": "currency",
        "displayFinancialStatus": "financial_status",
        # What is paid is packed; it is fulfilled once its parcel has left.
        "displayFulfillmentStatus": pl.when(pl.col("shipped_at").is_null())
        .then(pl.lit("UNFULFILLED"))
        .otherwise("fulfillment_status"),
        "subtotalPriceSet": paid(),
        "totalPriceSet": paid(),
        "totalDiscountsSet": pl.col("automatic_minor") + pl.col("code_minor"),
        # The merchant's prices are without tax, and nobody is charged tax, shipping, tips or fees.
        **dict.fromkeys(("totalTaxSet", "totalShippingPriceSet", "totalTipReceivedSet"), _ZERO),
        "currentShippingPriceSet": _ZERO,
        **dict.fromkeys(("originalTotalDutiesSet", "originalTotalAdditionalFeesSet"), _NO_AMOUNT),
        "shippingLine": _NEVER,
        "additionalFees": _NONE,
        "totalRefundedSet": "refunded_minor",
        "customer": Joined("customers", "household_id"),
        "discountCode": "code",
        "discountCodes": pl.concat_list("code").list.drop_nulls(),
        "lineItems": Children(children.lines, "line_id"),
        "refunds": Children(children.refunds),
        "transactions": Children(children.transactions),
        "fulfillments": Children(children.fulfillments),
    },
    "Fulfillment": {
        **_same("createdAt", "updatedAt", "deliveredAt"),
        "id": "parcel_id",
        "estimatedDeliveryAt": "promised_at",
        # It says that the parcel was handed over, so it stays although the parcel was lost.
        "status": pl.lit("SUCCESS"),
        "displayStatus": first_of(
            (pl.col("delivered_at").is_null(), "IN_TRANSIT"), otherwise="DELIVERED"
        ),
        "trackingInfo": Children(children.tracking),
    },
    "FulfillmentTrackingInfo": _same("company", "number", "url"),
    "LineItem": {
        **_same("title", "quantity", "currentQuantity", "vendor"),
        "id": "line_id",
        "sku": "product_id",
        "name": "title",
        "originalUnitPriceSet": "unit_minor",
        "originalTotalSet": _LINE_ORIGINAL,
        "totalDiscountSet": "automatic_minor",
        "discountedTotalSet": _discounted,
        "discountedUnitPriceSet": _per_unit(_LINE_LISTED),
        "discountedUnitPriceAfterAllDiscountsSet": _per_unit(_LINE_PAID),
        "discountAllocations": Children(children.allocations),
        "taxLines": _NONE,
        **_fixed(taxable=False, isGiftCard=False, requiresShipping=True),
        "variant": _PRODUCT,
        "product": _PRODUCT,
    },
    "DiscountAllocation": {"allocatedAmountSet": "minor", "discountApplication": _HERE},
    "DiscountApplication": {
        **_same("index"),
        "__typename": pl.col("application"),
        "allocationMethod": first_of((_IS_ON_CODE, "ACROSS"), otherwise="EACH"),
        "targetSelection": first_of((_IS_ON_CODE, "ALL"), otherwise="EXPLICIT"),
        **_fixed(targetType="LINE_ITEM"),
        "value": _HERE,
        "title": pl.when(~_IS_ON_CODE).then(pl.lit("Member price")),
        "code": pl.when(_IS_ON_CODE).then("code"),
    },
    "Refund": {
        **_known_by("refund_id"),
        "createdAt": "created_at",
        "processedAt": "created_at",
        "updatedAt": "created_at",
        "note": _NEVER,
        "totalRefundedSet": "amount_minor",
        "order": Joined("orders", "order_id"),
        "refundLineItems": Children(children.refund_lines, "line_id"),
    },
    "RefundLineItem": {
        "id": "line_id",
        "quantity": "quantity",
        "subtotalSet": _LINE_PAID,
        "lineItem": _HERE,
        **_fixed(restocked=False, restockType="NO_RESTOCK"),
    },
    "OrderTransaction": {
        **_same("kind", "createdAt"),
        "id": "transaction_id",
        **_fixed(status="SUCCESS", gateway="till"),
        "amountSet": "amount_minor",
        "processedAt": "created_at",
    },
    "Product": {
        **_same("title", "vendor", "productType", "createdAt", "updatedAt"),
        **_known_by("product_id"),
        "handle": "product_id",
        **_fixed(status="ACTIVE"),
        "tags": pl.concat_list("department"),
        "totalInventory": "on_hand_units",
        "variants": Children(children.itself, "product_id"),
    },
    "ProductVariant": {
        **_same("createdAt", "updatedAt"),
        **_known_by("product_id"),
        "sku": "product_id",
        "barcode": _NEVER,
        **_fixed(title="Default Title"),
        "displayName": "title",
        "price": "price_minor",
        "compareAtPrice": "compare_at_minor",
        "inventoryQuantity": "on_hand_units",
        "inventoryItem": _HERE,
        "product": _HERE,
    },
    "InventoryItem": {
        **_known_by("product_id"),
        "sku": "product_id",
        **_fixed(tracked=True, requiresShipping=True),
        "createdAt": "created_at",
        "updatedAt": "stock_updated_at",
        "unitCost": "unit_cost_minor",
        "inventoryLevels": Children(children.itself, "product_id"),
    },
    "InventoryLevel": {
        "id": pl.format("1?inventory_item_id={}", "product_id"),
        **_fixed(isActive=True),
        "createdAt": "created_at",
        "updatedAt": "stock_updated_at",
        "location": Nested({"location_id": pl.lit(LOCATION_ID)}),
        "quantities": Children(children.quantities),
    },
    "InventoryQuantity": {
        "id": pl.format("{}?name={}", "product_id", "quantity_name"),
        "name": "quantity_name",
        "quantity": "units",
        "updatedAt": "stock_updated_at",
    },
    "Location": {
        **_known_by("location_id"),
        **_fixed(name="Main Street", isActive=True),
    },
    "Customer": {
        **_same("createdAt", "updatedAt", "firstName", "lastName", "email"),
        **_known_by("household_id"),
        "displayName": pl.concat_str("first_name", "last_name", separator=" "),
        "defaultEmailAddress": _HERE,
        "numberOfOrders": "order_count",
        "amountSpent": "spent_minor",
        "tags": pl.lit([], dtype=pl.List(pl.String)),
    },
    "CustomerEmailAddress": {
        "emailAddress": "email",
        **_fixed(marketingState="NOT_SUBSCRIBED"),
    },
    "DiscountNode": {"id": "discount_id", "discount": _HERE},
    "DiscountCodeNode": {"id": "discount_id", "codeDiscount": _HERE},
    "Discount": _DISCOUNT,
    "DiscountCode": _DISCOUNT,
    "DiscountRedeemCode": {
        "id": "discount_id",
        "code": "code",
        "asyncUsageCount": "usage_count",
    },
    "DiscountCustomerGets": {
        "value": _HERE,
        **_fixed(appliesOnOneTimePurchase=True, appliesOnSubscription=False),
    },
    "DiscountMinimumRequirement": {
        **_fixed(__typename="DiscountMinimumSubtotal"),
        "greaterThanOrEqualToSubtotal": "minimum_minor",
    },
    "DiscountContext": {
        "__typename": first_of(
            (pl.col("buyer_id").is_null(), "DiscountBuyerSelectionAll"),
            otherwise="DiscountCustomers",
        ),
        **_fixed(all="ALL"),
        "customers": Children(children.buyers),
    },
    "DiscountCustomerGetsValue": {
        "__typename": first_of(
            (pl.col("percentage").is_not_null(), "DiscountPercentage"), otherwise="DiscountAmount"
        ),
        "percentage": "percentage",
        "amount": "amount_minor",
        **_fixed(appliesOnEachItem=False),
    },
}
