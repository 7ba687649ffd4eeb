"""The ledger as an operator uses it: select, describe, approve, reject, stop, resume, audit."""

import datetime as dt
import getpass
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from actions.explain import explain
from contracts.actions import Action, KillSwitch
from contracts.codes import ActionState
from contracts.errors import ConfigurationError
from contracts.names import nearest
from flows.steps.home import Home, machine_now, parse_as_of
from warehouse.events import Events

_ID_LENGTH = 32
_MOST_TOLD = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which actions are meant; what is not given does not matter."""

    shop_id: str | None = None
    policy: str | None = None
    states: tuple[ActionState, ...] | None = None
    run_id: str | None = None
    targets: tuple[str, ...] | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None

    @classmethod
    def parse(
        cls,
        *,
        shop_id: str | None,
        policy: str | None,
        states: Sequence[str] | None,
        run_id: str | None,
        targets: Sequence[str] | None,
        since: str | None,
        until: str | None,
    ) -> "Selection":
        """From what was typed.

        Raises:
            ConfigurationError: a state or an instant is none.
        """
        return cls(
            shop_id=shop_id,
            policy=policy,
            states=tuple(_state(name) for name in states) if states else None,
            run_id=run_id,
            targets=tuple(targets) if targets else None,
            since=parse_as_of(since, "--since") if since else None,
            until=parse_as_of(until, "--until") if until else None,
        )


def _state(name: str) -> ActionState:
    try:
        return ActionState(name)
    except ValueError:
        raise ConfigurationError(f"--state {name!r} is none of {', '.join(ActionState)}") from None


def select(home: Home, chosen: Selection) -> list[Action]:
    """The chosen actions, oldest decision first.

    A target is a listing, a SKU, an order, a code or a member, by pseudonym or by the platform's
    id; with a code come the messages that tell of it.

    Raises:
        ConfigurationError: no such shop.
    """
    if chosen.shop_id is not None:
        home.shop(chosen.shop_id)
    found = home.ledger.find(
        states=chosen.states,
        shop_id=chosen.shop_id,
        policy=chosen.policy,
        run_id=chosen.run_id,
        since=chosen.since,
        until=chosen.until,
    )
    if chosen.targets is None:
        return found
    wanted = set(chosen.targets)
    named = {
        shop.id: {home.members(shop).pseudonym(target) for target in wanted}
        for shop in home.shops.values()
    }
    return _with_dependents(
        found,
        [
            action
            for action in found
            if wanted & {action.target_id, action.sku_id}
            or action.member_id in named.get(action.shop_id, wanted)
        ],
    )


def _with_dependents(found: list[Action], chosen: list[Action]) -> list[Action]:
    """The chosen ones and those that need one of them."""
    ids = {action.action_id for action in chosen}
    return [action for action in found if action.action_id in ids or action.needs in ids]


def find_ids(home: Home, typed: Sequence[str]) -> list[str]:
    """Whole ids of ids or their first characters.

    Raises:
        ConfigurationError: one is unknown or could be several, which are named.
    """
    if all(len(given) == _ID_LENGTH for given in typed):
        known = {action.action_id for action in home.ledger.find(action_ids=typed)}
    else:
        known = {action.action_id for action in home.ledger.find()}
    whole = []
    for given in typed:
        matching = sorted(one for one in known if given and one.startswith(given))
        if not matching:
            raise ConfigurationError(f"no action has the id {given!r}")
        if len(matching) > 1:
            several = _told(matching, len(given))
            raise ConfigurationError(f"several actions begin with {given!r}: {several}")
        whole += matching
    return whole


def _told(ids: list[str], length: int) -> str:
    shown = [one[: length + 4] for one in ids[:_MOST_TOLD]]
    return ", ".join(shown) + (" …" if len(ids) > _MOST_TOLD else "")


def describe(home: Home, typed: str) -> dict[str, Any]:
    """One action with its sentence, its numbers, its evidence and its history."""
    action = home.ledger.find(action_ids=find_ids(home, [typed]))[0]
    history = [
        f"{event.at:%Y-%m-%d %H:%M:%S} UTC {event.kind} by {event.by}"
        for event in Events(home.database).of(action.action_id)
    ]
    return {
        **asdict(action),
        "sentence": explain(action, "en"),
        "sentence_zh": explain(action, "zh"),
        "numbers": json.loads(action.numbers),
        "evidence": json.loads(action.evidence),
        "history": history,
    }


def person(by: str | None) -> str:
    """Who decides: the name given, else the login name."""
    return by or getpass.getuser()


@dataclass(frozen=True, slots=True)
class Answered:
    """What a person's answer came to: the ids that changed, and why the others did not."""

    changed: list[str]
    left: dict[str, str]


def approve(home: Home, typed: Sequence[str], *, by: str | None) -> Answered:
    """Approve proposals; what has expired or was decided before stays as it is, and says so.

    Raises:
        ConfigurationError: an id is unknown, or could be several.
    """
    changed: list[str] = []
    left: dict[str, str] = {}
    for action in home.ledger.find(action_ids=find_ids(home, typed)):
        at = home.now(home.shop(action.shop_id))
        changed += home.ledger.approve([action.action_id], by=person(by), at=at)
        if action.action_id not in changed:
            left[action.action_id] = _why_left(action, at=at)
    return Answered(changed, left)


def reject(home: Home, typed: Sequence[str], *, by: str | None) -> Answered:
    """Reject proposals; what was decided before stays as it is, and says so.

    Raises:
        ConfigurationError: an id is unknown, or could be several.
    """
    at = machine_now()
    ids = find_ids(home, typed)
    changed = home.ledger.reject(ids, by=person(by), at=at)
    left = [one for one in home.ledger.find(action_ids=ids) if one.action_id not in changed]
    return Answered(changed, {action.action_id: _why_left(action, at=at) for action in left})


def _why_left(action: Action, *, at: dt.datetime) -> str:
    """Why a person's answer changes nothing about an action."""
    state = action.state
    if state is ActionState.PROPOSED and action.expires_at <= at:
        return f"its window ended at {action.expires_at:%Y-%m-%d %H:%M} UTC; decide again"
    if state is ActionState.SHADOW:
        return (
            f"it was decided in shadow, which only writes down; set the mode of {action.policy} "
            f"for {action.shop_id} to approve, and decide again"
        )
    if state is ActionState.APPROVED:
        return f"it is approved already, by {action.approved_by}"
    if state is ActionState.REFUSED:
        return f"the guard {action.guard} refused it: {action.guard_reason}"
    return f"it is {state}" + (f": {action.message}" if action.message else "")


def switch(
    home: Home,
    *,
    on: bool,
    everything: bool = False,
    platform: str | None = None,
    shop_id: str | None = None,
    policy: str | None = None,
    by: str | None,
) -> str:
    """Stop or resume; what was stopped or resumed.

    Raises:
        ConfigurationError: no scope or more than one, or a name that this home does not have.
    """
    given = {
        "all": "" if everything else None,
        "platform": platform,
        "shop": shop_id,
        "policy": policy,
    }
    scopes = [(scope, name) for scope, name in given.items() if name is not None]
    if len(scopes) != 1:
        raise ConfigurationError("give one of --all, --platform, --shop and --policy")
    [(scope, name)] = scopes
    _known(home, scope, name)
    if on:
        home.ledger.stop(scope, name, by=person(by), at=machine_now())
    elif not home.ledger.resume(scope, name, by=person(by), at=machine_now()):
        raise ConfigurationError(f"nothing is stopped for {' '.join([scope, name]).strip()}")
    return " ".join([scope, name]).strip()


def stops(home: Home) -> list[KillSwitch]:
    """Stops in force, the widest first."""
    return sorted(home.ledger.switches(), key=lambda one: (one.scope != "all", one.since))


def _known(home: Home, scope: str, name: str) -> None:
    if scope == "shop":
        home.shop(name)
    known = {
        "platform": {s.connector.name for shop in home.shops.values() for s in shop.sources},
        "policy": set(home.policies),
    }
    if scope in known and name not in known[scope]:
        raise ConfigurationError(f"no {scope} is named {name!r}{nearest(name, known[scope])}")


def audit(home: Home) -> tuple[int, str | None]:
    """Events in the chain, and the first altered or missing one if there is one."""
    events = Events(home.database)
    flaw = events.verify()
    return events.count(), None if flaw is None else f"event {flaw.event_id}: {flaw.problem}"
