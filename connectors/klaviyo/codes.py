"""Every code that Klaviyo may answer, and what it is to us; any other is quarantined."""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from contracts.codes import CampaignStatus, Channel, ConsentStatus, GrantStatus
from contracts.errors import ShopkeeperError, SourceContractError, SourceRejectedError

_SAFE = re.compile(r"[a-z_]{1,60}")


class InvalidInputError(SourceRejectedError):
    """The platform does not take what was asked: a parameter, or a value in the body."""


class NotFoundError(SourceRejectedError):
    """Nothing has the id that was named."""


class DuplicateError(SourceRejectedError):
    """What was to be created is there already."""


ERRORS: Final[Mapping[int, type[ShopkeeperError]]] = {
    400: InvalidInputError,
    404: NotFoundError,
    405: SourceContractError,
    409: DuplicateError,
    410: SourceContractError,  # the revision is retired
    413: InvalidInputError,
    415: SourceContractError,
}
"""By HTTP status. Codes of errors are told but do not decide: the platform lists none of them."""
_BY_STATUS_ALONE: Final = (401, 403, 408, 425, 429)

CONSENT: Final = {
    "SUBSCRIBED": ConsentStatus.GRANTED,
    "UNSUBSCRIBED": ConsentStatus.WITHDRAWN,
    "NEVER_SUBSCRIBED": ConsentStatus.NEVER_ASKED,
}

# A code that is still being made can be given to nobody so far; one that is being deleted, or whose
# coupon has another version by now, can be redeemed no more.
GRANT_STATUS: Final = {
    "UNASSIGNED": GrantStatus.UNASSIGNED,
    "PROCESSING": GrantStatus.UNASSIGNED,
    "ASSIGNED_TO_PROFILE": GrantStatus.ASSIGNED,
    "USED": GrantStatus.REDEEMED,
    "DELETING": GrantStatus.EXPIRED,
    "VERSION_NOT_ACTIVE": GrantStatus.EXPIRED,
}

# The platform's own "Unknown" is unknown to us, too.
CAMPAIGN_STATUS: Final = {
    "Draft": CampaignStatus.DRAFT,
    "Preparing to schedule": CampaignStatus.SCHEDULED,
    "Scheduled": CampaignStatus.SCHEDULED,
    "Queued without Recipients": CampaignStatus.SCHEDULED,
    "Adding Recipients": CampaignStatus.SENDING,
    "Preparing to send": CampaignStatus.SENDING,
    "Sending": CampaignStatus.SENDING,
    "Sending Segments": CampaignStatus.SENDING,
    "Variations Sent": CampaignStatus.SENDING,
    "Sent": CampaignStatus.SENT,
    "Cancelled": CampaignStatus.CANCELLED,
    "Cancelled: Account Disabled": CampaignStatus.CANCELLED,
    "Cancelled: Billing Limit": CampaignStatus.CANCELLED,
    "Cancelled: Internal Error": CampaignStatus.CANCELLED,
    "Cancelled: Misconfigured": CampaignStatus.CANCELLED,
    "Cancelled: No Recipients": CampaignStatus.CANCELLED,
    "Cancelled: Smart Sending": CampaignStatus.CANCELLED,
}

CHANNEL: Final = {"email": Channel.EMAIL, "sms": Channel.SMS, "mobile_push": Channel.PUSH}
"""How a campaign is sent. A campaign does not say it, so campaigns are listed by it."""

REVIEW_TYPE: Final = {"review": "yes", "rating": "yes", "store": "yes", "question": "no"}
"""Whether it judges."""
REVIEW_STATUS: Final = {
    "featured": "yes",
    "published": "yes",
    "unpublished": "yes",
    "pending": "yes",
    "rejected": "no",
}
"""Whether it counts: what the merchant rejected is no customer's word."""


class _Error(msgspec.Struct):
    code: str = ""


class _Errors(msgspec.Struct):
    errors: list[_Error] = []


_ERRORS = msgspec.json.Decoder(_Errors)


def refusal(status: int, _: Mapping[str, str], body: bytes) -> ShopkeeperError | None:
    """The error that a refusal means; its texts are never repeated. Null: its status says all."""
    if status >= 500 or status < 400 or status in _BY_STATUS_ALONE:
        return None
    told = f"the platform answered HTTP {status}{_code(body)}"
    known = ERRORS.get(status)
    return SourceContractError(f"{told}, which is unknown") if known is None else known(told)


def _code(body: bytes) -> str:
    try:
        errors = _ERRORS.decode(body).errors
    except msgspec.DecodeError:
        return ""
    return f", {errors[0].code}" if errors and _SAFE.fullmatch(errors[0].code) else ""
