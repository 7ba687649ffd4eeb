"""One shop on the emulated platform: who may call and how often, its numbers and names."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sandbox.kit import gateway
from sandbox.kit.limits import Window
from sandbox.kit.tokens import TokenPair
from sandbox.kit.values import BEIJING, TextTime, decimal_text

DAY, ZONE = 24 * 3600, 8 * 3600
TIME: Final = TextTime(BEIJING)
yuan = decimal_text
ORDER: Final = 300_000_000_000
SKU: Final = 10_000_000_000
WARE: Final = 20_000_000_000


@dataclass(frozen=True)
class Credentials:
    """What the platform gave to us; the access token is good for `expires_in` seconds."""

    app_key: str
    app_secret: str
    access_token: str
    refresh_token: str
    expires_in: int = 365 * DAY
    vender_id: int = 10_086
    name: str = "示例京东旗舰店"

    @property
    def pair(self) -> TokenPair:
        """The tokens at the beginning."""
        return TokenPair(self.access_token, self.refresh_token)


@dataclass(frozen=True)
class Rates:
    """Calls permitted of the app: per second, and per day in GMT+8."""

    per_second: int = 50
    per_day: int = 1_000_000

    def windows(self, method: str) -> Sequence[Window]:
        """What every call counts in, whatever its method."""
        second = Window(("second",), 1, self.per_second)
        return Window(("app",), DAY, self.per_day, ZONE), second


@dataclass
class Faults(gateway.Faults):
    """Further: `hollow` answers carry a code of their own that is no success, `refused` answers
    say so only in the result inside of them."""

    hollow: int = 0
    refused: int = 0


class Shop(gateway.GatewayShop):
    """What methods work on; the world's lock is held while one runs."""

    credentials: Credentials
    faults: Faults


def order_text(order_id: int) -> str:
    """The number of an order as text."""
    return str(ORDER + order_id)


def open_id(household_id: int) -> str:
    """What a member is called to this app: opaque, and the same on every call."""
    return "oAV" + hashlib.sha256(f"jd member {household_id}".encode()).hexdigest()[:29]


def masked_pin(household_id: int) -> str:
    """A member's account as shops see it; many members share one."""
    return f"jd_{household_id // 10 % 10}***"
