"""What a refusal means: the codes of the API's errors, and those of Login with Amazon."""

from collections.abc import Mapping
from typing import Final

import msgspec

from connectors.base.http import stated_wait
from connectors.base.retry import ThrottledError, TokenRejectedError
from contracts.errors import (
    ShopkeeperError,
    SourceContractError,
    SourceRejectedError,
    TransientSourceError,
)

_MOST_CODE = 60


class InvalidInputError(SourceRejectedError):
    """The platform does not take what was asked: a parameter, a value, or a token of a page."""


class DeniedError(SourceRejectedError):
    """The application, or its seller, may not: mostly a role is missing."""


class NotFoundError(SourceRejectedError):
    """The platform does not know what was named."""


ERRORS: Final[Mapping[str, type[ShopkeeperError]]] = {
    "QuotaExceeded": ThrottledError,
    "InvalidInput": InvalidInputError,
    "InvalidRequest": InvalidInputError,
    "NotFound": NotFoundError,
    "Unauthorized": DeniedError,
    "AccessDenied": DeniedError,
    "MissingAuthenticationToken": TokenRejectedError,
    "MethodNotAllowed": SourceContractError,
    "RequestTooLarge": SourceContractError,
    "UnsupportedMediaType": SourceContractError,
    "InternalFailure": TransientSourceError,
    "ServiceUnavailable": TransientSourceError,
}
"""Codes of an answer's first error. Whatever is not listed is a shape that we do not know."""


class _Error(msgspec.Struct):
    code: str
    message: str = ""
    details: str | None = None


class _Errors(msgspec.Struct):
    errors: list[_Error]


class _Denied(msgspec.Struct):
    error: str


_ERRORS = msgspec.json.Decoder(_Errors)
_DENIED = msgspec.json.Decoder(_Denied)


def refusal(status: int, headers: Mapping[str, str], body: bytes) -> ShopkeeperError | None:
    """The error that a refusal of the API means; its texts are read and never repeated.

    Null where the status says all: the platform is busy or broken, or the answer is no list of
    errors.
    """
    if status >= 500 or status == 408:
        return None
    try:
        error = next(iter(_ERRORS.decode(body).errors), None)
    except msgspec.DecodeError:
        return None
    if error is None:
        return None
    code = error.code[:_MOST_CODE]
    told = f"the platform answered HTTP {status}, {code}"
    if status == 429:
        return ThrottledError(told, retry_after=stated_wait(headers))
    if status == 401 or "token" in f"{error.details or ''} {error.message}".lower():
        return _of_token(status, told)
    known = ERRORS.get(code)
    if known is None:
        return SourceContractError(f"{told}, which is unknown")
    if known is DeniedError:
        told += "; look at the application's roles, the seller and the store"
    return known(told)


def login_refusal(status: int, _: Mapping[str, str], body: bytes) -> ShopkeeperError | None:
    """The error that a refusal of Login with Amazon means."""
    if status >= 500 or status in (408, 429):
        return None
    try:
        code = _DENIED.decode(body).error[:_MOST_CODE]
    except msgspec.DecodeError:
        return None
    return SourceRejectedError(
        f"Login with Amazon answered {code}: look at client_id, client_secret and refresh_token"
    )


def _of_token(status: int, told: str) -> ShopkeeperError:
    """An access token is refused by 401 and 403; by 400 a page's token is."""
    return TokenRejectedError(told) if status in (401, 403) else InvalidInputError(told)
