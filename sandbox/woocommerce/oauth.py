"""OAuth 1.0a with one leg, as the platform checks it over plain HTTP (RFC 5849, no token)."""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from typing import Final
from urllib.parse import quote, unquote

from sandbox.kit.tokens import is_same
from sandbox.woocommerce.errors import ERRORS
from sandbox.woocommerce.params import Params

WINDOW_SECONDS: Final = 15 * 60
HASHES: Final = {"HMAC-SHA1": hashlib.sha1, "HMAC-SHA256": hashlib.sha256}
REQUIRED: Final = tuple(
    f"oauth_{part}"
    for part in ("consumer_key", "timestamp", "nonce", "signature", "signature_method")
)
_HEADER_PART: Final = re.compile(r'(oauth_[a-z_]+)="([^"]*)"')


def add_header(params: Params, authorization: str) -> None:
    """Add the parameters of an `Authorization: OAuth` header to those of the query."""
    if authorization.startswith("OAuth "):
        for name, value in _HEADER_PART.findall(authorization):
            params.add(name, unquote(value))


def is_attempted(params: Params) -> bool:
    """Whether there is a signature.

    Raises:
        RefusedError: 401, a part of one.
    """
    missing = [name for name in REQUIRED if not params.text(name)]
    if missing and len(missing) < len(REQUIRED):
        many = "s" if len(missing) > 1 else ""
        raise ERRORS("unsigned", reason=f"Missing OAuth parameter{many} {', '.join(missing)}")
    return not missing


class Nonces:
    """Which nonces a key has used inside the window; `now` is the server's epoch seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._used: dict[tuple[str, str], float] = {}

    def spend(self, key: str, params: Params) -> None:
        """Use a nonce up.

        Raises:
            RefusedError: 401, the timestamp is 15 minutes off or more, or the nonce was used.
        """
        nonce, timestamp, now = (
            params.text("oauth_nonce"),
            params.text("oauth_timestamp"),
            self._now(),
        )
        if not timestamp.isdigit() or abs(int(timestamp) - now) > WINDOW_SECONDS:
            raise ERRORS("key", reason="Invalid timestamp.")
        self._used = {name: at for name, at in self._used.items() if at >= now - WINDOW_SECONDS}
        if (key, nonce) in self._used:
            raise ERRORS("key", reason="Invalid nonce - nonce has already been used.")
        self._used[key, nonce] = int(timestamp)


def check(method: str, url: str, params: Params, *, secret: str) -> None:
    """Check the signature with the secret of the key that it names.

    Raises:
        RefusedError: 401, the method of it is unknown or the signature is another.
    """
    digest = HASHES.get(params.text("oauth_signature_method"))
    if digest is None:
        raise ERRORS("key", reason="Invalid signature - signature method is invalid.")
    # A plus sign that was not encoded has become a space.
    given = params.text("oauth_signature").replace(" ", "+")
    own = hmac.new(f"{secret}&".encode(), base_string(method, url, params).encode(), digest)
    if not is_same(given, base64.b64encode(own.digest()).decode()):
        raise ERRORS("key", reason="Invalid signature - provided signature does not match.")


def base_string(method: str, url: str, params: Params) -> str:
    """The text that is signed: names in byte order, elements of one name in their own order.

    It covers the method, the address without its query, and the parameters, not the body. Names are
    sorted before they are encoded, the RFC sorts them after: it is the same order unless a name has
    characters that are encoded.
    """
    pairs = [
        f"{_encoded(name)}={_encoded(value)}"
        for top in sorted(params.elements, key=str.encode)
        if top != "oauth_signature"
        for name, value in params.elements[top].items()
    ]
    return "&".join([method, _encoded(url), _encoded("&".join(pairs))])


def _encoded(text: str) -> str:
    return quote(text, safe="~")
