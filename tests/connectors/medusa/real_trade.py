"""What is traded at a real Medusa before it is read, and what it moves to."""

import datetime as dt
import time
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import polars as pl

from checks.rows import split
from connectors.base.declaration import facts_of
from connectors.base.isolation import map_documents
from connectors.medusa import CONNECTOR
from connectors.medusa.client import MedusaClient
from contracts.actions import Change, Live
from contracts.codes import OutcomeState, WriteKind
from contracts.money import exponent
from contracts.payloads import CouponTerms, encode
from contracts.streams import Context, Window
from tests.connectors.medusa.real import PRICES, Market

DAY = dt.timedelta(days=1)
Frames = dict[str, pl.DataFrame]


def trade(market: Market, currency: str) -> None:
    """Unpaid, discounted, without shipping, paid back and returned, cancelled twice, edited."""
    ten, free = f"TEN-{currency}-{market.run}", f"SHIP-{currency}-{market.run}"
    market.promotion(ten, currency_code=currency)
    market.promotion(free, value=100, target_type="shipping_methods", currency_code=currency)
    market.order(currency, (0, 3), (1, 1))
    market.order(currency, (0, 3), (1, 1), promo_codes=[ten])
    market.order(currency, (1, 1), promo_codes=[free])
    sent = market.order(currency, (0, 2), (1, 2))
    market.pay(sent)
    market.send(sent, market.pack(sent), f"1Z{sent[-6:]}")
    market.refund(sent, PRICES[currency])
    market.receive(sent, market.return_pieces(sent, 2), 2)
    for is_paid in (True, False):
        void = market.order(currency, (0, 1))
        if is_paid:
            market.pay(void)
        market.post(f"orders/{void}/cancel")
    edited = market.order(currency, (0, 1))
    market.pay(edited)
    market.post("order-edits", order_id=edited)
    added = [{"variant_id": market.variants[1], "quantity": 2}]
    market.post(f"order-edits/{edited}/items", items=added)
    market.post(f"order-edits/{edited}/request")
    market.post(f"order-edits/{edited}/confirm")


def settle() -> None:
    """Until the server's clock, which tells whole seconds, is past all that was done."""
    time.sleep(1.1)


def read(client: MedusaClient, name: str, since: dt.datetime | None = None) -> Frames:
    """A stream as it goes to the lake; nothing of it may be refused."""
    stream, now = CONNECTOR.stream(name), client.now()
    assert stream is not None
    context = Context("shop", client.currency(), "Europe/Berlin", now, facts=facts_of(client))
    pages = list(stream.fetch(client, Window(since or now - DAY, now)))
    parted = split(map_documents(stream, lambda: pages, context), context)
    assert parted.bad.is_empty(), parted.bad
    return parted.good


def minor(amount: float, currency: str) -> int:
    """As a payment provider charges it."""
    scaled = Decimal(str(amount)).scaleb(exponent(currency.upper()))
    return int(scaled.to_integral_value(ROUND_HALF_UP))


# ---- changes ------------------------------------------------------------------------------------


def _sent_and_back(market: Market, order: str) -> None:
    market.pay(order)
    market.send(order, market.pack(order), f"1Z{order[-5:]}")
    market.receive(order, market.return_pieces(order, 1), 1)


Moved = Callable[[Market, str], Any]
PREPARED: dict[str, tuple[Moved, Moved, dict[str, object]]] = {
    "payment": (lambda *_: None, Market.pay, {"payment_status": "paid"}),
    "refund": (
        Market.pay,
        lambda market, order: market.refund(order, 1),
        {"payment_status": "partially_refunded", "refunded_minor": 100},
    ),
    # It dates neither the order nor the payment.
    "refund of a return": (
        _sent_and_back,
        lambda market, order: market.refund(order, 5),
        {"refunded_minor": 500},
    ),
    "parcel": (
        Market.pay,
        lambda market, order: market.send(order, market.pack(order), f"1Z{order[-4:]}"),
        {"fulfilment_status": "fulfilled"},
    ),
    "cancellation": (
        lambda *_: None,
        lambda market, order: market.post(f"orders/{order}/cancel"),
        {"payment_status": "voided", "fulfilment_status": "not_required"},
    ),
}


# ---- writes -------------------------------------------------------------------------------------


def change(target: str, before: int | None, after: int, **more: Any) -> Change:
    given = {"parent_id": None, "currency": None, **more}
    return Change(action_id="a" * 32, target_id=target, before=before, after=after, **given)


def sent(client: MedusaClient, kind: WriteKind, one: Change) -> Live | None:
    """Send, which must be accepted; what is in force then."""
    write = CONNECTOR.write(kind)
    assert write is not None
    assert write.live is not None
    (outcome,) = write.send(client, [one])
    assert outcome.state is OutcomeState.ACCEPTED, outcome.message
    found = write.live(client, [one]).get(one.target_id)
    assert found is None or isinstance(found, Live)
    return found


def prices_of(market: Market, variant: str) -> list[tuple[str, float, int | None]]:
    fields = "prices.currency_code,prices.amount,prices.min_quantity"
    (found,) = market.rows("product-variants", "variants", id=variant, fields=fields)
    told = ((one["currency_code"], one["amount"], one["min_quantity"]) for one in found["prices"])
    return sorted(told, key=str)


def terms_of(**more: Any) -> str:
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    return encode(CouponTerms(title="Hello", starts_at=now - DAY, ends_at=now + DAY, **more))
