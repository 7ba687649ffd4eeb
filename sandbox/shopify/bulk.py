"""Bulk exports: a query's objects as JSON lines, made straight from the world's frames."""

import secrets
import shutil
import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import polars as pl
from graphql import (
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
    parse,
    validate,
)

from sandbox.shopify.errors import WriteRefusedError
from sandbox.shopify.fields import GID
from sandbox.shopify.kinds import Scope
from sandbox.shopify.paging import ID, RANK, ROOTS, Pager, Root
from sandbox.shopify.projection import Branch, Projection, leaf, node_sets
from sandbox.shopify.selection import Document, Selected, field_of, select
from sandbox.shopify.tables import PARENT, Tables

MAX_RUNNING: Final = 5
MAX_CONNECTIONS: Final = 5
MAX_NESTING: Final = 2
KEPT_DAYS: Final = 7
# Root objects encoded at once: a year of orders stays within some hundred megabytes.
CHUNK: Final = 5_000
PATH: Final = ("__p0", "__p1", "__p2")


@dataclass(frozen=True)
class BulkQuery:
    """A bulk query that was accepted."""

    document: Document
    root: Root
    field: Selected


@dataclass(frozen=True)
class Written:
    """What a file holds: its name, its bytes, its objects and how many of them are root objects."""

    name: str = ""
    size: int = 0
    objects: int = 0
    roots: int = 0


@dataclass(frozen=True)
class BulkOperation:
    """One export; its file is there once it is COMPLETED and found something."""

    number: int
    text: str
    created_at: datetime
    status: str = "CREATED"
    completed_at: datetime | None = None
    written: Written = Written()
    is_expired: bool = False

    @property
    def name(self) -> str:
        """The file's name; empty while there is none, as the platform has none for no objects."""
        return "" if self.is_expired or not self.written.objects else self.written.name

    def answer(self, origin: str) -> dict[str, Any]:
        """The object the platform answers."""
        return {
            "__typename": "BulkOperation",
            "id": f"{GID}BulkOperation/{self.number}",
            "status": self.status,
            "errorCode": "INTERNAL_SERVER_ERROR" if self.status == "FAILED" else None,
            "type": "QUERY",
            "query": self.text,
            "createdAt": _text(self.created_at),
            "completedAt": _text(self.completed_at),
            "objectCount": str(self.written.objects),
            "rootObjectCount": str(self.written.roots),
            "fileSize": str(self.written.size) if self.written.objects else None,
            "url": f"{origin}/bulk/{self.name}" if self.name else None,
            "partialDataUrl": None,
        }


class BulkOperations:
    """The shop's exports. Each is made in the background from the world as it was at its start.

    The first poll finds it RUNNING, a later one COMPLETED.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._folder = Path(tempfile.mkdtemp(prefix="bulk-"))
        self._operations: dict[str, BulkOperation] = {}
        self._work = ThreadPoolExecutor(max_workers=1, thread_name_prefix="bulk")
        self._written: dict[int, Future[Written]] = {}

    def close(self) -> None:
        """Stop and remove all files."""
        self._work.shutdown(cancel_futures=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    def run(
        self, schema: GraphQLSchema, text: str, *, is_grouped: bool, clock: datetime
    ) -> BulkOperation:
        """Accept a query and start on it.

        Raises:
            WriteRefusedError: it is not one the platform exports, or five are running.
        """
        running = sum(o.status in {"CREATED", "RUNNING"} for o in self._operations.values())
        if running >= MAX_RUNNING:
            raise WriteRefusedError("LIMIT_REACHED", "Too many bulk operations are running.")
        query = accepted(schema, text)
        operation = BulkOperation(len(self._operations) + 1, text, clock)
        tables = self._tables.snapshot()
        path = self._folder / f"{secrets.token_urlsafe(24)}.jsonl"
        self._written[operation.number] = self._work.submit(
            write, tables, query, path=path, is_grouped=is_grouped
        )
        return self._keep(operation)

    def polled(self, gid: str, clock: datetime) -> BulkOperation | None:
        """The operation as far as it is, or None."""
        operation = self._operations.get(gid)
        if operation is None:
            return None
        if operation.status == "CREATED":
            return self._keep(replace(operation, status="RUNNING"))
        if operation.status == "RUNNING" and self._written[operation.number].done():
            return self._keep(self._finished(operation, clock))
        done = operation.completed_at
        if operation.name and done and clock - done > timedelta(days=KEPT_DAYS):
            (self._folder / operation.name).unlink(missing_ok=True)
            return self._keep(replace(operation, is_expired=True))
        return operation

    def _finished(self, operation: BulkOperation, clock: datetime) -> BulkOperation:
        work = self._written[operation.number]
        if work.exception() is not None:
            return replace(operation, status="FAILED", completed_at=clock)
        return replace(operation, status="COMPLETED", completed_at=clock, written=work.result())

    def end_all(self, status: str, clock: datetime) -> None:
        """End what was not cancelled or done as FAILED, or let the files EXPIRE."""
        for gid, operation in self._operations.items():
            if operation.status in {"CREATED", "RUNNING"}:
                self._operations[gid] = replace(
                    operation, status=status, completed_at=clock, is_expired=True
                )

    def cancelled(self, gid: str) -> BulkOperation | None:
        """The operation, cancelled unless it is done already, or None."""
        operation = self._operations.get(gid)
        if operation is not None and operation.status in {"CREATED", "RUNNING"}:
            return self._keep(replace(operation, status="CANCELED"))
        return operation

    def listed(self) -> list[BulkOperation]:
        """All operations, oldest first."""
        return list(self._operations.values())

    def file(self, name: str) -> Path | None:
        """The file behind an unguessable name, or None."""
        known = any(operation.name == name for operation in self._operations.values() if name)
        return self._folder / name if known else None

    def _keep(self, operation: BulkOperation) -> BulkOperation:
        self._operations[f"{GID}BulkOperation/{operation.number}"] = operation
        return operation


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
    fields = select(document, "QueryRoot", [operations[0].selection_set])
    if len(operations) != 1 or len(fields) != 1 or fields[0].name not in ROOTS:
        raise _invalid("Bulk queries must contain exactly one top level connection.")
    root = ROOTS[fields[0].name]
    count = _connections(document, "QueryRoot", fields[0], depth=-1, in_list=False)
    if count > MAX_CONNECTIONS:
        raise _invalid(f"Bulk queries cannot contain more than {MAX_CONNECTIONS} connections.")
    return BulkQuery(document, root, fields[0])


def _connections(
    document: Document, type_name: str, item: Selected, *, depth: int, in_list: bool
) -> int:
    definition = field_of(document.schema, type_name, item.name)
    if definition is None or not item.inside:
        return 0
    name = get_named_type(definition.type).name
    is_connection = name.endswith("Connection")
    if is_connection:
        depth += 1
        if in_list:
            raise _invalid(
                "Queries that contain a connection field within a list field are not supported."
            )
        if depth > MAX_NESTING:
            raise _invalid(f"Bulk queries cannot nest connections deeper than {MAX_NESTING}.")
    is_wrapper = type_name.endswith(("Connection", "Edge"))
    is_list = is_list_type(get_nullable_type(definition.type)) and not is_wrapper
    below = select(document, name, item.inside)
    return is_connection + sum(
        _connections(document, name, inner, depth=depth, in_list=in_list or is_list)
        for inner in below
    )


def _invalid(message: str) -> WriteRefusedError:
    return WriteRefusedError("INVALID", message, ("query",))


def write(tables: Tables, query: BulkQuery, *, path: Path, is_grouped: bool) -> Written:
    """Write the query's objects to a file, a chunk of root objects at a time."""
    found = Pager(tables).found(query.root, query.field.arguments).drop(RANK, ID)
    sets = node_sets(query.document, query.root.type_name, query.field)
    objects = 0
    with path.open("wb") as file:
        for frame in found.iter_slices(CHUNK):
            start = Branch(query.root.type_name, frame.with_row_index(PARENT), Scope(), sets, "")
            lines = pl.concat(_lines(query.document, tables, start, level=0))
            if is_grouped:
                lines = lines.sort(PATH)
            lines.select("json").write_csv(file, include_header=False, quote_style="never")
            objects += lines.height
    return Written(path.name, path.stat().st_size, objects, found.height)


def _lines(document: Document, tables: Tables, branch: Branch, *, level: int) -> list[pl.DataFrame]:
    """The JSON lines of a branch and of the branches below it, each with its place."""
    branches: list[Branch] = []
    projection = Projection(document, tables, _placed(branch.frame, level), branches)
    extra = [pl.col("__parentId")] if level else []
    objects = projection.structs(
        branch.type_name, branch.sets, branch.scope, tagged=False, extra=extra
    )
    gid = leaf(branch.type_name, "id", branch.scope)
    frame = projection.frame.with_columns(
        json=objects.struct.json_encode(), __gid=gid
    )  # fmt: skip
    found = [frame.select(*PATH, "json")]
    places = frame.select(*PATH, __parentId="__gid")
    for number, child in enumerate(branches):
        rows = child.frame.drop(*PATH, "__parentId", strict=False)
        own = places[rows[PARENT].to_numpy()].with_columns(__branch=pl.lit(number))
        below = replace(child, frame=pl.concat([rows, own], how="horizontal"))
        found.extend(_lines(document, tables, below, level=level + 1))
    return found


def _placed(frame: pl.DataFrame, level: int) -> pl.DataFrame:
    """Rows with their place in the file: a child comes after its parent, branch by branch."""
    index = pl.int_range(pl.len(), dtype=pl.Int64)
    if level == 0:
        none = pl.lit(-1, dtype=pl.Int64)
        return frame.with_columns(__p0=index, __p1=none, __p2=none)
    # Branches of one parent follow each other; no chunk holds a billion children.
    place = index + pl.col("__branch").cast(pl.Int64) * 1_000_000_000
    return frame.with_columns(place.alias(PATH[level])).drop("__branch")


def _text(value: datetime | None) -> str | None:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if value else None
