"""The form of the platform: checked in its order, answered with HTTP 200 whatever happened."""

import threading
import time
from collections.abc import Callable, Sequence
from email.utils import format_datetime
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.kuaidi100.rules import (
    Credentials,
    Faults,
    Limits,
    Locks,
    RefusedError,
    is_signed,
)
from sandbox.kuaidi100.tracks import is_known, track
from sandbox.world.world import World

PATH: Final = "/poll/query.do"


def routes(
    world: World,
    credentials: Credentials,
    *,
    others: Sequence[World] = (),
    clock: Callable[[], float] = time.monotonic,
    limits: Limits | None = None,
    faults: Faults | None = None,
) -> list[Route]:
    """The platform's only route for tracking.

    Args:
        others: the merchant's other channels, whose parcels are asked for with the same key.
        clock: seconds that the limits run on.
        limits: how often a waybill may be asked for; every 30 minutes when not given.
        faults: what goes wrong; a test keeps the object and changes it.
    """
    locks = Locks(limits or Limits(), clock)
    desk = _Desk((world, *others), credentials, locks, faults or Faults())
    return [Route(PATH, desk.received, methods=["POST"])]


class _Desk:
    """Answers queries of one customer."""

    def __init__(
        self, worlds: Sequence[World], credentials: Credentials, locks: Locks, faults: Faults
    ) -> None:
        self._worlds, self._credentials = worlds, credentials
        self._lock = threading.Lock()
        self._locks, self._faults = locks, faults

    async def received(self, request: Request) -> Response:
        if status := self._faults.next_status():
            return self._response(b"", status)
        fields = dict(parse_qsl(request.url.query, keep_blank_values=True))
        fields |= parse_qsl((await request.body()).decode(errors="replace"), keep_blank_values=True)
        answer = await run_in_threadpool(self._answered, fields)
        return self._response(msgspec.json.encode(answer), 200)

    def _response(self, body: bytes, status: int) -> Response:
        date = format_datetime(self._worlds[0].clock, usegmt=True)
        return Response(
            body, status, headers={"date": date}, media_type="application/json;charset=UTF-8"
        )

    def _answered(self, fields: dict[str, str]) -> dict[str, Any]:
        try:
            with self._lock:
                return self._tracked(fields)
        except RefusedError as refused:
            return refused.answer()

    def _tracked(self, fields: dict[str, str]) -> dict[str, Any]:
        text, customer = fields.get("param", ""), fields.get("customer", "")
        if not text or not customer or not fields.get("sign"):
            raise RefusedError("400")
        if not is_signed(self._credentials, param=text, customer=customer, sign=fields["sign"]):
            raise RefusedError("503")
        if self._locks.is_key_locked or not self._faults.spend():
            raise RefusedError("601")
        if code := self._faults.next_code():
            raise RefusedError(code)
        param = _param(text)
        number = param.get("num", "")
        world = next((own for own in self._worlds if is_known(own, number)), self._worlds[0])
        with world.lock:
            shown = self._locks.seen_at(number, world.clock)
            return track(world, param, at=shown)


def _param(text: str) -> dict[str, str]:
    """The fields of `param`: JSON however it is spaced and escaped, numbers read as text."""
    try:
        given = msgspec.json.decode(text, type=dict[str, str | int | None])
    except msgspec.DecodeError as error:
        raise RefusedError("400") from error
    return {name: str(value).strip() for name, value in given.items() if value is not None}
