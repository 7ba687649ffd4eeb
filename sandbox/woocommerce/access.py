"""Who is asking: keys over HTTPS, signatures over plain HTTP, application passwords over both."""

import base64
import binascii
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from sandbox.woocommerce import oauth
from sandbox.woocommerce.errors import RestError
from sandbox.woocommerce.params import Params

READING: Final = frozenset({"GET", "HEAD"})


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
    """What of a request says who is asking."""

    method: str
    url: str
    is_secure: bool
    is_shop: bool
    authorization: str
    params: Params


class Gate:
    """Lets requests in."""

    def __init__(self, credentials: Credentials, now: Callable[[], float]) -> None:
        self._credentials = credentials
        self._keys = {key.key: key for key in credentials.keys}
        self._nonces = oauth.Nonces(now)

    def let_in(self, asking: Asking) -> bool:
        """Whether somebody who may is asking; False when nobody said who they are.

        Raises:
            RestError: 401, credentials were given and do not hold, or not for this method.
        """
        # Keys and signatures are looked at by the shop alone; elsewhere the site takes what it is
        # given for a user's.
        if asking.is_shop and (key := self._key(asking)):
            _check_permissions(key, asking.method)
            return True
        return self._is_user(asking)

    def _key(self, asking: Asking) -> ApiKey | None:
        if asking.is_secure and (key := self._keys.get(_login(asking)[0])):
            if not _same(key.secret, _login(asking)[1]):
                raise oauth.refused("Consumer secret is invalid.")
            return key
        return self._signer(asking)

    def _signer(self, asking: Asking) -> ApiKey | None:
        oauth.add_header(asking.params, asking.authorization)
        if not oauth.is_attempted(asking.params):
            return None
        missing = [name for name in oauth.REQUIRED if not asking.params.text(name)]
        if missing:
            many = "s" if len(missing) > 1 else ""
            message = f"Missing OAuth parameter{many} {', '.join(missing)}"
            raise RestError("woocommerce_rest_authentication_missing_parameter", message, 401)
        key = self._keys.get(asking.params.text("oauth_consumer_key"))
        if key is None:
            raise oauth.refused("Consumer key is invalid.")
        signed = oauth.SignedRequest(asking.method, asking.url, asking.params)
        oauth.check(signed, key.secret)
        nonce, timestamp = (asking.params.text(f"oauth_{part}") for part in ("nonce", "timestamp"))
        self._nonces.spend(key.key, nonce, timestamp)
        return key

    def _is_user(self, asking: Asking) -> bool:
        name, password = _basic(asking.authorization)
        own = self._credentials
        # Without an application password in use, the shop does not look at the header; the index of
        # the site was seen to refuse a key.
        if not name or (asking.is_shop and not own.application_password):
            return False
        if not own.user or not _same(own.user, name):
            raise RestError("invalid_username", "Unknown username.", 401)
        if not _same(own.application_password.replace(" ", ""), password.replace(" ", "")):
            message = "The provided password is an invalid application password."
            raise RestError("incorrect_password", message, 401)
        return True


def _check_permissions(key: ApiKey, method: str) -> None:
    needed = "read" if method in READING else "write"
    if key.permissions not in (needed, "read_write"):
        raise oauth.refused(f"The API key provided does not have {needed} permissions.")


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


def _same(own: str, given: str) -> bool:
    return hmac.compare_digest(own.encode(), given.encode())
