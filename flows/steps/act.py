"""Act: send what is approved through the one door, read it back, settle it."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from actions.dispatch import dispatch
from actions.guard import per_item_recheck
from contracts.actions import Action, Change, Live, Outcome
from contracts.ports import Outbound
from flows.steps.decide import facts
from flows.steps.holders import holder
from flows.steps.home import Home, Progress, Shop, ShopClock, silent
from flows.steps.shops import each


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """Where the actions of a shop ended."""

    shop_id: str
    states: dict[str, int]


@dataclass(frozen=True, slots=True)
class ShopWrite:
    """One write of one shop, on an open client."""

    client: Any
    write_live: Callable[[Any, Sequence[Change]], dict[str, Live]] | None
    write_send: Callable[[Any, Sequence[Change]], list[Outcome]]
    settles: dt.timedelta
    is_absolute: bool

    @property
    def reads_back(self) -> bool:
        """Whether the platform shows what is in force."""
        return self.write_live is not None

    def live(self, changes: Sequence[Change]) -> dict[str, Live]:
        """Value in force per target; nothing where nothing can be read back."""
        return {} if self.write_live is None else self.write_live(self.client, changes)

    def send(self, changes: Sequence[Change]) -> list[Outcome]:
        """Write; one outcome per change."""
        return self.write_send(self.client, changes)


def act(
    home: Home,
    *,
    shop_id: str | None = None,
    policy: str | None = None,
    undo_batch: str | None = None,
    progress: Progress = silent,
) -> list[Acted]:
    """Send the approved actions of a shop or of all, or of one policy, or one undo batch.

    Safe to call again after a crash: what may have been sent is read back first. It takes no dates:
    an action whose window has passed expires.
    """

    def one(shop: Shop) -> Acted:
        return _act(home, shop, policy=policy, undo_batch=undo_batch, progress=progress)

    return each(home.select(shop_id), one)


def _act(
    home: Home, shop: Shop, *, policy: str | None, undo_batch: str | None, progress: Progress
) -> Acted:
    if policy is not None:
        home.policies_of(shop, policy)
    client = shop.platform.open()
    sent = 0

    def advance(count: int) -> None:
        nonlocal sent
        sent += count
        progress(f"{shop.id} act", sent, None)

    try:
        clock = ShopClock(client.now())
        home.ledger.expire(at=clock())
        ended = dispatch(
            home.ledger,
            lambda action: outbound(shop, client, action),
            shop_id=shop.id,
            platform=shop.platform.connector.name,
            holder=holder(),
            clock=clock,
            recheck=lambda actions, live: _recheck(home, shop, actions, live, at=clock()),
            policy=policy,
            undo_batch=undo_batch,
            on_progress=advance,
        )
    finally:
        client.close()
    return Acted(shop_id=shop.id, states={str(state): count for state, count in ended.items()})


def outbound(shop: Shop, client: Any, action: Action) -> Outbound | None:
    """What writes an action, if the shop's platform can."""
    write = shop.platform.connector.write(action.write_kind)
    if write is None:
        return None
    return ShopWrite(client, write.live, write.send, write.settles, write.is_absolute)


def _recheck(
    home: Home,
    shop: Shop,
    actions: Sequence[Action],
    live: Mapping[str, Live],
    *,
    at: dt.datetime,
) -> dict[str, tuple[str, str]]:
    refused: dict[str, tuple[str, str]] = {}
    for policy in dict.fromkeys(action.policy for action in actions):
        mine = [action for action in actions if action.policy == policy]
        limits = home.policies[policy][3]
        refused |= per_item_recheck(
            mine,
            live,
            facts(home, shop, policy, at=at),
            limits=limits,
            economics=shop.economics,
            at=at,
        )
    return refused
