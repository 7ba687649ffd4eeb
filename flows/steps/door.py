"""The door: what is looked at once more just before an approved action is sent."""

import datetime as dt
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field

from actions.guard import per_item_recheck, undo_recheck
from actions.guard.refusals import POLICY_OFF
from actions.words import unfit
from contracts.actions import Action, Live
from contracts.codes import PolicyMode
from flows.steps.approved import approved_sentences
from flows.steps.guard_facts import campaigns, facts
from flows.steps.home import Home
from flows.steps.shop import Shop

Refused = dict[str, tuple[str, str]]
"""Guard and reason by action id."""


@dataclass(slots=True)
class WriteDoor:
    """The door of a shop; answers `actions.verdicts.Recheck`."""

    home: Home
    shop: Shop
    delayed: list[str] = field(default_factory=list)
    """What holds actions until a person changes it, each in a sentence."""

    def recheck(
        self, actions: Sequence[Action], live: Mapping[str, Live], *, at: dt.datetime
    ) -> Refused:
        """What must not be sent after all, or not now.

        What is not what was approved is refused, and so are words that nobody approved.
        An undo needs no policy. What a policy that is gone or off has decided waits until its
        window ends, since a person may put the file back; no other policy waits for that.
        """
        altered = self.home.ledger.altered(actions)
        refused = {action_id: ("content", why) for action_id, why in altered.items()}
        refused |= self._unfit(_excluding(actions, refused))
        rest = _excluding(actions, refused)
        undo = [action for action in rest if action.undoes is not None]
        refused |= undo_recheck(undo, campaigns(self.home, self.shop), at=at)
        ours = [action for action in rest if action.undoes is None]
        for policy in dict.fromkeys(action.policy for action in ours):
            mine = [action for action in ours if action.policy == policy]
            why = self._why_off(policy)
            if why is not None:
                refused |= {action.action_id: (POLICY_OFF, why) for action in mine}
                self.delayed.append(why)
            else:
                refused |= self._judge(policy, mine, live, at=at)
        return refused

    def _unfit(self, actions: Sequence[Action]) -> Refused:
        own = approved_sentences(self.home.folder)
        found = {action.action_id: unfit(action, own) for action in actions}
        return {action_id: ("words", why) for action_id, why in found.items() if why is not None}

    def _why_off(self, policy: str) -> str | None:
        """Why a policy may not write here now, if it may not."""
        file = self.home.policies.get(policy)
        if file is None:
            return f"policies/{policy}.toml does not exist any more: what it decided is held"
        mode = file.settings.mode_of(self.shop.id)
        if mode in (PolicyMode.OFF, PolicyMode.SHADOW):
            return f"the mode of {policy} for {self.shop.id} is {mode} now: what it decided is held"
        return None

    def _judge(
        self, policy: str, actions: list[Action], live: Mapping[str, Live], *, at: dt.datetime
    ) -> Refused:
        targets = [action.target_id for action in actions]
        # A reminder's target is the request that it reminds of, its parent is the order.
        order_ids = [action.parent_id or action.target_id for action in actions]
        return per_item_recheck(
            actions,
            live,
            facts(self.home, self.shop, policy, at=at, targets=targets, order_ids=order_ids),
            limits=self.home.policy(self.shop, policy).limits,
            economics=self.shop.economics,
            at=at,
        )


def _excluding(actions: Sequence[Action], gone: Container[str]) -> list[Action]:
    """The actions but for those of these ids."""
    return [action for action in actions if action.action_id not in gone]
