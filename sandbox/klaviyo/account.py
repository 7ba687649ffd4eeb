"""The account behind the API: what was written into it, and what it shows of the world."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import polars as pl

from sandbox.klaviyo.documents import Address, Row
from sandbox.klaviyo.filters import utc_text
from sandbox.klaviyo.query import Query
from sandbox.world.world import World

CHANNEL = "klaviyo"

Rows = TypeVar("Rows")


@dataclass(frozen=True)
class Credentials:
    """The private API key that the account gave to us."""

    api_key: str


@dataclass
class Faults:
    """What the next answers do wrong, each used up by one answer.

    `statuses`: HTTP statuses to answer with instead. `late_statuses`: the same, after a write was
    done. `repeated_cursors`: lists whose next page is the same page again. `suppressed`: profiles
    by id to which nothing is sent any more, each with the reason and since when, for good.
    """

    statuses: list[int] = field(default_factory=list)
    late_statuses: list[int] = field(default_factory=list)
    repeated_cursors: int = 0
    suppressed: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass
class Job:
    """A job that creates codes, step by step, as the clock goes on."""

    key: str
    created_at: str
    due: float
    codes: list[tuple[str, str, str]]
    made: list[str] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    completed_at: str | None = None


class Account:
    """Profiles are the world's contacts with what was written onto them; the rest is its own."""

    def __init__(
        self, world: World, *, faults: Faults, clock: Callable[[], float], job_seconds: float
    ) -> None:
        self.world, self.faults, self.clock = world, faults, clock
        self.job_seconds = job_seconds
        self.profile_changes: dict[str, Row] = {}
        self.coupons: dict[str, Row] = {}
        self.codes: dict[str, Row] = {}
        self.jobs: dict[str, Job] = {}
        self.events: dict[str, Row] = {}
        self.metrics: dict[str, Row] = {}
        self._derived: dict[Callable[..., Any], tuple[tuple[pl.DataFrame, ...], Any]] = {}

    @property
    def now(self) -> str:
        """The world's clock as documents have it."""
        return utc_text(self.world.clock)

    def derived(self, make: Callable[..., Rows], *frames: pl.DataFrame) -> Rows:
        """What `make` makes of frames of the world; anew only when one of them was replaced."""
        made = self._derived.get(make)
        if made is None or any(old is not new for old, new in zip(made[0], frames, strict=True)):
            made = self._derived[make] = (frames, make(*frames))
        rows: Rows = made[1]
        return rows

    def record(self, kind: str, target: str, after: object, *, applied: bool = True) -> None:
        """Keep a write that was answered as done; `applied` is False if it changed nothing."""
        self.world.writes.append(
            {
                "at": self.world.clock.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "channel": CHANNEL,
                "kind": kind,
                "target": target,
                "after": after,
                "applied": applied,
            }
        )


@dataclass(frozen=True)
class Call:
    """One request that was let in: its URL and body are still to be understood."""

    account: Account
    query: Query
    address: Address
    path: Mapping[str, str]
    body: bytes

    @property
    def key(self) -> str:
        """The id in the path."""
        return next(iter(self.path.values()))
