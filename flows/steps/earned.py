"""Earned: what a policy in mode `auto` has to show for itself in a shop before it acts there."""

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence

import polars as pl

from contracts.codes import ListingStatus, PolicyMode, WriteKind
from contracts.tables import Listing
from flows.steps.derived import costs
from flows.steps.home import Home
from flows.steps.policies import ShopPolicy
from flows.steps.shop import Shop
from flows.steps.views import View
from warehouse.event_chain import Events
from warehouse.events import LedgerEvent
from warehouse.transitions import SYSTEM

DECIDED, BACKTESTED = "decided", "backtested"
_WATCHED = (PolicyMode.SHADOW, PolicyMode.APPROVE)


def why_not_auto(home: Home, shop: Shop, policy: str, *, at: dt.datetime) -> str | None:
    """Why a policy that is set to `auto` acts by approval in a shop, in one sentence; None: it does
    not, or is not set to it.

    A policy that writes nothing to a platform has nothing to earn.
    """
    found = home.policy(shop, policy)
    if found.mode is not PolicyMode.AUTO or set(found.module.WRITES) <= {WriteKind.NONE}:
        return None
    happened = Events(home.database).of(_subject(shop, policy))
    lacking = [
        *_missing_days(home, happened),
        *_missing_costs(home, shop, found, at),
        *_missing_backtest(home, shop, policy, found, happened, at),
    ]
    return f"{policy} in {shop.id} acts by approval: {'; '.join(lacking)}" if lacking else None


def why_not_auto_in(home: Home, shop: Shop) -> list[str]:
    """The same of all policies of a shop; of one that was never read nothing."""
    if not home.readings.newest(shop.id, with_backfills=True):
        return []
    at = home.data_as_of(shop)
    reasons = (why_not_auto(home, shop, name, at=at) for name in home.policies_of(shop, None))
    return [one for one in reasons if one is not None]


def record_decision(
    home: Home, shop: Shop, policy: str, mode: PolicyMode, *, at: dt.datetime
) -> None:
    """Write an event for a policy's first decision of a shop-local day that a person watches."""
    events, subject, day = Events(home.database), _subject(shop, policy), _day(shop, at)
    if mode in _WATCHED and day not in _days(events.of(subject)):
        details = {"day": day, "mode": mode}
        events.append(
            [LedgerEvent(kind=DECIDED, subject=subject, by=SYSTEM, at=at, details=details)]
        )


def record_backtest(
    home: Home, shop: Shop, policy: str, *, first: dt.date, last: dt.date, by: str
) -> None:
    """Write an event for a backtest of a policy as it is set now."""
    details = {
        "settings": _settings(home.policy(shop, policy)),
        "first": first.isoformat(),
        "last": last.isoformat(),
    }
    event = LedgerEvent(
        kind=BACKTESTED, subject=_subject(shop, policy), by=by, at=home.now(shop), details=details
    )
    Events(home.database).append([event])


def costed_rate(home: Home, shop: Shop, at: dt.datetime) -> float:
    """Part of the active listings that are linked to a SKU whose cost is known; of none it is 0."""
    view = View.of(home, shop, at)
    active = view.rows(Listing).filter(pl.col("listing_status") == ListingStatus.ACTIVE)
    known = costs(view).filter(pl.col("unit_cost_minor").is_not_null())
    costed = active.join(known, on=["shop_id", "sku_id"], how="semi")
    listed, with_cost = pl.collect_all([active.select(pl.len()), costed.select(pl.len())])
    return with_cost.item() / listed.item() if listed.item() else 0.0


def _missing_days(home: Home, happened: Sequence[LedgerEvent]) -> Iterator[str]:
    required, days = home.settings.auto.shadow_days, len(_days(happened))
    if days < required:
        yield f"{days} of {required} days of shadow or approval"


def _missing_costs(home: Home, shop: Shop, found: ShopPolicy, at: dt.datetime) -> Iterator[str]:
    required = home.settings.auto.least_costed_rate
    if WriteKind.SET_PRICE not in found.module.WRITES or required == 0:
        return
    rate = costed_rate(home, shop, at)
    if rate < required:
        yield f"{rate:.1%} of the listings are linked and costed, {required:.1%} are required"


def _missing_backtest(
    home: Home,
    shop: Shop,
    policy: str,
    found: ShopPolicy,
    happened: Sequence[LedgerEvent],
    at: dt.datetime,
) -> Iterator[str]:
    auto = home.settings.auto
    if not auto.needs_backtest:
        return
    oldest, settings = at - dt.timedelta(days=auto.backtest_days), _settings(found)
    is_done = any(
        one.kind == BACKTESTED and one.details["settings"] == settings and one.at >= oldest
        for one in happened
    )
    if not is_done:
        yield (
            f"no backtest of these settings in {auto.backtest_days} days:"
            f" `shopkeeper backtest {policy} --shop {shop.id}`"
        )


def _settings(found: ShopPolicy) -> str:
    """What a policy decides by, as one hash: its rule, its parameters and its limits."""
    parts = (found.module.VERSION, found.params.model_dump_json(), found.limits.model_dump_json())
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _days(happened: Sequence[LedgerEvent]) -> set[str]:
    return {one.details["day"] for one in happened if one.kind == DECIDED}


def _day(shop: Shop, at: dt.datetime) -> str:
    return at.astimezone(shop.zone).date().isoformat()


def _subject(shop: Shop, policy: str) -> str:
    return f"{policy} in {shop.id}"
