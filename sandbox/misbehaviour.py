"""What a fault does to a call: before it is executed, around it, and to its answer."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any, Final

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sandbox.plan import DOWNLOAD, EVERYWHERE, Fault, FaultPlan
from sandbox.shopify.endpoint import Endpoint
from sandbox.shopify.shop import Shop
from sandbox.tamper import tamper

Cut = Callable[[Any], None]
"""Ends the connection of a client, given by its address."""
_COUNTED: Final = {
    "throttled": "throttled",
    "duplicate_page": "duplicate_pages",
    "repeated_cursor": "repeated_cursors",
}
_BULK: Final = {"bulk_failed": "FAILED", "bulk_expired": "EXPIRED"}
_STATE: Final = ("products", "discounts")


@dataclass
class _Late:
    """A write that was answered and is still to be done."""

    asked: dict[str, Any]
    records: list[dict[str, Any]]
    due: datetime
    calls: int


class Misbehaviour:
    """The fault plan of one shop at work."""

    def __init__(self, shop: Shop, endpoint: Endpoint) -> None:
        self._shop, self._endpoint = shop, endpoint
        self._late: list[_Late] = []
        self.plan = FaultPlan([])

    def strikes(self, body: bytes) -> list[Fault]:
        """The faults of a GraphQL call; what was to be done later is done when its time is here."""
        self._deliver()
        if self.plan.is_empty:
            return []
        try:
            asked = msgspec.json.decode(body, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError):
            return []
        names = self._endpoint.names(str(asked.get("query")), asked.get("operationName"))
        return self.plan.struck(names | {EVERYWHERE})

    def strikes_download(self) -> list[Fault]:
        """The faults of fetching a bulk file."""
        return self.plan.struck(frozenset({DOWNLOAD, EVERYWHERE}))

    def refusal(self, faults: list[Fault]) -> tuple[int, float | None] | None:
        """The HTTP status to answer with instead, and the wait it asks for."""
        for fault in faults:
            if fault.what == "token":
                return 401, None
            if fault.what == "status":
                return fault.status, fault.seconds
        return None

    @contextmanager
    def around(self, asked: dict[str, Any], faults: list[Fault]) -> Iterator[None]:
        """What goes wrong with the data while the call is executed inside."""
        with self._shop.world.lock:
            for fault in faults:
                self._prepare(fault, asked)
            world = self._shop.world
            before, written = {name: getattr(world, name) for name in _STATE}, len(world.writes)
            yield
            lie = next((fault for fault in faults if fault.what in ("nothing", "later")), None)
            records = world.writes[written:]
            if lie is not None and records:
                for name, frame in before.items():
                    setattr(world, name, frame)
                self._take_back(lie, asked, records)
            for fault in faults:
                if fault.what == "operator_after":
                    self._operate(fault, asked)

    def _prepare(self, fault: Fault, asked: dict[str, Any]) -> None:
        if fault.what in _COUNTED:
            name = _COUNTED[fault.what]
            setattr(self._shop.faults, name, getattr(self._shop.faults, name) + 1)
        elif fault.what in _BULK:
            self._shop.bulk.end_all(_BULK[fault.what], self._shop.world.clock)
        elif fault.what == "data":
            tamper(self._shop, {"op": fault.op})
        elif fault.what == "operator_before":
            self._operate(fault, asked)

    def _operate(self, fault: Fault, asked: dict[str, Any]) -> None:
        """Another person sets the price of one product that the call names."""
        variables = asked.get("variables") or {}
        ids = variables.get("ids") or [variables.get("product")]
        sku = str(ids[fault.seed % len(ids)]).rpartition("/")[2]
        if sku.isdigit() and self._shop.world.product(int(sku)) is not None:
            tamper(self._shop, {"op": "set_price", "sku": sku})

    def _take_back(
        self, fault: Fault, asked: dict[str, Any], records: list[dict[str, Any]]
    ) -> None:
        for record in records:
            record |= {"applied": [], "fault": fault.what}
        if fault.what == "later":
            due = self._shop.world.clock + timedelta(seconds=fault.seconds or 60)
            self._late.append(_Late(asked, records, due, fault.calls))

    def _deliver(self) -> None:
        """Do what was answered as done, once its time is here. Counts the call."""
        with self._shop.world.lock:
            waiting, self._late = self._late, []
            for late in waiting:
                late.calls -= 1
                if late.calls >= 0 and late.due > self._shop.world.clock:
                    self._late.append(late)
                    continue
                writes = self._shop.world.writes
                written = len(writes)
                self._endpoint.executed(late.asked)
                for kept, record in zip(late.records, writes[written:], strict=True):
                    kept["applied"] = record["applied"]
                del writes[written:]


def spoiled(response: Response, faults: list[Fault], *, clock: datetime, cut: Cut) -> Response:
    """The answer as it reaches the client."""
    for fault in faults:
        if fault.what == "clock":
            wrong = clock + timedelta(seconds=fault.seconds or 0)
            response.headers["date"] = format_datetime(wrong, usegmt=True)
        elif fault.what in ("unanswered", "lost"):
            return _Ended(cut)
        elif fault.what == "cut":
            return _Ended(cut, response)
        elif fault.what == "garbled":
            body = bytes(response.body)
            media = response.media_type
            return Response(body[: len(body) // 2], headers=_headers(response), media_type=media)
    return response


def _headers(response: Response) -> dict[str, str]:
    return {"date": response.headers["date"]}


class _Ended(Response):
    """The connection ends: at once, or in the middle of an answer that promised to be longer."""

    def __init__(self, cut: Cut, answer: Response | None = None) -> None:
        super().__init__()
        self._cut, self._answer = cut, answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._answer is not None:
            headers, body = self._answer.raw_headers, bytes(self._answer.body)
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            half = body[: len(body) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
        self._cut(scope["client"])
        # The server hears of the end in its next turn; until then it would complain.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
