"""The one address of the platform: a call is checked, counted, answered, and wrapped."""

import hmac
import itertools
import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import HTTP
from email.utils import format_datetime
from typing import Final
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.taobao.arguments import Arguments
from sandbox.taobao.errors import TopError, busy, limited
from sandbox.taobao.faults import Faults
from sandbox.taobao.limits import Rates
from sandbox.taobao.methods import METHODS, envelope
from sandbox.taobao.shop import Credentials, Shop
from sandbox.taobao.signing import signed
from sandbox.taobao.values import Answer, as_xml, parsed, simplified
from sandbox.world.world import World

PATH: Final = "/router/rest"
TOLERANCE: Final = timedelta(minutes=10)
VERSION: Final = "2.0"
# Argument, code when it is missing, and what it is called in the message.
_NEEDED: Final = (
    ("app_key", 28, "App Key"),
    ("timestamp", 30, "Timestamp"),
    ("v", 32, "Version"),
    ("sign", 24, "Signature"),
)


def routes(
    world: World,
    credentials: Credentials,
    *,
    clock: Callable[[], float] = time.monotonic,
    rates: Rates | None = None,
    faults: Faults | None = None,
) -> list[Route]:
    """The platform's routes over a world.

    Args:
        clock: seconds that limits and tokens run on, beside the world's own time.
        rates: the app's limits.
        faults: what goes wrong; a test keeps the object and plants more.
    """
    shop = Shop(world, credentials, clock=clock, rates=rates, faults=faults)
    return [Route(PATH, _Gateway(shop).handle, methods=["GET", "POST"])]


class _Gateway:
    """Answers the calls of one app for one shop."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._numbers = itertools.count(1)

    async def handle(self, request: Request) -> Response:
        query = request.scope["query_string"].decode("latin-1")
        params = dict(parse_qsl(query, keep_blank_values=True))
        params |= _form(request.headers.get("content-type", ""), await request.body())
        return await run_in_threadpool(self._answered, params)

    def _answered(self, params: Mapping[str, str]) -> Response:
        shop = self._shop
        with shop.world.lock:
            name, content = self._content(params)
            date = format_datetime(shop.world.clock, usegmt=True)
        content["request_id"] = f"{next(self._numbers):012x}"
        if params.get("format", "xml") == "xml":
            body, media = as_xml(name, content), "text/xml"
        else:
            is_plain = params.get("simplify") == "true" and name != "error_response"
            whole = simplified(content) if is_plain else {name: content}
            body, media = json.dumps(whole, ensure_ascii=False).encode(), "application/json"
        if shop.faults.spend("cut"):
            body = body[: len(body) // 2]
        return Response(body, headers={"date": date}, media_type=media)

    def _content(self, params: Mapping[str, str]) -> tuple[str, Answer]:
        try:
            return envelope(params.get("method", "")), self._result(params)
        except TopError as error:
            return "error_response", error.entry()

    def _result(self, params: Mapping[str, str]) -> Answer:
        shop, faults = self._shop, self._shop.faults
        if faults.spend("expired"):
            shop.tokens.last(shop.now)
        name = self._checked(params)
        method = METHODS[name]
        if not method.is_open:
            if not params.get("session"):
                raise TopError(26, "Missing Session", "isv.missing-session")
            shop.tokens.check(params["session"], shop.instant())
        if faults.spend("throttled"):
            raise limited("api", faults.ban_seconds)
        shop.limiter.take(name)
        if faults.spend("busy"):
            raise busy()
        found = method.answer(shop, Arguments(params))
        if method.is_write and faults.spend("lost"):
            raise busy()
        return found

    def _checked(self, params: Mapping[str, str]) -> str:
        """The method, once everything that comes with every call is right."""
        name, credentials = params.get("method", ""), self._shop.credentials
        if not name:
            raise TopError(21, "Missing Method", "isv.missing-method")
        if name not in METHODS:
            raise TopError(22, "Invalid Method", "isv.invalid-method")
        if params.get("format", "xml") not in ("json", "xml"):
            raise TopError(23, "Invalid Format", "isv.invalid-format")
        for needed, code, title in _NEEDED:
            if not params.get(needed):
                raise TopError(code, f"Missing {title}", f"isv.missing-{needed}")
        if params["app_key"] != credentials.app_key:
            raise TopError(29, "Invalid app Key", "isv.appkey-not-exists")
        if params["v"] != VERSION:
            raise TopError(33, "Invalid Version", "isv.invalid-version")
        # Between two moves of the world its clock stands; a client's own may go on.
        at = _stamp(params["timestamp"])
        if not self._shop.now - TOLERANCE <= at <= self._shop.instant() + TOLERANCE:
            raise TopError(31, "Invalid Timestamp", "isv.invalid-timestamp")
        expected = signed(params, credentials.app_secret)
        if not hmac.compare_digest(params["sign"].encode(), expected.encode()):
            raise TopError(25, "Invalid signature", "isv.invalid-signature")
        return name


def _stamp(text: str) -> datetime:
    """The instant of a call: text in GMT+8, or milliseconds since 1970."""
    try:
        if text.isascii() and text.isdigit():
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        return parsed(text)
    except (ValueError, OverflowError, OSError) as error:
        raise TopError(31, "Invalid Timestamp", "isv.invalid-timestamp") from error


def _form(kind: str, body: bytes) -> dict[str, str]:
    """The fields of a form; its files are not fields, and no part of what is signed."""
    if kind.startswith("multipart/"):
        whole = message_from_bytes(
            b"content-type: " + kind.encode() + b"\r\n\r\n" + body, policy=HTTP
        )
        parts = [part for part in whole.walk() if not part.is_multipart()]
        return {
            str(part.get_param("name", header="content-disposition")): _text(
                part.get_payload(decode=True)
            )
            for part in parts
            if part.get_filename() is None
        }
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _text(payload: object) -> str:
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
