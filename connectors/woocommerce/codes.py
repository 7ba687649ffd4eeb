"""Every code that WooCommerce may answer, and what it is to us; any other is quarantined."""

from connectors.base.coupons import CodeExistsError
from connectors.base.retry import TokenRejectedError
from contracts.codes import (
    CouponStatus,
    DiscountKind,
    FulfilmentStatus,
    ListingStatus,
    PaymentStatus,
)
from contracts.errors import ShopkeeperError, SourceContractError, SourceRejectedError


class ItemRefusedError(SourceRejectedError):
    """What was asked about one thing is refused; nothing was done, and other things may pass."""


class NoRouteError(SourceRejectedError):
    """The shop has no such address: its version is older, or its REST API is switched off."""


# A cart that nobody ordered yet is no order, nor is an order that was made one again.
DRAFTS = ("auto-draft", "checkout-draft")
# What money of an order is, while nothing was paid; once it was, `mapping` goes by the refunds.
UNPAID_STATUS = {
    "pending": PaymentStatus.PENDING,
    "on-hold": PaymentStatus.PENDING,
    "processing": PaymentStatus.PENDING,  # cash on delivery
    "completed": PaymentStatus.PENDING,
    "cancelled": PaymentStatus.VOIDED,
    "failed": PaymentStatus.VOIDED,
    "refunded": PaymentStatus.REFUNDED,
    "trash": PaymentStatus.VOIDED,
    **dict.fromkeys(DRAFTS, PaymentStatus.VOIDED),
}
# Here a date of payment tells nothing: the payment failed after it, the order was thrown away, or
# all of it was paid back.
UNPAID_WHATEVER_WAS_PAID = ("failed", "refunded", "trash", *DRAFTS)
# One status tells of money and goods. Of an order that was paid back it depends on what was done
# before: `mapping` looks whether it was ever completed.
FULFILMENT_STATUS = {
    "pending": FulfilmentStatus.UNFULFILLED,
    "on-hold": FulfilmentStatus.ON_HOLD,
    "processing": FulfilmentStatus.UNFULFILLED,
    "completed": FulfilmentStatus.FULFILLED,
    "cancelled": FulfilmentStatus.NOT_REQUIRED,
    "failed": FulfilmentStatus.NOT_REQUIRED,
    "refunded": FulfilmentStatus.NOT_REQUIRED,
    "trash": FulfilmentStatus.NOT_REQUIRED,
    **dict.fromkeys(DRAFTS, FulfilmentStatus.NOT_REQUIRED),
}
LISTING_STATUS = {
    "publish": ListingStatus.ACTIVE,
    "private": ListingStatus.UNLISTED,
    "draft": ListingStatus.DRAFT,
    "pending": ListingStatus.DRAFT,
    "future": ListingStatus.DRAFT,
    "auto-draft": ListingStatus.DRAFT,
    "trash": ListingStatus.ARCHIVED,
}
# What can be put in the cart under its own price; a variable product is sold by its variations.
PRODUCT_TYPE = {"simple": "simple", "variation": "variation"}
# No thing of its own is sold: parts, another shop's offer, or what has variations.
UNSOLD_TYPES = frozenset({"variable", "grouped", "external"})
# What is not public cannot be redeemed; that it has expired is seen by its date.
COUPON_STATUS = {
    "publish": CouponStatus.ACTIVE,
    "future": CouponStatus.SCHEDULED,
    "draft": CouponStatus.EXPIRED,
    "pending": CouponStatus.EXPIRED,
    "private": CouponStatus.EXPIRED,
    "trash": CouponStatus.EXPIRED,
}
DISCOUNT_KIND = {
    "percent": DiscountKind.RATE,
    "fixed_cart": DiscountKind.AMOUNT,
    "fixed_product": DiscountKind.AMOUNT,
}
CODE_EXISTS = "woocommerce_rest_coupon_code_already_exists"
# Codes of an error's body. Of a status from 500 on, and of 429, the status decides.
ERRORS: dict[str, type[ShopkeeperError]] = {
    "woocommerce_rest_authentication_error": TokenRejectedError,
    "woocommerce_rest_authentication_missing_parameter": TokenRejectedError,
    "woocommerce_rest_cannot_view": TokenRejectedError,
    "woocommerce_rest_cannot_create": TokenRejectedError,
    "woocommerce_rest_cannot_edit": TokenRejectedError,
    "woocommerce_rest_cannot_delete": TokenRejectedError,
    "woocommerce_rest_cannot_batch": TokenRejectedError,
    "invalid_username": TokenRejectedError,
    "incorrect_password": TokenRejectedError,
    "rest_forbidden": TokenRejectedError,
    "rest_no_route": NoRouteError,
    CODE_EXISTS: CodeExistsError,
    "coupon_invalid_amount": ItemRefusedError,
    "wc_user_invalid_id": ItemRefusedError,
    "rest_invalid_param": ItemRefusedError,
    "rest_missing_callback_param": ItemRefusedError,
    "woocommerce_rest_invalid_id": ItemRefusedError,
    "woocommerce_rest_invalid_order_id": ItemRefusedError,
    "woocommerce_rest_product_invalid_id": ItemRefusedError,
    "woocommerce_rest_product_variation_invalid_id": ItemRefusedError,
    "woocommerce_rest_shop_coupon_invalid_id": ItemRefusedError,
    "woocommerce_rest_shop_order_invalid_id": ItemRefusedError,
    "rest_invalid_json": SourceContractError,
    "woocommerce_rest_request_entity_too_large": SourceContractError,
}
