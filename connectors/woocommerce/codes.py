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
# What a status says of money while nothing was paid, and of goods. Once something was paid, the
# mapping goes by the refunds; goods of an order that is over left if it was ever completed.
STATUS = {
    "pending": (PaymentStatus.PENDING, FulfilmentStatus.UNFULFILLED),
    "on-hold": (PaymentStatus.PENDING, FulfilmentStatus.ON_HOLD),
    "processing": (PaymentStatus.PENDING, FulfilmentStatus.UNFULFILLED),  # cash on delivery
    "completed": (PaymentStatus.PENDING, FulfilmentStatus.FULFILLED),
    "cancelled": (PaymentStatus.VOIDED, FulfilmentStatus.NOT_REQUIRED),
    "failed": (PaymentStatus.VOIDED, FulfilmentStatus.NOT_REQUIRED),
    "refunded": (PaymentStatus.REFUNDED, FulfilmentStatus.NOT_REQUIRED),
    "trash": (PaymentStatus.VOIDED, FulfilmentStatus.NOT_REQUIRED),
    **dict.fromkeys(DRAFTS, (PaymentStatus.VOIDED, FulfilmentStatus.NOT_REQUIRED)),
}
UNPAID_STATUS = {code: payment for code, (payment, _) in STATUS.items()}
FULFILMENT_STATUS = {code: fulfilment for code, (_, fulfilment) in STATUS.items()}
# Here a date of payment tells nothing: the payment failed after it, the order was thrown away, or
# all of it was paid back.
UNPAID_WHATEVER_WAS_PAID = ("failed", "refunded", "trash", *DRAFTS)
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
    **dict.fromkeys(
        """
        invalid_username incorrect_password rest_forbidden
        woocommerce_rest_authentication_error woocommerce_rest_authentication_missing_parameter
        woocommerce_rest_cannot_view woocommerce_rest_cannot_create woocommerce_rest_cannot_edit
        woocommerce_rest_cannot_delete woocommerce_rest_cannot_batch
        """.split(),  # noqa: SIM905  a list to be read
        TokenRejectedError,
    ),
    **dict.fromkeys(
        """
        coupon_invalid_amount rest_invalid_param rest_missing_callback_param wc_user_invalid_id
        woocommerce_rest_invalid_id woocommerce_rest_invalid_order_id
        woocommerce_rest_product_invalid_id woocommerce_rest_product_variation_invalid_id
        woocommerce_rest_shop_coupon_invalid_id woocommerce_rest_shop_order_invalid_id
        """.split(),  # noqa: SIM905
        ItemRefusedError,
    ),
    "rest_no_route": NoRouteError,
    CODE_EXISTS: CodeExistsError,
    "rest_invalid_json": SourceContractError,
    "woocommerce_rest_request_entity_too_large": SourceContractError,
}
