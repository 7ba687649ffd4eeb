"""How numbers, money and instants are written for people."""

import datetime as dt
from zoneinfo import ZoneInfo

from contracts.actions import ORDERING, Action
from contracts.codes import WriteKind
from contracts.money import format_minor

ABSENT = "–"
_VALUED = (WriteKind.SET_PRICE, WriteKind.CREATE_COUPON)
_COUNTED = (WriteKind.SET_STOCK, WriteKind.NONE)
_DONE = {
    WriteKind.GRANT_COUPON: "coupon",
    WriteKind.SEND_MESSAGE: "message",
    WriteKind.REQUEST_REVIEW: "request",
    WriteKind.REPLY_REVIEW: "reply",
    WriteKind.RECORD_EVENT: "event",
    WriteKind.SET_PROFILE: "properties",
}


def money(amount_minor: int | None, currency: str) -> str:
    """Major units with separators: 1234567 USD is 12,345.67."""
    if amount_minor is None:
        return ABSENT
    whole, point, digits = format_minor(amount_minor, currency).partition(".")
    sign, whole = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    return f"{sign}{int(whole):,}{point}{digits}"


def count(number: int | None) -> str:
    """A whole number with separators."""
    return ABSENT if number is None else f"{number:,}"


def rate(fraction: float | None) -> str:
    """A fraction as per cent with one digit."""
    return ABSENT if fraction is None else f"{fraction:.1%}"


def local(at: dt.datetime, time_zone: str) -> str:
    """A minute of the shop's clock."""
    return f"{at.astimezone(ZoneInfo(time_zone)):%Y-%m-%d %H:%M}"


def written(action: Action, amount: int | None) -> str:
    """A value that an action names, in its own unit (`unit`); what is done or not, by its name."""
    if amount is None:
        return ABSENT
    if action.write_kind in _DONE:
        return _DONE[action.write_kind] if amount else ABSENT
    if _is_money(action):
        return money(amount, action.currency or "")
    if action.write_kind is WriteKind.CREATE_COUPON:
        return f"{amount / 100:g} %"
    return count(amount)


def unit(action: Action) -> str:
    """Unit of an action's values: a currency, pieces, or none for what is either done or not."""
    if _is_money(action) or action.write_kind in _VALUED:
        return action.currency or ""
    return "pieces" if action.write_kind in _COUNTED else ""


def is_valued(action: Action) -> bool:
    """Whether its values tell something: what is done or not, or only told, has none."""
    if action.write_kind is WriteKind.NONE:
        return action.currency is not None or action.policy == ORDERING
    return action.write_kind in (*_VALUED, *_COUNTED)


def _is_money(action: Action) -> bool:
    is_told = action.write_kind is WriteKind.NONE or action.write_kind in _VALUED
    return is_told and action.currency is not None
