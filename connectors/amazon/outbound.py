"""What is written to Amazon, item by item, and how it is read back.

An item ends accepted, rejected (certainly not applied) or unknown (to be read back). Messages hold
the platform's codes, never its texts.
"""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from functools import partial

import msgspec

from connectors.amazon import wire
from connectors.amazon.client import AmazonClient
from connectors.amazon.operations import (
    ASK_FOR_REVIEW,
    GET_ACTIONS,
    GET_LISTING,
    GET_ORDER,
    PATCH_LISTING,
)
from connectors.amazon.refusals import InvalidInputError, NotFoundError
from connectors.base.limits import Urgency
from connectors.base.sending import UnfitError, nothing_sent, read_each
from connectors.base.wire import decoded
from connectors.base.writes import one_by_one, price_text
from contracts.actions import Change, Live, Outcome, Unread
from contracts.errors import SourceContractError, SourceRejectedError
from contracts.money import parse_minor

_ALONE = (InvalidInputError, NotFoundError)
REVIEW_ACTION = "productReviewAndSellerFeedback"
OPENS = dt.timedelta(days=5)
"""After the earliest promised delivery a review may be asked for."""
CLOSES = dt.timedelta(days=30)
"""After the latest promised delivery it may no more."""
_PREVIEW = ("mode", "VALIDATION_PREVIEW")

_LISTING = msgspec.json.Decoder(wire.Listing)
_SUBMISSION = msgspec.json.Decoder(wire.Submission)
_ACTIONS = msgspec.json.Decoder(wire.Actions)
_ORDER = msgspec.json.Decoder(wire.FoundOrder)
_NUMBERS = msgspec.json.Encoder(decimal_format="number")


def live_prices(client: AmazonClient, changes: Sequence[Change]) -> dict[str, Live | Unread]:
    """Price that every buyer pays per SKU, in minor units; a SKU that is not offered is absent."""
    urgency = Urgency.of(changes)

    def live(change: Change) -> Live | None:
        listing = _listing(client, change.target_id, "offers", urgency)
        price = listing.price if listing else None
        if price is None:
            return None
        value = parse_minor(price.amount, price.currency_code)
        return Live(value=value, currency=price.currency_code)

    return read_each(changes, live)


def set_prices(client: AmazonClient, changes: Sequence[Change]) -> list[Outcome]:
    """Set prices, each validated first. One that was accepted shows minutes later, if at all."""
    return one_by_one(changes, partial(_set_price, client), alone=_ALONE)


def price_settles(client: AmazonClient) -> dt.timedelta:
    """How long an accepted price may take to show."""
    return dt.timedelta(seconds=client.settings.price_settles_seconds)


def live_requests(client: AmazonClient, changes: Sequence[Change]) -> dict[str, Live | Unread]:
    """1 for an order whose buyer was asked for a review, 0 for one who may be asked.

    That somebody was asked is not told. Inside the window in which the request is offered once,
    one that is offered no more counts as made; outside of it the order is absent.
    """

    def live(change: Change) -> Live | None:
        order_id, urgency = change.target_id, Urgency.of([change])
        is_offered = _is_offered(client, order_id, urgency)
        if is_offered is None or not (is_offered or _is_in_window(client, order_id, urgency)):
            return None
        return Live(value=0 if is_offered else 1, currency=None)

    return read_each(changes, live)


def request_reviews(client: AmazonClient, changes: Sequence[Change]) -> list[Outcome]:
    """Ask buyers for a review, where the platform offers it at this moment."""
    return one_by_one(changes, partial(_request_review, client), alone=_ALONE)


def _set_price(client: AmazonClient, change: Change) -> None:
    amount, urgency = Decimal(price_text(change)), Urgency.of([change])
    with nothing_sent():
        listing = _listing(client, change.target_id, "summaries", urgency)
        product_type = listing.summaries[0].product_type if listing and listing.summaries else None
        if product_type is None:
            raise UnfitError("the store does not list this SKU")
        body = _patch(client, change, amount, product_type)
        preview = _previewed(client, change.target_id, body, urgency)
    if preview.status != "VALID":
        raise UnfitError(_codes(preview))
    path = _path(client, change)
    answer = client.write(PATCH_LISTING, body, path=path, params=_store(client), urgency=urgency)
    submission = decoded(_SUBMISSION.decode, answer.body)
    if submission.status == "INVALID":
        raise UnfitError(_codes(submission))
    if submission.status != "ACCEPTED":
        raise SourceContractError(f"a price was answered with {submission.status!r}")


def _patch(client: AmazonClient, change: Change, amount: Decimal, product_type: str) -> bytes:
    """A merge into the offer to everybody: sale prices and offers to businesses stay."""
    offer = {
        "marketplace_id": client.settings.marketplace_id,
        "currency": change.currency,
        "audience": "ALL",
        "our_price": [{"schedule": [{"value_with_tax": amount}]}],
    }
    patch = {"op": "merge", "path": "/attributes/purchasable_offer", "value": [offer]}
    return _NUMBERS.encode({"productType": product_type, "patches": [patch]})


def _previewed(client: AmazonClient, sku: str, body: bytes, urgency: Urgency) -> wire.Submission:
    """What would become of a patch; nothing is changed."""
    answer = client.ask(
        PATCH_LISTING,
        path={"sellerId": client.settings.seller_id, "sku": sku},
        params=(*_store(client), _PREVIEW),
        body=body,
        urgency=urgency,
    )
    preview = decoded(_SUBMISSION.decode, answer.body)
    if preview.status not in ("VALID", "INVALID"):
        raise SourceContractError(f"a preview was answered with {preview.status!r}")
    return preview


def _codes(submission: wire.Submission) -> str:
    """The codes of what is wrong, as the outcome's message."""
    wrong = [issue.code for issue in submission.issues or [] if issue.severity == "ERROR"]
    return f"{submission.status}: {', '.join(dict.fromkeys(wrong)) or 'without a code'}"


def _listing(client: AmazonClient, sku: str, part: str, urgency: Urgency) -> wire.Listing | None:
    path = {"sellerId": client.settings.seller_id, "sku": sku}
    params = (*_store(client), ("includedData", part))
    try:
        answer = client.ask(GET_LISTING, path=path, params=params, urgency=urgency)
    except NotFoundError:
        return None
    return decoded(_LISTING.decode, answer.body)


def _request_review(client: AmazonClient, change: Change) -> None:
    urgency = Urgency.of([change])
    with nothing_sent():
        is_offered = _is_offered(client, change.target_id, urgency)
    if is_offered is None:
        raise UnfitError("the platform does not know the order")
    if not is_offered:
        raise UnfitError("not offered: it was asked before, or it is too early or too late for it")
    path = {"amazonOrderId": change.target_id}
    try:
        client.write(ASK_FOR_REVIEW, path=path, params=_store(client), urgency=urgency)
    except SourceRejectedError as error:  # of this order alone: it was offered to us just before
        raise UnfitError(str(error)) from None


def _is_offered(client: AmazonClient, order_id: str, urgency: Urgency) -> bool | None:
    """Whether a review may be asked for now; null for an order that is not known."""
    path = {"amazonOrderId": order_id}
    try:
        answer = client.ask(GET_ACTIONS, path=path, params=_store(client), urgency=urgency)
    except NotFoundError:
        return None
    actions = decoded(_ACTIONS.decode, answer.body).links.actions or []
    return any(action.name == REVIEW_ACTION for action in actions)


def _is_in_window(client: AmazonClient, order_id: str, urgency: Urgency) -> bool:
    """Whether the platform's clock is inside the order's window for such a request."""
    path, params = {"orderId": order_id}, (("includedData", "FULFILLMENT"),)
    try:
        answer = client.ask(GET_ORDER, path=path, params=params, urgency=urgency)
    except NotFoundError:
        return False
    fulfillment = decoded(_ORDER.decode, answer.body).order.fulfillment
    span = fulfillment.deliver_by_window if fulfillment else None
    if span is None or span.earliest_date_time is None or span.latest_date_time is None:
        return False
    opens = dt.datetime.fromisoformat(span.earliest_date_time) + OPENS
    closes = dt.datetime.fromisoformat(span.latest_date_time) + CLOSES
    now = answer.at
    return opens <= now <= closes


def _store(client: AmazonClient) -> tuple[tuple[str, str], ...]:
    return (("marketplaceIds", client.settings.marketplace_id),)


def _path(client: AmazonClient, change: Change) -> dict[str, str]:
    return {"sellerId": client.settings.seller_id, "sku": change.target_id}
