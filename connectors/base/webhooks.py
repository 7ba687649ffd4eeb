"""Webhooks: told by the platform itself, now, once; never more than a hint of what to pull."""

import base64
import datetime as dt
import hmac
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from contracts.errors import SourceRejectedError


class WebhookRefusedError(SourceRejectedError):
    """A message that is not the platform's, or not of now; the sender is told no more than that."""


def _body_alone(body: bytes, _time: str) -> bytes:
    return body


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """How a platform signs its messages and what they hint at.

    Header names are given in all spellings that the platform uses; the first one present counts.
    `digest` is a name such as "sha256". `signed_bytes` is what was signed, of the body and the time
    header's text. A time that is not signed proves nothing: `time_headers` stay empty then.
    """

    streams_of: Callable[[str], tuple[str, ...]]
    """Names of the streams that a topic hints at; none: the topic is no matter of ours."""
    signature_headers: tuple[str, ...]
    topic_headers: tuple[str, ...]
    id_headers: tuple[str, ...] = ()
    time_headers: tuple[str, ...] = ()
    signed_bytes: Callable[[bytes, str], bytes] = _body_alone
    digest: str = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    secret_field: str = "webhook_secret"  # noqa: S105  a field's name
    """Of the connector's settings; a shop that leaves it out has no webhook."""
    longest_delay: dt.timedelta = dt.timedelta(minutes=5)
    """How old, or how far ahead of us, a signed time may be."""
    most_bytes: int = 2**20
    ping: re.Pattern[bytes] | None = None
    """The whole body of an unsigned message by which a platform tries the address: it is well
    received and hints at nothing."""


class SeenDeliveries:
    """What came already; the oldest is forgotten first. Thread-safe.

    A message that comes again after that makes us pull once more, which harms nobody.
    """

    def __init__(self, most: int = 20_000) -> None:
        self._most = most
        self._held: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, *names: str) -> bool:
        """Remember all of them; whether none was there before."""
        with self._lock:
            is_new = self._held.keys().isdisjoint(names)
            self._held.update(dict.fromkeys(names))
            while len(self._held) > self._most:
                self._held.popitem(last=False)
            return is_new


def verify(
    webhook: Webhook,
    headers: Mapping[str, str],
    body: bytes,
    *,
    secret: str,
    now: dt.datetime,
    seen: SeenDeliveries,
) -> tuple[str, ...]:
    """The streams that a message hints at; none when it came before, is no matter of ours or only
    tries the address.

    Args:
        headers: by name in lower case.
        body: raw, as it was received.
        now: UTC.

    Raises:
        WebhookRefusedError: it is too large, its signature is missing or wrong, or it is old.
    """
    if len(body) > webhook.most_bytes:
        raise WebhookRefusedError(f"a webhook is larger than {webhook.most_bytes} bytes")
    time = _header(headers, webhook.time_headers)
    told = _header(headers, webhook.signature_headers)
    if webhook.ping is not None and not told and webhook.ping.fullmatch(body):
        return ()
    made = _signature(webhook, webhook.signed_bytes(body, time), secret)
    if webhook.encoding == "hex":
        told = told.lower()
    if not hmac.compare_digest(made.encode(), told.encode()):
        raise WebhookRefusedError("a webhook's signature is missing or wrong")
    if webhook.time_headers and not _is_of_now(webhook, time, now):
        raise WebhookRefusedError("a webhook is not of now: it is old, or a clock is wrong")
    # The id alone proves nothing where only the body is signed: whoever replays can change it.
    names = [f"signature {made}"]
    if given := _header(headers, webhook.id_headers):
        names.append(f"id {given}")
    if not seen.add(*names):
        return ()
    return webhook.streams_of(_header(headers, webhook.topic_headers))


def _signature(webhook: Webhook, signed: bytes, secret: str) -> str:
    made = hmac.digest(secret.encode(), signed, webhook.digest)
    return made.hex() if webhook.encoding == "hex" else base64.b64encode(made).decode()


def _header(headers: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((headers[name.lower()] for name in names if name.lower() in headers), "")


def _is_of_now(webhook: Webhook, text: str, now: dt.datetime) -> bool:
    """Seconds or milliseconds since 1970, or ISO with its offset; anything else is not of now."""
    try:
        if text.isdecimal():
            seconds = int(text) / (1000 if len(text) > 11 else 1)
            at = dt.datetime.fromtimestamp(seconds, dt.UTC)
        else:
            at = dt.datetime.fromisoformat(text)
        return abs(now - at) <= webhook.longest_delay
    except (ValueError, OverflowError, OSError, TypeError):
        return False
