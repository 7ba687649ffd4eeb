"""The platform's routes: the APIs, the token endpoint, and where reports are fetched."""

import re
import time
import uuid
from collections.abc import Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.amazon import (
    competitive,
    finances,
    inventory,
    listings,
    offers,
    orders,
    patches,
    reports,
    sales,
)
from sandbox.amazon import solicitations as reviews
from sandbox.amazon.account import Account, Credentials, Faults, Manner
from sandbox.amazon.errors import ERRORS, body_of
from sandbox.amazon.operations import OPERATIONS
from sandbox.kit.endpoint import Endpoint, json_response
from sandbox.kit.errors import RefusedError
from sandbox.kit.grants import RefreshGrant
from sandbox.kit.rest import RestApi
from sandbox.world.world import World

TOKEN: Final = "x-amz-access-token"  # noqa: S105 the header's name
_HAS_NO_RATE: Final = (403, 413, 415, 429, 500, 503)
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
    grant = RefreshGrant(
        credentials.client_id,
        credentials.client_secret,
        credentials.refresh_token,
        account.manner.access_token_seconds,
        account.access_token,
    )
    modules = (
        orders, reports, sales, finances, listings, inventory, offers, competitive, reviews,
    )  # fmt: skip
    return [
        _route("/auth/o2/token", account, grant.answered),
        _route(f"{reports.DOCUMENTS}/{{token}}", account, lambda *call: _file(account, *call)),
        *(
            _route(f"{root}/{{rest:path}}", account, _Api(account, media).answered)
            for module in modules
            for root, media in module.ROOTS.items()
        ),
    ]


def _route(path: str, account: Account, answer: Callable[[Request, bytes], Response]) -> Route:
    def settled(request: Request, raw: bytes) -> Response:
        patches.settle(account)
        return answer(request, raw)

    route = Route(path, Endpoint(account.world, settled))
    # Parameters hold any sign, a line break too.
    route.path_regex = re.compile(route.path_regex.pattern, re.DOTALL)
    return route


class _Api(RestApi[Account]):
    """What lies below a path; what is no operation there does not exist."""

    operations = OPERATIONS
    errors = ERRORS
    any_sign = ("sku", "SellerSKU")

    def __init__(self, account: Account, media: str) -> None:
        super().__init__(account)
        self._media = media

    def answered(self, request: Request, raw: bytes) -> Response:
        headers, operation = {"x-amzn-RequestId": str(uuid.uuid4())}, None
        try:
            operation, path = self.operation(request)
            status, content = operation.status, self.done(operation, path, request, raw)
        except RefusedError as refused:
            status, content = int(refused.entry["status"]), body_of(refused)
            headers |= {"allow": refused.entry["allow"]} if "allow" in refused.entry else {}
        if operation is not None and status not in _HAS_NO_RATE:
            headers["x-amzn-RateLimit-Limit"] = str(operation.rate)
        return json_response(content, status, headers=headers, media=self._media)

    def check(self, request: Request) -> None:
        """Refuse a call without a valid access token, or as planted."""
        account, token = self.shop, request.headers.get(TOKEN)
        if planted := account.faults.next("statuses"):
            raise ERRORS("failure", status=planted)
        if not token:
            raise ERRORS("denied", why="Access token is missing in the request header.")
        is_known = account.access.was_given(token)
        if account.faults.spend("expired") or (is_known and account.access.get(token) is None):
            raise ERRORS("denied", why="The access token you provided has expired.")
        if not is_known:
            why = "The access token you provided is revoked, malformed or invalid."
            raise ERRORS("denied", why=why)
        if account.faults.spend("throttled"):
            raise ERRORS("quota")


def _file(account: Account, request: Request, _: bytes) -> Response:
    """A report's file: another service, that knows the URL and no credentials."""
    if request.method != "GET":
        return _storage_error(405, "MethodNotAllowed", "The method is not allowed.")
    # A header of this family that was not signed voids a presigned URL.
    if TOKEN in request.headers:
        return _storage_error(403, "AccessDenied", _SIGNED_AWAY)
    document = account.downloads.get(request.path_params["token"])
    if document is None:
        return _storage_error(403, "AccessDenied", "Request has expired")
    content, names_encoding = document
    headers = {"content-encoding": "gzip"} if names_encoding else {}
    return Response(content, headers=headers, media_type="text/tab-separated-values; charset=UTF-8")


def _storage_error(status: int, code: str, message: str) -> Response:
    text = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Response(text, status, media_type="application/xml")
