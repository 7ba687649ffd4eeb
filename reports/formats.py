"""How numbers, money and instants are written for people."""

import datetime as dt
import re
from zoneinfo import ZoneInfo

from contracts.actions import ORDERING, Action
from contracts.codes import WriteKind
from contracts.languages import Language
from contracts.metrics import Unit
from contracts.money import format_amount, group_digits
from reports.names import DONE

ABSENT = "–"
_VALUED = (WriteKind.SET_PRICE, WriteKind.CREATE_COUPON)
_COUNTED = (WriteKind.SET_STOCK, WriteKind.NONE)
_WEEKDAYS = "一二三四五六日"
# Where a part of a sentence ends, but for what stands in brackets.
_PART = re.compile(r"(?:(?<=[；：])|(?<=[;:]) )(?![^(（]*[)）])")


def money(amount_minor: int | None, currency: str) -> str:
    """An amount: 1234567 USD is "12,345.67 USD"."""
    return ABSENT if amount_minor is None else format_amount(amount_minor, currency)


def figure(amount_minor: int | None, currency: str) -> str:
    """The same where a heading says the currency: "12,345.67"."""
    return ABSENT if amount_minor is None else group_digits(amount_minor, currency)


def count(number: int | None) -> str:
    """A whole number with separators."""
    return ABSENT if number is None else f"{number:,}"


def rate(fraction: float | None) -> str:
    """A fraction as per cent with one digit."""
    return ABSENT if fraction is None else f"{fraction:.1%}"


def metric_value(unit: Unit, value: float | None, currency: str, language: Language = "en") -> str:
    """A metric's value with its unit; a fraction of a minor unit is rounded half to even."""
    if value is None:
        return ABSENT
    match unit:
        case Unit.MONEY:
            return money(round(value), currency)
        case Unit.COUNT:
            return count(round(value))
        case Unit.RATE:
            return rate(value)
        case Unit.TIMES | Unit.PIECES | Unit.STARS:
            return f"{value:,.2f}"
        case Unit.SECONDS:
            return f"{value:,.0f} {'秒' if language == 'zh' else 's'}"
        case Unit.MINUTES:
            return f"{value:,.1f} {'分钟' if language == 'zh' else 'min'}"
        case Unit.HOURS:
            return f"{value:,.1f} {'小时' if language == 'zh' else 'h'}"
        case Unit.DAYS:
            return f"{value:,.0f} {'天' if language == 'zh' else 'd'}"


def day(date: dt.date, language: Language) -> str:
    """A day with its weekday: "Sunday, 22 November 2026", "2026年11月22日 星期日"."""
    if language == "zh":
        return f"{date:%Y年%-m月%-d日} 星期{_WEEKDAYS[date.weekday()]}"
    return f"{date:%A, %-d %B %Y}"


def short_day(date: dt.date, language: Language) -> str:
    """A day without its weekday: "22 Nov 2026", "2026年11月22日"."""
    return f"{date:%Y年%-m月%-d日}" if language == "zh" else f"{date:%-d %b %Y}"


def local(at: dt.datetime, time_zone: str) -> str:
    """A minute of the shop's clock."""
    return f"{at.astimezone(ZoneInfo(time_zone)):%Y-%m-%d %H:%M}"


def written(action: Action, amount: int | None, language: Language = "en") -> str:
    """A value that an action names: an amount, a rate, pieces; what is done or not, by its name."""
    if amount is None:
        return ABSENT
    if action.write_kind in DONE:
        return DONE[action.write_kind].in_(language) if amount else ABSENT
    if _is_money(action):
        return money(amount, action.currency or "")
    if action.write_kind is WriteKind.CREATE_COUPON:
        return f"{amount / 100:g} %"
    return count(amount)


def with_unit(action: Action, amount: int | None, language: Language = "en") -> str:
    """The same, pieces named as such, where no heading does."""
    text = written(action, amount, language)
    is_counted = action.write_kind in _COUNTED and not _is_money(action)
    pieces = "件" if language == "zh" else "pieces"
    return f"{text} {pieces}" if is_counted and amount is not None else text


def is_valued(action: Action) -> bool:
    """Whether its values mean something: what is done or not, or only reported, has none."""
    if action.write_kind is WriteKind.NONE:
        return action.currency is not None or action.policy == ORDERING
    return action.write_kind in (*_VALUED, *_COUNTED)


def _is_money(action: Action) -> bool:
    has_value = action.write_kind is WriteKind.NONE or action.write_kind in _VALUED
    return has_value and action.currency is not None


def parts(sentence: str) -> list[str]:
    """The parts of a sentence, each with the sign that ends it; what is in brackets stays whole."""
    return [part for part in _PART.split(sentence) if part]
