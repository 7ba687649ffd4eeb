"""Values of writes and lists as the platform's schemas read them.

A reader turns what was given into its value, or raises ValueError with what is said of `{name}`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sandbox.woocommerce.errors import invalid, not_emulated

Reader = Callable[[Any], Any]


def read(
    given: Mapping[str, Any], readers: Mapping[str, Reader], of: str, *, under: str = ""
) -> dict[str, Any]:
    """What a write gives, read by name; `under` is the parameter that it is a part of.

    Raises:
        RefusedError: 501, a field that the sandbox cannot change; 400, a wrong value.
    """
    if unknown := sorted(set(given) - set(readers)):
        raise not_emulated(f"the field {unknown[0]} of {of}")
    return {name: value_of(name, one, readers[name], under=under) for name, one in given.items()}


def value_of(name: str, given: Any, reader: Reader, *, under: str = "") -> Any:
    """One value.

    Raises:
        RefusedError: 400, it is wrong.
    """
    try:
        return reader(given)
    except ValueError as error:
        raise invalid(under or name, str(error).format(name=name)) from error


def anything(given: Any) -> Any:
    """A value that is not looked at."""
    return given


def text(given: Any) -> str:
    """A value as text."""
    return str(given)


def boolean(given: Any) -> bool:
    """True or false."""
    if not isinstance(given, bool):
        raise ValueError("{name} is not of type boolean.")  # noqa: TRY004 as all readers
    return given


def integer(low: int | None = None, high: int | None = None) -> Reader:
    """A whole number within bounds, as a number or as text."""

    def reader(given: Any) -> int:
        if isinstance(given, bool) or not re.fullmatch(r"[+-]?\d+", str(given)):
            raise ValueError("{name} is not of type integer.")
        if (low is not None and int(given) < low) or (high is not None and int(given) > high):
            most = "" if high is None else f" and {high} (inclusive)"
            between = "between" if most else "greater than or equal to"
            raise ValueError(f"{{name}} must be {between} {low} (inclusive){most}")
        return int(given)

    return reader


def one_of(known: Sequence[str]) -> Reader:
    """One of some texts."""

    def reader(given: Any) -> Any:
        if given not in known:
            *others, last = known
            comma = "," if len(others) > 1 else ""
            raise ValueError(f"{{name}} is not one of {', '.join(others)}{comma} and {last}.")
        return given

    return reader


def instant(given: Any) -> datetime:
    """An instant, or a local time without its zone."""
    try:
        return datetime.fromisoformat(str(given))
    except ValueError:
        raise ValueError("Invalid date.") from None


def amount(given: Any) -> str:
    """An amount as it was written."""
    found = str(given).strip()
    if minor_of(found) is None:
        raise ValueError("{name} is no amount.")
    return found


def amount_below_zero(given: Any) -> int:
    """The hundredths of an amount that may be taken off."""
    found = str(given)
    minor = minor_of(found.removeprefix("-"))
    if minor is None:
        raise ValueError("{name} is no amount.")
    return -minor if found.startswith("-") else minor


def or_none(reader: Reader) -> Reader:
    """A value that may be null."""
    return lambda given: None if given is None else reader(given)


def or_empty(reader: Reader) -> Reader:
    """A value that may be null or an empty text."""
    return lambda given: None if given in ("", None) else reader(given)


def minor_of(given: object) -> int | None:
    """Hundredths of an amount written as text; None when it is no amount or negative."""
    try:
        found = Decimal(str(given).strip())
    except ArithmeticError:
        return None
    if not found.is_finite() or found < 0:
        return None
    return int((found * 100).quantize(Decimal(1), ROUND_HALF_UP))
