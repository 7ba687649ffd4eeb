"""How answers are written: time in GMT+8, lists wrapped twice, JSON or XML."""

from collections.abc import Iterable
from typing import Any, Final
from xml.etree import ElementTree as ET

from sandbox.kit.fields import Document
from sandbox.kit.values import BEIJING, TextTime

TIME: Final = TextTime(BEIJING)


def wrapped(name: str, item: str, rows: Iterable[Document]) -> Document:
    """A list under its name and its item's name; an empty one is left out altogether."""
    found = list(rows)
    return {name: {item: found}} if found else {}


def simplified(value: Any) -> Any:
    """An answer with its lists wrapped once only, as `simplify=true` asks for."""
    if isinstance(value, list):
        return [simplified(one) for one in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and isinstance(next(iter(value.values())), list):
        return simplified(next(iter(value.values())))
    return {key: simplified(below) for key, below in value.items()}


def as_xml(name: str, content: Document) -> bytes:
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
