"""Reads the pages of one source into structs, whichever way they were fetched."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from connectors.base.wire import decoded, unknown_fields
from connectors.shopify import wire
from contracts.errors import SourceContractError
from contracts.streams import Page


@dataclass(frozen=True, slots=True)
class Found:
    """A page's documents, their children, and for each child the index of its document.

    `is_rest`: the documents were in an earlier page, only the children are new. `unfinished` are
    the indices of documents with more children than this page holds.
    """

    parents: list[Any]
    children: list[Any]
    owners: list[int]
    is_rest: bool
    unfinished: list[int]
    unknown: set[str]


NOTHING = Found([], [], [], is_rest=False, unfinished=[], unknown=set())


class _Raws(msgspec.Struct, gc=False):
    nodes: list[msgspec.Raw] | None


class Shape:
    """Reads the pages of one source.

    Args:
        paged: a document of a page, with its first children.
        head: a document of a bulk file, where children have lines of their own.
        rest: a document named again with further children.
    """

    def __init__(
        self,
        paged: type,
        *,
        head: type | None = None,
        child: type | None = None,
        rest: type | None = None,
    ) -> None:
        self.paged, self.head, self.child = paged, head or paged, child
        self.rest = rest or paged
        connections = dict[str, wire.Connection[paged]]  # type: ignore[valid-type]  # made at run time
        self._page = msgspec.json.Decoder(connections)
        rests = dict[str, self.rest | None]  # type: ignore[name-defined]  # likewise
        self._rest = msgspec.json.Decoder(rests)
        self._head: Callable[[bytes], Any] = msgspec.json.Decoder(self.head).decode
        self._child: Callable[[bytes], Any] = msgspec.json.Decoder(child or paged).decode

    def each(self, pages: Iterable[Page]) -> Iterator[Found]:
        """What each page holds, one after the other; nothing first, so that there is always one.

        Structs take four times the memory of their page, so no two pages need be held decoded.

        Raises:
            SourceContractError: as `read`.
        """
        yield NOTHING
        yield from map(self.read, pages)

    def read(self, page: Page) -> Found:
        """Decode a page by its `part`: "page", "bulk", or "rest" with the id of the document.

        Raises:
            SourceContractError: the answer has a shape that we do not know.
        """
        if page.part == "bulk":
            return self._from_lines(page.body.splitlines())
        if page.part.partition(":")[0] == "rest":
            nodes = decoded(self._rest.decode, page.body).values()
            parents: list[Any] = [node for node in nodes if node is not None]
            return self._nested(parents, is_rest=True, unknown=set())
        found: dict[str, Any] = decoded(self._page.decode, page.body)
        parents = [node for connection in found.values() for node in connection.nodes or ()]
        return self._nested(parents, is_rest=False, unknown=self._unknown(page.body))

    def _nested(self, parents: list[Any], *, is_rest: bool, unknown: set[str]) -> Found:
        held = [parent.children for parent in parents] if self.child else []
        lists = [(children.nodes if children else None) or () for children in held]
        return Found(
            parents,
            [child for children in lists for child in children],
            [owner for owner, children in enumerate(lists) for _ in children],
            is_rest,
            [owner for owner, children in enumerate(held) if _goes_on(children)],
            unknown,
        )

    def _from_lines(self, lines: list[bytes]) -> Found:
        """Lines of a bulk file: a line that names its parent is a child."""
        parent_lines: list[bytes] = []
        child_lines: list[bytes] = []
        for line in lines:
            (child_lines if is_child(line) else parent_lines).append(line)
        parents = _all_decoded(self._head, parent_lines)
        children = _all_decoded(self._child, child_lines)
        index = {parent.id: number for number, parent in enumerate(parents)}
        try:
            owners = [index[child.parent_id] for child in children]
        except KeyError:
            raise SourceContractError("a bulk file has a child without its parent") from None
        firsts = ((parent_lines[:1], self.head), (child_lines[:1], self.child))
        unknown = {
            name
            for found, shape in firsts
            for line in found
            for name in unknown_fields(msgspec.json.decode(line), shape)
        }
        return Found(parents, children, owners, is_rest=False, unfinished=[], unknown=unknown)

    def _unknown(self, body: bytes) -> set[str]:
        """GraphQL gives every document the same fields, so the first one tells for all."""
        connections = msgspec.json.decode(body, type=dict[str, _Raws])
        return {
            name
            for connection in connections.values()
            for raw in (connection.nodes or ())[:1]
            for name in unknown_fields(msgspec.json.decode(raw), self.paged)
        }


def is_child(line: bytes) -> bool:
    """Whether a line of a bulk file belongs to a line before it.

    Inside a JSON text a quote is escaped, so the mark cannot be a part of somebody's title.
    """
    return b'"__parentId":' in line


def _goes_on(children: Any) -> bool:
    return isinstance(children, wire.Paged) and children.page_info.has_next_page


def _all_decoded(decode: Callable[[bytes], Any], lines: list[bytes]) -> list[Any]:
    return decoded(lambda several: [decode(line) for line in several], lines)


ORDERS = Shape(wire.Order, head=wire.OrderHead, child=wire.Line, rest=wire.OrderLines)
PRODUCTS = Shape(wire.Variant)
INVENTORY = Shape(wire.Item, head=wire.ItemHead, child=wire.Level)
CUSTOMERS = Shape(wire.Customer)
DISCOUNTS = Shape(wire.DiscountNode, child=wire.Code)
