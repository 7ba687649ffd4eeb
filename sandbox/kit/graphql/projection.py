"""Answers made from frames: objects become structs, their children lists of structs."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl
from graphql import GraphQLError, is_abstract_type

from sandbox.kit.graphql.selection import Document, Selected, Sets
from sandbox.kit.graphql.sources import PARENT, Children, Joined, Nested, Source, Sources, Tables

CURSOR: Final = "__cursor"
_ROW, _WANTED, _LIST = "__row", "__wanted", "__list"


@dataclass(frozen=True)
class Branch:
    """A connection left for its own lines of a file: its nodes and what is requested of them."""

    type_name: str
    frame: pl.DataFrame
    sets: Sets


@dataclass(frozen=True)
class Projection:
    """The answers of a document from frames.

    With `branches` given, connections are put there instead of into the answer. `check_first`
    raises for a page without a size or of a wrong one.
    """

    document: Document
    sources: Sources
    tables: Tables
    check_first: Callable[[int | None], int]
    branches: list[Branch] | None = None

    def objects(
        self,
        type_name: str,
        sets: Sets,
        frame: pl.DataFrame,
        *,
        tagged: bool = False,
        extra: Mapping[str, pl.Expr] | None = None,
    ) -> pl.Series:
        """A struct per row with one entry per response key, and `extra` at its end."""
        columns: dict[str, pl.Expr | pl.Series] = {}
        for item in self.document.select(type_name, sets):
            value = self._value(type_name, item, frame)
            if value is not None:
                columns[item.key] = value
        if tagged:
            columns.setdefault("__typename", self.leaf(type_name, "__typename"))
        return _structs(frame, columns | dict(extra or {}))

    def leaf(self, type_name: str, name: str) -> pl.Expr:
        """The expression of a scalar field without arguments."""
        found = self._source(type_name, name)
        assert isinstance(found, pl.Expr)
        return found

    def connection(
        self, type_name: str, sets: Sets, rows: pl.DataFrame, page_info: pl.DataFrame
    ) -> pl.Series:
        """A connection per row of `page_info` from its nodes, each with `PARENT` and `CURSOR`."""
        columns: dict[str, pl.Series] = {}
        for part in self.document.select(f"{type_name}Connection", sets):
            if part.name == "nodes":
                nodes = self.objects(type_name, part.inside, rows)
                columns[part.key] = _lists(rows, nodes, page_info.height)
            elif part.name == "edges":
                edges = self._edges(type_name, part.inside, rows)
                columns[part.key] = _lists(rows, edges, page_info.height)
            elif part.name == "pageInfo":
                chosen = self.document.select("PageInfo", part.inside)
                own = {item.key: pl.col(item.name) for item in chosen if item.definition}
                columns[part.key] = _structs(page_info, own)
        return _structs(page_info, columns)

    def _edges(self, type_name: str, sets: Sets, rows: pl.DataFrame) -> pl.Series:
        columns: dict[str, pl.Series] = {}
        for item in self.document.select(f"{type_name}Edge", sets):
            if item.name == "cursor":
                columns[item.key] = rows[CURSOR]
            elif item.name == "node":
                columns[item.key] = self.objects(type_name, item.inside, rows)
        return _structs(rows, columns)

    def _source(self, type_name: str, name: str) -> Source:
        own = self.sources[type_name]
        return pl.lit(type_name) if name == "__typename" and name not in own else own[name]

    def _value(
        self, type_name: str, item: Selected, frame: pl.DataFrame
    ) -> pl.Expr | pl.Series | None:
        source = self._source(type_name, item.name)
        if not isinstance(source, pl.Expr | Nested | Joined | Children):
            source = source(item.arguments)
        match source:
            case Nested():
                inner = frame.with_columns(**source.values)
                return self._nested(item, inner, source.present)
            case Joined():
                return self._joined(source, item, frame)
            case Children():
                return self._children(source, item, frame)
            case _:
                return source

    def _nested(self, item: Selected, inner: pl.DataFrame, present: pl.Expr | None) -> pl.Series:
        named = item.named_type
        assert named is not None
        tagged = self.branches is None and is_abstract_type(named)
        found = self.objects(named.name, item.inside, inner, tagged=tagged)
        if present is None:
            return found
        return inner.select(pl.when(present).then(found)).to_series()

    def _joined(self, joined: Joined, item: Selected, frame: pl.DataFrame) -> pl.Series:
        if self._needs_only(joined.key, item):
            return self._nested(item, frame.select(joined.key), None)
        table = self.tables.get(joined.table).unique(joined.key, keep="first")
        wanted = frame.select(pl.col(joined.key).alias(_WANTED))
        inner = wanted.join(
            table,
            left_on=_WANTED,
            right_on=joined.key,
            how="left",
            coalesce=False,
            maintain_order="left",
        )
        return self._nested(item, inner, pl.col(joined.key).is_not_null())

    def _needs_only(self, key: str, item: Selected) -> bool:
        # A line names its variant and product by id far more often than by anything else.
        assert item.named_type is not None
        name = item.named_type.name
        found = [self._source(name, part.name) for part in self.document.select(name, item.inside)]
        return all(
            isinstance(one, pl.Expr) and set(one.meta.root_names()) <= {key} for one in found
        )

    def _children(
        self, children: Children, item: Selected, frame: pl.DataFrame
    ) -> pl.Series | None:
        parents = frame.drop(PARENT, strict=False).with_row_index(PARENT)
        rows = children.rows(self.tables, parents, item.arguments)
        assert item.named_type is not None
        name, is_connection = item.named_type.name, bool(children.key)
        if not is_connection:
            lists = _lists(rows, self.objects(name, item.inside, rows), frame.height)
            first = item.arguments.get("first")
            return lists if first is None else lists.list.head(first)
        name = name.removesuffix("Connection")
        if self.branches is None:
            return self._page(name, children.key, item, rows, frame.height)
        self.branches.append(Branch(name, rows, self.document.of_nodes(name, item.inside)))
        return None

    def _page(
        self, type_name: str, key: str, item: Selected, rows: pl.DataFrame, height: int
    ) -> pl.Series:
        """Of each parent the first nodes beyond the cursor."""
        first = self.check_first(item.arguments.get("first"))
        after = item.arguments.get("after")
        if after is not None:
            rows = rows.filter(pl.col(key) > decoded(after))
        rows = rows.with_columns(encoded(pl.col(key)).alias(CURSOR))
        place = pl.int_range(pl.len()).over(PARENT)
        shown = rows.filter(place < first)
        cursors = _lists(shown, shown[CURSOR], height).list
        page_info = pl.DataFrame(
            {
                "hasNextPage": _lists(rows, rows[CURSOR], height).list.len() > first,
                "hasPreviousPage": pl.repeat(value=False, n=height, eager=True),
                "startCursor": cursors.first(),
                "endCursor": cursors.last(),
            }
        )
        return self.connection(type_name, item.inside, shown, page_info)


def encoded(key: pl.Expr) -> pl.Expr:
    """A nested connection's cursor: the node's key."""
    return key.cast(pl.String).str.encode("base64")


def decoded(cursor: str) -> int:
    """The key inside a nested connection's cursor.

    Raises:
        GraphQLError: the cursor is none of ours.
    """
    try:
        return int(base64.b64decode(cursor, validate=True))
    except ValueError as error:
        raise GraphQLError("Invalid cursor for current pagination sort.") from error


def _structs(frame: pl.DataFrame, columns: Mapping[str, pl.Expr | pl.Series]) -> pl.Series:
    """A struct per row; the row's number keeps literals as long as the frame."""
    named = columns or {"__empty": pl.lit(None)}
    number = pl.int_range(pl.len()).alias(_ROW)
    return frame.select(number, **named).drop(_ROW).to_struct()


def _lists(rows: pl.DataFrame, values: pl.Series, height: int) -> pl.Series:
    """Per parent the list of its children's values."""
    grouped = (
        pl.DataFrame({PARENT: rows[PARENT], _LIST: values})
        .group_by(PARENT, maintain_order=True)
        .agg(_LIST)
    )
    parents = pl.DataFrame({PARENT: pl.int_range(height, dtype=pl.UInt32, eager=True)})
    return parents.join(grouped, on=PARENT, how="left", maintain_order="left")[_LIST].fill_null([])
