"""Lists of a gateway that are counted and then read from their last page to the first.

What changes while a list is read leaves the window, and all that stood behind it moves forward: to
a page that is still to come. Read the other way round, a row would slip past.
"""

import datetime as dt
import logging
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from connectors.base.gateway import GatewayAnswer, china_time
from contracts.errors import SourceContractError
from contracts.streams import Page, Window

SECOND: Final = dt.timedelta(seconds=1)
_log = logging.getLogger(__name__)


def _nothing(_client: Any) -> Mapping[str, Any]:
    return {}


def _whole(_client: Any) -> dt.timedelta | None:
    return None


def _data(answer: GatewayAnswer) -> bytes:
    return answer.data


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedList:
    """A list of the platform, by what changed in a window.

    `pages` and `estimate` are what a `Stream` asks for.
    """

    method: str
    part: str
    """Of its pages."""
    start: str
    end: str
    """Parameters of a span. Both ends are taken to be included; the end is rounded up to a second,
    so that nothing falls between two spans, and so is the start, so that a day stays a day."""
    size: int
    """Rows of a page."""
    total: Callable[[bytes], int | None]
    """How many rows an answer says that there are."""
    params: Mapping[str, Any] = field(default_factory=dict)
    asked: Callable[[Any], Mapping[str, Any]] = _nothing
    """Parameters that the client's settings say."""
    page: str = "page_no"
    page_size: str = "page_size"
    number: Callable[[int], Any] = str
    """How a number of a page is written."""
    instant: Callable[[dt.datetime], Any] = china_time
    """How an end of a span is written."""
    most: int = 20_000
    """Rows of one span that can be paged through; a span with more is halved."""
    longest: Callable[[Any], dt.timedelta | None] = _whole
    """The longest span that one list may have, by the client."""
    kept: dt.timedelta | None = None
    """How far back the platform tells."""
    body: Callable[[GatewayAnswer], bytes] = _data
    """What of an answer is a page."""

    def pages(self, client: Any, window: Window) -> Iterator[Page]:
        """Pages of what changed in a window, of each span the last one first.

        Nothing of spans that the platform does not tell of any more.

        Raises:
            SourceContractError: a second holds more rows than can be paged through.
        """
        for span in window.spans(self.longest(client)):
            yield from self._pages(client, span)

    def estimate(self, client: Any, window: Window) -> int:
        """How many calls `pages` takes, the counts included."""
        spans = [
            span for span in window.spans(self.longest(client)) if self._is_asked(client, span)
        ]
        return sum(1 + math.ceil(self._count(client, span) / self.size) for span in spans)

    def _pages(self, client: Any, span: Window) -> Iterator[Page]:
        if not self._is_asked(client, span):
            return
        total = self._count(client, span)
        if total > self.most:
            for half in self._halves(span, total):
                yield from self._pages(client, half)
            return
        for number in range(math.ceil(total / self.size), 0, -1):
            answer = client.read(self.method, self._params(client, span, number, self.size))
            yield Page(self.body(answer), self.part)

    def _halves(self, span: Window, total: int) -> tuple[Window, Window]:
        middle = _up(span.start + (span.end - span.start) / 2)
        if not span.start < middle < span.end:
            raise SourceContractError(f"{self.method} has {total} rows in one second")
        return Window(span.start, middle), Window(middle, span.end)

    def _count(self, client: Any, span: Window) -> int:
        answer = client.read(self.method, self._params(client, span, 1, 1))
        found = self.total(answer.data)
        if found is None:
            raise SourceContractError(f"{self.method} does not say how many rows there are")
        return found

    def _params(self, client: Any, span: Window, number: int, size: int) -> dict[str, Any]:
        return {
            **self.params,
            **self.asked(client),
            self.start: self.instant(_up(span.start)),
            self.end: self.instant(_up(span.end)),
            self.page: self.number(number),
            self.page_size: self.number(size),
        }

    def _is_asked(self, client: Any, span: Window) -> bool:
        """Whether a span holds a second, and is not older than what the platform tells of."""
        if _up(span.start) == _up(span.end):
            return False
        if self.kept is None or span.end > client.recent_now() - self.kept:
            return True
        _log.warning(
            "method=%s window=%s..%s is older than the %d days the platform tells of: left out",
            self.method,
            span.start.isoformat(),
            span.end.isoformat(),
            self.kept.days,
        )
        return False


def _up(instant: dt.datetime) -> dt.datetime:
    """The next whole second; stamps of these platforms have no smaller part."""
    whole = instant.replace(microsecond=0)
    return whole if whole == instant else whole + SECOND
