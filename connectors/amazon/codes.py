"""Every code that Amazon may answer, and what it is to us; any other is quarantined."""

from typing import Final

from connectors.base.jobs import JobStatus
from contracts.codes import Fulfilment, FulfilmentStatus, ListingStatus, PaymentStatus

FULFILMENT: Final = {
    "PENDING_AVAILABILITY": FulfilmentStatus.SCHEDULED,
    "PENDING": FulfilmentStatus.ON_HOLD,
    "UNSHIPPED": FulfilmentStatus.UNFULFILLED,
    "PARTIALLY_SHIPPED": FulfilmentStatus.PARTIALLY_FULFILLED,
    "SHIPPED": FulfilmentStatus.FULFILLED,
    "CANCELLED": FulfilmentStatus.UNFULFILLED,
    "UNFULFILLABLE": FulfilmentStatus.UNFULFILLED,
}
# Until an order leaves PENDING nothing is authorised. From then on the platform vouches for the
# money, which counts as paid; of a cancelled order nothing is ever captured.
PAYMENT: Final = {
    "PENDING_AVAILABILITY": PaymentStatus.PENDING,
    "PENDING": PaymentStatus.PENDING,
    "UNSHIPPED": PaymentStatus.PAID,
    "PARTIALLY_SHIPPED": PaymentStatus.PAID,
    "SHIPPED": PaymentStatus.PAID,
    "CANCELLED": PaymentStatus.VOIDED,
    "UNFULFILLABLE": PaymentStatus.VOIDED,
}
VOID: Final = ("CANCELLED", "UNFULFILLABLE")
"""Orders that nothing will come of."""
WITHOUT_AMOUNTS: Final = ("PENDING_AVAILABILITY", "PENDING", *VOID)
"""An order in one of these may have no amounts: none yet, or none ever."""

REPORT_STATUS: Final = {
    "PendingAvailability": "PENDING_AVAILABILITY",
    "Pending": "PENDING",
    "Pending - Waiting for Pick Up": "UNSHIPPED",
    "Unshipped": "UNSHIPPED",
    "PartiallyShipped": "PARTIALLY_SHIPPED",
    "Partially Shipped": "PARTIALLY_SHIPPED",
    "Shipping": "PARTIALLY_SHIPPED",
    "Shipped": "SHIPPED",
    "InvoiceUnconfirmed": "SHIPPED",
    "Complete": "SHIPPED",
    "Shipped - Damaged": "SHIPPED",
    "Shipped - Delivered to Buyer": "SHIPPED",
    "Shipped - Lost in Transit": "SHIPPED",
    "Shipped - Out for Delivery": "SHIPPED",
    "Shipped - Picked Up": "SHIPPED",
    "Shipped - Rejected by Buyer": "SHIPPED",
    "Shipped - Returned to Seller": "SHIPPED",
    "Shipped - Returning to Seller": "SHIPPED",
    "Shipped - Undeliverable": "SHIPPED",
    "Cancelled": "CANCELLED",
    "Canceled": "CANCELLED",
    "Unfulfillable": "UNFULFILLABLE",
}
"""What a report calls the statuses of the API."""

CHANNEL: Final = {"AMAZON": "yes", "NON_AMAZON": "no"}
"""Whether an order was placed in a store; others are only sent from the platform's warehouses."""

PROCEEDS: Final = (
    "ITEM",
    "SHIPPING",
    "GIFT_WRAP",
    "COD_FEE",
    "OTHER",
    "TAX",
    "DISCOUNT",
)
"""What an item's proceeds are broken down into."""

TIP: Final = "DELIVERY_TIP"
"""Of a whole order, and of none of its items."""
TIP_IS_CHARGED: Final = {"FINALIZED": "yes", "PENDING": "no"}

PACKAGE_IS_SENT: Final = {
    "PENDING": "no",
    "CANCELLED": "no",
    "IN_TRANSIT": "yes",
    "SHIPPED": "yes",
    "DELIVERED": "yes",
    "UNDELIVERABLE": "yes",
}

LISTING_STATUS: Final = {
    "BUYABLE": ListingStatus.ACTIVE,
    "BUYABLE DISCOVERABLE": ListingStatus.ACTIVE,
    "DISCOVERABLE": ListingStatus.UNLISTED,
    "": ListingStatus.ARCHIVED,
}
"""By the statuses of a listing, sorted: one that is only seen cannot be put in a cart."""

SHIPS: Final = {True: Fulfilment.PLATFORM, False: Fulfilment.SELLER}
"""By whether the platform sends an offer's goods."""

IS_AVAILABLE: Final = {"NOW": "yes", "FUTURE_WITHOUT_DATE": "no", "FUTURE_WITH_DATE": "no"}
"""Whether an offer can be bought and leaves at once."""

REPORT_ENDS: Final = {
    "IN_QUEUE": JobStatus.QUEUED,
    "IN_PROGRESS": JobStatus.RUNNING,
    "DONE": JobStatus.DONE,
    "CANCELLED": JobStatus.NO_DATA,
    "FATAL": JobStatus.FATAL,
}
"""Where a report stands: one without data is cancelled."""
