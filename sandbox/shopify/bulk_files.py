"""Bulk queries: which the platform exports, and their objects as JSON lines.

Lines are made straight from the world's frames, a chunk of root objects at a time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from graphql import (
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    get_nullable_type,
    is_list_type,
    parse,
    validate,
)

from sandbox.kit.graphql.lines import json_lines
from sandbox.kit.graphql.mutations import WriteRefusedError
from sandbox.kit.graphql.pages import ID, RANK
from sandbox.kit.graphql.projection import Branch, Projection
from sandbox.kit.graphql.selection import Document, Selected
from sandbox.kit.graphql.sources import Sources
from sandbox.shopify.paging import KEYS, check_first, pager
from sandbox.shopify.tables import Tables

MAX_CONNECTIONS: Final = 5
MAX_NESTING: Final = 2
# Root objects encoded at once: a year of orders stays within some hundred megabytes.
CHUNK: Final = 5_000


@dataclass(frozen=True)
class BulkQuery:
    """A bulk query that was accepted: the type of its root objects and their connection."""

    document: Document
    type_name: str
    field: Selected


@dataclass(frozen=True)
class Written:
    """What a file holds: its name, its bytes, its objects and how many of them are root objects."""

    name: str = ""
    size: int = 0
    objects: int = 0
    roots: int = 0


def accepted(schema: GraphQLSchema, text: str) -> BulkQuery:
    """Check a bulk query.

    Raises:
        WriteRefusedError: unparsable, invalid, no single root connection, or connections too
            many, too deep or inside a list.
    """
    try:
        tree = parse(text)
    except GraphQLError as error:
        raise _invalid(error.message) from error
    if problems := validate(schema, tree):
        raise _invalid(problems[0].message)
    operations = [d for d in tree.definitions if isinstance(d, OperationDefinitionNode)]
    parts = {d.name.value: d for d in tree.definitions if isinstance(d, FragmentDefinitionNode)}
    document = Document(schema, parts, None)
    fields = document.select("QueryRoot", [operations[0].selection_set])
    named = fields[0].named_type
    type_name = named.name.removesuffix("Connection") if named else ""
    if len(operations) != 1 or len(fields) != 1 or not _is_root(fields[0], type_name):
        raise _invalid("Bulk queries must contain exactly one top level connection.")
    count = sum(_connections(document, "QueryRoot", fields[0], depth=-1, in_list=False))
    if count > MAX_CONNECTIONS:
        raise _invalid(f"Bulk queries cannot contain more than {MAX_CONNECTIONS} connections.")
    return BulkQuery(document, type_name, fields[0])


def _is_root(field: Selected, type_name: str) -> bool:
    return type_name in KEYS and _is_connection(field)


def _is_connection(item: Selected) -> bool:
    return item.named_type is not None and item.named_type.name.endswith("Connection")


def _connections(
    document: Document, type_name: str, item: Selected, *, depth: int, in_list: bool
) -> Iterator[int]:
    """A 1 for each connection of a field and below it."""
    if item.definition is None or item.named_type is None or not item.inside:
        return
    if _is_connection(item):
        yield 1
        depth += 1
        if in_list:
            raise _invalid(
                "Queries that contain a connection field within a list field are not supported."
            )
        if depth > MAX_NESTING:
            raise _invalid(f"Bulk queries cannot nest connections deeper than {MAX_NESTING}.")
    is_wrapper = type_name.endswith(("Connection", "Edge"))
    in_list |= is_list_type(get_nullable_type(item.definition.type)) and not is_wrapper
    name = item.named_type.name
    for inner in document.select(name, item.inside):
        yield from _connections(document, name, inner, depth=depth, in_list=in_list)


def _invalid(message: str) -> WriteRefusedError:
    return WriteRefusedError("INVALID", message, ("query",))


def write(
    sources: Sources, tables: Tables, query: BulkQuery, *, path: Path, is_grouped: bool
) -> Written:
    """Write the query's objects to a file, a chunk of root objects at a time."""
    found = pager(tables).found(query.type_name, query.field.arguments).drop(RANK, ID)
    sets = query.document.of_nodes(query.type_name, query.field.inside)
    projection = Projection(query.document, sources, tables, check_first)
    objects = 0
    with path.open("wb") as file:
        for frame in found.iter_slices(CHUNK):
            root = Branch(query.type_name, frame, sets)
            lines = json_lines(projection, root, is_grouped=is_grouped)
            lines.write_csv(file, include_header=False, quote_style="never")
            objects += lines.height
    return Written(path.name, path.stat().st_size, objects, found.height)
