"""What a shop tells by itself: signed messages, and the unsigned ping of a new webhook."""

import asyncio
import base64
import datetime as dt
import hashlib
import hmac

import httpx
import pytest

from connectors.base.webhooks import SeenDeliveries, verify
from connectors.woocommerce import CONNECTOR
from deployments.webhooks import Listener, WebhookDoor


@pytest.mark.parametrize(
    ("topic", "streams"),
    [
        ("order.updated", ("orders",)),
        ("product.deleted", ("products",)),
        ("customer.created", ("customers",)),
        ("coupon.restored", ("coupons",)),
        ("action.woocommerce_add_to_cart", ()),
    ],
)
def test_a_webhook_hints_at_the_stream_of_its_resource(
    topic: str, streams: tuple[str, ...]
) -> None:
    webhook, body = CONNECTOR.webhook, b'{"id":1}'
    assert webhook is not None
    digest = hmac.new(b"whsec", body, hashlib.sha256).digest()
    headers = {
        "x-wc-webhook-signature": base64.b64encode(digest).decode(),
        "x-wc-webhook-topic": topic,
        "x-wc-webhook-delivery-id": "d1",
    }
    now = dt.datetime(2026, 11, 16, tzinfo=dt.UTC)
    found = verify(webhook, headers, body, secret="whsec", now=now, seen=SeenDeliveries())
    assert found == streams


@pytest.mark.parametrize(
    ("body", "signature", "is_ping"),
    [
        (b"webhook_id=12", "", True),
        (b"webhook_id=12", "wrong", False),
        (b"webhook_id=12&order=1", "", False),
        (b'{"id":1}', "", False),
        (b"", "", False),
    ],
)
def test_the_unsigned_ping_of_a_new_webhook_is_answered_200_and_nothing_else_unsigned_is(
    body: bytes, signature: str, is_ping: bool
) -> None:
    webhook, hinted = CONNECTOR.webhook, list[tuple[str, str]]()
    assert webhook is not None
    door = WebhookDoor("shop", "woocommerce", webhook, frozenset({"orders"}), "whsec")
    app = Listener({("shop", "woocommerce"): door}, lambda *hint: hinted.append(hint)).app
    headers = {"x-wc-webhook-topic": "order.updated"}
    if signature:
        headers["x-wc-webhook-signature"] = signature

    async def knock() -> int:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://us") as http:
            sent = await http.post("/webhooks/shop/woocommerce", content=body, headers=headers)
            return sent.status_code

    assert asyncio.run(knock()) == (200 if is_ping else 401)
    assert hinted == []
