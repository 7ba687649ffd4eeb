"""The shape of Klaviyo's answers, as far as the connector asks for them."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import msgspec

from connectors.base.wire import Text, decoded, lenient, unknown_fields
from contracts.errors import SourceContractError

Attributes = TypeVar("Attributes")
_SEPARATOR: Final = b"\x1e"


class _Shape(msgspec.Struct, gc=False):
    """Fields as the platform writes them; no cycles, so the collector need not look at them."""


class Links(_Shape):
    """Where a list goes on."""

    next: str | None = None


class Frame(_Shape):
    """A page of a list, as much of it as following the list takes: its documents are not read."""

    data: list[msgspec.Raw]
    links: Links | None = None


class Resource(_Shape, Generic[Attributes]):
    """One document."""

    attributes: Attributes
    id: Text | None = None
    relationships: "Relationships | None" = None


class Listed(_Shape, Generic[Attributes]):
    """A page of a list."""

    data: list[Resource[Attributes]] | None = None


class Alone(_Shape, Generic[Attributes]):
    """What a document that was asked for by its id says."""

    attributes: Attributes


class Single(_Shape, Generic[Attributes]):
    """One document that was asked for by its id."""

    data: Alone[Attributes] | None = None


class Reference(_Shape):
    """Another document, by its id."""

    id: Text


class Related(_Shape):
    """What a document refers to."""

    data: Reference | None = None


class Relationships(_Shape):
    """Those of the relationships that are read; of many, none is."""

    coupon: Related | None = None
    profile: Related | None = None


class Suppression(_Shape):
    """Why nothing is sent to a profile any more, whatever it consented to."""

    reason: str | None = None
    timestamp: str | None = None


class Marketing(_Shape):
    """What a profile said to e-mail for marketing."""

    consent: str | None = None
    can_receive_email_marketing: bool | None = None
    consent_timestamp: str | None = None
    method: str | None = None
    method_detail: str | None = None
    custom_method_detail: str | None = None
    suppression: list[Suppression] | None = None

    @property
    def newest(self) -> Suppression | None:
        """The latest suppression in force."""
        return max(self.suppression or [], key=lambda one: one.timestamp or "", default=None)

    @property
    def is_open(self) -> bool:
        """Whether it may be written to: only if that is said, and nothing stands against it."""
        return self.can_receive_email_marketing is True and not self.suppression


class EmailSubscription(_Shape):
    """What a profile said to e-mail."""

    marketing: Marketing | None = None


class Subscriptions(_Shape):
    """What a profile said to being written to."""

    email: EmailSubscription | None = None


class Location(_Shape):
    """Where a profile is; nothing but its zone is asked for."""

    timezone: str | None = None


class Profile(_Shape):
    """A person."""

    email: str | None = None
    external_id: Text | None = None
    locale: str | None = None
    updated: str | None = None
    location: Location | None = None
    subscriptions: Subscriptions | None = None


class Properties(_Shape):
    """What the merchant keeps of a person; values as they are written."""

    properties: dict[str, Any] | None = None


class Coupon(_Shape):
    """A coupon; what it takes off, the shop alone knows."""


class Code(_Shape):
    """A code of a coupon."""

    unique_code: Text | None = None
    expires_at: str | None = None
    status: str | None = None


class Campaign(_Shape):
    """A message to many."""

    name: Text | None = None
    status: str | None = None
    updated_at: str | None = None
    scheduled_at: str | None = None
    send_time: str | None = None


class ReviewStatus(_Shape):
    """Whether a review is shown."""

    value: str | None = None


class Product(_Shape):
    """What a review is about."""

    external_id: Text | None = None


class PublicReply(_Shape):
    """What the merchant answered."""

    content: Text | None = None
    updated: str | None = None


class Review(_Shape):
    """A review, a rating or a question."""

    created: str | None = None
    updated: str | None = None
    review_type: str | None = None
    rating: int | None = None
    email: str | None = None
    title: Text | None = None
    content: Text | None = None
    status: ReviewStatus | None = None
    product: Product | None = None
    public_reply: PublicReply | None = None


class Event(_Shape):
    """Something that happened to a profile."""

    event_properties: dict[str, Any] | None = None


IGNORED: Final = frozenset(
    """
    type links lists segments push-tokens conversations campaign-messages tags events item
    sms mobile_push whatsapp open_tracking predictive_analytics
    last_updated double_optin list_suppressions
    archived audiences created_at send_options send_strategy tracking_options
    author image_url images name rejection_reason smart_quote url verified
    datetime timestamp uuid
    """.split()  # noqa: SIM905 a list to be read
)
"""Fields of the models that are known and left alone."""


def holder(code: Resource[Code]) -> str | None:
    """The profile that a code was given to; null: nobody."""
    related = code.relationships.profile if code.relationships else None
    return related.data.id if related and related.data else None


def texts(bodies: Iterable[bytes]) -> bytes:
    """Several answers as one page, each as received: a JSON text sequence (RFC 7464)."""
    return b"".join(_SEPARATOR + body + b"\n" for body in bodies)


def answers(body: bytes) -> list[bytes]:
    """The answers of a page."""
    return [text for text in body.split(_SEPARATOR) if text.strip()]


def framed(body: bytes) -> Frame:
    """A page of a list, to be followed.

    Raises:
        SourceContractError: it is none.
    """
    return decoded(_FRAME.decode, body)


@dataclass(frozen=True, slots=True)
class Shape(Generic[Attributes]):
    """Reads the pages of one kind of document."""

    page: msgspec.json.Decoder[Listed[Attributes]]
    one: msgspec.json.Decoder[Resource[Attributes]]
    item: Any

    def listed(self, body: bytes) -> list[Resource[Attributes]]:
        """The documents of one answer.

        Raises:
            SourceContractError: it has a shape that we do not know.
        """
        return decoded(self.page.decode, body).data or []

    def readable(self, documents: Iterable[msgspec.Raw]) -> Iterator[Resource[Attributes]]:
        """Those of the documents whose shape we know."""
        for document in documents:
            with suppress(SourceContractError):
                yield decoded(self.one.decode, bytes(document))

    def unknown(self, bodies: Iterable[bytes]) -> tuple[str, ...]:
        """Names of fields that the platform sends and we do not know; the first document tells."""
        found: set[str] = set()
        for body in bodies:
            for raw in (decoded(_RAWS.decode, body).data or [])[:1]:
                found |= unknown_fields(decoded(msgspec.json.decode, bytes(raw)), self.item)
        return tuple(sorted(found - IGNORED))


class _Raws(msgspec.Struct):
    data: list[msgspec.Raw] | None = None


def _shape(attributes: type[Attributes]) -> Shape[Attributes]:
    one, page = Resource[attributes], Listed[attributes]  # type: ignore[valid-type]
    return Shape(lenient(page), lenient(one), one)


_FRAME: Final = msgspec.json.Decoder(Frame)
_RAWS: Final = msgspec.json.Decoder(_Raws)
PROFILES: Final = _shape(Profile)
COUPONS: Final = _shape(Coupon)
CODES: Final = _shape(Code)
CAMPAIGNS: Final = _shape(Campaign)
REVIEWS: Final = _shape(Review)
EVENTS: Final = _shape(Event)
PROFILE: Final = msgspec.json.Decoder(Single[Properties])
CODE: Final = lenient(Single[Code])
