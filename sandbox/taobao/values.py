"""How values are written: money in yuan with two decimals, time in GMT+8, lists wrapped twice."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final
from xml.etree import ElementTree as ET

Answer = dict[str, Any]
BEIJING: Final = timezone(timedelta(hours=8))
TEXT_TIME: Final = "%Y-%m-%d %H:%M:%S"


def yuan(minor: int) -> str:
    """Fen as yuan text."""
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02d}"


def written(at: datetime | None) -> str | None:
    """An instant as the platform writes it."""
    return None if at is None else at.astimezone(BEIJING).strftime(TEXT_TIME)


def parsed(text: str) -> datetime:
    """The UTC instant of a time as the platform writes it.

    Raises:
        ValueError: it is none.
    """
    return datetime.strptime(text, TEXT_TIME).replace(tzinfo=BEIJING).astimezone(UTC)


def wrapped(name: str, item: str, rows: Iterable[Answer]) -> Answer:
    """A list under its name and its item's name; an empty one is left out altogether."""
    found = list(rows)
    return {name: {item: found}} if found else {}


def without_nulls(row: Answer) -> Answer:
    """A row without the fields that have no value: the platform leaves them out."""
    return {key: value for key, value in row.items() if value is not None}


def simplified(value: Any) -> Any:
    """An answer with its lists wrapped once only, as `simplify=true` asks for."""
    if isinstance(value, list):
        return [simplified(one) for one in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and isinstance(next(iter(value.values())), list):
        return simplified(next(iter(value.values())))
    return {key: simplified(below) for key, below in value.items()}


def as_xml(name: str, content: Answer) -> bytes:
    """An answer as XML, which is what a call without `format` gets."""
    root = ET.Element(name)
    _fill(root, content)
    text: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8" ?>{text}'.encode()


def _fill(element: ET.Element, value: Any) -> None:
    if isinstance(value, dict):
        for key, below in value.items():
            many = isinstance(below, list)
            if many:
                element.set("list", "true")
            for one in below if many else [below]:
                _fill(ET.SubElement(element, key), one)
    elif isinstance(value, bool):
        element.text = "true" if value else "false"
    else:
        element.text = str(value)
