"""Act: send what is approved through the one door, read it back, settle it."""

from collections import Counter
from dataclasses import dataclass

from actions.dispatch import dispatch
from actions.guard.switches import explain
from connectors.base.limits import Urgency
from contracts.codes import ActionState
from flows.steps.blocked import Blocked, each
from flows.steps.door import WriteDoor
from flows.steps.holders import holder
from flows.steps.home import Home
from flows.steps.progress import Progress, silent
from flows.steps.shop import Shop
from flows.steps.writers import Writers

_UNDER_WAY = (ActionState.SENDING, ActionState.SENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """Where the actions of a shop ended."""

    shop_id: str
    states: dict[str, int]
    """How many ended in which state; of `sending` and `sent` all that a later call reads back, also
    those that a process which ended, or another one, has in hand."""
    stops: tuple[str, ...] = ()
    """What holds writes there, each in a sentence: kill switches, and policies that are off."""

    @property
    def is_blocked(self) -> bool:
        """Whether something waits for a person: a stop, or an action whose outcome is unknown."""
        return bool(self.stops or self.states.get(ActionState.UNKNOWN))


def act(
    home: Home,
    *,
    shop_id: str | None = None,
    policy: str | None = None,
    undo_batch: str | None = None,
    progress: Progress = silent,
    blocked: list[Blocked] | None = None,
) -> list[Acted]:
    """Send the approved actions of a shop or of all, or of one policy, or one undo batch.

    Safe to call again after a crash: what may have been sent is read back first. It takes no dates:
    an action whose window has passed expires.
    """

    def act_in_shop(shop: Shop) -> Acted:
        return _act(home, shop, policy=policy, undo_batch=undo_batch, progress=progress)

    return each(home.select(shop_id), "act", act_in_shop, blocked)


def _act(
    home: Home, shop: Shop, *, policy: str | None, undo_batch: str | None, progress: Progress
) -> Acted:
    if policy is not None:
        home.policies_of(shop, policy)
    sent = 0

    def advance(count: int) -> None:
        nonlocal sent
        sent += count
        progress(f"{shop.id} act", sent, None)

    urgency = Urgency.ACT if undo_batch is None else Urgency.UNDO
    door = WriteDoor(home, shop)
    with Writers(home, shop, urgency) as writers:
        clock = writers.clock()
        recalled = home.recall.settle(at=clock())
        home.ledger.expire(at=clock())
        ended = dispatch(
            home.ledger,
            writers.outbound,
            shop_id=shop.id,
            platform_of=writers.platform_of,
            holder=holder(),
            clock=clock,
            recheck=lambda actions, live: door.recheck(actions, live, at=clock()),
            policy=policy,
            undo_batch=undo_batch,
            on_progress=advance,
        )
        home.recall.mark(at=clock())
    if recalled:
        # The journal knows no shops: what it recalls is reported by the shop that acts first.
        ended[ActionState.UNKNOWN] = ended.get(ActionState.UNKNOWN, 0) + len(recalled)
    open_ones = home.ledger.find(
        states=_UNDER_WAY, shop_id=shop.id, policy=policy, undo_batch=undo_batch
    )
    ended |= Counter(one.state for one in open_ones)
    return Acted(
        shop_id=shop.id,
        states={str(state): count for state, count in ended.items()},
        # What takes our own back goes out under any stop.
        stops=() if undo_batch else (*_stops(home, shop, policy), *dict.fromkeys(door.delayed)),
    )


def _stops(home: Home, shop: Shop, policy: str | None) -> tuple[str, ...]:
    """The stops in force that concern a shop, or one policy there."""
    concerned = {
        "all": {""},
        "shop": {shop.id},
        "platform": {source.connector.name for source in shop.sources if source.connector.writes},
        "policy": set(home.policies_of(shop, policy)),
    }
    found = home.ledger.switches()
    return tuple(explain(one) for one in found if one.name in concerned.get(one.scope, ()))
