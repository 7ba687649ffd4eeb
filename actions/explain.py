"""Says in one sentence, in English or Chinese, why an action was proposed."""

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import StrictUndefined, Template, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from contracts.actions import FORGOTTEN, Action
from contracts.errors import ConfigurationError
from contracts.languages import Language
from contracts.money import format_amount
from contracts.tables import RENAMED

_FORGOTTEN: Final[Mapping[Language, str]] = {
    "en": "It was about a person who is forgotten since.",
    "zh": "涉及的个人信息已被删除。",
}
_TEMPLATES: Final = Path(__file__).parent / "templates"
_HIDDEN: Final = "…"
# Numbers of a reason that name something of one customer, by the names that contracts give them.
_NAMES: Final = re.compile(r"(?<!^sku)(?<!^shop)_id$|_number$|^(coupon_)?code$")


def without_identifiers(action: Action) -> Action:
    """The same without the order, parcel, review, code and person that it is about.

    For what is kept in the clear and outlives an erasure, such as the runs that Prefect shows.
    """
    return replace(
        action,
        target_id=_HIDDEN,
        parent_id=None,
        member_id=None,
        numbers=_without_names(action.numbers),
        payload=_without_names(action.payload) if action.payload else None,
        evidence="{}",
    )


def _without_names(text: str) -> str:
    """A JSON object with what names something of one customer hidden, at any depth.

    What is no JSON was altered in the ledger, which whoever reads it reports.
    """
    try:
        return json.dumps(json.loads(text, object_hook=_hide_names), ensure_ascii=False)
    except ValueError:
        return _HIDDEN


def _hide_names(numbers: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _HIDDEN if value and _NAMES.search(name) else value for name, value in numbers.items()
    }


def explain(action: Action, language: Language) -> str:
    """One sentence of plain text (not escaped for HTML) from the reason's template.

    A policy's template holds one macro per reason code and language, `<reason_code>_<language>`,
    and sees `action` and its numbers `n`. What a platform sent is only ever a value in it. Undo
    actions of all policies share one.

    Raises:
        ConfigurationError: the policy has no template, its template lacks the reason, or the
            action (an older release's) lacks a number that it names.
    """
    if action.reason_code == FORGOTTEN:
        return _FORGOTTEN[language]
    context = {"action": action, "n": _numbers(action)}
    module = _template("undo" if action.undoes else action.policy).make_module(context)
    sentence = getattr(module, f"{action.reason_code}_{language}", None)
    if sentence is None:
        raise ConfigurationError(
            f"the template of policy {action.policy!r} does not explain {action.reason_code!r}"
            f" in {language!r}"
        )
    try:
        return " ".join(str(sentence()).split())
    except (UndefinedError, TypeError) as error:
        raise ConfigurationError(f"{action.reason_code!r} lacks a number: {error}") from None


def _numbers(action: Action) -> dict[str, object]:
    """Its numbers by the names of today, also those of an action of before a column was renamed."""
    numbers: dict[str, object] = json.loads(action.numbers)
    return {new: numbers[old] for new, old in RENAMED.items() if old in numbers} | numbers


def sentence_of(action: Action, language: Language) -> str:
    """The same for whom an action is shown to: its reason's code where it cannot be explained."""
    try:
        return explain(action, language)
    except ConfigurationError:
        return action.reason_code


def explain_hold(policy: str, reason: str, language: Language) -> str:
    """Why a policy leaves something alone, in half a sentence without the numbers of one target.

    Raises:
        ConfigurationError: neither the policy's own template nor the common one has the reason.
    """
    for name in (policy, "common"):
        phrase = getattr(_template(f"holds/{name}").module, f"{reason}_{language}", None)
        if phrase is not None:
            return str(phrase())
    raise ConfigurationError(f"no template explains why {policy!r} holds for {reason!r}")


@cache
def _template(policy: str) -> Template:
    # Plain text: whoever puts it on a page escapes it there, as any other value.
    environment = ImmutableSandboxedEnvironment(autoescape=False, undefined=StrictUndefined)
    environment.filters |= {"money": _money, "percent": _percent, "amount": _number, "day": _day}
    try:
        source = (_TEMPLATES / f"{policy}.j2").read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigurationError(f"policy {policy!r} has no template") from None
    return environment.from_string(source)


def _money(minor: float, currency: str) -> str:
    """1230, "USD" is "12.30 USD"."""
    return format_amount(round(minor), currency)


def _percent(rate: float) -> str:
    """0.05 is "5 %"; what is next to nothing is "< 0.1 %"."""
    return "< 0.1 %" if 0 < rate < 0.001 else f"{rate * 100:.3g} %"


def _number(number: float) -> str:
    """Two significant digits or whole: 0.0714 is "0.071", 12.34 is "12.3", 210.79 is "211"."""
    if abs(number) >= 100:
        return f"{number:,.0f}"
    return f"{number:.2g}" if abs(number) < 1 else f"{number:.3g}"


def _day(iso: str) -> str:
    return dt.date.fromisoformat(iso).isoformat()
