"""The API's routes: who asks, of which revision and how often, before what."""

import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import msgspec
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.kit.endpoint import Endpoint
from sandbox.kit.errors import RefusedError
from sandbox.kit.limits import FixedWindows, Window
from sandbox.kit.resources import Reply
from sandbox.kit.tokens import is_same
from sandbox.klaviyo.account import Account, Call, Credentials, Faults
from sandbox.klaviyo.activity import Accounts, Campaigns, Reviews
from sandbox.klaviyo.coupons import Codes, Coupons, Jobs, settle
from sandbox.klaviyo.errors import error_of, invalid, refused
from sandbox.klaviyo.events import Events
from sandbox.klaviyo.operations import OPERATIONS, UNSCOPED, Operation, Rates
from sandbox.klaviyo.profiles import Profiles
from sandbox.klaviyo.query import query_of
from sandbox.klaviyo.resources import Resource
from sandbox.world.world import World

REVISION: Final = "2026-07-15"
MEDIA: Final = "application/vnd.api+json"
JOB_SECONDS: Final = 2.0
_RESOURCES: Final[dict[str, Resource]] = {
    "accounts": Accounts(),
    "profiles": Profiles(),
    "coupons": Coupons(),
    "coupon-codes": Codes(),
    "coupon-code-bulk-create-jobs": Jobs(),
    "campaigns": Campaigns(),
    "reviews": Reviews(),
    "events": Events(),
}


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
    desk = _Desk(account, f"Klaviyo-API-Key {credentials.api_key}")
    found: list[Route] = []
    for path in dict.fromkeys(operation.path for operation in OPERATIONS):
        endpoint = Endpoint(world, partial(desk.answered, path))
        # Clients write paths with a slash at the end, too.
        spelled = [path.replace("}", ":anything}")] if "{" in path else [path, f"{path}/"]
        found += [Route(one, endpoint) for one in spelled]
    return found


class _Desk:
    """Answers the requests of one account."""

    def __init__(self, account: Account, authorization: str) -> None:
        self._account, self._authorization = account, authorization
        self._windows = FixedWindows(account.clock)

    def answered(self, path: str, request: Request, body: bytes) -> Response:
        """The answer to a request of one path."""
        headers: dict[str, str] = {}
        try:
            reply = self._done(path, request, body, headers)
        except RefusedError as error:
            reply = Reply({"errors": [error_of(error)]}, error.entry["status"])
        if reply.body is None:
            return Response(status_code=reply.status, headers=headers)
        return Response(_encoded(reply.body), reply.status, headers=headers, media_type=MEDIA)

    def _done(self, path: str, request: Request, body: bytes, headers: dict[str, str]) -> Reply:
        operation = self._operation(path, request, headers)
        self._count(operation, request, headers)
        faults = self._account.faults
        if status := faults.next("statuses"):
            raise refused(status, "Planted fault.")
        _check_headers(request)
        call = Call(
            self._account, query_of(operation, request.query_params), body,
            key=next(iter(request.path_params.values()), ""),
            origin=f"{request.url.scheme}://{request.url.netloc}", path=request.url.path,
            parameters=request.query_params.multi_items(),
        )  # fmt: skip
        settle(self._account)
        reply = _handler(operation)(call)
        if operation.method != "GET" and (status := faults.next("late_statuses")):
            raise refused(status, "Planted fault, after the write.")
        return reply

    def _operation(self, path: str, request: Request, headers: dict[str, str]) -> Operation:
        given = request.headers.get("authorization", "")
        if not given:
            raise refused(401, "Missing or invalid authorization header.")
        if not is_same(given, self._authorization):
            detail = "Incorrect authentication credentials."
            raise refused(401, detail, code="authentication_failed")
        served = {one.method: one for one in OPERATIONS if one.path == path}
        unscoped = UNSCOPED.get(path, frozenset())
        if request.method in unscoped:
            raise refused(403, "The API key lacks the scope of this operation.")
        if request.method not in served:
            headers["Allow"] = ", ".join(sorted({*served, *unscoped}))
            raise refused(405, f"Method {request.method!r} is not allowed.")
        return served[request.method]

    def _count(self, operation: Operation, request: Request, headers: dict[str, str]) -> None:
        """Count a request; answers other than 429 carry the state of the steady window."""
        rates, key = _rates(operation, request), (operation.name,)
        steady = Window(key, 60, rates.steady)
        full = self._windows.take([Window(key, 1, rates.burst), steady])
        if full:
            wait = max(self._windows.left(window) for window in full)
            headers["Retry-After"] = str(wait)
            raise refused(429, f"Expected available in {wait} seconds.")
        headers |= {
            "RateLimit-Limit": str(rates.steady),
            "RateLimit-Remaining": str(max(0, rates.steady - self._windows.used(steady))),
            "RateLimit-Reset": str(self._windows.left(steady)),
        }


def _handler(operation: Operation) -> Callable[[Call], Reply]:
    resource = _RESOURCES[operation.path.split("/")[2]]
    of_all: dict[str, Callable[[Call], Reply]]
    of_all = {"GET": resource.list_all, "POST": resource.create}
    of_one = {"GET": resource.get, "PATCH": resource.update, "DELETE": resource.delete}
    return (of_one if "{" in operation.path else of_all)[operation.method]


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
    if request.method in ("POST", "PATCH") and media not in (MEDIA, "application/json"):
        raise refused(415, f"Unsupported media type {media!r}.")


def _encoded(body: Any) -> bytes:
    try:
        return msgspec.json.encode(body)
    except OverflowError:
        # Integers of more than 64 bits, which the body of a request may hold.
        return json.dumps(body).encode()
