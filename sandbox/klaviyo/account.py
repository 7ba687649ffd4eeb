"""The account behind the API: what was written into it, and what it shows of the world."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from sandbox.kit.faults import Plantable
from sandbox.kit.shop import Shop
from sandbox.klaviyo.filters import utc_text
from sandbox.klaviyo.query import CURSOR, Query
from sandbox.world.world import World

Row = dict[str, Any]
"""A resource: `type`, `id`, `attributes`, and `relationships` by name: (type, id or ids)."""


@dataclass(frozen=True)
class Credentials:
    """The private API key that the account gave to us."""

    api_key: str


@dataclass
class Faults(Plantable):
    """What the next answers do wrong, each used up by one answer.

    `statuses`: HTTP statuses to answer with instead. `late_statuses`: the same, after a write was
    done. `repeated_cursors`: lists whose next page is the same page again. `suppressed`: profiles
    by id to which nothing is sent any more, each with the reason and since when, for good.
    """

    statuses: list[int] = field(default_factory=list)
    late_statuses: list[int] = field(default_factory=list)
    repeated_cursors: int = 0
    suppressed: dict[str, tuple[str, str]] = field(default_factory=dict)


class Account(Shop):
    """Profiles are the world's contacts with what was written onto them; the rest is its own."""

    def __init__(
        self, world: World, *, faults: Faults, clock: Callable[[], float], job_seconds: float
    ) -> None:
        super().__init__(world, "klaviyo", clock=clock)
        self.faults, self.clock, self.job_seconds = faults, clock, job_seconds
        self.profile_changes: dict[str, Row] = {}
        self.coupons: dict[str, Row] = {}
        self.codes: dict[str, Row] = {}
        self.jobs: dict[str, Any] = {}
        self.events: dict[str, Row] = {}
        self.metrics: dict[str, Row] = {}

    @property
    def stamp(self) -> str:
        """The world's clock as documents have it."""
        return utc_text(self.now)


@dataclass(frozen=True)
class Call:
    """One request that was let in: its body, its address, and the id in its path."""

    account: Account
    query: Query
    body: bytes
    key: str
    origin: str
    path: str
    parameters: Sequence[tuple[str, str]]

    @property
    def own(self) -> str:
        """The whole address."""
        return self._with(self.parameters)

    def after(self, cursor: str) -> str:
        """The address of the page that follows."""
        kept = [(name, value) for name, value in self.parameters if name != CURSOR]
        return self._with([*kept, (CURSOR, cursor)])

    def _with(self, parameters: Sequence[tuple[str, str]]) -> str:
        text = f"{self.origin}{quote(self.path, safe='/%')}"
        return f"{text}?{urlencode(parameters)}" if parameters else text
