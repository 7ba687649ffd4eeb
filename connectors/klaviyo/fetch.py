"""How each stream is read: lists by their next links, and whose the codes and reviews are."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from connectors.base.paging import by_cursor
from connectors.base.rest import Params
from connectors.klaviyo import wire
from connectors.klaviyo.client import KlaviyoClient
from connectors.klaviyo.codes import CHANNEL
from connectors.klaviyo.operations import (
    GET_CAMPAIGNS,
    GET_CODES,
    GET_COUPONS,
    GET_PROFILES,
    GET_REVIEWS,
    Operation,
)
from contracts.errors import SourceContractError
from contracts.streams import Page, Window

PER_PAGE: Final = 100
MOST_NAMED: Final = 50
"""Ids or addresses in one filter: an address (URL) of 100 might grow too long for a proxy."""
_SECOND = dt.timedelta(seconds=1)
_SIZE = ("page[size]", str(PER_PAGE))
_PROFILE_FIELDS = (
    "email",
    "external_id",
    "locale",
    "location.timezone",
    "subscriptions.email.marketing",
    "updated",
)
_CAMPAIGN_FIELDS = ("name", "scheduled_at", "send_time", "status", "updated_at")
_REVIEW_FIELDS = (
    "content",
    "created",
    "email",
    "product.external_id",
    "public_reply.content",
    "public_reply.updated",
    "rating",
    "review_type",
    "status.value",
    "title",
    "updated",
)


def profiles(client: KlaviyoClient, window: Window) -> Iterator[Page]:
    """Yield profiles updated inside the window, oldest first, with what they consented to."""
    params = (
        ("additional-fields[profile]", "subscriptions"),
        ("fields[profile]", ",".join(_PROFILE_FIELDS)),
        ("filter", f"and({_since('greater-than', 'updated', window, _SECOND)})"),
        _SIZE,
        ("sort", "updated"),
    )
    for body, _ in _pages(client, GET_PROFILES, params):
        yield Page(wire.texts([body]), "profiles")


def coupons(client: KlaviyoClient, window: Window) -> Iterator[Page]:
    """Yield all codes of all coupons; the platform does not tell which of them have changed.

    Raises:
        SourceContractError: a coupon cannot be read: its codes would look as if they were deleted.
    """
    fields = (("fields[coupon]", "external_id"), _SIZE)
    for _, coupon_page in _pages(client, GET_COUPONS, fields):
        ids = [str(coupon.id) for coupon in wire.COUPONS.readable(coupon_page) if coupon.id]
        if len(ids) < len(coupon_page):
            raise SourceContractError("a coupon has no readable id, so its codes cannot be read")
        for some in _chunks(ids):
            params = (
                ("fields[coupon-code]", "expires_at,status,unique_code"),
                ("filter", _any("coupon.id", some)),
                _SIZE,
            )
            for body, page in _pages(client, GET_CODES, params):
                held = map(wire.holder, wire.CODES.readable(page))
                holders = {str(profile) for profile in held if profile}
                told = _profiles(client, "id", "external_id", holders)
                yield Page(wire.texts([body, *told]), "codes")


def campaigns(client: KlaviyoClient, window: Window) -> Iterator[Page]:
    """Yield campaigns updated inside the window, channel by channel; `part` is the channel."""
    for channel in CHANNEL:
        spans = _since("greater-or-equal", "updated_at", window)
        params = (
            ("fields[campaign]", ",".join(_CAMPAIGN_FIELDS)),
            ("filter", f"and(equals(messages.channel,'{channel}'),{spans})"),
            _SIZE,
            ("sort", "updated_at"),
        )
        for body, _ in _pages(client, GET_CAMPAIGNS, params):
            yield Page(wire.texts([body]), channel)


def reviews(client: KlaviyoClient, window: Window) -> Iterator[Page]:
    """Yield reviews updated inside the window, newest first, and some that were not.

    They can be sorted by their last change and not searched by it, so pages are read until a page
    ends before the window.
    """
    params = (
        ("fields[review]", ",".join(_REVIEW_FIELDS)),
        ("filter", f"less-or-equal(created,{_text(_ceiling(window.end))})"),
        _SIZE,
        ("sort", "-updated"),
    )
    for body, page in _pages(client, GET_REVIEWS, params):
        found = list(wire.REVIEWS.readable(page))
        authors = {one.attributes.email for one in found if one.attributes.email}
        told = _profiles(client, "email", "email,external_id", authors)
        yield Page(wire.texts([body, *told]), "reviews")
        if found and _is_before(found[-1].attributes.updated, window.start):
            return


def _pages(
    client: KlaviyoClient, operation: Operation, params: Params
) -> Iterator[tuple[bytes, list[msgspec.Raw]]]:
    """Answers of a list and their documents, by the whole next link of each."""

    def ask(link: str | None) -> tuple[tuple[bytes, list[msgspec.Raw]], str | None]:
        if link is None:
            body = client.ask(operation, params=params).body
        else:
            body = client.follow(operation, link).body
        page = wire.framed(body)
        return (body, page.data), page.links.next if page.links else None

    return by_cursor(ask)


def _profiles(
    client: KlaviyoClient, field: str, wanted: str, values: Iterable[str]
) -> Iterator[bytes]:
    """Profiles that have one of the values in a field."""
    for some in _chunks(sorted(values)):
        params = (("fields[profile]", wanted), ("filter", _any(field, some)), _SIZE)
        body = client.ask(GET_PROFILES, params=params).body
        wire.framed(body)  # what is no list is asked for again, not kept
        yield body


def _chunks(values: list[str]) -> Iterator[list[str]]:
    return (values[start : start + MOST_NAMED] for start in range(0, len(values), MOST_NAMED))


def _any(field: str, values: list[str]) -> str:
    return f"any({field},{msgspec.json.encode(values).decode()})"


def _since(
    operator: str, field: str, window: Window, before: dt.timedelta = dt.timedelta(0)
) -> str:
    """Inside the window by whole seconds, rather too much than too little."""
    start, end = window.start.replace(microsecond=0) - before, _ceiling(window.end)
    return f"{operator}({field},{_text(start)}),less-than({field},{_text(end)})"


def _ceiling(at: dt.datetime) -> dt.datetime:
    whole = at.replace(microsecond=0)
    return whole if whole == at else whole + _SECOND


def _text(at: dt.datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _is_before(text: str | None, at: dt.datetime) -> bool:
    """Whether an instant of the platform lies before another one; not, if it is unreadable."""
    try:
        told = dt.datetime.fromisoformat(text or "")
    except ValueError:
        return False
    return (told if told.tzinfo else told.replace(tzinfo=dt.UTC)) < at
