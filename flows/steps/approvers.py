"""Approvers: who may approve which action, by approvers.toml; without that file, whoever types."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from actions.stakes import stake
from contracts.actions import Action
from contracts.codes import ActionState
from contracts.money import format_amount
from flows.steps.edits import Edit, edits, file_of, in_force, record_edit
from flows.steps.home import Home
from flows.steps.named import APPROVERS
from flows.steps.settings import Role
from warehouse.event_chain import Events

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Approver:
    """Who decides: the name that was given, and the account that typed it.

    `os_user` None: it came by a form, whose process is nobody's who sat at the browser.
    """

    name: str
    os_user: str | None


@dataclass(slots=True)
class Approvers:
    """What one person may approve now; keeps count of what they were allowed."""

    home: Home
    who: Approver
    at: dt.datetime
    _spent: dict[str, int] | None = field(default=None)
    """What they approved within a day, by currency; read when first needed."""
    _edits: dict[str, list[Edit]] = field(default_factory=dict)

    @classmethod
    def of(cls, home: Home, who: Approver, *, at: dt.datetime) -> "Approvers":
        """Of the settings of now."""
        if home.approvers is not None:
            for name in (APPROVERS, *map(file_of, home.policies)):
                record_edit(home, name, at=at)
        return cls(home, who, at)

    def why_not(self, action: Action) -> str | None:
        """Why they may not approve an action; None: they may, and it counts from now on."""
        settings = self.home.approvers
        if settings is None:
            return None
        roles = [role for role in settings.roles.values() if self._is_in(role)]
        if not roles:
            return f"{self.who.name} has no role in approvers.toml"
        named = [role for role in roles if _covers(role, action)]
        if not named:
            return f"no role of {self.who.name} may approve {action.policy} of {action.shop_id}"
        own = self._own_edit(action, named)
        if own is not None:
            return own
        reasons = [self._beyond(role, action) for role in named]
        if None not in reasons:
            return reasons[0]
        currency, minor = _stake(self.home, action)
        self._spend(currency, minor or 0)
        return None

    def _is_in(self, role: Role) -> bool:
        return self.who.name in role.names or self.who.os_user in role.users

    def _own_edit(self, action: Action, roles: Sequence[Role]) -> str | None:
        """A name is compared where the name gives the right, the account where the account does: a
        home whose files are all one account's says nothing of who edited them."""
        mine = {self.who.name for role in roles if self.who.name in role.names}
        mine |= {self.who.os_user for role in roles if self.who.os_user in role.users}
        if action.policy not in self._edits:
            self._edits[action.policy] = edits(self.home, action.policy)
        versions = in_force(self._edits[action.policy], action.decided_at)
        found = [one for one in versions if one.by in mine]
        if not found:
            return None
        return (
            f"{file_of(action.policy)} is {found[-1].by}'s, as seen at"
            f" {found[-1].at:%Y-%m-%d %H:%M} UTC: who edits a policy does not approve its actions"
        )

    def _beyond(self, role: Role, action: Action) -> str | None:
        currency, minor = _stake(self.home, action)
        if role.max_action_minor is None and role.max_day_minor is None:
            return None
        if minor is None:
            return "what it costs is not known, and a role with limits may not approve that"
        for limits, amount, of in (
            (role.max_action_minor, minor, "an action"),
            (role.max_day_minor, minor + self._today().get(currency, 0), "a day"),
        ):
            most = None if limits is None else limits.get(currency, 0)
            if most is not None and amount > most:
                spent, limit = (format_amount(one, currency) for one in (amount, most))
                return f"{spent} at stake, {self.who.name} may approve {limit} {of}"
        return None

    def _today(self) -> dict[str, int]:
        if self._spent is None:
            self._spent = {}
            ids = Events(self.home.database).subjects(
                kind=ActionState.APPROVED, by=self.who.name, os_user=self.who.os_user,
                since=self.at - _DAY,
            )  # fmt: skip
            for one in self.home.ledger.find(action_ids=list(dict.fromkeys(ids))):
                currency, minor = _stake(self.home, one)
                self._spend(currency, minor or 0)
        return self._spent

    def _spend(self, currency: str, minor: int) -> None:
        spent = self._today()
        spent[currency] = spent.get(currency, 0) + minor


def waiting_for(home: Home, actions: Iterable[Action]) -> dict[str, int]:
    """How many of the actions wait for whom, by the names of all who may approve them.

    Under "" are those that nobody may. Empty where no approvers.toml says who. What somebody
    approved before within a day, and who edited a policy, is not asked here.
    """
    if home.approvers is None:
        return {}
    roles = home.approvers.roles.values()
    found = Counter(
        ", ".join(
            dict.fromkeys(
                person
                for role in roles
                if _covers(role, action) and _is_within(home, role, action)
                for person in (*role.names, *role.users)
            )
        )
        for action in actions
    )
    return dict(found.most_common())


def _is_within(home: Home, role: Role, action: Action) -> bool:
    """Whether one action alone stays within a role's limits."""
    limits = [one for one in (role.max_action_minor, role.max_day_minor) if one is not None]
    currency, minor = _stake(home, action)
    return not limits or (
        minor is not None and minor <= min(one.get(currency, 0) for one in limits)
    )


def _stake(home: Home, action: Action) -> tuple[str, int | None]:
    found = stake(action)
    return found.currency or home.shop(action.shop_id).settings.currency, found.minor


def _covers(role: Role, action: Action) -> bool:
    return (role.policies is None or action.policy in role.policies) and (
        role.shops is None or action.shop_id in role.shops
    )
