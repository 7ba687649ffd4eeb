"""Backtest: a policy with its guards over a span of history, by the code that decides, acting on
nothing."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import polars as pl

from contracts.actions import Action
from contracts.codes import ActionState, PolicyMode, WriteKind
from contracts.errors import ConfigurationError
from flows.steps.blocked import Blocked, each
from flows.steps.build import build
from flows.steps.check import check
from flows.steps.decide import decide
from flows.steps.earned import record_backtest
from flows.steps.holders import person
from flows.steps.home import Home
from flows.steps.past import Past
from flows.steps.policies import PolicyFile
from flows.steps.profits import Profit, profit
from flows.steps.progress import Progress, silent
from flows.steps.settings import PolicyOfShop
from flows.steps.shop import Shop

_BY: Final = "backtest"
_LAST_HOUR: Final = 23
_FORTNIGHT: Final = dt.timedelta(days=13)
_PASSED: Final = (ActionState.PROPOSED, ActionState.APPROVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What was proposed, refused by guard, and left alone by reason."""

    proposals: int = 0
    raises: int = 0
    cuts: int = 0
    refusals: Mapping[str, int] = field(default_factory=dict)
    left_alone: Mapping[str, int] = field(default_factory=dict)
    """Targets; one that is left alone on two days counts twice."""
    profit: Profit

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            proposals=self.proposals + other.proposals,
            raises=self.raises + other.raises,
            cuts=self.cuts + other.cuts,
            refusals=_sum(self.refusals, other.refusals),
            left_alone=_sum(self.left_alone, other.left_alone),
            profit=self.profit + other.profit,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One shop-local day. Null `decided_at`: nothing had been read on it, so nothing was decided;
    or it `failed`, for this reason.
    """

    day: dt.date
    tally: Tally
    decided_at: dt.datetime | None = None
    actions: tuple[Action, ...] = ()
    """What would have entered the ledger."""
    failed: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtested:
    """What a policy would have come to in a shop, day by day."""

    policy: str
    shop_id: str
    first: dt.date
    last: dt.date
    hour: int
    """Each day is decided on what was read by the end of this hour of the shop."""
    days: tuple[Day, ...]
    total: Tally
    missing: tuple[str, ...]
    """Readings that landing no longer has: what they reported is left out."""

    @property
    def failed(self) -> list[str]:
        """The days that could not be decided, each in a sentence."""
        return [f"{one.day}: {one.failed}" for one in self.days if one.failed]

    def as_dict(self) -> dict[str, Any]:
        """For --json: counts, no actions."""
        days = [
            {
                "day": one.day,
                "decided_at": one.decided_at,
                "failed": one.failed,
                **asdict(one.tally),
            }
            for one in self.days
        ]
        names = ("policy", "shop_id", "first", "last", "hour", "missing")
        return {
            **{name: getattr(self, name) for name in names},
            "total": asdict(self.total),
            "days": days,
        }


def backtest(
    home: Home,
    policy: str,
    *,
    shop_id: str,
    first: dt.date | None = None,
    last: dt.date | None = None,
    progress: Progress = silent,
) -> Backtested:
    """Let a policy decide on every day of a span on what was known then, with the settings of now.

    The last fourteen days that were read, unless others are given. Nothing is sent, and nothing is
    recorded in the home but that it was backtested, where no day failed.

    What the policy would have done counts for its guards from then on, as if it had been approved
    and carried out, in place of what it really did within the span; of all else the ledger shows
    what it showed then. A price that it would have changed stays so until the platform shows
    another than it did then.

    Raises:
        ConfigurationError: no such shop or policy; no span; or nothing was read in it.
    """
    shop = home.shop(shop_id)
    found = home.policy(shop, policy)
    last = last or home.data_as_of(shop).astimezone(shop.zone).date()
    first = first or last - _FORTNIGHT
    if last < first:
        raise ConfigurationError(f"--to {last} is before --from {first}")
    hour = usual_hour(home, shop, policy)
    policies = {**home.policies, policy: _acting(home.policies[policy], shop)}
    others = (
        [one for one in home.shops.values() if one.id != shop.id]
        if WriteKind.SET_PRICE in found.module.WRITES
        else []
    )
    with (
        TemporaryDirectory(prefix="shopkeeper-backtest-") as folder,
        Past(home, Path(folder), policies) as past,
    ):
        known = past.first_read(shop)
        replayed = _Replay(past, shop, policy, first, others)
        days = []
        for day in _days(first, last):
            progress("backtest", (day - first).days, (last - first).days + 1)
            days.append(replayed.day(day, _end(shop, day, hour), progress))
        missing = past.missing
    if not any(one.decided_at or one.failed for one in days):
        raise ConfigurationError(_unknown_span(shop, first, last, known, missing))
    if not any(one.failed for one in days):
        record_backtest(home, shop, policy, first=first, last=last, by=person(None))
    return Backtested(
        policy=policy,
        shop_id=shop.id,
        first=first,
        last=last,
        hour=hour,
        days=tuple(days),
        total=sum((one.tally for one in days), replayed.nothing),
        missing=missing,
    )


def usual_hour(home: Home, shop: Shop, policy: str) -> int:
    """The hour of the shop's day in which the policy decided most, else the shop; else the last."""
    for name in (policy, None):
        decided = home.ledger.find(shop_id=shop.id, policy=name)
        hours = Counter(one.decided_at.astimezone(shop.zone).hour for one in decided)
        if hours:
            return min(hours, key=lambda hour: (-hours[hour], hour))
    return _LAST_HOUR


class _Replay:
    """A shop's past, day after day, with what the policy would have done in it."""

    def __init__(
        self, past: Past, shop: Shop, policy: str, first: dt.date, others: Sequence[Shop]
    ) -> None:
        self._past, self._shop, self._policy = past, shop, policy
        self._since = shop.midnight(first)
        self._others = others
        self._runs: list[str] = []
        self._prices: dict[str, tuple[int, int]] = {}
        """By listing what the platform showed when we would have changed it, and to what."""
        self.nothing = Tally(profit=Profit(currency=shop.settings.currency))

    def day(self, day: dt.date, until: dt.datetime, progress: Progress) -> Day:
        """What the policy comes to on a day; what stops it stops no other day."""
        stopped: list[Blocked] = []
        found = each([self._shop], _BY, lambda _: self._play(day, until, progress), stopped)
        failed = "; ".join(one.sentence for one in stopped) or None
        return found[0] if found else Day(day=day, tally=self.nothing, failed=failed)

    def _play(self, day: dt.date, until: dt.datetime, progress: Progress) -> Day:
        for one in (self._shop, *self._others):
            self._past.advance(one, until, progress)
        newest = self._past.readings.newest(self._shop.id, with_backfills=True)
        if not newest or max(newest.values()) < self._shop.midnight(day):
            return Day(day=day, tally=self.nothing)
        return self._decide(day)

    def _decide(self, day: dt.date) -> Day:
        past, shop = self._past, self._shop
        moment = past.data_as_of(shop)
        past.remember(
            shop, moment, is_history=lambda one: self._is_history(one, moment), own_runs=self._runs
        )
        check(past, shop_id=shop.id, has_docs=False)
        self._put_prices()
        for one in (shop, *self._others):
            if past.readings.newest(one.id, with_backfills=True):
                build(past, shop_id=one.id)
        (decided,) = decide(past, shop_id=shop.id, policy=self._policy)
        self._runs.append(decided.run_id)
        actions = past.ledger.find(run_id=decided.run_id)
        self._carry_out([one for one in actions if one.state in _PASSED], moment)
        return Day(
            day=day,
            decided_at=moment,
            actions=tuple(actions),
            tally=replace(
                _tally(actions, shop),
                left_alone={one.reason: one.targets for one in decided.left_alone},
            ),
        )

    def _is_history(self, action: Action, moment: dt.datetime) -> bool:
        """Whether it was there when the policy decided: policies decide in the order of their
        names, and what this one really did in the span is what it is to do again.
        """
        is_before = action.decided_at < moment or action.policy < self._policy
        return is_before and (action.policy != self._policy or action.decided_at < self._since)

    def _carry_out(self, passed: Sequence[Action], at: dt.datetime) -> None:
        ledger = self._past.ledger
        waiting = [one.action_id for one in passed if one.state is ActionState.PROPOSED]
        ledger.approve(waiting, by=_BY, at=at)
        ledger.settle(passed, ActionState.CONFIRMED, at=at)
        priced = {one.target_id: one for one in passed if one.write_kind is WriteKind.SET_PRICE}
        for listing, seen in self._prices_seen(priced).items():
            self._prices[listing] = seen, priced[listing].after_value

    def _put_prices(self) -> None:
        """What we would have changed and nobody has changed since stays as we would have it."""
        seen = self._prices_seen(self._prices)
        self._prices = {
            listing: (was, ours)
            for listing, (was, ours) in self._prices.items()
            if seen.get(listing) == was
        }
        self._past.put_prices(self._shop, {one: ours for one, (_, ours) in self._prices.items()})

    def _prices_seen(self, listings: Iterable[str]) -> dict[str, int]:
        seen = self._past.prices(self._shop).filter(pl.col("listing_id").is_in(list(listings)))
        return dict(seen.select("listing_id", "price_minor").iter_rows())


def _acting(file: PolicyFile, shop: Shop) -> PolicyFile:
    """The policy as it is set, in a mode in which it would act."""
    own = file.settings.shops.get(shop.id, PolicyOfShop()).model_copy(
        update={"mode": PolicyMode.AUTO}
    )
    shops = {**file.settings.shops, shop.id: own}
    return replace(file, settings=file.settings.model_copy(update={"shops": shops}))


def _days(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    return (first + dt.timedelta(days=step) for step in range((last - first).days + 1))


def _end(shop: Shop, day: dt.date, hour: int) -> dt.datetime:
    """The end of an hour of a shop-local day, in UTC."""
    begins = dt.datetime.combine(day, dt.time(hour), shop.zone).astimezone(dt.UTC)
    return begins + dt.timedelta(hours=1)


def _unknown_span(
    shop: Shop,
    first: dt.date,
    last: dt.date,
    known: dt.datetime | None,
    missing: Sequence[str],
) -> str:
    if known is None:
        return f"shop {shop.id} was never read: run `shopkeeper pull`"
    if missing:
        return f"what was read of shop {shop.id} until {last} is no longer in landing"
    return (
        f"shop {shop.id} was first read on {known.astimezone(shop.zone).date()}, so nothing was"
        f" known between {first} and {last}: a backtest reads what was known on each day, and what"
        " a backfill reads is known from then on"
    )


def _sum(left: Mapping[str, int], right: Mapping[str, int]) -> dict[str, int]:
    """By name, the most first."""
    return dict((Counter(left) + Counter(right)).most_common())


def _tally(actions: Sequence[Action], shop: Shop) -> Tally:
    passed = [one for one in actions if one.state in _PASSED]
    priced = [one for one in passed if one.write_kind is WriteKind.SET_PRICE]
    changes = [one.after_value - (one.before_value or 0) for one in priced]
    return Tally(
        proposals=len(passed),
        raises=sum(change > 0 for change in changes),
        cuts=sum(change < 0 for change in changes),
        refusals=_sum({}, Counter(one.guard for one in actions if one.guard is not None)),
        profit=profit(priced, shop.economics, currency=shop.settings.currency),
    )
