"""What a call asks for: the fields of its answer, and the page of its list."""

from collections.abc import Collection, Iterable
from typing import Final

import polars as pl

from sandbox.kit.arguments import Arguments, between, flag
from sandbox.kit.fields import Document, Fields, Row, document, without_none
from sandbox.kit.lists import Page
from sandbox.taobao.values import wrapped

DEFAULT_SIZE: Final = 40
ANY: Final = 2**31


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
    number = args.get(name, between(1, last), 1)
    return Page(number, args.get("page_size", between(1, most), min(DEFAULT_SIZE, most)))


def answered(
    frame: pl.DataFrame, page: Page, args: Arguments, name: str, item: str, rows: Iterable[Document]
) -> Document:
    """A page of a list, and how much there is: a total, or only whether there is more."""
    is_short = args.get("use_has_next", flag, default=False)
    count: Document = (
        {"has_next": page.has_next(frame)} if is_short else {"total_results": frame.height}
    )
    return {**count, **wrapped(name, item, rows)}
