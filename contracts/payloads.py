"""What an action writes beside its value, as typed JSON; no contact data is ever part of it."""

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Final, TypeVar

import msgspec

from contracts.codes import WriteKind
from contracts.lines import is_line, is_prose

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=2_000)]
_Instant = Annotated[dt.datetime, msgspec.Meta(tz=True)]
_Count = Annotated[int, msgspec.Meta(ge=1)]


class Payload(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """What all payloads are: closed, and the same text for the same content."""


class CouponTerms(Payload, frozen=True):
    """A coupon beside its code (the target) and what it takes off (the value)."""

    title: _Text
    starts_at: _Instant
    ends_at: _Instant
    usage_limit: _Count | None = None
    """Most redemptions by everybody together; none: any number."""
    is_once_per_customer: bool = True
    min_spend_minor: _Count | None = None
    """Least order it holds for, in minor units of the shop's currency."""
    max_spend_minor: _Count | None = None
    """Largest order it holds for; without one a fraction may cost anything."""
    listing_ids: tuple[_Text, ...] = ()
    """What it holds for; empty: everything but `excluded_listing_ids`."""
    excluded_listing_ids: tuple[_Text, ...] = ()
    """What it does not hold for. Beside `listing_ids` it says the same by the rest, for platforms
    that only take the one or the other."""
    off_minor: _Count | None = None
    off_rate: Annotated[float, msgspec.Meta(gt=0, le=1)] | None = None
    """What a granted coupon takes off, one of both; of a created one the action's value says it."""

    def __post_init__(self) -> None:
        if self.ends_at <= self.starts_at:
            raise ValueError("a coupon ends after it starts")


class Message(Payload, frozen=True):
    """A message as its template and what fills it; the address is looked up when it is sent."""

    template: _Text
    language: _Text
    values: dict[str, str]
    template_hash: _Text
    """Of the template that was decided with: another text is another message."""


class Rendered(Payload, frozen=True):
    """A message as it is sent: its words are made from its template at the last moment.

    The subject and the language become headers, where nothing may end a line or begin another word.
    """

    subject: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    text: str
    html: str
    language: _Text

    def __post_init__(self) -> None:
        if not (is_line(self.subject) and is_line(self.language)):
            raise ValueError("the subject or the language is not one line of plain text")
        if not (is_prose(self.text) and is_prose(self.html)):
            raise ValueError("the text holds control characters")


class Reply(Payload, frozen=True):
    """A public reply to a review."""

    text: _Text


class Event(Payload, frozen=True):
    """Something that happened to a member, for the CRM."""

    name: _Text
    properties: dict[str, str | int | float | bool] = {}


class Properties(Payload, frozen=True):
    """Properties of a member in the CRM."""

    values: dict[str, str | int | float | bool]


UNSUBSCRIBE: Final = "{unsubscribe_url}"
"""What a person is shown for the link by which to refuse messages, which the sender makes."""
PAYLOADS: Final[Mapping[WriteKind, type[Payload]]] = {
    WriteKind.CREATE_COUPON: CouponTerms,
    WriteKind.GRANT_COUPON: CouponTerms,
    WriteKind.SEND_MESSAGE: Message,
    WriteKind.REPLY_REVIEW: Reply,
    WriteKind.RECORD_EVENT: Event,
    WriteKind.SET_PROFILE: Properties,
}
"""What the payload of a write is; the others have none."""

PayloadT = TypeVar("PayloadT", bound=Payload)


def term_instant(at: dt.datetime) -> str:
    """An instant as a term of `Live.terms`: UTC, to the second, since platforms keep no more."""
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def encode(payload: Payload) -> str:
    """The same text for equal payloads: an action's id derives from it."""
    return msgspec.json.encode(payload, order="deterministic").decode()


def decode(text: str | None, kind: type[PayloadT]) -> PayloadT:
    """The payload of that kind.

    Raises:
        ValueError: there is none, or it has another shape; names the field, never its value.
    """
    if text is None:
        raise ValueError(f"there is no payload, {kind.__name__} is expected")
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.DecodeError as error:
        raise ValueError(f"the payload is no {kind.__name__}: {error}") from None
