"""The ledger as an operator uses it: select, describe, approve, reject, stop, resume, audit."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from actions.policies.registry import policy_of
from contracts.actions import Action, KillSwitch
from contracts.codes import ActionState
from contracts.errors import ConfigurationError
from contracts.languages import LANGUAGES
from contracts.names import nearest
from flows.steps.approvers import Approver, Approvers
from flows.steps.clock import machine_now
from flows.steps.holders import os_user, person
from flows.steps.home import Home
from flows.steps.parsing import parse_as_of
from flows.steps.previews import Preview, previews
from flows.steps.story import story
from warehouse.event_chain import Events
from warehouse.events import LedgerEvent

_ID_LENGTH = 32
_MOST_TOLD = 5
_TOLD_BESIDE = ("action", "guard", "why")
"""Parts of a story that an action's own fields and sentences tell."""


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
            ConfigurationError: a state or an instant is none, or it ends before it begins.
        """
        first = parse_as_of(since, "--since") if since else None
        last = parse_as_of(until, "--until") if until else None
        if first and last and first > last:
            raise ConfigurationError(f"--since {since} is later than --until {until}")
        return cls(
            shop_id=shop_id,
            policy=policy,
            states=tuple(_state(name) for name in states) if states else None,
            run_id=run_id,
            targets=tuple(targets) if targets else None,
            since=first,
            until=last,
        )


def _state(name: str) -> ActionState:
    try:
        return ActionState(name)
    except ValueError:
        raise ConfigurationError(f"--state {name!r} is none of {', '.join(ActionState)}") from None


def select(home: Home, chosen: Selection) -> list[Action]:
    """The chosen actions, oldest decision first.

    A target is a listing, a SKU, an order, a code or a member, by pseudonym or by the platform's
    id; with a code come the messages that name it.

    Raises:
        ConfigurationError: no such shop, or a policy that neither is nor ever acted here.
    """
    if chosen.shop_id is not None:
        home.shop(chosen.shop_id)
    if chosen.policy is not None and not home.ledger.find(policy=chosen.policy):
        policy_of(chosen.policy)
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
        is_whole = given in known  # looked up: an operator may answer ten thousand at once
        begun = [given] if is_whole else [one for one in known if given and one.startswith(given)]
        matching = sorted(begun)
        if not matching:
            raise ConfigurationError(f"no action has the id {given!r}")
        if len(matching) > 1:
            several = _joined(matching, len(given))
            raise ConfigurationError(f"several actions begin with {given!r}: {several}")
        whole += matching
    return whole


def _joined(ids: list[str], length: int) -> str:
    shown = [one[: length + 4] for one in ids[:_MOST_TOLD]]
    return ", ".join(shown) + (" …" if len(ids) > _MOST_TOLD else "")


def describe(home: Home, typed: str) -> dict[str, Any]:
    """One action with its sentence, its numbers, its evidence, its history and its story."""
    action = home.ledger.find(action_ids=find_ids(home, [typed]))[0]
    history = [_event_line(event) for event in Events(home.database).of(action.action_id)]
    (seen,) = previews(home, [action])
    found_story = story(home, action, seen)
    about = {name: value for name, value in asdict(found_story).items() if name not in _TOLD_BESIDE}
    return {
        **asdict(action),
        **about,
        "screen": {one: found_story.render(one) for one in LANGUAGES},
        "sentence": seen.sentence,
        "sentence_zh": seen.sentence_zh,
        "content": seen.content,
        "content_hash": seen.content_hash,
        "problem": seen.problem,
        "numbers": json.loads(action.numbers),
        "evidence": json.loads(action.evidence),
        "history": history,
    }


def _event_line(event: LedgerEvent) -> str:
    beside = f" (as {event.os_user})" if event.os_user else ""
    return f"{event.at:%Y-%m-%d %H:%M:%S} UTC {event.kind} by {event.by}{beside}"


@dataclass(frozen=True, slots=True)
class Answered:
    """What a person's answer came to: the ids that changed, why the others did not, and all that
    was answered, as it was shown.
    """

    changed: list[str]
    left: dict[str, str]
    shown: list[Preview]


def preview(home: Home, typed: Sequence[str]) -> list[Preview]:
    """What the actions of these ids would send, whole.

    Raises:
        ConfigurationError: an id is unknown, or could be several.
    """
    return previews(home, home.ledger.find(action_ids=find_ids(home, typed)))


def approve(
    home: Home,
    typed: Sequence[str],
    *,
    by: str | None,
    contents: Mapping[str, str] | None = None,
    is_typed: bool = True,
) -> Answered:
    """Approve proposals; what has expired, was changed or was decided before stays as it is, and
    so does what approvers.toml does not let this person approve; each says so.

    `contents` are the hashes of what was shown, by id: what is another by now is not approved.
    What comes by a form is not `typed`: the account of its process is nobody's.

    Raises:
        ConfigurationError: an id is unknown, or could be several.
    """
    actions = home.ledger.find(action_ids=find_ids(home, typed))
    seen = previews(home, actions)
    now = {one: home.now(home.shop(one)) for one in {action.shop_id for action in actions}}
    who = Approver(person(by), os_user() if is_typed else None)
    approvers = Approvers.of(home, who, at=min(now.values(), default=machine_now()))
    left: dict[str, str] = {}
    allowed: dict[str, list[str]] = {}
    for action, one in zip(actions, seen, strict=True):
        at = now[action.shop_id]
        why = _why_not(action, one, contents=contents, at=at) or approvers.why_not(action)
        if why is None:
            allowed.setdefault(action.shop_id, []).append(action.action_id)
        else:
            left[action.action_id] = why
    changed = [
        action_id
        for shop_id, ids in allowed.items()
        for action_id in home.ledger.approve(ids, by=who.name, at=now[shop_id])
    ]
    allowed_ids = {action_id for ids in allowed.values() for action_id in ids}
    left |= dict.fromkeys(
        allowed_ids.difference(changed), "somebody decided on it just now: look again"
    )
    return Answered(changed, left, seen)


def _why_not(
    action: Action, seen: Preview, *, contents: Mapping[str, str] | None, at: dt.datetime
) -> str | None:
    """Why it cannot be approved, whoever asks; None: it can, as far as is known here."""
    if contents is not None and contents.get(action.action_id) != seen.content_hash:
        return "its content is not the one that was shown: look again"
    if action.state is not ActionState.PROPOSED or seen.problem or action.expires_at <= at:
        return _why_unchanged(action, at=at, problem=seen.problem)
    return None


def reject(home: Home, typed: Sequence[str], *, by: str | None) -> Answered:
    """Reject proposals; what was decided before stays as it is, and says so.

    Raises:
        ConfigurationError: an id is unknown, or could be several.
    """
    at = machine_now()
    ids = find_ids(home, typed)
    changed = home.ledger.reject(ids, by=person(by), at=at)
    actions = home.ledger.find(action_ids=ids)
    left = [one for one in actions if one.action_id not in changed]
    why = {action.action_id: _why_unchanged(action, at=at) for action in left}
    return Answered(changed, why, previews(home, actions))


def _why_unchanged(action: Action, *, at: dt.datetime, problem: str | None = None) -> str:
    """Why a person's answer changes nothing about an action."""
    state = action.state
    if state is ActionState.PROPOSED and problem is not None:
        return f"{problem}; reject it, and decide again"
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
    _refuse_unknown_scope(home, scope, name)
    if on:
        home.ledger.stop(scope, name, by=person(by), at=machine_now())
    elif not home.ledger.resume(scope, name, by=person(by), at=machine_now()):
        raise ConfigurationError(f"nothing is stopped for {' '.join([scope, name]).strip()}")
    return " ".join([scope, name]).strip()


def stops(home: Home) -> list[KillSwitch]:
    """Stops in force, the widest first."""
    return sorted(home.ledger.switches(), key=lambda one: (one.scope != "all", one.since))


def _refuse_unknown_scope(home: Home, scope: str, name: str) -> None:
    if scope == "shop":
        home.shop(name)
    known = {
        "platform": {s.connector.name for shop in home.shops.values() for s in shop.sources},
        "policy": set(home.policies),
    }
    if scope in known and name not in known[scope]:
        raise ConfigurationError(f"no {scope} is named {name!r}{nearest(name, known[scope])}")
