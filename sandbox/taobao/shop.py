"""One shop of the emulated platform: the world, who may call and how often."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import polars as pl

from sandbox.kit.gateway import Faults, GatewayShop
from sandbox.kit.limits import Window
from sandbox.kit.tokens import TokenPair
from sandbox.taobao import ids
from sandbox.world.world import World

CHANNEL: Final = "taobao"
DAY, ZONE = 24 * 3600, 8 * 3600


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
    expires_in: int = 365 * DAY
    is_tmall: bool = True


@dataclass(frozen=True)
class Rates:
    """Calls permitted: of the app per second, of the app per second and API, of the app per day."""

    per_second: int = 100
    api_per_second: int = 50
    per_day: int = 1_000_000


class Shop(GatewayShop):
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
        super().__init__(world, CHANNEL, clock=clock)
        self.credentials, self.faults = credentials, faults or Faults()
        self.lasts = timedelta(seconds=credentials.expires_in)
        self.tokens = TokenPair(
            credentials.session,
            credentials.refresh_token,
            until=self.now + self.lasts,
            prefix="620",
        )
        self._rates = rates or Rates()

    def windows(self, method: str) -> Sequence[Window]:
        """Windows of a second, and the app's quota of a day in GMT+8."""
        rates = self._rates
        return (
            Window(("app",), DAY, rates.per_day, ZONE),
            Window(("dynamic",), 1, rates.per_second),
            Window(("app-api", method), 1, rates.api_per_second),
        )

    def household(self, open_uid: str) -> int | None:
        """The household a member's open uid stands for, or None."""
        known = self.derived(_open_uids, self.world.customers)
        return known.get(open_uid)


def _open_uids(customers: pl.DataFrame) -> dict[str, int]:
    return {ids.open_uid(member): member for member in customers["household_id"].to_list()}
