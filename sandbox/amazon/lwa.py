"""Login with Amazon: an access token for the refresh token and the application's secret."""

import base64
import binascii
import hmac
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from sandbox.amazon.account import Account
from sandbox.amazon.errors import RefusedError, denied

PATH: Final = "/auth/o2/token"
TOKEN_HEADER: Final = "x-amz-access-token"  # noqa: S105 the header's name
_FORM: Final = "application/x-www-form-urlencoded"
MAX_FIELDS: Final = 20


def granted(account: Account, request: Request, raw: bytes) -> tuple[int, dict[str, Any]]:
    """The HTTP status and the body of the answer to a token request."""
    try:
        return 200, _granted(account, _form(request, raw), request)
    except RefusedError as error:
        return error.status, {"error": error.code, "error_description": error.message}


def check(account: Account, request: Request) -> None:
    """Refuse a call without a valid access token.

    Raises:
        RefusedError: 403, with the reason in its details.
    """
    token = request.headers.get(TOKEN_HEADER)
    if not token:
        raise denied("Access token is missing in the request header.")
    if account.faults.spend("expired"):
        raise denied("The access token you provided has expired.")
    if account.access.get(token) is None:
        known = account.access.was_given(token)
        reason = "has expired" if known else "is revoked, malformed or invalid"
        raise denied(f"The access token you provided {reason}.")


def _form(request: Request, raw: bytes) -> dict[str, str]:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != _FORM:
        raise RefusedError(400, "invalid_request", f"The Content-Type must be {_FORM}")
    try:
        text = raw.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")
    except ValueError:
        raise RefusedError(400, "invalid_request", "The request is malformed") from None
    if len(dict(pairs)) < len(pairs):
        raise RefusedError(400, "invalid_request", "The request includes a parameter twice")
    return dict(pairs)


def _granted(account: Account, form: dict[str, str], request: Request) -> dict[str, Any]:
    grant = form.get("grant_type")
    if not grant:
        raise RefusedError(400, "invalid_request", "The request is missing: grant_type")
    if grant != "refresh_token":
        text = "The authorization grant type is not supported"
        raise RefusedError(400, "unsupported_grant_type", text)
    own = account.credentials
    client, secret = _client(form, request)
    if not (_same(client, own.client_id) and _same(secret, own.client_secret)):
        raise RefusedError(401, "invalid_client", "Client authentication failed")
    given = form.get("refresh_token", "")
    if not given:
        raise RefusedError(400, "invalid_request", "The request is missing: refresh_token")
    if not _same(given, own.refresh_token):
        text = "The request has an invalid grant parameter : refresh_token"
        raise RefusedError(400, "invalid_grant", text)
    seconds = account.manner.access_token_seconds
    return {
        "access_token": account.access.put(own.seller_id, seconds=seconds),
        "refresh_token": own.refresh_token,
        "token_type": "bearer",
        "expires_in": int(seconds),
    }


def _client(form: dict[str, str], request: Request) -> tuple[str, str]:
    """Who asks: named in the form, or by HTTP Basic."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return "", ""
        return name, secret
    return form.get("client_id", ""), form.get("client_secret", "")


def _same(given: str, own: str) -> bool:
    return hmac.compare_digest(given.encode(), own.encode())
