"""The form of the platform: checked in its order, answered with HTTP 200 whatever happened."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.kit.endpoint import Endpoint, json_response
from sandbox.kit.errors import RefusedError
from sandbox.kit.fields import Document
from sandbox.kit.forms import parameters
from sandbox.kuaidi100.rules import ERRORS, Credentials, Faults, Limits, Locks, is_signed
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
    locks, planted, worlds = Locks(limits or Limits(), clock), faults or Faults(), (world, *others)

    def answered(request: Request, body: bytes) -> Response:
        if status := planted.next("statuses"):
            return Response(b"", status)
        try:
            param = _checked(parameters(request, body), credentials, locks, planted)
            content = _tracked(worlds, param, locks)
        except RefusedError as refused:
            content = {"result": False, **refused.entry}
        return json_response(content, media="application/json;charset=UTF-8")

    return [Route(PATH, Endpoint(world, answered), methods=["POST"])]


def _checked(
    fields: Mapping[str, str], credentials: Credentials, locks: Locks, faults: Faults
) -> dict[str, str]:
    """What a query of ours asks: JSON however it is spaced and escaped, numbers read as text."""
    named = {name: fields.get(name, "") for name in ("param", "customer", "sign")}
    if not all(named.values()):
        raise ERRORS("400")
    if not is_signed(credentials, **named):
        raise ERRORS("503")
    if locks.is_key_locked or faults.has_run_out():
        raise ERRORS("601")
    if code := faults.next("codes"):
        raise ERRORS(code)
    try:
        given = msgspec.json.decode(named["param"], type=dict[str, str | int | None])
    except msgspec.DecodeError as error:
        raise ERRORS("400") from error
    return {name: str(value).strip() for name, value in given.items() if value is not None}


def _tracked(worlds: Sequence[World], param: dict[str, str], locks: Locks) -> Document:
    number = param.get("num", "")
    world = next((own for own in worlds if is_known(own, number)), worlds[0])
    with world.lock:
        return track(world, param, at=locks.seen_at(number, world.clock))
