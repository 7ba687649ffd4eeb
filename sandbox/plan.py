"""A fault plan: what goes wrong, where, how often. The same plan and calls give the same faults."""

import threading
from random import Random
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

What = Literal[
    "lost", "unanswered", "cut", "garbled", "nothing", "later", "status", "throttled", "token",
    "clock", "data", "operator_before", "operator_after", "duplicate_page", "repeated_cursor",
    "bulk_failed", "bulk_expired", "odd",
]  # fmt: skip
DOWNLOAD: Final = "download"
EVERYWHERE: Final = "*"
_Count = Annotated[int, Meta(ge=0)]


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that goes wrong, on some of the calls it is meant for.

    `what`:
        lost: the connection ends and nothing was done; unanswered: the same, but it was done;
        cut: done, and the answer ends in its middle; garbled: done, and half an answer comes whole;
        nothing: answered as done, and never done; later: answered as done, and done after
        `seconds` of the world's time or `calls` further calls, whichever is first;
        status: HTTP `status`, with Retry-After `seconds` if that is given; token: HTTP 401;
        throttled: THROTTLED inside HTTP 200; clock: the platform's clock is `seconds` ahead, or
        behind; data: the data is tampered with by `op` before the call is answered;
        operator_before, operator_after: somebody else sets the price of a product that the call
        is about; duplicate_page, repeated_cursor: of orders, after the first page;
        bulk_failed, bulk_expired: how a bulk operation stands when it is polled;
        odd: of any dialect's answer in JSON, one value is missing or has another shape.

    `where` is a GraphQL root field or operation name, `query`, `mutation`, `download` (of a bulk
    file) or `*`; of what strikes every dialect alike, the dialect's name (see `sandbox.proxy`). Of
    the calls meant, the `at`-th is struck and then every `every`-th, or each with probability
    `rate` by `seed`, until `count` were struck; 0: no end.
    """

    what: What
    where: str = EVERYWHERE
    at: Annotated[int, Meta(ge=1)] = 1
    every: Annotated[int, Meta(ge=1)] = 1
    count: _Count = 1
    rate: Annotated[float, Meta(gt=0, le=1)] | None = None
    seed: int = 0
    seconds: float | None = None
    calls: _Count = 3
    status: Annotated[int, Meta(ge=400, le=599)] = 503
    op: str = "change_order"


class FaultPlan:
    """Faults in force, and how often each met a call that it is meant for. Thread-safe."""

    def __init__(self, faults: list[Fault]) -> None:
        self._states = [_State(fault) for fault in faults]
        self._lock = threading.Lock()

    @property
    def is_empty(self) -> bool:
        """Whether nothing goes wrong."""
        return not self._states

    def struck(self, names: frozenset[str]) -> list[Fault]:
        """The faults that strike a call of these names; counts the call."""
        with self._lock:
            meant = [one for one in self._states if one.fault.where in names]
            return [one.fault for one in meant if one.strikes()]

    def counts(self) -> list[dict[str, Any]]:
        """Each fault with the calls that it met and how many of them it struck."""
        with self._lock:
            return [
                {**msgspec.to_builtins(one.fault), "met": one.met, "struck": one.done}
                for one in self._states
            ]


class _State:
    """One fault, the calls that it met, and how many of them it struck."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self._random = Random(fault.seed)  # noqa: S311 a plan must repeat
        self.met = self.done = 0

    def strikes(self) -> bool:
        fault = self.fault
        self.met += 1
        if (fault.count and self.done >= fault.count) or self.met < fault.at:
            return False
        is_due = (self.met - fault.at) % fault.every == 0
        if fault.rate is not None:
            is_due = self._random.random() < fault.rate
        self.done += is_due
        return is_due


def parsed(given: bytes | str) -> list[Fault]:
    """The faults of a plan as JSON: a list of objects.

    Raises:
        msgspec.DecodeError: it is none; says where.
    """
    return msgspec.json.decode(given, type=list[Fault])


def as_json(faults: list[Fault]) -> Any:
    """The plan as plain lists and dictionaries, as it is posted."""
    return msgspec.to_builtins(faults)
