"""Alerts by mail: once per run what is new among them, to whoever is named in the settings."""

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

from actions.explain import sentence_of, without_identifiers
from contracts.actions import Action, Change
from contracts.codes import ActionState, Channel, OutcomeState, Purpose, WriteKind
from contracts.errors import ConfigurationError, ShopkeeperError
from contracts.lines import prose
from contracts.money import format_amount
from contracts.payloads import Rendered, encode
from flows.steps.clock import machine_now
from flows.steps.home import Home
from flows.steps.leases import lease
from flows.steps.shop import Shop, ShopSource
from warehouse.event_chain import Events
from warehouse.events import LedgerEvent
from warehouse.transitions import SYSTEM

MAILED, UNMAILED = "alerts mailed", "alerts not mailed"
_WATCHES = ("price_watch", "fulfilment_watch")
_BELOW_COST = "sells_below_cost"
_BREAKER = "breaker"
_STANDING = dt.timedelta(days=30)
"""What was an alert within this time and still is one, or is again, is not new."""
_DAY = dt.timedelta(days=1)
_SAMPLES = 5
_KEY_CHARS = 32

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class MailReport:
    """What became of the run's mail, in one sentence."""

    sentence: str
    is_sent: bool


def mail_alerts(home: Home, *, shop_id: str | None = None) -> MailReport | None:
    """Mail what is new among the alerts of a shop or of all; None: nothing is, or nobody is named.

    An alert is what a watch proposes, a price that sells below cost, and a batch that a breaker
    refused; never what shadow decides. That a mail is sent is an event before it is, so that no
    crash sends it twice; one that surely was not sent is sent with the next run. Whatever fails
    here is reported, and fails no run.
    """
    to = home.settings.alerts.mail_to
    if to is None:
        return None
    try:
        with lease(home, "alerts"):
            return _mail_new(home, home.select(shop_id), to)
    except ShopkeeperError as error:
        return MailReport(f"alerts were not mailed: {error}", is_sent=False)
    except Exception as error:  # noqa: BLE001  a library's error costs the mail, not the run
        return MailReport(f"alerts were not mailed: {type(error).__name__}", is_sent=False)


def _mail_new(home: Home, shops: Sequence[Shop], to: str) -> MailReport | None:
    before = {shop.id: _mailed_until(home, shop) for shop in shops}
    found = {shop.id: _new(home, shop, before[shop.id]) for shop in shops}
    new = [action for actions in found.values() for action in actions]
    if not new:
        return None
    until = {name: max(one.decided_at for one in some) for name, some in found.items() if some}
    _note(home, MAILED, {name: at.isoformat() for name, at in until.items()})
    names = {shop.id: shop.settings.name for shop in shops}
    try:
        state, why = _send(home, _words(new, names), _digest(new), to)
    except ShopkeeperError as error:
        state, why = OutcomeState.HELD, str(error)
    if state in (OutcomeState.REJECTED, OutcomeState.HELD):
        was = {name: at.isoformat() if (at := before[name]) else None for name in until}
        _note(home, UNMAILED, was)
        return MailReport(f"{_count_text(new)} not mailed: {why}", is_sent=False)
    if state is OutcomeState.UNKNOWN:
        return MailReport(
            f"{_count_text(new)} mailed or not, that is not known: {why}", is_sent=False
        )
    return MailReport(f"{_count_text(new)} mailed", is_sent=True)


def _count_text(new: Sequence[Action]) -> str:
    return "1 new alert" if len(new) == 1 else f"{len(new)} new alerts"


def _mailed_until(home: Home, shop: Shop) -> dt.datetime | None:
    """The decision of the last alert that was mailed; None: none was."""
    mailed = Events(home.database).of(_subject(shop.id))
    until = mailed[-1].details["until"] if mailed else None
    return None if until is None else dt.datetime.fromisoformat(until)


def _note(home: Home, kind: str, until: Mapping[str, str | None]) -> None:
    at = machine_now()
    Events(home.database).append(
        [
            LedgerEvent(kind=kind, subject=_subject(name), by=SYSTEM, at=at, details={"until": one})
            for name, one in until.items()
        ]
    )


def _subject(shop_id: str) -> str:
    return f"alerts of {shop_id}"


def _new(home: Home, shop: Shop, mailed_until: dt.datetime | None) -> list[Action]:
    """Alerts decided since the last mail, or in the day up to the newest, that are not standing."""
    since = None if mailed_until is None else mailed_until - _STANDING
    alerts = [one for one in home.ledger.find(shop_id=shop.id, since=since) if is_alert(one)]
    if not alerts:
        return []
    start = mailed_until or alerts[-1].decided_at - _DAY
    seen: dict[Key, dt.datetime] = {}
    found = []
    for one in alerts:
        last = seen.get(_key(one))
        seen[_key(one)] = one.decided_at
        is_back = last is not None and one.decided_at - last <= _STANDING
        if one.decided_at > start and not is_back:
            found.append(one)
    return found


def is_alert(action: Action) -> bool:
    """Whether somebody is to look: what a watch reports, a sale below cost, a tripped breaker."""
    if action.state is ActionState.SHADOW:
        return False
    is_watched = action.policy in _WATCHES and action.write_kind is WriteKind.NONE
    return is_watched or action.reason_code == _BELOW_COST or action.guard == _BREAKER


def _key(action: Action) -> Key:
    """What makes two actions the same alert; of a breaker it is the day's batch of a policy."""
    if action.guard == _BREAKER:
        return action.policy, _BREAKER, action.window_start.isoformat()
    return action.policy, action.reason_code, action.target_id


def _digest(actions: Iterable[Action]) -> str:
    """The mail's key, a hash that names nobody; the same alerts have the same one."""
    ids = "\n".join(sorted(one.action_id for one in actions))
    return hashlib.sha256(ids.encode()).hexdigest()[:_KEY_CHARS]


def _words(actions: Sequence[Action], names: dict[str, str]) -> Rendered:
    """The mail, in both languages: of each kind the count, the money, codes and what to type."""

    def kind(action: Action) -> Key:
        code = _BREAKER if action.guard == _BREAKER else action.reason_code
        return action.shop_id, action.policy, code

    groups = [list(some) for _, some in groupby(sorted(actions, key=kind), key=kind)]
    parts = [_part(group, kind(group[0])[2], names[group[0].shop_id]) for group in groups]
    text = prose("\n\n".join(parts))
    page = f'<!doctype html>\n<html><head><meta charset="utf-8"></head><body><pre>{escape(text)}'
    subject = f"Shopkeeper: {_count_text(actions)} / {len(actions)} 条新提醒"
    return Rendered(subject=subject, text=text, html=f"{page}</pre></body></html>", language="en")


def _part(group: Sequence[Action], code: str, shop_name: str) -> str:
    first = group[0]
    effects = [abs(one.effect_minor) for one in group if one.effect_minor is not None]
    worth = (
        f", {format_amount(sum(effects), first.currency)}" if (effects and first.currency) else ""
    )
    skus = sorted({one.sku_id for one in group if one.sku_id})
    state = ActionState.REFUSED if code == _BREAKER else first.state
    lines = [f"{shop_name}: {first.policy}, {code.replace('_', ' ')}: {len(group)}{worth}"]
    if skus:
        more = f" + {len(skus) - _SAMPLES}" if len(skus) > _SAMPLES else ""
        lines.append(f"SKU: {', '.join(skus[:_SAMPLES])}{more}")
    lines += [
        sentence_of(without_identifiers(first), "en"),
        sentence_of(without_identifiers(first), "zh"),
    ]
    shop = f"--shop {first.shop_id}"
    lines.append(f"shopkeeper actions list --policy {first.policy} {shop} --state {state}")
    return "\n".join(lines)


def mailer_of(home: Home) -> ShopSource | None:
    """The mail account of the home: that of its first shop, by id, that has one."""
    sources = (source for shop in home.shops.values() for source in shop.sources)
    return next((source for source in sources if source.connector.name == "email"), None)


def _send(home: Home, words: Rendered, key: str, to: str) -> tuple[OutcomeState, str | None]:
    """Hand in the mail by the home's own account, within its limits.

    Raises:
        ShopkeeperError: nothing was sent.
    """
    source = mailer_of(home)
    write = source.connector.write(WriteKind.SEND_MESSAGE) if source else None
    if source is None or write is None:
        raise ConfigurationError("no shop has a mail account")
    client = source.open()
    change = Change(
        action_id=key,
        target_id=key,
        parent_id=None,
        before=0,
        after=1,
        currency=None,
        payload=encode(words),
        channel=Channel.EMAIL,
        purpose=Purpose.SERVICE,
        recipient=to,
    )
    try:
        (outcome,) = write.send(client, [change])
    finally:
        client.close()
    return outcome.state, outcome.message
