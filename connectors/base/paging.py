"""Paging that ends: by number, by cursor, and by offset in a list that moves."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import TypeVar

from contracts.errors import SourceContractError, TransientSourceError

Answer = TypeVar("Answer")

_MOST_IN_VAIN = 20  # requests in a row that bring nothing new


def by_number(
    ask: Callable[[int], tuple[Answer, bool]], *, start: int = 1, most: int = 1_000
) -> Iterator[Answer]:
    """Yield pages from number `start` on. `ask` gives a page and whether there is another one.

    Raises:
        SourceContractError: they do not end after `most` pages.
    """
    for number in range(start, start + most):
        page, has_more = ask(number)
        yield page
        if not has_more:
            return
    raise SourceContractError(f"a list has more than {most} pages")


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


def by_overlap(
    ask: Callable[[int], tuple[Answer, Sequence[Hashable], int]], *, size: int
) -> Iterator[Answer]:
    """Yield pages of a list that may move while it is read, each with the last row before it.

    `ask` gives the page at an offset, the keys of its rows and how long the list is. A page without
    that last row has lost rows before it: the reading steps back until it meets what it knows. So
    no row that is there all the time is missed; some come twice.

    Raises:
        SourceContractError: the platform repeats a page; following it would never end.
        TransientSourceError: the list changes faster than it can be read.
    """
    offset, furthest, vain, is_back = 0, 0, 0, False
    last: Hashable = None
    while vain < _MOST_IN_VAIN:
        answer, keys, length = ask(offset)
        vain = 0 if offset > furthest else vain + 1
        furthest = max(furthest, offset)
        if last is not None and last not in keys:
            offset, is_back = max(0, offset - size + 1), True
            last = last if offset else None
            continue
        yield answer
        brings_nothing = last is not None and keys[-1] == last
        is_short_end = offset + len(keys) == length and len(keys) < size
        if brings_nothing and not is_back and not is_short_end:
            continue
        if offset + size >= length:
            return
        # Rows that we may not see make a page short; then nothing can be told from the next one.
        last = keys[-1] if len(keys) == size else None
        offset, is_back = offset + size - 1, False
    if is_back:
        raise TransientSourceError("a list changes faster than it can be read; read it again")
    raise SourceContractError("the platform repeated a page; the reading stops")
