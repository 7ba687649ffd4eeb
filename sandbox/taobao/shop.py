"""One shop of the emulated platform: the world, who may call, and what it was asked to do."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sandbox.taobao import ids
from sandbox.taobao.book import Book
from sandbox.taobao.faults import Faults
from sandbox.taobao.limits import Limiter, Rates
from sandbox.taobao.tokens import Tokens
from sandbox.world.world import World

CHANNEL: Final = "taobao"


@dataclass(frozen=True)
class Credentials:
    """What the platform gave to us.

    `session` is the access token, good for `expires_in` seconds of the world's time;
    `is_tmall` tells whether the shop is one of Tmall, whose prices are set by other calls.
    """

    app_key: str
    app_secret: str
    session: str
    refresh_token: str
    nick: str = "示例旗舰店"
    expires_in: int = 365 * 24 * 3600
    is_tmall: bool = True


class Shop:
    """What methods work on; the world's lock is held while one runs."""

    def __init__(
        self,
        world: World,
        credentials: Credentials,
        *,
        clock: Callable[[], float] = time.monotonic,
        rates: Rates | None = None,
        faults: Faults | None = None,
    ) -> None:
        self.world, self.credentials = world, credentials
        self._clock, self._ticks = clock, clock()
        self.faults = faults or Faults()
        self.limiter = Limiter(rates or Rates(), self.instant)
        self.tokens = Tokens(credentials.session, credentials.refresh_token, credentials.nick)
        self.tokens.last(self.now + timedelta(seconds=credentials.expires_in))
        self.book = Book(world)
        self._members: dict[str, int] = {}

    @property
    def now(self) -> datetime:
        """The world's clock."""
        return self.world.clock

    def instant(self) -> datetime:
        """The world's clock moved on by what has passed on the clock of limits."""
        return self.world.clock + timedelta(seconds=self._clock() - self._ticks)

    def household(self, open_uid: str) -> int | None:
        """The household a member's open uid stands for, or None."""
        if len(self._members) != self.world.customers.height:
            members = self.world.customers["household_id"].to_list()
            self._members = {ids.open_uid(member): member for member in members}
        return self._members.get(open_uid)

    def record(self, kind: str, target: str, after: Any, **more: Any) -> None:
        """Keep a write that was applied."""
        self.world.writes.append(
            {
                "at": self.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "channel": CHANNEL,
                "kind": kind,
                "target": target,
                "after": after,
                "applied": True,
                **more,
            }
        )

    def written(self, kind: str) -> list[dict[str, Any]]:
        """The writes of one kind that were kept: coupons and who got them live there."""
        return [
            write
            for write in self.world.writes
            if write.get("channel") == CHANNEL and write.get("kind") == kind
        ]
