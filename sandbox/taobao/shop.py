"""One shop of the emulated platform: who may call, how often, and who its members are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from sandbox.kit.gateway import GatewayShop
from sandbox.kit.limits import Window
from sandbox.kit.tokens import TokenPair
from sandbox.taobao import ids

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

    @property
    def pair(self) -> TokenPair:
        """The tokens at the beginning."""
        return TokenPair(self.session, self.refresh_token, prefix="620")


@dataclass(frozen=True)
class Rates:
    """Calls permitted: of the app per second, of the app per second and API, of the app per day."""

    per_second: int = 100
    api_per_second: int = 50
    per_day: int = 1_000_000

    def windows(self, method: str) -> Sequence[Window]:
        """Windows of a second, and the app's quota of a day in GMT+8."""
        return (
            Window(("app",), DAY, self.per_day, ZONE),
            Window(("dynamic",), 1, self.per_second),
            Window(("app-api", method), 1, self.api_per_second),
        )


class Shop(GatewayShop):
    """What methods work on; the world's lock is held while one runs."""

    credentials: Credentials

    def household(self, open_uid: str) -> int | None:
        """The household a member's open uid stands for, or None."""
        return self.derived(_open_uids, self.world.customers).get(open_uid)

    def named(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Rows with the shop's `nick`, which the platform puts into most documents."""
        return frame.with_columns(nick=pl.lit(self.credentials.nick))


def _open_uids(customers: pl.DataFrame) -> dict[str, int]:
    return {ids.open_uid(member): member for member in customers["household_id"].to_list()}
