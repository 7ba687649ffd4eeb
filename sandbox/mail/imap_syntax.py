"""The syntax of IMAP commands: words, quoted strings, literals, lists, sets and dates."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

Token = str | list["Token"]
"""A word or a string as text, a parenthesised group as a list."""
_PIECE: Final = re.compile(
    r'\s*(?:(?P<open>\()|(?P<close>\))|"(?P<quoted>(?:[^"\\]|\\["\\])*)"'
    r"|\x00(?P<literal>\d+)\x00|(?P<word>[^\s()\"\x00]+))"
)
_SET: Final = re.compile(r"(\d+|\*)(?::(\d+|\*))?")
_MONTHS: Final = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
)  # fmt: skip


class ImapSyntaxError(ValueError):
    """A command that cannot be read; the text is for the client."""


def tokens(line: str, literals: Sequence[str] = ()) -> list[Token]:
    r"""Split a command's line; a literal stands in it as its number between two `\x00`.

    Raises:
        ImapSyntaxError: unbalanced parentheses, an open quote, or a control character.
    """
    found: list[Token] = []
    groups: list[list[Token]] = [found]
    place, line = 0, line.rstrip()
    while place < len(line):
        piece = _PIECE.match(line, place)
        if piece is None:
            raise ImapSyntaxError("could not parse command")
        place = piece.end()
        if piece["open"]:
            groups.append([])
        elif piece["close"]:
            if len(groups) == 1:
                raise ImapSyntaxError("unexpected )")
            closed = groups.pop()
            groups[-1].append(closed)
        elif piece["literal"]:
            groups[-1].append(literals[int(piece["literal"])])
        elif piece["quoted"] is not None:
            groups[-1].append(re.sub(r'\\(["\\])', r"\1", piece["quoted"]))
        else:
            groups[-1].append(piece["word"])
    if len(groups) > 1:
        raise ImapSyntaxError("missing )")
    return found


def members(text: str, numbers: Sequence[int]) -> set[int]:
    """Those of the ascending `numbers` that a set such as `2,4:7,9:*` names.

    `*` is the largest number, and a range may be given backwards: so `9:*` names the last one
    even if it is below 9.

    Raises:
        ImapSyntaxError: not a set.
    """
    last = numbers[-1] if numbers else 0
    found: set[int] = set()
    for part in text.split(","):
        given = _SET.fullmatch(part)
        if given is None:
            raise ImapSyntaxError("invalid sequence set")
        ends = sorted(last if end == "*" else int(end) for end in (given[1], given[2] or given[1]))
        found |= {number for number in numbers if ends[0] <= number <= ends[1]}
    return found


def is_set(text: str) -> bool:
    """Whether the text is a set of numbers."""
    return all(_SET.fullmatch(part) for part in text.split(","))


def day(text: str) -> date:
    """The date of a search key such as `1-Feb-2026`.

    Raises:
        ImapSyntaxError: not a date.
    """
    parts = text.split("-")
    try:
        number, month, year = parts
        return date(int(year), _MONTHS.index(month.capitalize()) + 1, int(number))
    except ValueError as error:
        raise ImapSyntaxError("invalid date") from error


def internal_date(at: datetime) -> str:
    """An instant in UTC as FETCH writes it, in quotes; months are English whatever the locale."""
    return f'"{at.day:2d}-{_MONTHS[at.month - 1]}-{at:%Y %H:%M:%S} +0000"'


def texts(given: Sequence[Token], count: int) -> list[str]:
    """Exactly `count` texts.

    Raises:
        ImapSyntaxError: another number of arguments, or a group among them.
    """
    found = [one for one in given if isinstance(one, str)]
    if len(found) != count or len(given) != count:
        raise ImapSyntaxError("wrong arguments")
    return found
