"""Every field of the dialect as an expression over the world's frames, written once.

Pages and bulk files are both made from these, so they cannot tell different values.
"""

from collections.abc import Callable
from typing import Any, Final

import polars as pl

from sandbox.shopify.alternatives import allocations, fulfillments, quantities, tracking
from sandbox.shopify.kinds import Field, Fields, Leaf, Listed, Many, One, Own, Scope

GID: Final = "gid://shopify/"


def _column(name: str) -> Leaf:
    return Leaf(lambda c: c(name))


def _constant(value: object, dtype: pl.DataType | type[pl.DataType] | None = None) -> Leaf:
    return Leaf(lambda _: pl.lit(value, dtype=dtype))


def _gid(kind: str, key: str) -> Leaf:
    return Leaf(lambda c: pl.concat_str(pl.lit(f"{GID}{kind}/"), c(key).cast(pl.String)))


def _text(name: str) -> Leaf:
    return Leaf(lambda c: c(name).cast(pl.String))


def _at(name: str) -> Leaf:
    return Leaf(lambda c: c(name).dt.to_string("%Y-%m-%dT%H:%M:%SZ"))


def decimal(minor: pl.Expr) -> pl.Expr:
    """Cents as decimal text, e.g. 1230 -> "12.30"."""
    cents = (minor % 100).cast(pl.String).str.zfill(2)
    return pl.concat_str((minor // 100).cast(pl.String), pl.lit("."), cents)


def _bag(minor: Callable[[Scope], pl.Expr]) -> One:
    return One("MoneyBag", lambda c: {"minor": minor(c), "currency": c("currency")})


def _money(minor: Callable[[Scope], pl.Expr], *, optional: bool = False) -> One:
    present = (lambda c: minor(c).is_not_null()) if optional else None
    return One("MoneyV2", lambda c: {"minor": minor(c), "currency": c("currency")}, present)


def _paid(c: Scope) -> pl.Expr:
    return c("original_minor") - c("automatic_minor") - c("code_minor")


def _line_original(c: Scope) -> pl.Expr:
    return c("unit_minor") * c("quantity")


def _line_listed(c: Scope) -> pl.Expr:
    return _line_original(c) - c("automatic_minor")


def _line_paid(c: Scope) -> pl.Expr:
    return _line_listed(c) - c("code_minor")


def _per_unit(total: Callable[[Scope], pl.Expr]) -> Callable[[Scope], pl.Expr]:
    # The platform calls these approximate: a total need not divide by the quantity.
    return lambda c: (total(c) / c("quantity").clip(1)).round().cast(pl.Int64)


def _none(_: Scope) -> pl.Expr:
    return pl.lit(0, dtype=pl.Int64)


def _absent(type_name: str) -> One:
    """An object that no row of the world has."""
    return One(type_name, lambda _: {"minor": pl.lit(0, pl.Int64)}, lambda _: pl.lit(value=False))


def _empty(type_name: str) -> Listed:
    """A list that holds nothing in this world."""
    return Listed(type_name, lambda c, arguments: [])


_PRODUCT: Final = One("Product", table="products", on="product_id", key="product_id")
_VARIANT: Final = One("ProductVariant", table="products", on="product_id", key="product_id")
_ON_CODE: Final = "DiscountCodeApplication"

_APPLICATION: Final[Fields] = {
    "__typename": Leaf(lambda c: c("application")),
    "allocationMethod": Leaf(
        lambda c: (
            pl.when(c("application") == _ON_CODE).then(pl.lit("ACROSS")).otherwise(pl.lit("EACH"))
        )
    ),
    "index": _column("index"),
    "targetSelection": Leaf(
        lambda c: (
            pl.when(c("application") == _ON_CODE).then(pl.lit("ALL")).otherwise(pl.lit("EXPLICIT"))
        )
    ),
    "targetType": _constant("LINE_ITEM"),
    "value": One("PricingValue", lambda c: {"currency": c("currency"), "minor": c("minor")}),
    "title": Leaf(lambda c: pl.when(c("application") != _ON_CODE).then(pl.lit("Member price"))),
    "code": Leaf(lambda c: pl.when(c("application") == _ON_CODE).then(c("code"))),
}

_DISCOUNT: Final[Fields] = {
    "__typename": _constant("DiscountCodeBasic"),
    "title": _column("title"),
    "status": Leaf(
        lambda c: (
            pl.when(c("ends_at") <= c("clock"))
            .then(pl.lit("EXPIRED"))
            .when(c("starts_at") > c("clock"))
            .then(pl.lit("SCHEDULED"))
            .otherwise(pl.lit("ACTIVE"))
        )
    ),
    "summary": _column("title"),
    "startsAt": _at("starts_at"),
    "endsAt": _at("ends_at"),
    "createdAt": _at("created_at"),
    "updatedAt": _at("updated_at"),
    "usageLimit": _column("usage_limit"),
    "asyncUsageCount": _column("usage_count"),
    "appliesOncePerCustomer": _column("once_per_customer"),
    "codes": Own("DiscountRedeemCode", "discount_id"),
    "codesCount": One("Count", lambda _: {"count": pl.lit(1)}),
    "customerGets": One("DiscountCustomerGets"),
    "minimumRequirement": One(
        "DiscountMinimumRequirement", present=lambda c: c("minimum_minor").is_not_null()
    ),
    "context": One("DiscountContext"),
}

TYPES: Final[dict[str, Fields]] = {
    "MoneyBag": {
        "shopMoney": One("MoneyV2"),
        "presentmentMoney": One("MoneyV2"),
    },
    "MoneyV2": {
        "amount": Leaf(lambda c: decimal(c("minor"))),
        "currencyCode": _column("currency"),
    },
    "PricingValue": {
        "__typename": _constant("MoneyV2"),
        "amount": Leaf(lambda c: decimal(c("minor"))),
        "currencyCode": _column("currency"),
        "percentage": _constant(None, pl.Float64),
    },
    "Count": {"count": _column("count"), "precision": _constant("EXACT")},
    "Order": {
        "id": _gid("Order", "order_id"),
        "legacyResourceId": _text("order_id"),
        "name": Leaf(lambda c: pl.concat_str(pl.lit("#"), c("order_id").cast(pl.String))),
        "createdAt": _at("created_at"),
        "processedAt": _at("created_at"),
        "updatedAt": _at("updated_at"),
        "cancelledAt": _at("cancelled_at"),
        "cancelReason": _column("cancel_reason"),
        "closedAt": _at("cancelled_at"),
        "test": _constant(value=False),
        "currencyCode": _column("currency"),
        "presentmentCurrencyCode": _column("currency"),
        "displayFinancialStatus": _column("financial_status"),
        # What is paid is packed; it is fulfilled once its parcel has left.
        "displayFulfillmentStatus": Leaf(
            lambda c: (
                pl.when(c("shipped_at").is_null())
                .then(pl.lit("UNFULFILLED"))
                .otherwise(c("fulfillment_status"))
            )
        ),
        "taxesIncluded": _constant(value=False),
        "subtotalPriceSet": _bag(_paid),
        "totalPriceSet": _bag(_paid),
        "totalDiscountsSet": _bag(lambda c: c("automatic_minor") + c("code_minor")),
        # The merchant's prices are without tax, and nobody is charged tax, shipping, tips or fees.
        "totalTaxSet": _bag(_none),
        "totalShippingPriceSet": _bag(_none),
        "currentShippingPriceSet": _bag(_none),
        "shippingLine": _absent("ShippingLine"),
        "totalTipReceivedSet": _bag(_none),
        "originalTotalDutiesSet": _absent("MoneyBag"),
        "originalTotalAdditionalFeesSet": _absent("MoneyBag"),
        "additionalFees": _empty("AdditionalFee"),
        "totalRefundedSet": _bag(lambda c: c("refunded_minor")),
        "customer": One("Customer", table="customers", on="household_id", key="household_id"),
        "discountCode": _column("code"),
        "discountCodes": Leaf(lambda c: pl.concat_list(c("code")).list.drop_nulls()),
        "lineItems": Many("LineItem", "lines", "line_id"),
        "refunds": Many("Refund", "refunds", "refund_id", is_connection=False),
        "transactions": Many(
            "OrderTransaction", "transactions", "transaction_id", is_connection=False
        ),
        "fulfillments": Listed("Fulfillment", fulfillments),
    },
    "Fulfillment": {
        "id": _gid("Fulfillment", "parcel_id"),
        "createdAt": _at("created_at"),
        "updatedAt": _at("updated_at"),
        "deliveredAt": _at("delivered_at"),
        "estimatedDeliveryAt": _at("promised_at"),
        # It says that the parcel was handed over, so it stays although the parcel was lost.
        "status": _constant("SUCCESS"),
        "displayStatus": Leaf(
            lambda c: (
                pl.when(c("delivered_at").is_null())
                .then(pl.lit("IN_TRANSIT"))
                .otherwise(pl.lit("DELIVERED"))
            )
        ),
        "trackingInfo": Listed("FulfillmentTrackingInfo", tracking),
    },
    "FulfillmentTrackingInfo": {
        "company": _column("company"),
        "number": _column("number"),
        "url": _column("url"),
    },
    "LineItem": {
        "id": _gid("LineItem", "line_id"),
        "sku": _text("product_id"),
        "title": _column("title"),
        "name": _column("title"),
        "quantity": _column("quantity"),
        "currentQuantity": _column("current_quantity"),
        "originalUnitPriceSet": _bag(lambda c: c("unit_minor")),
        "originalTotalSet": _bag(_line_original),
        "totalDiscountSet": _bag(lambda c: c("automatic_minor")),
        "discountedUnitPriceSet": _bag(_per_unit(_line_listed)),
        "discountedUnitPriceAfterAllDiscountsSet": _bag(_per_unit(_line_paid)),
        "discountAllocations": Listed("DiscountAllocation", allocations),
        "taxLines": _empty("TaxLine"),
        "taxable": _constant(value=False),
        "variant": _VARIANT,
        "product": _PRODUCT,
        "vendor": _column("vendor"),
        "isGiftCard": _constant(value=False),
        "requiresShipping": _constant(value=True),
    },
    "TaxLine": {
        "title": _column("title"),
        "rate": _column("rate"),
        "priceSet": _bag(lambda c: c("minor")),
    },
    "ShippingLine": {
        "title": _constant("Free delivery"),
        "originalPriceSet": _bag(_none),
        "discountedPriceSet": _bag(_none),
    },
    "AdditionalFee": {
        "id": _gid("AdditionalFee", "fee_id"),
        "name": _column("name"),
        "price": _bag(lambda c: c("minor")),
    },
    "DiscountAllocation": {
        "allocatedAmountSet": One("MoneyBag"),
        "discountApplication": One("DiscountApplication"),
    },
    "DiscountApplication": _APPLICATION,
    "Refund": {
        "id": _gid("Refund", "refund_id"),
        "legacyResourceId": _text("refund_id"),
        "createdAt": _at("created_at"),
        "processedAt": _at("created_at"),
        "updatedAt": _at("created_at"),
        "note": _constant(None, pl.String),
        "totalRefundedSet": _bag(lambda c: c("amount_minor")),
        "order": One("Order", table="orders", on="order_id", key="order_id"),
        "refundLineItems": Many("RefundLineItem", "refund_lines", "line_id"),
    },
    "RefundLineItem": {
        "id": _gid("RefundLineItem", "line_id"),
        "quantity": _column("quantity"),
        "subtotalSet": _bag(_line_paid),
        "lineItem": One("LineItem"),
        "restocked": _constant(value=False),
        "restockType": _constant("NO_RESTOCK"),
    },
    "OrderTransaction": {
        "id": _gid("OrderTransaction", "transaction_id"),
        "kind": _column("kind"),
        "status": _constant("SUCCESS"),
        "amountSet": _bag(lambda c: c("amount_minor")),
        "createdAt": _at("created_at"),
        "processedAt": _at("created_at"),
        "gateway": _constant("till"),
    },
    "Product": {
        "id": _gid("Product", "product_id"),
        "legacyResourceId": _text("product_id"),
        "title": _column("title"),
        "handle": _text("product_id"),
        "status": _constant("ACTIVE"),
        "vendor": _column("vendor"),
        "productType": _column("product_type"),
        "tags": Leaf(lambda c: pl.concat_list(c("department"))),
        "totalInventory": _column("on_hand_units"),
        "createdAt": _at("created_at"),
        "updatedAt": _at("updated_at"),
        "variants": Own("ProductVariant", "product_id"),
    },
    "ProductVariant": {
        "id": _gid("ProductVariant", "product_id"),
        "legacyResourceId": _text("product_id"),
        "sku": _text("product_id"),
        "barcode": _constant(None, pl.String),
        "title": _constant("Default Title"),
        "displayName": _column("title"),
        "price": Leaf(lambda c: decimal(c("price_minor"))),
        "compareAtPrice": Leaf(lambda c: decimal(c("compare_at_minor"))),
        "inventoryQuantity": _column("on_hand_units"),
        "createdAt": _at("created_at"),
        "updatedAt": _at("updated_at"),
        "inventoryItem": One("InventoryItem"),
        "product": One("Product"),
    },
    "InventoryItem": {
        "id": _gid("InventoryItem", "product_id"),
        "legacyResourceId": _text("product_id"),
        "sku": _text("product_id"),
        "tracked": _constant(value=True),
        "requiresShipping": _constant(value=True),
        "createdAt": _at("created_at"),
        "updatedAt": _at("stock_updated_at"),
        "unitCost": _money(lambda c: c("unit_cost_minor"), optional=True),
        "inventoryLevels": Own("InventoryLevel", "product_id"),
    },
    "InventoryLevel": {
        "id": Leaf(
            lambda c: pl.concat_str(
                pl.lit(f"{GID}InventoryLevel/1?inventory_item_id="),
                c("product_id").cast(pl.String),
            )
        ),
        "isActive": _constant(value=True),
        "createdAt": _at("created_at"),
        "updatedAt": _at("stock_updated_at"),
        "location": One("Location", lambda _: {"location_id": pl.lit(1)}),
        "quantities": Listed("InventoryQuantity", quantities),
    },
    "InventoryQuantity": {
        "id": Leaf(
            lambda c: pl.concat_str(
                pl.lit(f"{GID}InventoryQuantity/"),
                c("product_id").cast(pl.String),
                pl.lit("?name="),
                c("quantity_name"),
            )
        ),
        "name": _column("quantity_name"),
        "quantity": _column("units"),
        "updatedAt": _at("stock_updated_at"),
    },
    "Location": {
        "id": _gid("Location", "location_id"),
        "legacyResourceId": _text("location_id"),
        "name": _constant("Main Street"),
        "isActive": _constant(value=True),
    },
    "Customer": {
        "id": _gid("Customer", "household_id"),
        "legacyResourceId": _text("household_id"),
        "createdAt": _at("created_at"),
        "updatedAt": _at("updated_at"),
        "firstName": _column("first_name"),
        "lastName": _column("last_name"),
        "displayName": Leaf(
            lambda c: pl.concat_str(c("first_name"), c("last_name"), separator=" ")
        ),
        "email": _column("email"),
        "defaultEmailAddress": One("CustomerEmailAddress"),
        "numberOfOrders": _text("order_count"),
        "amountSpent": _money(lambda c: c("spent_minor")),
        "tags": Leaf(lambda _: pl.lit([], dtype=pl.List(pl.String))),
    },
    "CustomerEmailAddress": {
        "emailAddress": _column("email"),
        "marketingState": _constant("NOT_SUBSCRIBED"),
    },
    "DiscountNode": {
        "id": _gid("DiscountNode", "discount_id"),
        "discount": One("DiscountCodeBasic"),
    },
    "DiscountCodeNode": {
        "id": _gid("DiscountCodeNode", "discount_id"),
        "codeDiscount": One("DiscountCodeBasic"),
    },
    "DiscountCodeBasic": _DISCOUNT,
    "DiscountRedeemCode": {
        "id": _gid("DiscountRedeemCode", "discount_id"),
        "code": _column("code"),
        "asyncUsageCount": _column("usage_count"),
    },
    "DiscountCustomerGets": {
        "value": One("DiscountCustomerGetsValue"),
        "appliesOnOneTimePurchase": _constant(value=True),
        "appliesOnSubscription": _constant(value=False),
    },
    "DiscountMinimumRequirement": {
        "__typename": _constant("DiscountMinimumSubtotal"),
        "greaterThanOrEqualToSubtotal": _money(lambda c: c("minimum_minor")),
    },
    "DiscountContext": {
        "__typename": Leaf(
            lambda c: (
                pl.when(c("buyer_id").is_null())
                .then(pl.lit("DiscountBuyerSelectionAll"))
                .otherwise(pl.lit("DiscountCustomers"))
            )
        ),
        "all": _constant("ALL"),
        "customers": Listed(
            "Customer",
            lambda c, _: [(c("buyer_id").is_not_null(), {"household_id": c("buyer_id")})],
        ),
    },
    "DiscountCustomerGetsValue": {
        "__typename": Leaf(
            lambda c: (
                pl.when(c("percentage").is_not_null())
                .then(pl.lit("DiscountPercentage"))
                .otherwise(pl.lit("DiscountAmount"))
            )
        ),
        "percentage": _column("percentage"),
        "amount": One(
            "MoneyV2",
            lambda c: {"minor": c("amount_minor"), "currency": c("currency")},
            lambda c: c("amount_minor").is_not_null(),
        ),
        "appliesOnEachItem": _constant(value=False),
    },
}


def _discounted_total(arguments: dict[str, Any]) -> One:
    return _bag(_line_paid if arguments.get("withCodeDiscounts") else _line_listed)


def field_for(type_name: str, name: str, arguments: dict[str, Any]) -> Field:
    """The field of a type; one field's expression depends on its argument."""
    if (type_name, name) == ("LineItem", "discountedTotalSet"):
        return _discounted_total(arguments)
    if name == "__typename" and name not in TYPES[type_name]:
        return _constant(type_name)
    return TYPES[type_name][name]
