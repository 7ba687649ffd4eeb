"""Deliveries of the shop's webhooks: the signed headers over the exact bytes of a body."""

import base64
import hashlib
import hmac
from dataclasses import dataclass


@dataclass(frozen=True)
class Webhook:
    """A webhook of the shop; `topic` is resource and event, as in "order.updated"."""

    webhook_id: int
    topic: str
    secret: str
    source: str

    def ping(self) -> tuple[dict[str, str], bytes]:
        """Headers and body of what is sent when it is saved: a form, unsigned. Anything but 200 as
        an answer, and the webhook is not active."""
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return headers, f"webhook_id={self.webhook_id}".encode()

    def headers(self, body: bytes, *, delivery_id: str) -> dict[str, str]:
        """The headers of one delivery of `body`."""
        resource, _, event = self.topic.partition(".")
        digest = hmac.new(self.secret.encode(), body, hashlib.sha256).digest()
        return {
            "content-type": "application/json",
            "x-wc-webhook-source": self.source,
            "x-wc-webhook-topic": self.topic,
            "x-wc-webhook-resource": resource,
            "x-wc-webhook-event": event,
            "x-wc-webhook-signature": base64.b64encode(digest).decode(),
            "x-wc-webhook-id": str(self.webhook_id),
            "x-wc-webhook-delivery-id": delivery_id,
        }
