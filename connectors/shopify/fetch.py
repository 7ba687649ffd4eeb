"""How a source is read: counted first, then page by page or in bulk, whichever is sooner."""

import math
from collections.abc import Iterable, Iterator

import msgspec

from connectors.base.paging import by_cursor
from connectors.base.wire import decoded
from connectors.shopify import queries, shapes, wire
from connectors.shopify.client import MOST_QUERY_COST, ShopifyClient
from connectors.shopify.ids import number_of
from connectors.shopify.queries import Child, Source
from contracts.errors import SourceContractError, TransientSourceError
from contracts.streams import Page, Window

MOST_PAGED = 25_000  # the platform ends deeper paging with an error
MOST_PER_PAGE = 250
PAGE_BYTES = 8 * 2**20
_FIRST_PAGE = 5
# What a bulk job and a page take beside their points; unconfirmed, measured on no live shop.
# For estimates: 639 orders of the sandbox took 234 calls and 75 took 31, since many have more lines
# than come with the order. A bulk job follows a first page and the rest of its lines, and is asked
# about until it is done.
_ORDERS_PER_CALL = 2.5
_BULK_CALLS = 10
_BULK_SECONDS = 20.0
_PAGE_SECONDS = 0.5


def read(client: ShopifyClient, window: Window, *, source: Source) -> Iterator[Page]:
    """Yield what changed inside the window, or all there is where the source is not windowed."""
    query = queries.search(window) if source.is_windowed else None
    count = documents_count(client, source, query)
    if count == 0:
        return
    if count > MOST_PAGED:
        yield from in_bulk(client, source, query)
        return
    reader = _Reader(client, source, query)
    pages = reader.pages()
    first = next(pages)
    if reader.seconds_for(count) > _BULK_SECONDS:
        yield from in_bulk(client, source, query)
        return
    yield from first
    for found in pages:
        yield from found


def estimate(client: ShopifyClient, window: Window, *, source: Source) -> int:
    """How many calls `read` takes for a window of orders, its count included; of a bulk job a rough
    guess."""
    query = queries.search(window) if source.is_windowed else None
    count = documents_count(client, source, query)
    pages = math.ceil(count / _ORDERS_PER_CALL)
    return 1 + (_BULK_CALLS if pages * _PAGE_SECONDS > _BULK_SECONDS else pages)


def documents_count(client: ShopifyClient, source: Source, query: str | None) -> int:
    """How many documents there are, at most; more than can be paged counts as one more than that.

    Raises:
        SourceContractError: the answer is not a count.
    """
    variables = {"query": query} if "$query" in source.count else {}
    answer = client.ask(queries.count_document(source), variables, cost=300.0)
    counted = decoded(_COUNTED.decode, answer.data)
    is_exact = counted.count.precision == "EXACT"
    return counted.count.count if is_exact else MOST_PAGED + 1


def in_bulk(client: ShopifyClient, source: Source, query: str | None) -> Iterator[Page]:
    """Yield one bulk job's file in pages of some 8 MiB; no document is split."""
    held = bytearray()
    for chunk in client.run_bulk(queries.bulk_document(source, query)):
        held += chunk
        if len(held) >= PAGE_BYTES and (cut := last_document(held)):
            yield Page(bytes(held[:cut]), "bulk")
            del held[:cut]
    if held:
        yield Page(bytes(held), "bulk")


def last_document(held: bytearray) -> int:
    """Where the last whole line without a parent starts: the children of the line before end there.

    Zero when there is no such line, so that nothing can be cut off yet.
    """
    end = held.rfind(b"\n")
    while end > 0:
        start = held.rfind(b"\n", 0, end) + 1
        if not shapes.is_child(bytes(held[start:end])):
            return start
        end = start - 1
    return 0


class _Shape(msgspec.Struct, rename="camel"):
    """No more of an answer than fetching needs: an odd document is the mapping's to judge."""


class _Count(_Shape):
    count: int
    precision: str


class _Counted(_Shape):
    count: _Count


class _Listed(_Shape):
    nodes: list[msgspec.Raw]
    page_info: wire.PageInfo


class _Children(_Shape):
    page_info: wire.PageInfo


class _Node(_Shape):
    """A document by its id, with the children that some sources have."""

    id: str
    updated_at: str | None = None
    line_items: _Children | None = None
    inventory_levels: _Children | None = None

    @property
    def rest(self) -> str | None:
        """The cursor that its further children follow; null when there are none, or none is told.

        The mapping sees which document says that it has more and came without.
        """
        children = self.line_items or self.inventory_levels
        if children is None or not children.page_info.has_next_page:
            return None
        return children.page_info.end_cursor


_COUNTED = msgspec.json.Decoder(_Counted)
_LISTED = msgspec.json.Decoder(dict[str, _Listed])
_NODE = msgspec.json.Decoder(_Node)
_REST = msgspec.json.Decoder(dict[str, msgspec.Raw])


def _next(info: wire.PageInfo) -> str | None:
    """Cursor of the next page; null at the end.

    Raises:
        SourceContractError: there is a next page and no cursor to it.
    """
    if not info.has_next_page:
        return None
    if info.end_cursor is None:
        raise SourceContractError("a page has a next one and no cursor to it")
    return info.end_cursor


def _readable(raw: msgspec.Raw) -> _Node | None:
    """A document as far as fetching needs it; null where even that is odd."""
    try:
        return _NODE.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


class _Sizer:
    """How many documents to ask for, learned from what the platform charged for a request."""

    def __init__(self, first: int) -> None:
        self.size = first
        self.requested = MOST_QUERY_COST / 2

    def learn(self, requested: float) -> None:
        if requested > 0:
            each = requested / self.size
            self.size = max(1, min(MOST_PER_PAGE, int(MOST_QUERY_COST / each)))
            self.requested = each * self.size


class _Reader:
    """Pages of one source; knows after the first page what a document costs."""

    def __init__(self, client: ShopifyClient, source: Source, query: str | None) -> None:
        self._client = client
        self._source = source
        self._document = queries.page_document(source)
        self._variables = {"query": query} if source.is_windowed else {}
        self._sizer = _Sizer(_FIRST_PAGE)
        self._rest_sizer = _Sizer(_FIRST_PAGE)
        self._seen: set[str] = set()
        self._points = 0.0
        self._rests = 0

    def pages(self) -> Iterator[list[Page]]:
        """Each page with what it left out."""
        return by_cursor(self._page)

    def seconds_for(self, count: int) -> float:
        """How long paging through `count` documents takes at the account's restore rate."""
        read = max(len(self._seen), 1)
        points = count * self._points / read
        seconds = count * (1 / self._sizer.size + self._rests / read) * _PAGE_SECONDS
        bucket = self._client.bucket.state
        if bucket is not None:
            seconds += max(0.0, points - bucket.available) / bucket.restore_rate
        return seconds

    def _page(self, cursor: str | None) -> tuple[list[Page], str | None]:
        """A page that repeats an earlier one is asked for once more: its own would be lost."""
        for _ in range(2):
            variables = {**self._variables, "first": self._sizer.size, "after": cursor}
            answer = self._client.ask(self._document, variables, cost=self._sizer.requested)
            listed = decoded(_LISTED.decode, answer.data)[self._source.root]
            nodes = [node for node in map(_readable, listed.nodes) if node is not None]
            ids = {node.id for node in nodes}
            if not ids or not ids <= self._seen:
                break
        else:
            raise TransientSourceError(f"a page of {self._source.root} repeats an earlier one")
        self._seen |= ids
        self._points += answer.used
        self._sizer.learn(answer.requested)
        found = [Page(answer.data, "page"), *self._rest_of(nodes)]
        return found, _next(listed.page_info)

    def _rest_of(self, nodes: Iterable[_Node]) -> Iterator[Page]:
        child = self._source.child
        if child is None or child.parent_type is None:
            return
        for node in nodes:
            if node.rest is not None:
                yield from self._rest(child, node)

    def _rest(self, child: Child, node: _Node) -> Iterator[Page]:
        """Children after the page's first ones; an odd answer ends them, and its document.

        Raises:
            TransientSourceError: the document changed since its page was read. It has left the
                window; mixing both versions would lose lines.
        """
        document = queries.rest_document(child)

        def ask(cursor: str | None) -> tuple[Page, str | None]:
            variables = {"id": node.id, "first": self._rest_sizer.size, "after": cursor}
            answer = self._client.ask(document, variables, cost=self._rest_sizer.requested)
            self._points += answer.used
            self._rests += 1
            self._rest_sizer.learn(answer.requested)
            page = Page(answer.data, f"rest:{number_of(node.id)}")
            raw = decoded(_REST.decode, answer.data)["node"]
            found = _readable(raw)
            if bytes(raw) != b"null" and found is None:
                return page, None
            if found is None or found.updated_at != node.updated_at:
                raise TransientSourceError("a document changed while it was read; read it again")
            return page, found.rest

        yield from by_cursor(ask, start=node.rest)
