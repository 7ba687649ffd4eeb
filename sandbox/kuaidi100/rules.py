"""Who may ask, how often, and what a refusal says."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from sandbox.kit.errors import ErrorTable
from sandbox.kit.faults import Plantable
from sandbox.kit.signing import upper_md5
from sandbox.kit.tokens import is_same

ERRORS: Final = ErrorTable(
    ("returnCode", "message"),
    {
        "400": ("400", "提交的数据不完整，或者贵公司没授权"),
        "carrier": ("400", "找不到对应公司"),
        "408": ("408", "快递公司参数异常：验证码错误"),
        "500": ("500", "查询无结果，请隔段时间再查"),
        "501": ("501", "服务器错误"),
        "502": ("502", "服务器繁忙"),
        "503": ("503", "验证签名失败"),
        "601": ("601", "POLL:KEY已过期"),
    },
)


@dataclass(frozen=True)
class Credentials:
    """What the platform gave to us: `customer` names us, `key` signs and is never sent."""

    customer: str
    key: str


@dataclass(frozen=True)
class Limits:
    """How often one waybill may be asked for, and what asking sooner locks.

    `locks` "key": no query of the key is answered (601) for `lock_seconds`. "waybill": the parcel
    is answered as it was when it was locked, without anything newer. None: nothing is locked.
    """

    interval_seconds: float = 30 * 60
    lock_seconds: float = 24 * 3600
    locks: Literal["key", "waybill"] | None = "key"


@dataclass
class Faults(Plantable):
    """What the next answers do wrong.

    `statuses` are HTTP statuses and `codes` return codes to answer with instead, each used up by
    one answer; `is_expired` says the key has run out; `quota` is how many queries are left, None
    for any number.
    """

    statuses: list[int] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    is_expired: bool = False
    quota: int | None = None

    def has_run_out(self) -> bool:
        """Whether the key has run out; otherwise one query of its quota is used up."""
        return self.is_expired or (self.quota is not None and not self.spend("quota"))


class Locks:
    """Which waybills were asked for when, and what is locked because of it."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self._limits, self._clock = limits, clock
        self._asked: dict[str, float] = {}
        self._key_until = float("-inf")
        self._waybills: dict[str, tuple[float, datetime]] = {}

    @property
    def is_key_locked(self) -> bool:
        """No query is answered now."""
        return self._clock() < self._key_until

    def seen_at(self, number: str, at: datetime) -> datetime:
        """Note a query of a waybill; returns the instant up to which it is shown.

        Raises:
            RefusedError: 601, it was asked for too soon and the key is locked now.
        """
        now = self._clock()
        until, shown = self._waybills.get(number, (now, at))
        shown = shown if now < until else at
        before, self._asked[number] = self._asked.get(number), now
        is_soon = before is not None and now - before < self._limits.interval_seconds
        if is_soon and self._limits.locks == "key":
            self._key_until = now + self._limits.lock_seconds
            raise ERRORS("601")
        if is_soon and self._limits.locks == "waybill":
            self._waybills[number] = now + self._limits.lock_seconds, shown
        return shown


def is_signed(credentials: Credentials, *, param: str, customer: str, sign: str) -> bool:
    """The sign is the upper-case MD5 of param + key + customer, over the exact text of param."""
    own = upper_md5(f"{param}{credentials.key}{credentials.customer}".encode())
    return is_same(sign, own) and is_same(customer, credentials.customer)
