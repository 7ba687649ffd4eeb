"""Who is asking: keys over HTTPS, signatures over plain HTTP, application passwords over both."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sandbox.kit.tokens import is_same
from sandbox.woocommerce import oauth
from sandbox.woocommerce.errors import ERRORS
from sandbox.woocommerce.params import Params


@dataclass(frozen=True)
class ApiKey:
    """A key of the shop's REST API; it may read, write or both."""

    key: str
    secret: str
    permissions: Literal["read", "write", "read_write"] = "read_write"


@dataclass(frozen=True)
class Credentials:
    """What the shop gave to us.

    `user` and `application_password` belong to a WordPress user who manages the shop; spaces in
    the password do not count.
    """

    keys: tuple[ApiKey, ...]
    user: str = ""
    application_password: str = ""


@dataclass(frozen=True)
class Asking:
    """What of a request says who is asking; `url` is its address without the query."""

    method: str
    url: str
    is_shop: bool
    authorization: str
    params: Params


class Gate:
    """Lets requests in; `now` is the server's epoch seconds."""

    def __init__(self, credentials: Credentials, now: Callable[[], float]) -> None:
        self._credentials = credentials
        self._keys = {key.key: key for key in credentials.keys}
        self._nonces = oauth.Nonces(now)

    def let_in(self, asking: Asking) -> bool:
        """Whether somebody who may is asking; False when nobody said who they are.

        Raises:
            RefusedError: 401, credentials were given and do not hold, or not for this method.
        """
        # Keys and signatures are looked at by the shop alone; elsewhere the site takes what it is
        # given for a user's.
        if not asking.is_shop or not (key := self._key(asking)):
            return self._is_user(asking)
        needed = "read" if asking.method in ("GET", "HEAD") else "write"
        if key.permissions not in (needed, "read_write"):
            reason = f"The API key provided does not have {needed} permissions."
            raise ERRORS("key", reason=reason)
        return True

    def _key(self, asking: Asking) -> ApiKey | None:
        name, secret = _login(asking)
        if not asking.url.startswith("https:") or not (key := self._keys.get(name)):
            return self._signer(asking)
        if not is_same(secret, key.secret):
            raise ERRORS("key", reason="Consumer secret is invalid.")
        return key

    def _signer(self, asking: Asking) -> ApiKey | None:
        params = asking.params
        oauth.add_header(params, asking.authorization)
        if not oauth.is_attempted(params):
            return None
        key = self._keys.get(params.text("oauth_consumer_key"))
        if key is None:
            raise ERRORS("key", reason="Consumer key is invalid.")
        oauth.check(asking.method, asking.url, params, secret=key.secret)
        self._nonces.spend(key.key, params)
        return key

    def _is_user(self, asking: Asking) -> bool:
        name, password = _basic(asking.authorization)
        own = self._credentials
        # Without an application password in use, the shop does not look at the header; the index of
        # the site was seen to refuse a key.
        if not name or (asking.is_shop and not own.application_password):
            return False
        if not own.user or not is_same(name, own.user):
            raise ERRORS("user")
        if not is_same(password.replace(" ", ""), own.application_password.replace(" ", "")):
            raise ERRORS("password")
        return True


def _login(asking: Asking) -> tuple[str, str]:
    key, secret = asking.params.text("consumer_key"), asking.params.text("consumer_secret")
    return (key, secret) if key and secret else _basic(asking.authorization)


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, text = authorization.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        name, _, password = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, password
