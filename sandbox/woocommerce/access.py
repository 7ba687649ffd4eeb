"""Who is asking: keys over HTTPS, signatures over plain HTTP, application passwords over both."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request

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


class Gate:
    """Lets requests in; `now` is the server's epoch seconds."""

    def __init__(self, credentials: Credentials, now: Callable[[], float]) -> None:
        self._credentials = credentials
        self._keys = {key.key: key for key in credentials.keys}
        self._nonces = oauth.Nonces(now)

    def let_in(self, request: Request, url: str, params: Params) -> bool:
        """Whether somebody who may is asking; False when nobody said who they are.

        `url` is the address without its query.

        Raises:
            RefusedError: 401, credentials were given and do not hold, or not for this method.
        """
        authorization = request.headers.get("authorization", "")
        # Keys and signatures are looked at by the shop alone; elsewhere the site takes what it is
        # given for a user's.
        is_shop = request.url.path.startswith("/wp-json/wc/")
        login = _basic(authorization)
        oauth.add_header(params, authorization)
        key = self._key(request.method, url, params, login) if is_shop else None
        if key is None:
            return self._is_user(*login, is_shop=is_shop)
        needed = "read" if request.method in ("GET", "HEAD") else "write"
        if key.permissions not in (needed, "read_write"):
            reason = f"The API key provided does not have {needed} permissions."
            raise ERRORS("key", reason=reason)
        return True

    def _key(self, method: str, url: str, params: Params, login: tuple[str, str]) -> ApiKey | None:
        own = params.text("consumer_key"), params.text("consumer_secret")
        name, secret = own if all(own) else login
        if url.startswith("https:") and (key := self._keys.get(name)):
            if not is_same(secret, key.secret):
                raise ERRORS("key", reason="Consumer secret is invalid.")
            return key
        if not oauth.is_attempted(params):
            return None
        key = self._keys.get(params.text("oauth_consumer_key"))
        if key is None:
            raise ERRORS("key", reason="Consumer key is invalid.")
        oauth.check(method, url, params, secret=key.secret)
        self._nonces.spend(key.key, params)
        return key

    def _is_user(self, name: str, password: str, *, is_shop: bool) -> bool:
        own = self._credentials
        # Without an application password in use, the shop does not look at the header; the index of
        # the site was seen to refuse a key.
        if not name or (is_shop and not own.application_password):
            return False
        if not own.user or not is_same(name, own.user):
            raise ERRORS("user")
        if not is_same(password.replace(" ", ""), own.application_password.replace(" ", "")):
            raise ERRORS("password")
        return True


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, text = authorization.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        name, _, password = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, password
