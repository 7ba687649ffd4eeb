"""Who may ask, how often, and what a refusal says."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

MESSAGES: Final = {
    "400": "提交的数据不完整，或者贵公司没授权",
    "408": "快递公司参数异常：验证码错误",
    "500": "查询无结果，请隔段时间再查",
    "501": "服务器错误",
    "502": "服务器繁忙",
    "503": "验证签名失败",
    "601": "POLL:KEY已过期",
}
"""What the platform says per `returnCode`, a string."""
UNKNOWN_CARRIER: Final = "找不到对应公司"


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
class Faults:
    """What the next answers do wrong.

    `statuses` are HTTP statuses and `codes` return codes to answer with instead, each used up by
    one answer; `is_expired` says the key has run out; `quota` is how many queries are left, None
    for any number.
    """

    statuses: list[int] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    is_expired: bool = False
    quota: int | None = None

    def next_status(self) -> int | None:
        """The status to answer with instead, if one is planted."""
        return self.statuses.pop(0) if self.statuses else None

    def next_code(self) -> str | None:
        """The return code to answer with instead, if one is planted."""
        return self.codes.pop(0) if self.codes else None

    def spend(self) -> bool:
        """Use one query of the quota up; False when the key has run out."""
        if self.is_expired or self.quota == 0:
            return False
        if self.quota is not None:
            self.quota -= 1
        return True


# Not frozen: Python writes the traceback into an exception that passes a context manager.
@dataclass(eq=False)
class RefusedError(Exception):
    """A query is answered with `result` false and this return code."""

    code: str
    message: str = ""

    def answer(self) -> dict[str, object]:
        """The body of the refusal."""
        said = self.message or MESSAGES[self.code]
        return {"result": False, "returnCode": self.code, "message": said}


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
        now, before = self._clock(), self._asked.get(number)
        self._asked[number] = now
        if before is not None and now - before < self._limits.interval_seconds:
            self._lock(number, now, at)
        until, shown = self._waybills.get(number, (now, at))
        return shown if now < until else at

    def _lock(self, number: str, now: float, at: datetime) -> None:
        until = now + self._limits.lock_seconds
        if self._limits.locks == "key":
            self._key_until = until
            raise RefusedError("601")
        if self._limits.locks == "waybill":
            shown = self._waybills[number][1] if self._is_locked(number, now) else at
            self._waybills[number] = until, shown

    def _is_locked(self, number: str, now: float) -> bool:
        return number in self._waybills and now < self._waybills[number][0]


def is_signed(credentials: Credentials, *, param: str, customer: str, sign: str) -> bool:
    """The sign is the upper-case MD5 of param + key + customer, over the exact text of param."""
    text = param + credentials.key + credentials.customer
    own = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper()
    same = hmac.compare_digest(customer.encode(), credentials.customer.encode())
    return hmac.compare_digest(sign.encode(), own.encode()) and same
