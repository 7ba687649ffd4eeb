"""Column kinds: each quantity of the trade has one type, one unit and honest bounds.

The bounds are wide enough for any merchant and narrow enough that a wrong unit (fen for yuan, a
millionfold count) is refused by the row checks and that generated samples stay realistic.
"""

import datetime as dt
from enum import StrEnum
from typing import Any

import dataframely as dy

from contracts.money import CURRENCY_PATTERN

_EARLIEST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_LATEST = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
MAX_MINOR = 10**13
MAX_UNITS = 10**7


def _meta(kind: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, **{key: value for key, value in more.items() if value is not None}}


def identifier(
    description: str,
    *,
    key: bool = False,
    nullable: bool = False,
    personal: str | None = None,
    names: str | None = None,
) -> dy.String:
    """Text that names something; never empty. `personal`: the purpose a person's id is held for.

    `names` says what it is the id of, where that is no document of a table: an action.
    """
    return dy.String(
        description=description,
        primary_key=key,
        nullable=nullable,
        min_length=1,
        max_length=200,
        metadata=_meta("identifier", personal=personal, names=names),
    )


def member(description: str, *, key: bool = False, nullable: bool = False) -> dy.String:
    """A customer: the platform's id in a mapping, from there on a keyed pseudonym of it."""
    return dy.String(
        description=description,
        primary_key=key,
        nullable=nullable,
        min_length=1,
        max_length=200,
        metadata=_meta("member"),
    )


def text(description: str, *, nullable: bool = False, personal: str | None = None) -> dy.String:
    """Free text; `personal` names the purpose it is held for, and its presence marks it as such."""
    return dy.String(
        description=description,
        nullable=nullable,
        max_length=10_000,
        metadata=_meta("text", personal=personal),
    )


def code(
    description: str, codes: type[StrEnum], *, key: bool = False, nullable: bool = False
) -> dy.String:
    """One of a closed list. Held as text, since Delta Lake has no enumerations."""
    return dy.String(
        description=description,
        primary_key=key,
        nullable=nullable,
        regex="^(?:" + "|".join(codes) + ")$",
        metadata=_meta("code", codes=[str(value) for value in codes]),
    )


def minor(
    description: str,
    *,
    nullable: bool = False,
    signed: bool = False,
    above: int = 0,
    promotional: bool = False,
) -> dy.Int64:
    """Money in minor units of the row's `currency`.

    `promotional`: given away, by discounts or to keep a price promised, each campaign by as much as
    it likes; fixed for its document.
    """
    return dy.Int64(
        description=description,
        nullable=nullable,
        min=-MAX_MINOR if signed else above,
        max=MAX_MINOR,
        metadata=_meta("money", unit="minor units of currency", promotional=promotional or None),
    )


def currency(description: str = "ISO 4217 currency of the row's amounts") -> dy.String:
    """ISO 4217 code."""
    return dy.String(description=description, regex=CURRENCY_PATTERN, metadata=_meta("currency"))


def units(
    description: str,
    *,
    nullable: bool = False,
    signed: bool = False,
    least: int = 0,
    most: int = MAX_UNITS,
    running: bool = False,
) -> dy.Int64:
    """A count of pieces, people or events; `running`: one that a campaign multiplies in an hour."""
    return dy.Int64(
        description=description,
        nullable=nullable,
        min=-most if signed else least,
        max=most,
        metadata=_meta("count", unit="pieces", running=running or None),
    )


def number(
    description: str,
    unit: str,
    *,
    nullable: bool = False,
    low: float | None = 0.0,
    high: float | None = None,
) -> dy.Float64:
    """A measured or computed number that is neither money nor a whole count."""
    return dy.Float64(
        description=description,
        nullable=nullable,
        min=low,
        max=high,
        metadata=_meta("number", unit=unit),
    )


def rate(description: str, *, nullable: bool = False) -> dy.Float64:
    """A fraction between 0 and 1."""
    return dy.Float64(
        description=description,
        nullable=nullable,
        min=0.0,
        max=1.0,
        metadata=_meta("rate", unit="fraction"),
    )


def instant(description: str, *, nullable: bool = False, key: bool = False) -> dy.Datetime:
    """A moment in UTC, to the microsecond."""
    return dy.Datetime(
        description=description,
        nullable=nullable,
        primary_key=key,
        min=_EARLIEST,
        max_exclusive=_LATEST,
        time_zone="UTC",
        time_unit="us",
        metadata=_meta("instant", unit="UTC"),
    )


def day(description: str, *, nullable: bool = False, key: bool = False) -> dy.Date:
    """A calendar day; the description says whether in the shop's zone or in UTC."""
    return dy.Date(
        description=description,
        nullable=nullable,
        primary_key=key,
        min=_EARLIEST.date(),
        max_exclusive=_LATEST.date(),
        metadata=_meta("day"),
    )


def month_day(description: str, *, nullable: bool = False, personal: str) -> dy.String:
    """A day of every year as MM-DD, without the year; `personal`: the purpose it is held for."""
    return dy.String(
        description=description,
        nullable=nullable,
        regex=r"^(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$",
        metadata=_meta("month_day", personal=personal),
    )


def rank(description: str, *, key: bool = False) -> dy.Int64:
    """A place in an order of the shop's own, which grows with it; 0 stands outside of it."""
    return dy.Int64(
        description=description,
        primary_key=key,
        min=0,
        max=20,
        metadata=_meta("rank", unit="1 is the lowest"),
    )


def hour(description: str, *, key: bool = False) -> dy.Int64:
    """An hour of the shop's clock, 0 to 23."""
    return dy.Int64(
        description=description,
        primary_key=key,
        min=0,
        max=23,
        metadata=_meta("hour", unit="hour of the day"),
    )


def flag(description: str, *, nullable: bool = False) -> dy.Bool:
    """Yes or no."""
    return dy.Bool(description=description, nullable=nullable, metadata=_meta("flag"))


def fingerprint(description: str, *, key: bool = False) -> dy.Int64:
    """A hash that only orders equal instants and finds equal contents."""
    return dy.Int64(description=description, primary_key=key, metadata=_meta("fingerprint"))
