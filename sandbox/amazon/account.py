"""A selling account on the platform: who may call, what the world looks like, what is under way."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.amazon.errors import ERRORS
from sandbox.amazon.names import STORES
from sandbox.amazon.under_way import Report, Submission
from sandbox.kit.faults import Plantable
from sandbox.kit.shop import Shop
from sandbox.kit.tokens import Expiring, PageTokens
from sandbox.world.world import World


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
    gzip. `discounts_are_negative` in an order's breakdown of proceeds. `has_brand_analytics` is the
    role that the report of sales and traffic takes.
    """

    access_token_seconds: float = 3600
    listing_seconds: float = 1
    issue_seconds: float = 2
    queued_seconds: float = 0.1
    processing_seconds: float = 0.2
    compresses: bool = False
    discounts_are_negative: bool = True
    has_brand_analytics: bool = True


@dataclass
class Faults(Plantable):
    """What the next answers do wrong.

    `statuses` are HTTP statuses to answer with; `expired` is how many calls find their access token
    expired, `throttled` how many are answered 429, `fatal` and `cancelled` how many of the next
    reports end so, `expired_urls` how many of the next report URLs are dead on arrival, `rejected`
    how many accepted listing patches end in an issue and change nothing.
    """

    statuses: list[int] = field(default_factory=list)
    expired: int = 0
    throttled: int = 0
    fatal: int = 0
    cancelled: int = 0
    expired_urls: int = 0
    rejected: int = 0


class Account(Shop):
    """What the operations work on."""

    def __init__(
        self,
        world: World,
        credentials: Credentials,
        *,
        clock: Callable[[], float] = time.monotonic,
        faults: Faults | None = None,
        manner: Manner | None = None,
    ) -> None:
        super().__init__(world, "amazon", clock=clock)
        self.credentials, self.store = credentials, credentials.marketplace_id
        self.faults, self.manner = faults or Faults(), manner or Manner()
        self.store_name, self.country = STORES[self.store]
        self.access: Expiring[str] = Expiring(self.seconds, prefix="Atza|")
        self.downloads: Expiring[tuple[bytes, bool]] = Expiring(self.seconds)
        """The bytes behind a URL, and whether the answer names their encoding."""
        self.reports: dict[str, Report] = {}
        self.submissions: list[Submission] = []
        self.issues: dict[int, list[dict[str, Any]]] = {}
        self.pages = PageTokens(self.seconds)

    def access_token(self) -> str:
        """A new access token."""
        seconds = self.manner.access_token_seconds
        return self.access.put(self.credentials.seller_id, seconds=seconds)

    def check_store(self, *stores: str) -> None:
        """Refuse a call for stores this account does not sell in.

        Raises:
            RefusedError: its own is not among them.
        """
        if self.store not in stores:
            raise ERRORS("denied", why="")

    def product(self, key: int | None) -> dict[str, Any] | None:
        """A product with what is told of it beside its own columns; None when there is none."""
        found = None if key is None else self.world.product(key)
        if found is None:
            return None
        own = {"store": self.store, "currency": self.world.currency}
        return found | own | {"issues": self.issues.get(found["product_id"], [])}
