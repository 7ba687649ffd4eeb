"""Keys in a header (Basic), and keys that sign each request (OAuth 1.0a, RFC 5849).

A signature of one leg has no token. It covers the method, the address and the parameters; a JSON
body is no part of it.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote

from connectors.base.rest import Params


def basic(user: str, password: str) -> dict[str, str]:
    """The header of a user and a password."""
    pair = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"authorization": f"Basic {pair}"}


def _nonce() -> str:
    return secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs with a key, HMAC-SHA256; a platform takes each nonce once."""

    key: str
    secret: str = field(repr=False)
    nonce: Callable[[], str] = _nonce

    def signed(self, method: str, url: str, params: Params, *, at: float) -> Params:
        """The parameters to send, signature included; `at` is the platform's seconds since 1970."""
        own = [
            *params,
            ("oauth_consumer_key", self.key),
            ("oauth_nonce", self.nonce()),
            ("oauth_signature_method", "HMAC-SHA256"),
            ("oauth_timestamp", str(int(at))),
            ("oauth_version", "1.0"),
        ]
        text = base_string(method, url, own)
        digest = hmac.new(f"{_encoded(self.secret)}&".encode(), text.encode(), hashlib.sha256)
        return *own, ("oauth_signature", base64.b64encode(digest.digest()).decode())


def base_string(method: str, url: str, params: Params) -> str:
    """What is signed (RFC 5849, 3.4.1); `url` without its query."""
    pairs = sorted((_encoded(name), _encoded(value)) for name, value in params)
    joined = "&".join(f"{name}={value}" for name, value in pairs)
    return "&".join([method, _encoded(url), _encoded(joined)])


def _encoded(text: str) -> str:
    return quote(text, safe="~")
