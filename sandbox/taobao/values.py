"""What a call asks for and how it is answered: fields, pages, lists wrapped twice, JSON or XML."""

from collections.abc import Collection, Iterable
from typing import Any, Final
from xml.etree import ElementTree as ET

import polars as pl

from sandbox.kit.arguments import Arguments, flag
from sandbox.kit.fields import Document, Fields, Row, document, without_none
from sandbox.kit.lists import ANY, Page
from sandbox.kit.values import BEIJING, TextTime, decimal_text

TIME: Final = TextTime(BEIJING)
yuan = decimal_text


class Selection:
    """Fields by name, or all of them (None); nothing else is answered."""

    def __init__(self, names: Collection[str] | None) -> None:
        self._names = names

    @classmethod
    def of(cls, args: Arguments) -> "Selection":
        """The fields that a call has to name."""
        args.needed("fields", str)
        return cls(frozenset(args.names("fields")))

    def row(self, fields: Fields, row: Row) -> Document:
        """The row's fields that are asked for and have a value."""
        return without_none(document(fields, row, only=self._names))

    def below(self, name: str, item: str) -> "Selection | None":
        """The fields of a list's items: all by the list's name, some by name.field; else None."""
        names = self._names or ()
        if name in names or item in names:
            return Selection(None)
        heads = (f"{name}.{item}.", f"{name}.", f"{item}.")
        found = {
            field.removeprefix(head) for field in names for head in heads if field.startswith(head)
        }
        return Selection(found) if found else None


def page_of(args: Arguments, most: int, *, last: int = ANY, name: str = "page_no") -> Page:
    """The page a call asks for: at most `most` rows, of the first `last` pages."""
    return Page.of(args, name, "page_size", most=most, default=40, last=last)


def listed(
    args: Arguments, frame: pl.DataFrame, page: Page, fields: Fields, name: str, item: str
) -> Document:
    """A page of a list with its total, of each row the fields that are asked for."""
    selection = Selection.of(args)
    rows = (selection.row(fields, one) for one in page.rows(frame).iter_rows(named=True))
    return {"total_results": frame.height, **wrapped(name, item, rows)}


def counted(args: Arguments, frame: pl.DataFrame, page: Page, answer: Document) -> Document:
    """A list without its total, only with whether there is more, where that was asked for."""
    if not args.get("use_has_next", flag):
        return answer
    kept = {name: value for name, value in answer.items() if name != "total_results"}
    return {"has_next": page.has_next(frame), **kept}


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
    else:
        element.text = str(value).lower() if isinstance(value, bool) else str(value)
