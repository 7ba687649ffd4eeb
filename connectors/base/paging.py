"""Cursor paging that ends."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from contracts.errors import SourceContractError

Answer = TypeVar("Answer")


def by_cursor(
    ask: Callable[[str | None], tuple[Answer, str | None]], *, start: str | None = None
) -> Iterator[Answer]:
    """Yield pages from `start` until the cursor is null. `ask` gives a page and the next cursor.

    Raises:
        SourceContractError: a cursor came twice; following it would never end.
    """
    seen = {start}
    cursor = start
    while True:
        page, cursor = ask(cursor)
        yield page
        if cursor is None:
            return
        if cursor in seen:
            raise SourceContractError("the platform repeated a page's cursor; the reading stops")
        seen.add(cursor)
