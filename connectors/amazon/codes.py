"""Every code that Amazon may answer, and what it is to us; any other is quarantined."""

from collections.abc import Mapping
from typing import Final

import msgspec

from connectors.base.http import stated_wait
from connectors.base.jobs import JobStatus
from connectors.base.retry import ThrottledError, TokenRejectedError
from contracts.codes import Fulfilment, FulfilmentStatus, ListingStatus, PaymentStatus
from contracts.errors import (
    ShopkeeperError,
    SourceContractError,
    SourceRejectedError,
    TransientSourceError,
)

_MOST_CODE = 60


class InvalidInputError(SourceRejectedError):
    """The platform does not take what was asked: a parameter, a value, or a token of a page."""


class NotFoundError(SourceRejectedError):
    """The platform does not know what was named."""


ERRORS: Final[Mapping[str, type[ShopkeeperError]]] = {
    "QuotaExceeded": ThrottledError,
    "InvalidInput": InvalidInputError,
    "InvalidRequest": InvalidInputError,
    "NotFound": NotFoundError,
    "Unauthorized": SourceRejectedError,
    "AccessDenied": SourceRejectedError,
    "MissingAuthenticationToken": TokenRejectedError,
    "MethodNotAllowed": SourceContractError,
    "RequestTooLarge": SourceContractError,
    "UnsupportedMediaType": SourceContractError,
    "InternalFailure": TransientSourceError,
    "ServiceUnavailable": TransientSourceError,
}
"""Codes of an answer's first error. Whatever is not listed is a shape that we do not know."""

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
CANCELLED: Final = "CANCELLED"
WITHOUT_AMOUNTS: Final = ("PENDING_AVAILABILITY", "PENDING", CANCELLED)
"""An order in one of these may have no amounts: none yet, or none ever."""

REPORT_STATUS: Final = {
    "Pending": "PENDING",
    "Pending - Waiting for Pick Up": "UNSHIPPED",
    "Unshipped": "UNSHIPPED",
    "PartiallyShipped": "PARTIALLY_SHIPPED",
    "Partially Shipped": "PARTIALLY_SHIPPED",
    "Shipping": "PARTIALLY_SHIPPED",
    "Shipped": "SHIPPED",
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
    "Cancelled": CANCELLED,
    "Canceled": CANCELLED,
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


class _Error(msgspec.Struct):
    code: str
    message: str = ""
    details: str | None = None


class _Errors(msgspec.Struct):
    errors: list[_Error]


class _Denied(msgspec.Struct):
    error: str


_ERRORS = msgspec.json.Decoder(_Errors)
_DENIED = msgspec.json.Decoder(_Denied)


def refusal(status: int, headers: Mapping[str, str], body: bytes) -> ShopkeeperError | None:
    """The error that a refusal of the API means; its texts are read and never repeated.

    Null where the status says all: the platform is busy or broken, or the answer is no list of
    errors.
    """
    if status >= 500 or status == 408:
        return None
    try:
        error = next(iter(_ERRORS.decode(body).errors), None)
    except msgspec.DecodeError:
        return None
    if error is None:
        return None
    code = error.code[:_MOST_CODE]
    told = f"the platform answered HTTP {status}, {code}"
    if status == 429:
        return ThrottledError(told, retry_after=stated_wait(headers))
    if status == 401 or "token" in f"{error.details or ''} {error.message}".lower():
        return _of_token(status, told)
    known = ERRORS.get(code)
    if known is None:
        return SourceContractError(f"{told}, which is unknown")
    if known is SourceRejectedError:
        told += "; look at the application's roles, the seller and the store"
    return known(told)


def login_refusal(status: int, _: Mapping[str, str], body: bytes) -> ShopkeeperError | None:
    """The error that a refusal of Login with Amazon means."""
    if status >= 500 or status in (408, 429):
        return None
    try:
        code = _DENIED.decode(body).error[:_MOST_CODE]
    except msgspec.DecodeError:
        return None
    return SourceRejectedError(
        f"Login with Amazon answered {code}: look at client_id, client_secret and refresh_token"
    )


def _of_token(status: int, told: str) -> ShopkeeperError:
    """An access token is refused by 401 and 403; by 400 a page's token is."""
    return TokenRejectedError(told) if status in (401, 403) else InvalidInputError(told)
