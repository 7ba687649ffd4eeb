"""Work one ahead: what waits for others is done while this process computes."""

import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from connectors.base.waiting import GIVEN_UP

Item = TypeVar("Item")
Result = TypeVar("Result")


def prefetch(do: Callable[[Item], Result], items: Sequence[Item]) -> Generator[Result]:
    """What `do` makes of each item, in order; the next one's is made in a thread meanwhile.

    A failure is raised when its item's turn comes, so all before it were handed over. Whoever stops
    early (closes the iterator) does not wait for what was begun, and what was begun stops waiting.
    """
    ahead = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead")
    given_up = threading.Event()

    def begin(item: Item) -> Future[Result]:
        # In the caller's context, so that what is logged belongs to the caller's run.
        context = copy_context()
        context.run(GIVEN_UP.set, given_up)
        return ahead.submit(context.run, do, item)

    try:
        begun = [begin(item) for item in items[:1]]
        for item in items[1:]:
            done = begun.pop().result()
            begun.append(begin(item))
            yield done
        for last in begun:
            yield last.result()
    finally:
        given_up.set()
        ahead.shutdown(wait=False, cancel_futures=True)
