"""All limits of one account, by name; who opens the same account meets them there."""

import datetime as dt
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from connectors.base.limits.buckets import CostBucket, FixedWindows, TokenBucket
from connectors.base.limits.limit import OwnLimits, Place
from connectors.base.limits.resets import DailyQuota, HeaderReset
from connectors.base.waiting import pause
from contracts.ports import LimitStore


class Meter:
    """Builds the limits of an account; all that bear the same name are one.

    Args:
        store: where other processes meet us; nobody does if there is none.
        account: platform and account, such as "amazon:A1B2C3".
        budget_share: what is ours of the permitted; other apps of the merchant have the rest.
        clock, sleep, wall_clock: replaced in tests; `wall_clock` is seconds since 1970, by which
            processes share limits and days begin.
    """

    def __init__(
        self,
        store: LimitStore | None,
        account: str,
        *,
        budget_share: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = pause,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._place = Place(
            store=OwnLimits() if store is None else store,
            account=account,
            budget_share=budget_share,
            clock=clock if store is None else wall_clock,
            sleep=sleep,
        )
        self._wall_clock = wall_clock

    def token_bucket(self, name: str, *, rate: float, burst: float) -> TokenBucket:
        """So many requests per second on average, and so many at once."""
        return TokenBucket(self._place.named(name), rate=rate, burst=burst)

    def cost(self, name: str) -> CostBucket:
        """Points, whose bucket the answers tell of."""
        return CostBucket(self._place.named(name))

    def windows(self, name: str, permitted: Mapping[float, float]) -> FixedWindows:
        """Requests per length of a window in seconds, all at once: {1: 75, 60: 750}."""
        return FixedWindows(self._place.named(name), permitted)

    def headers(self, name: str) -> HeaderReset:
        """A window that the answers tell of."""
        return HeaderReset(self._place.named(name))

    def daily(
        self, name: str, *, limit: float, zone: str, resets_at: dt.time = dt.time(0)
    ) -> DailyQuota:
        """Calls per day, which begins at a time of a zone: an IANA name such as "Asia/Shanghai"."""
        place = replace(self._place.named(name), clock=self._wall_clock)
        return DailyQuota(place, limit=limit, zone=zone, resets_at=resets_at)
