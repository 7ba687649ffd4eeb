"""Every code of Medusa v2, and what it is to us; any other is quarantined."""

from contracts.codes import (
    CaseStatus,
    CouponStatus,
    DiscountKind,
    FulfilmentStatus,
    ListingStatus,
    PaymentStatus,
)
from contracts.errors import ShopkeeperError, SourceRejectedError, TransientSourceError


class ItemRefusedError(SourceRejectedError):
    """What was asked about one thing is refused; nothing was done, and other things may pass."""


CANCELLED = "canceled"
# A draft order is listed apart, and keeps its id when it becomes an order.
IS_DRAFT = {
    "pending": False,
    "completed": False,
    "archived": False,
    CANCELLED: False,
    "requires_action": False,
    "draft": True,
}
PARTLY_CAPTURED = "partially_captured"
PAYMENT_STATUS = {
    "not_paid": PaymentStatus.PENDING,
    "awaiting": PaymentStatus.PENDING,
    "requires_action": PaymentStatus.PENDING,
    "partially_authorized": PaymentStatus.PENDING,
    "authorized": PaymentStatus.AUTHORIZED,
    PARTLY_CAPTURED: PaymentStatus.PARTIALLY_PAID,
    "captured": PaymentStatus.PAID,
    "partially_refunded": PaymentStatus.PARTIALLY_REFUNDED,
    "refunded": PaymentStatus.REFUNDED,
    CANCELLED: PaymentStatus.VOIDED,
}
# "Fulfilled" are goods that are packed; they leave when they are shipped. "Canceled" are parcels
# that were all taken back: their goods wait again.
FULFILMENT_STATUS = {
    "not_fulfilled": FulfilmentStatus.UNFULFILLED,
    CANCELLED: FulfilmentStatus.UNFULFILLED,
    "partially_fulfilled": FulfilmentStatus.IN_PROGRESS,
    "fulfilled": FulfilmentStatus.IN_PROGRESS,
    "partially_shipped": FulfilmentStatus.PARTIALLY_FULFILLED,
    "partially_delivered": FulfilmentStatus.PARTIALLY_FULFILLED,
    "shipped": FulfilmentStatus.FULFILLED,
    "delivered": FulfilmentStatus.FULFILLED,
}
# What money goes back for received goods is a refund of the order, and not told of the return.
RETURN_STATUS = {
    "open": CaseStatus.REQUESTED,
    "requested": CaseStatus.RETURNING,
    "partially_received": CaseStatus.RETURNING,
    "received": CaseStatus.CLOSED,
    CANCELLED: CaseStatus.CLOSED,
}
LISTING_STATUS = {
    "published": ListingStatus.ACTIVE,
    "draft": ListingStatus.DRAFT,
    "proposed": ListingStatus.DRAFT,
    "rejected": ListingStatus.DRAFT,
}
ACTIVE = "active"
PROMOTION_STATUS = {
    ACTIVE: CouponStatus.ACTIVE,
    "draft": CouponStatus.EXPIRED,
    "inactive": CouponStatus.EXPIRED,
}
PERCENTAGE, FIXED = "percentage", "fixed"
DISCOUNT_KIND = {PERCENTAGE: DiscountKind.RATE, FIXED: DiscountKind.AMOUNT}
# By `type` of an error's body. Of a status from 500 on the status decides.
ERRORS: dict[str, type[ShopkeeperError]] = {
    "invalid_data": ItemRefusedError,
    "not_allowed": ItemRefusedError,
    "not_found": ItemRefusedError,
    "duplicate_error": ItemRefusedError,
    "conflict": TransientSourceError,
}
