"""OAuth 1.0a with one leg, as the platform checks it over plain HTTP (RFC 5849, no token)."""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, unquote

from sandbox.woocommerce.errors import RestError
from sandbox.woocommerce.params import Params

WINDOW_SECONDS: Final = 15 * 60
HASHES: Final = {"HMAC-SHA1": hashlib.sha1, "HMAC-SHA256": hashlib.sha256}
REQUIRED: Final = (
    "oauth_consumer_key",
    "oauth_timestamp",
    "oauth_nonce",
    "oauth_signature",
    "oauth_signature_method",
)
_HEADER_PART: Final = re.compile(r'(oauth_[a-z_]+)="([^"]*)"')


@dataclass(frozen=True)
class SignedRequest:
    """What a signature covers: the method, the address without its query, and the parameters.

    The body is JSON and no part of it.
    """

    method: str
    url: str
    params: Params


def add_header(params: Params, authorization: str) -> None:
    """Add the parameters of an `Authorization: OAuth` header to those of the query."""
    if authorization.startswith("OAuth "):
        for name, value in _HEADER_PART.findall(authorization):
            params.add(name, unquote(value))


def is_attempted(params: Params) -> bool:
    """Whether anything of a signature was sent."""
    return any(params.text(name) for name in REQUIRED)


def refused(message: str) -> RestError:
    """The answer to credentials that do not hold."""
    return RestError("woocommerce_rest_authentication_error", message, 401)


@dataclass
class Nonces:
    """Which nonces a key has used inside the window; `now` is the server's epoch seconds."""

    now: Callable[[], float]
    _used: dict[tuple[str, str], float] = field(default_factory=dict)

    def spend(self, key: str, nonce: str, timestamp: str) -> None:
        """Use a nonce up.

        Raises:
            RestError: 401, the timestamp is 15 minutes off or more, or the nonce was used before.
        """
        now = self.now()
        if not timestamp.isdigit() or abs(int(timestamp) - now) > WINDOW_SECONDS:
            raise refused("Invalid timestamp.")
        self._used = {name: at for name, at in self._used.items() if at >= now - WINDOW_SECONDS}
        if (key, nonce) in self._used:
            raise refused("Invalid nonce - nonce has already been used.")
        self._used[key, nonce] = int(timestamp)


def check(request: SignedRequest, secret: str) -> None:
    """Check the signature with the secret of the key that it names.

    Raises:
        RestError: 401, the method is unknown or the signature is another.
    """
    method = request.params.text("oauth_signature_method")
    if method not in HASHES:
        raise refused("Invalid signature - signature method is invalid.")
    # A plus sign that was not encoded has become a space.
    given = request.params.text("oauth_signature").replace(" ", "+")
    own = hmac.new(f"{secret}&".encode(), base_string(request).encode(), HASHES[method])
    if not hmac.compare_digest(base64.b64encode(own.digest()), given.encode()):
        raise refused("Invalid signature - provided signature does not match.")


def base_string(request: SignedRequest) -> str:
    """The text that is signed: names in byte order, elements of one name in their own order.

    Names are sorted before they are encoded, the RFC sorts them after: it is the same order unless
    a name has characters that are encoded.
    """
    pairs = [
        f"{_encoded(name)}={_encoded(value)}"
        for top in sorted(request.params.elements, key=str.encode)
        if top != "oauth_signature"
        for name, value in request.params.elements[top].items()
    ]
    return "&".join([request.method, _encoded(request.url), _encoded("&".join(pairs))])


def _encoded(text: str) -> str:
    return quote(text, safe="~")
