"""Streams that stumble on one rung, and which rungs are told of."""

from collections.abc import Callable, Iterable, Iterator

from contracts.errors import (
    SourceContractError,
    SourceRejectedError,
    TransientSourceError,
)
from contracts.streams import Context, Mapped, Page, Window
from flows.steps.blocked import Rung
from flows.steps.pull import Pulled, blocked_in
from tests.flows.scripted import (
    REVIEWS,
    reviews,
)


def rungs(pulled: list[Pulled]) -> list[tuple[Rung, str]]:
    return [(one.rung, one.sentence) for one in blocked_in(pulled)]


def mended(pages: Iterable[Page], context: Context) -> Mapped:
    """A mapping of the next release, which reads what the old one stumbled over."""
    sane = [Page(page.body.replace(b"13", b"5"), page.part) for page in pages]
    return REVIEWS.to_canonical(sane, context)


def stumbling(_: Window) -> Iterator[Page]:
    yield from reviews({"id": "a"})
    raise KeyError("somebody@example.com")


def failing(error: Exception) -> Callable[[Window], Iterator[Page]]:
    """A platform that answers with an error."""

    def answer(_: Window) -> Iterator[Page]:
        yield from ()
        raise error

    return answer


refusing = failing(SourceRejectedError("the permission read_reviews is missing"))
busy = failing(TransientSourceError("the platform is busy"))
odd_cursor = failing(SourceContractError("a cursor was answered twice"))
