"""The platform's routes: every call is checked, paid for, executed and answered in one shape."""

import re
import time
import uuid
from collections.abc import Callable, Mapping
from email.utils import format_datetime
from typing import Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from sandbox.amazon import lwa, patches, reports
from sandbox.amazon.account import Account, Credentials, Manner
from sandbox.amazon.call import Call
from sandbox.amazon.errors import RefusedError, invalid, missing
from sandbox.amazon.faults import Faults
from sandbox.amazon.operations import JSON, OPERATIONS, ROOTS, Operation
from sandbox.amazon.query import Query
from sandbox.world.world import World

_HAS_NO_RATE: Final = (403, 413, 415, 429, 500, 503)
# A seller's SKU may hold slashes.
_SKU: Final = re.compile(r"{(sku|SellerSKU)}")
_SIGNED_AWAY: Final = "There were headers present in the request which were not signed"


def routes(
    world: World,
    credentials: Credentials,
    *,
    clock: Callable[[], float] = time.monotonic,
    faults: Faults | None = None,
    manner: Manner | None = None,
) -> list[Route]:
    """The platform's paths, to be served from any origin.

    Args:
        clock: seconds on which limits, tokens, URLs and submissions run; the world's time is added.
        faults: what goes wrong; a test keeps it and plants.
        manner: what the platform's documents leave open.
    """
    account = Account(world, credentials, clock=clock, faults=faults, manner=manner)
    known = [
        _route(_SKU.sub(r"{\1:path}", path), _Resource(account, ways))
        for path, ways in OPERATIONS.items()
    ]
    unknown = [
        _route(f"{root}/{{rest:path}}", _Resource(account, {}, media))
        for root, media in ROOTS.items()
    ]
    return [
        Route(lwa.PATH, _Tokens(account)),
        Route(f"{reports.DOCUMENTS}/{{token}}", _Documents(account)),
        *known,
        *unknown,
    ]


def _route(path: str, resource: "_Resource") -> Route:
    """A route whose parameters hold any sign, a line break too."""
    route = Route(path, resource)
    route.path_regex = re.compile(route.path_regex.pattern, re.DOTALL)
    return route


class _Endpoint:
    """An ASGI endpoint that takes every method, so that its own answer tells which it has."""

    def __init__(self, account: Account) -> None:
        self._account = account

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await run_in_threadpool(self._locked, request, await request.body())
        response.headers["date"] = format_datetime(self._account.world.clock, usegmt=True)
        await response(scope, receive, send)

    def _locked(self, request: Request, raw: bytes) -> Response:
        with self._account.world.lock:
            patches.settle(self._account)
            return self._answered(request, raw)

    def _answered(self, request: Request, raw: bytes) -> Response:
        raise NotImplementedError


class _Resource(_Endpoint):
    """A path of the models by method; one without operations is a path they do not have."""

    def __init__(
        self, account: Account, operations: Mapping[str, Operation], media: str = JSON
    ) -> None:
        super().__init__(account)
        self._operations = operations
        self._media = next((one.media for one in operations.values()), media)

    def _answered(self, request: Request, raw: bytes) -> Response:
        operation = self._operations.get(request.method)
        try:
            status, content = self._done(operation, request, raw)
        except RefusedError as error:
            status, content = error.status, error.body()
        response = Response(msgspec.json.encode(content), status, media_type=self._media)
        response.headers["x-amzn-RequestId"] = str(uuid.uuid4())
        if operation is None:
            response.headers["allow"] = ", ".join(self._operations)
        elif status not in _HAS_NO_RATE:
            response.headers["x-amzn-RateLimit-Limit"] = str(operation.rate)
        return response

    def _done(
        self, operation: Operation | None, request: Request, raw: bytes
    ) -> tuple[int, dict[str, Any]]:
        account = self._account
        if not self._operations:
            raise missing("The requested resource does not exist.")
        if operation is None:
            raise RefusedError(405, "MethodNotAllowed", "The method is not supported.")
        planted = account.faults.next_status()
        if planted is not None:
            raise RefusedError(planted, "InternalFailure", "We encountered an internal error.")
        lwa.check(account, request)
        is_open = account.permits(operation.name, rate=operation.rate, burst=operation.burst)
        if account.faults.spend("throttled") or not is_open:
            text = "You exceeded your quota for the requested resource."
            raise RefusedError(429, "QuotaExceeded", text)
        _check_media(operation, request, raw)
        path = {name: str(value) for name, value in request.path_params.items()}
        origin = str(request.base_url).rstrip("/")
        call = Call(path, Query(request.query_params), raw, origin)
        return operation.status, operation.answer(account, call)


class _Tokens(_Endpoint):
    """Where access tokens are given out."""

    def _answered(self, request: Request, raw: bytes) -> Response:
        if request.method != "POST":
            return Response(status_code=405, headers={"allow": "POST"})
        status, content = lwa.granted(self._account, request, raw)
        headers = {"cache-control": "no-store", "pragma": "no-cache"}
        return Response(msgspec.json.encode(content), status, headers=headers, media_type=JSON)


class _Documents(_Endpoint):
    """Where reports are fetched: another service, that knows the URL and no credentials."""

    def _answered(self, request: Request, raw: bytes) -> Response:
        if request.method != "GET":
            return _storage_error(405, "MethodNotAllowed", "The method is not allowed.")
        # A header of this family that was not signed voids a presigned URL.
        if lwa.TOKEN_HEADER in request.headers:
            return _storage_error(403, "AccessDenied", _SIGNED_AWAY)
        document = self._account.downloads.get(request.path_params["token"])
        if document is None:
            return _storage_error(403, "AccessDenied", "Request has expired")
        headers = {"content-encoding": "gzip"} if document.names_encoding else {}
        media = "text/tab-separated-values; charset=UTF-8"
        return Response(document.content, headers=headers, media_type=media)


def _storage_error(status: int, code: str, message: str) -> Response:
    text = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Response(text, status, media_type="application/xml")


def _check_media(operation: Operation, request: Request, raw: bytes) -> None:
    media = request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
    if not raw or media == JSON:
        return
    text = "The Content-Type must be application/json."
    if operation.names_media:
        raise RefusedError(415, "UnsupportedMediaType", text)
    raise invalid(text)
