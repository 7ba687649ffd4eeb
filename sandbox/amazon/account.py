"""A selling account on the platform: who may call, what the world looks like, what is under way."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.amazon.faults import Faults
from sandbox.amazon.limits import Expiring, TokenBucket
from sandbox.amazon.names import STORES, instant_text
from sandbox.world.world import World

if TYPE_CHECKING:
    from sandbox.amazon.orders import OrderPage
    from sandbox.amazon.patches import Submission
    from sandbox.amazon.reports import Document, Report


@dataclass(frozen=True)
class Credentials:
    """What the platform gave to the application and the seller. The store is one of `STORES`."""

    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)
    seller_id: str
    marketplace_id: str = "ATVPDKIKX0DER"


@dataclass(frozen=True)
class Manner:
    """How the platform behaves where its documents leave it open. Times are in seconds.

    `listing_seconds` pass until an accepted patch shows, `issue_seconds` until its issues do;
    a report waits `queued_seconds` and is made in `processing_seconds`. `compresses` reports with
    gzip. `discounts_are_negative` in an order's breakdown of proceeds.
    """

    access_token_seconds: float = 3600
    listing_seconds: float = 1
    issue_seconds: float = 2
    queued_seconds: float = 0.1
    processing_seconds: float = 0.2
    compresses: bool = False
    discounts_are_negative: bool = True


class Account:
    """What the operations work on. The world's lock is held while one runs."""

    def __init__(
        self,
        world: World,
        credentials: Credentials,
        *,
        clock: Callable[[], float] = time.monotonic,
        faults: Faults | None = None,
        manner: Manner | None = None,
    ) -> None:
        self.world, self.credentials = world, credentials
        self.faults, self.manner = faults or Faults(), manner or Manner()
        self._clock, self._begun = clock, world.clock
        self.store_name, self.country = STORES[credentials.marketplace_id]
        self.access: Expiring[str] = Expiring(self.now, prefix="Atza|")
        self.order_pages: Expiring[OrderPage] = Expiring(self.now)
        self.pages: Expiring[Any] = Expiring(self.now)
        self.downloads: Expiring[Document] = Expiring(self.now)
        self.reports: dict[str, Report] = {}
        self.submissions: list[Submission] = []
        self.issues: dict[int, list[dict[str, Any]]] = {}
        self._buckets: dict[str, TokenBucket] = {}

    def now(self) -> float:
        """Seconds that have passed, on the given clock or in the world."""
        return self._clock() + (self.world.clock - self._begun).total_seconds()

    def permits(self, operation: str, *, rate: float, burst: int) -> bool:
        """Take one request of an operation's usage plan."""
        bucket = self._buckets.get(operation)
        if bucket is None:
            bucket = self._buckets[operation] = TokenBucket(rate, burst, self.now)
        return bucket.take()

    def is_ours(self, marketplace_id: str) -> bool:
        """Whether it is the store this account sells in."""
        return marketplace_id == self.credentials.marketplace_id

    def record(self, kind: str, target: str, *, after: Any, applied: bool) -> dict[str, Any]:
        """Keep a write that was received; `applied` may become true later."""
        write = {
            "at": instant_text(self.world.clock),
            "channel": "amazon",
            "kind": kind,
            "target": target,
            "after": after,
            "applied": applied,
        }
        self.world.writes.append(write)
        return write
