"""Undo: show what would be taken back, and take it back."""

import uuid
from dataclasses import dataclass, field
from typing import Any, Final

from actions.undo import UNDER_WAY, UndoItem, UndoPlan, is_undoable, plan, to_actions
from actions.writes import changes
from connectors.base.limits import Urgency
from contracts.actions import Action
from contracts.codes import ActionState, WriteKind
from contracts.languages import Bilingual, Language
from contracts.money import format_amount
from flows.steps.act import act
from flows.steps.actions import Selection, select
from flows.steps.holders import person
from flows.steps.home import Home
from flows.steps.progress import Progress, silent
from flows.steps.redeemed import redeemed_times
from flows.steps.shop import Shop
from flows.steps.writers import Writers
from reports.daily import in_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """The plan, and what became of it where it was carried out."""

    is_executed: bool
    batch: str
    items: list[dict[str, Any]]
    states: dict[str, int] = field(default_factory=dict)

    @property
    def has_conflicts(self) -> bool:
        """Whether something was left alone."""
        return any(item["conflict"] for item in self.items)

    def title(self, language: Language, how: str = "--yes") -> str:
        """What this is; of a plan `how` it is carried out."""
        if not self.items:
            return _EMPTY.in_(language)
        if not self.is_executed:
            return _PLAN.in_(language).format(how)
        found = {ActionState(state): count for state, count in self.states.items()}
        return _UNDONE.in_(language).format(in_words(found, language) or _NONE.in_(language))


_EMPTY: Final = Bilingual("Nothing to undo", "没有可撤销的动作")
_PLAN: Final = Bilingual("The plan; {} carries it out", "仅为计划；用 {} 执行")
_UNDONE: Final = Bilingual("Undone: {}", "已撤销：{}")
_NONE: Final = Bilingual("nothing", "无")


def undo(
    home: Home,
    chosen: Selection,
    *,
    by: str | None,
    execute: bool,
    progress: Progress = silent,
) -> Undone:
    """Plan, and with `execute` carry out, the undo of the chosen actions.

    Several actions on one target collapse to the value before the first of them; it is restored
    only where our last value is still in force, and the rest is shown as a conflict. A coupon is
    closed. Kill switches do not stop it.

    Raises:
        ConfigurationError: no such shop, or no token.
    """
    batch = uuid.uuid4().hex
    items: list[dict[str, Any]] = []
    states: dict[str, int] = {}
    actions = [action for action in select(home, chosen) if action.undoes is None]
    for shop_id in dict.fromkeys(action.shop_id for action in actions):
        shop = home.shop(shop_id)
        mine = [action for action in actions if action.shop_id == shop_id]
        planned, restoring = _plan(home, shop, mine, batch=batch)
        items += [_row(item) for item in planned]
        if execute and restoring:
            at = restoring[0].decided_at
            home.ledger.enqueue_undo(restoring, batch=batch, by=person(by), at=at)
            for acted in act(home, shop_id=shop_id, undo_batch=batch, progress=progress):
                for state, count in acted.states.items():
                    states[state] = states.get(state, 0) + count
    return Undone(is_executed=execute, batch=batch, items=items, states=states)


def _plan(
    home: Home, shop: Shop, actions: list[Action], *, batch: str
) -> tuple[tuple[UndoItem, ...], list[Action]]:
    kinds = dict.fromkeys(action.write_kind for action in actions)
    waiting = home.ledger.find(shop_id=shop.id, states=UNDER_WAY)
    under_way = [action for action in waiting if action.undoes is not None]
    items: tuple[UndoItem, ...] = ()
    with Writers(home, shop, Urgency.UNDO) as writers:
        at = writers.clock()()
        for kind in kinds:
            same = [action for action in actions if action.write_kind is kind]
            source = shop.writer(kind)
            write = source.connector.write(kind) if source else None
            door = writers.outbound(same[0]) if is_undoable(kind) else None
            # By kind: an order and a listing may have the same number.
            planned = plan(
                same,
                door.live(changes(same)) if door else {},
                under_way=under_way,
                reversals={kind: write.reversal} if write else {},
                redeemed=redeemed_times(home, shop, same)
                if kind is WriteKind.CREATE_COUPON
                else {},
            )
            items += planned.items
    return items, to_actions(UndoPlan(items), batch=batch, at=at)


def _row(item: UndoItem) -> dict[str, Any]:
    action = item.latest
    return {
        "shop_id": action.shop_id,
        "action_id": action.action_id,
        "target_id": action.target_id,
        "sku_id": action.sku_id,
        "from": _value(action, item.expected),
        "to": _value(action, item.restore),
        "actions": len(item.actions),
        "conflict": item.conflict,
        "note": item.note,
    }


def _value(action: Action, value: int | None) -> str | None:
    if value is None:
        return None
    if action.currency is not None:
        return format_amount(value, action.currency)
    return str(value)
