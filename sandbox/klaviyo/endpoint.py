"""The API's routes: who asks, of which revision and how often, before what."""

import hmac
import json
import time
from collections.abc import Callable, Mapping
from email.utils import format_datetime
from types import MappingProxyType
from typing import Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from sandbox.klaviyo import activity, coupons, events, profiles
from sandbox.klaviyo.account import Account, Call, Credentials, Faults
from sandbox.klaviyo.documents import Address, Reply
from sandbox.klaviyo.errors import RefusedError, invalid
from sandbox.klaviyo.limits import Windows
from sandbox.klaviyo.operations import OPERATIONS, UNSCOPED, Operation, Rates
from sandbox.klaviyo.query import query_of
from sandbox.world.world import World

REVISION: Final = "2026-07-15"
MEDIA: Final = "application/vnd.api+json"
JOB_SECONDS: Final = 2.0
_SCHEME: Final = "Klaviyo-API-Key "
_ACCEPTED: Final = frozenset({MEDIA, "application/json"})
_HANDLERS: Final[Mapping[str, Callable[[Call], Reply]]] = MappingProxyType(
    {
        operation.name: getattr(module, operation.name)
        for operation in OPERATIONS
        for module in (activity, coupons, events, profiles)
        if hasattr(module, operation.name)
    }
)


class _Anything(Convertor[str]):
    """An id as it comes: it may hold slashes and line ends."""

    regex = r"[\s\S]*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("anything", _Anything())


def routes(
    world: World,
    credentials: Credentials,
    *,
    clock: Callable[[], float] = time.monotonic,
    faults: Faults | None = None,
    job_seconds: float = JOB_SECONDS,
) -> list[Route]:
    """The routes of one account.

    Args:
        clock: seconds that limits and jobs run on.
        faults: what goes wrong; a test keeps the object and changes it.
        job_seconds: how long a bulk job takes.
    """
    account = Account(world, faults=faults or Faults(), clock=clock, job_seconds=job_seconds)
    windows = Windows(clock)
    found: list[Route] = []
    for path in dict.fromkeys(operation.path for operation in OPERATIONS):
        served = {one.method: one for one in OPERATIONS if one.path == path}
        desk = _Desk(account, credentials, windows, served, UNSCOPED.get(path, frozenset()))
        # Clients write paths with a slash at the end, too.
        spelled = path.replace("}", ":anything}")
        found.append(Route(spelled, desk))
        if spelled == path:
            found.append(Route(f"{path}/", desk))
    return found


class _Desk:
    """All methods of one path."""

    def __init__(
        self,
        account: Account,
        credentials: Credentials,
        windows: Windows,
        served: Mapping[str, Operation],
        unscoped: frozenset[str],
    ) -> None:
        self._account, self._credentials = account, credentials
        self._windows, self._served, self._unscoped = windows, served, unscoped

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        reply = await run_in_threadpool(self._answered, request, body)
        await self._response(reply)(scope, receive, send)

    def _response(self, reply: Reply) -> Response:
        headers = {"date": format_datetime(self._account.world.clock, usegmt=True), **reply.headers}
        if reply.body is None:
            return Response(status_code=reply.status, headers=headers)
        return Response(_encoded(reply.body), reply.status, headers=headers, media_type=MEDIA)

    def _answered(self, request: Request, body: bytes) -> Reply:
        headers: dict[str, str] = {}
        try:
            with self._account.world.lock:
                return self._done(request, body, headers)
        except RefusedError as refused:
            return Reply(refused.status, {"errors": [refused.error()]}, headers)

    def _done(self, request: Request, body: bytes, headers: dict[str, str]) -> Reply:
        self._authenticate(request)
        if request.method in self._unscoped:
            raise RefusedError(403, "The API key lacks the scope of this operation.")
        operation = self._served.get(request.method)
        if operation is None:
            headers["Allow"] = ", ".join(sorted({*self._served, *self._unscoped}))
            raise RefusedError(405, f"Method {request.method!r} is not allowed.")
        rates = _rates(operation, request)
        wait = self._windows.admit(operation.name, rates)
        if wait is not None:
            headers["Retry-After"] = str(wait)
            raise RefusedError(429, f"Expected available in {wait} seconds.")
        headers.update(self._windows.headers(operation.name, rates))
        faults = self._account.faults
        if faults.statuses:
            raise RefusedError(faults.statuses.pop(0), "Planted fault.")
        _check_headers(request)
        parameters = request.query_params.multi_items()
        origin = f"{request.url.scheme}://{request.url.netloc}"
        call = Call(
            self._account,
            query_of(operation, parameters),
            Address(origin, request.url.path, parameters),
            request.path_params,
            body,
        )
        reply = _HANDLERS[operation.name](call)
        if faults.late_statuses and operation.method != "GET":
            raise RefusedError(faults.late_statuses.pop(0), "Planted fault, after the write.")
        return Reply(reply.status, reply.body, headers)

    def _authenticate(self, request: Request) -> None:
        given = request.headers.get("authorization", "")
        if not given:
            detail = "Missing or invalid authorization header."
            raise RefusedError(401, detail, code="not_authenticated")
        own = f"{_SCHEME}{self._credentials.api_key}"
        if not hmac.compare_digest(given.encode(), own.encode()):
            raise RefusedError(401, "Incorrect authentication credentials.",
                               code="authentication_failed")  # fmt: skip


def _rates(operation: Operation, request: Request) -> Rates:
    """The rates that hold for a request: some parameters cost more."""
    for (name, value), rates in operation.slower.items():
        if value in request.query_params.get(name, "").split(","):
            return rates
    return operation.rates


def _check_headers(request: Request) -> None:
    revision = request.headers.get("revision")
    if revision != REVISION:
        said = "is missing" if revision is None else "is not a revision"
        raise invalid(f"The revision header {said}.", parameter="revision")
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method in ("POST", "PATCH") and media not in _ACCEPTED:
        raise RefusedError(415, f"Unsupported media type {media!r}.")


def _encoded(body: Any) -> bytes:
    try:
        return msgspec.json.encode(body)
    except OverflowError:
        # Integers of more than 64 bits, which the body of a request may hold.
        return json.dumps(body).encode()
