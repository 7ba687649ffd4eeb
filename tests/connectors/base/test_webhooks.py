"""Messages that platforms send, and messages that others send in their name."""

import base64
import datetime as dt
import hmac
from typing import Any

import pytest

from connectors.base.webhooks import SeenDeliveries, Webhook, WebhookRefusedError, verify
from connectors.shopify import CONNECTOR

SECRET = "client-secret"
NOW = dt.datetime(2026, 11, 16, 5, tzinfo=dt.UTC)
BODY = b'{"id": 1}'
TIMED = Webhook(
    streams_of=lambda topic: (topic,),
    signature_headers=("signature",),
    topic_headers=("topic",),
    time_headers=("sent-at",),
    signed_bytes=lambda body, time: time.encode() + b"." + body,
)
assert CONNECTOR.webhook is not None
SHOPIFY: Webhook = CONNECTOR.webhook


def shopify(body: bytes = BODY, *, prefix: str = "x-", **more: str) -> dict[str, str]:
    made = base64.b64encode(hmac.digest(SECRET.encode(), body, "sha256")).decode()
    return {
        f"{prefix}shopify-hmac-sha256": made,
        f"{prefix}shopify-topic": "orders/updated",
        f"{prefix}shopify-webhook-id": "id-1",
        **more,
    }


def heard(headers: dict[str, str], body: bytes = BODY, **more: Any) -> tuple[str, ...]:
    given: Any = {"secret": SECRET, "now": NOW, "seen": SeenDeliveries(), **more}
    return verify(given.pop("webhook", SHOPIFY), headers, body, **given)


@pytest.mark.parametrize("prefix", ["x-", ""])
def test_both_spellings_of_shopifys_headers_count(prefix: str) -> None:
    assert heard(shopify(prefix=prefix)) == ("orders",)


@pytest.mark.parametrize(
    ("topic", "streams"),
    [
        ("orders/create", ("orders",)),
        ("refunds/create", ("orders",)),
        ("products/update", ("products",)),
        ("inventory_levels/update", ("inventory",)),
        ("customers/update", ("customers",)),
        ("discounts/update", ("discounts",)),
        ("themes/publish", ()),
        ("", ()),
    ],
)
def test_a_topic_hints_at_streams_that_exist(topic: str, streams: tuple[str, ...]) -> None:
    assert heard({**shopify(), "x-shopify-topic": topic}) == streams
    assert all(CONNECTOR.stream(name) for name in streams)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (shopify(), BODY + b" "),
        (shopify(b"other"), BODY),
        ({**shopify(), "x-shopify-hmac-sha256": ""}, BODY),
        ({**shopify(), "x-shopify-hmac-sha256": "中文"}, BODY),
        ({name: value for name, value in shopify().items() if "hmac" not in name}, BODY),
    ],
)
def test_what_is_not_signed_is_refused(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(WebhookRefusedError, match="signature"):
        heard(headers, body)


def test_another_secret_is_refused() -> None:
    with pytest.raises(WebhookRefusedError):
        heard(shopify(), secret="another")


def test_what_is_too_large_is_refused_before_it_is_signed() -> None:
    body = b"x" * (SHOPIFY.most_bytes + 1)
    with pytest.raises(WebhookRefusedError, match="larger"):
        heard(shopify(body), body)


def test_a_message_that_came_before_hints_at_nothing() -> None:
    seen = SeenDeliveries()
    assert heard(shopify(), seen=seen) == ("orders",)
    assert heard(shopify(), seen=seen) == ()
    # The id is not signed, so another one does not make it another message.
    assert heard({**shopify(), "x-shopify-webhook-id": "id-2"}, seen=seen) == ()
    assert heard(shopify(b"{}") | {"x-shopify-webhook-id": "id-3"}, b"{}", seen=seen) == ("orders",)


def test_a_refused_message_takes_no_id_away_from_a_real_one() -> None:
    seen = SeenDeliveries()
    with pytest.raises(WebhookRefusedError):
        heard(shopify(b"forged"), seen=seen)
    assert heard(shopify(), seen=seen) == ("orders",)


def test_what_was_seen_does_not_grow_for_ever() -> None:
    seen = SeenDeliveries(most=2)
    assert [seen.add(name) for name in ("a", "b", "a", "c", "b", "a")] == [
        True,
        True,
        False,
        True,
        False,
        True,
    ]


def timed(sent_at: str) -> dict[str, str]:
    made = hmac.new(SECRET.encode(), sent_at.encode() + b"." + BODY, "sha256").hexdigest()
    return {"signature": made.upper(), "topic": "orders", "sent-at": sent_at}


@pytest.mark.parametrize(
    "sent_at",
    [
        str(int(NOW.timestamp())),
        str(int(NOW.timestamp() * 1000) - 299_000),
        "2026-11-16T05:04:59Z",
        "2026-11-16T13:00:00+08:00",
    ],
)
def test_a_signed_time_of_now_is_taken(sent_at: str) -> None:
    assert heard(timed(sent_at), webhook=TIMED) == ("orders",)


@pytest.mark.parametrize(
    "sent_at",
    [
        str(int(NOW.timestamp()) - 301),
        str(int(NOW.timestamp()) + 301),
        "2026-11-16T05:00:00",
        "yesterday",
        "",
        "9" * 30,
    ],
)
def test_an_old_message_is_refused_though_it_is_signed(sent_at: str) -> None:
    with pytest.raises(WebhookRefusedError, match="not of now"):
        heard(timed(sent_at), webhook=TIMED)


def test_a_time_that_was_changed_breaks_the_signature() -> None:
    old = timed(str(int(NOW.timestamp()) - 3600))
    with pytest.raises(WebhookRefusedError, match="signature"):
        heard({**old, "sent-at": str(int(NOW.timestamp()))}, webhook=TIMED)
