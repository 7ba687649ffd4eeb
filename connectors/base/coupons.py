"""Coupons: made, closed and read back with their terms and with whom they hold for.

A connector says how a code is found, made and closed. Here the terms are opened and those refused
that the platform cannot keep, a code that is there already counts as made, and whom it holds for is
compared with whom it was meant for: a code that everybody may use is not in force as it was sent.
"""

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from connectors.base.sending import UnfitError, nothing_sent, read_each
from connectors.base.writes import one_by_one, opened
from contracts.actions import Change, Live, Outcome, Unread
from contracts.codes import Audience
from contracts.errors import SourceRejectedError
from contracts.money import format_minor, parse_minor
from contracts.payloads import CouponTerms

RATE_UNIT: Final = 10_000
"""A coupon's rate is written in hundredths of a percent: 1500 is 15 %."""
_HUNDREDTHS = "USD"  # a currency of two digits
_GOODS = ("listing_ids", "excluded_listing_ids")


class CodeExistsError(SourceRejectedError):
    """There is a coupon of this code; ours derives from its action, so it was made before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupon:
    """A code as the platform has it now.

    `off` is in minor units of `currency`; without one in hundredths of a percent. `terms` are by
    the names of `contracts.actions.Live`; one that is not told is absent.
    """

    id: str
    off: int
    currency: str | None
    is_over: bool
    at: dt.datetime
    """The platform's clock when it said so."""
    terms: Mapping[str, str | int | None]
    holders: Collection[str] | None
    """Who alone may use it, as `Coupons.holder` names them; empty: everybody. None: it is not
    told, and a code for one member cannot be told from one for everybody."""


def _itself(_client: Any, recipient: str) -> str | None:
    return recipient


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupons:
    """How a platform keeps coupons.

    Callables get the open client first. What they raise ends as in `writes.one_by_one`; what `make`
    and `close` ask before they write, they ask inside `sending.nothing_sent`.
    """

    find: Callable[[Any, Change], Coupon | None]
    """The code of a change; None where the platform knows none.

    It raises `SourceContractError` for a kind of coupon or a term that we do not write."""
    make: Callable[[Any, Change, CouponTerms], None]
    """Raises `CodeExistsError`, or `UnfitError` for what the platform cannot keep."""
    close: Callable[[Any, Change, Coupon], None]
    holder: Callable[[Any, str], str | None] = _itself
    """What the platform calls the member `Change.recipient` where it says whom a code is for;
    None: it knows no such member."""
    carries: frozenset[str] = frozenset()
    """Fields of `CouponTerms` beyond dates, uses and least order that it can keep."""
    exists: str = "it exists already"
    """What is said of a code that was there before."""
    missing: str = "the shop has no such code"
    """What is said of a code that cannot be closed, since it is not there."""
    alone: type[SourceRejectedError] | tuple[type[SourceRejectedError], ...] = ()
    """Refusals that are about one code."""

    def live(self, client: Any, changes: Sequence[Change]) -> dict[str, Live | Unread]:
        """What each code takes off, 0 once it is closed or has ended, and its terms."""
        return read_each(changes, lambda change: self._live(client, change))

    def send(self, client: Any, changes: Sequence[Change]) -> list[Outcome]:
        """Make codes, or close those whose value is to be 0."""
        return one_by_one(changes, lambda change: self._send(client, change), alone=self.alone)

    def _live(self, client: Any, change: Change) -> Live | None:
        coupon = self.find(client, change)
        if coupon is None:
            return None
        audience = self._audience(client, change, coupon)
        return Live(
            value=0 if coupon.is_over else coupon.off,
            currency=coupon.currency,
            terms={**coupon.terms, **({} if audience is None else {"audience": audience})},
        )

    def _audience(self, client: Any, change: Change, coupon: Coupon) -> Audience | None:
        """Whom it holds for; None where nobody can tell: of one for a member whom we cannot name
        any more."""
        if coupon.holders is None:
            return None
        if not coupon.holders:
            return Audience.EVERYBODY
        if change.recipient is None:
            return None if change.member_id is not None else Audience.OTHER
        own = self.holder(client, change.recipient)
        return Audience.MEMBER if [own] == [*coupon.holders] else Audience.OTHER

    def _send(self, client: Any, change: Change) -> str | None:
        if change.after == 0:
            with nothing_sent():
                coupon = self.find(client, change)
            if coupon is None:
                raise UnfitError(self.missing)
            self.close(client, change, coupon)
            return None
        try:
            self.make(client, change, self._terms(change))
        except CodeExistsError:
            return self.exists
        return None

    def _terms(self, change: Change) -> CouponTerms:
        terms = opened(change, CouponTerms)
        if terms.max_spend_minor is not None and "max_spend_minor" not in self.carries:
            raise UnfitError("no code here has a largest order: take an amount off (off_minor)")
        self._check_goods(terms)
        return terms

    def _check_goods(self, terms: CouponTerms) -> None:
        """Goods that it holds for say the same as those that it does not: one of both is enough."""
        given, kept = {name for name in _GOODS if getattr(terms, name)}, self.carries & {*_GOODS}
        if not given or given & kept:
            return
        if not kept:
            raise UnfitError("a code for single goods is not written here")
        told = ("what it holds for", "what it leaves out")
        does, does_not = told if "listing_ids" in kept else reversed(told)
        raise UnfitError(f"a code here says {does}, not {does_not}")


def off_text(change: Change, currency: str) -> str:
    """What a code is to take off as decimal text: money, or a percentage ("15.00").

    Raises:
        UnfitError: it is in another currency than `currency`, the shop's.
    """
    if change.currency not in (None, currency):
        raise UnfitError(f"the shop's coupons are in {currency}")
    return format_minor(change.after, change.currency or _HUNDREDTHS)


def percentage(text: str) -> int:
    """Text of a percentage ("15.00"), in hundredths of one.

    Raises:
        SourceContractError: it is none, or finer.
    """
    return parse_minor(text, _HUNDREDTHS)
