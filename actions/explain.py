"""Says in one sentence, in English or Chinese, why an action was proposed."""

import datetime as dt
import json
from functools import cache
from pathlib import Path
from typing import Final, Literal

from jinja2 import StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment

from contracts.actions import Action
from contracts.errors import ConfigurationError
from contracts.money import format_minor

Language = Literal["en", "zh"]

_TEMPLATES: Final = Path(__file__).parent / "templates"


def explain(action: Action, language: Language) -> str:
    """One sentence of plain text (not escaped for HTML) from the reason's template.

    A policy's template holds one macro per reason code and language, `<reason_code>_<language>`,
    and sees `action` and its numbers `n`. What a platform sent is only ever a value in it. Undo
    actions of all policies share one.

    Raises:
        ConfigurationError: the policy has no template or its template lacks the reason.
    """
    context = {"action": action, "n": json.loads(action.numbers)}
    module = _template("undo" if action.undoes else action.policy).make_module(context)
    sentence = getattr(module, f"{action.reason_code}_{language}", None)
    if sentence is None:
        raise ConfigurationError(
            f"the template of policy {action.policy!r} does not explain {action.reason_code!r}"
            f" in {language!r}"
        )
    return " ".join(str(sentence()).split())


@cache
def _template(policy: str) -> Template:
    # Plain text: whoever puts it on a page escapes it there, as any other value.
    environment = ImmutableSandboxedEnvironment(autoescape=False, undefined=StrictUndefined)
    environment.filters |= {"money": _money, "percent": _percent, "amount": _amount, "day": _day}
    try:
        source = (_TEMPLATES / f"{policy}.j2").read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigurationError(f"policy {policy!r} has no template") from None
    return environment.from_string(source)


def _money(minor: float, currency: str) -> str:
    """1230, "USD" is "USD 12.30"."""
    return f"{currency} {format_minor(round(minor), currency)}"


def _percent(rate: float) -> str:
    """0.05 is "5 %"; what is next to nothing is "below 0.1 %"."""
    return "below 0.1 %" if 0 < rate < 0.001 else f"{rate * 100:.3g} %"


def _amount(number: float) -> str:
    """Two significant digits or whole: 0.0714 is "0.071", 12.34 is "12.3", 210.79 is "211"."""
    if abs(number) >= 100:
        return f"{number:,.0f}"
    return f"{number:.2g}" if abs(number) < 1 else f"{number:.3g}"


def _day(iso: str) -> str:
    return dt.date.fromisoformat(iso).isoformat()
