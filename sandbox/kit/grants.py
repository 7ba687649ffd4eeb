"""The token endpoint of OAuth 2: access tokens for a refresh token and the client's secret."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from sandbox.kit.endpoint import json_response
from sandbox.kit.errors import ErrorTable, RefusedError
from sandbox.kit.tokens import is_same

_FORM: Final = "application/x-www-form-urlencoded"
_MAX_FIELDS: Final = 20
_NOT_STORED: Final = {"cache-control": "no-store", "pragma": "no-cache"}
_ERRORS: Final = ErrorTable(
    ("status", "error", "error_description"),
    {
        "media": (400, "invalid_request", f"The Content-Type must be {_FORM}"),
        "malformed": (400, "invalid_request", "The request is malformed"),
        "twice": (400, "invalid_request", "The request includes a parameter twice"),
        "missing": (400, "invalid_request", "The request is missing: {name}"),
        "kind": (400, "unsupported_grant_type", "The authorization grant type is not supported"),
        "client": (401, "invalid_client", "Client authentication failed"),
        "grant": (400, "invalid_grant", "The refresh token is none of this client's"),
    },
)


@dataclass(frozen=True)
class RefreshGrant:
    """One client with one refresh token; `put` gives it an access token for some seconds."""

    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)
    seconds: float
    put: Callable[[], str]

    def answered(self, request: Request, raw: bytes) -> Response:
        """The answer to a token request."""
        if request.method != "POST":
            return Response(status_code=405, headers={"allow": "POST"})
        try:
            status, content = 200, self._granted(_form(request, raw), request)
        except RefusedError as refused:
            content = refused.entry
            status = content.pop("status")
        return json_response(content, status, headers=_NOT_STORED)

    def _granted(self, form: dict[str, str], request: Request) -> dict[str, Any]:
        grant, given = form.get("grant_type"), form.get("refresh_token")
        if not grant:
            raise _ERRORS("missing", name="grant_type")
        if grant != "refresh_token":
            raise _ERRORS("kind")
        client, secret = _client(form, request)
        if not (is_same(client, self.client_id) and is_same(secret, self.client_secret)):
            raise _ERRORS("client")
        if not given:
            raise _ERRORS("missing", name="refresh_token")
        if not is_same(given, self.refresh_token):
            raise _ERRORS("grant")
        return {
            "access_token": self.put(),
            "refresh_token": self.refresh_token,
            "token_type": "bearer",
            "expires_in": int(self.seconds),
        }


def _form(request: Request, raw: bytes) -> dict[str, str]:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != _FORM:
        raise _ERRORS("media")
    try:
        text = raw.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MAX_FIELDS, errors="strict")
    except ValueError:
        raise _ERRORS("malformed") from None
    if len(dict(pairs)) < len(pairs):
        raise _ERRORS("twice")
    return dict(pairs)


def _client(form: dict[str, str], request: Request) -> tuple[str, str]:
    """Who calls: named in the form, or by HTTP Basic."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return name, secret
