"""Every code that Shopify may answer, and what it is to us; any other is quarantined."""

from contracts.codes import (
    CouponStatus,
    DiscountKind,
    FulfilmentStatus,
    ListingStatus,
    PaymentStatus,
)

PAYMENT_STATUS = {
    "AUTHORIZED": PaymentStatus.AUTHORIZED,
    "EXPIRED": PaymentStatus.EXPIRED,
    "PAID": PaymentStatus.PAID,
    "PARTIALLY_PAID": PaymentStatus.PARTIALLY_PAID,
    "PARTIALLY_REFUNDED": PaymentStatus.PARTIALLY_REFUNDED,
    "PENDING": PaymentStatus.PENDING,
    "REFUNDED": PaymentStatus.REFUNDED,
    "VOIDED": PaymentStatus.VOIDED,
}
# The platform says of OPEN and PENDING_FULFILLMENT which status replaced them. After a declined
# request nothing is on its way: the goods wait for another one.
FULFILMENT_STATUS = {
    "FULFILLED": FulfilmentStatus.FULFILLED,
    "FULFILLMENT_NOT_REQUIRED": FulfilmentStatus.NOT_REQUIRED,
    "IN_PROGRESS": FulfilmentStatus.IN_PROGRESS,
    "ON_HOLD": FulfilmentStatus.ON_HOLD,
    "OPEN": FulfilmentStatus.UNFULFILLED,
    "PARTIALLY_FULFILLED": FulfilmentStatus.PARTIALLY_FULFILLED,
    "PENDING_FULFILLMENT": FulfilmentStatus.IN_PROGRESS,
    "REQUEST_DECLINED": FulfilmentStatus.UNFULFILLED,
    "RESTOCKED": FulfilmentStatus.RESTOCKED,
    "SCHEDULED": FulfilmentStatus.SCHEDULED,
    "UNFULFILLED": FulfilmentStatus.UNFULFILLED,
}
LISTING_STATUS = {
    "ACTIVE": ListingStatus.ACTIVE,
    "ARCHIVED": ListingStatus.ARCHIVED,
    "DRAFT": ListingStatus.DRAFT,
    "UNLISTED": ListingStatus.UNLISTED,
}
COUPON_STATUS = {
    "ACTIVE": CouponStatus.ACTIVE,
    "EXPIRED": CouponStatus.EXPIRED,
    "SCHEDULED": CouponStatus.SCHEDULED,
}
DISCOUNT_KIND = {
    "DiscountPercentage": DiscountKind.RATE,
    "DiscountAmount": DiscountKind.AMOUNT,
}
# Whether the goods of a fulfillment left; of one that failed or was taken back they did not.
FULFILLMENT_IS_SENT = {
    "CANCELLED": "no",
    "ERROR": "no",
    "FAILURE": "no",
    "OPEN": "yes",
    "PENDING": "yes",
    "SUCCESS": "yes",
}
