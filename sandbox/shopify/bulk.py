"""Bulk exports: operations that are made in the background and polled."""

import secrets
import shutil
import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from graphql import GraphQLSchema

from sandbox.kit.graphql.mutations import refuse_if
from sandbox.kit.values import utc_text
from sandbox.shopify.bulk_files import Written, accepted, write
from sandbox.shopify.fields import GID, sources
from sandbox.shopify.tables import Tables

MAX_RUNNING: Final = 5
NOTHING: Final = Written()
KEPT: Final = timedelta(days=7)
_IS_OPEN: Final = ("CREATED", "RUNNING")


@dataclass(frozen=True)
class BulkOperation:
    """One export; its file is there once it is COMPLETED and found something."""

    number: int
    text: str
    created_at: datetime
    status: str = "CREATED"
    completed_at: datetime | None = None
    written: Written = NOTHING
    is_expired: bool = False

    @property
    def gid(self) -> str:
        """The platform's id."""
        return f"{GID}BulkOperation/{self.number}"

    @property
    def name(self) -> str:
        """The file's name; empty while there is none, as the platform has none for no objects."""
        return "" if self.is_expired or not self.written.objects else self.written.name

    def answer(self, origin: str) -> dict[str, Any]:
        """The object the platform answers."""
        return {
            "__typename": "BulkOperation",
            "id": self.gid,
            "status": self.status,
            "errorCode": "INTERNAL_SERVER_ERROR" if self.status == "FAILED" else None,
            "type": "QUERY",
            "query": self.text,
            "createdAt": utc_text(self.created_at),
            "completedAt": utc_text(self.completed_at) if self.completed_at else None,
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
        running = sum(one.status in _IS_OPEN for one in self._operations.values())
        message = "Too many bulk operations are running."
        refuse_if(running >= MAX_RUNNING, "LIMIT_REACHED", message)
        query = accepted(schema, text)
        operation = BulkOperation(len(self._operations) + 1, text, clock)
        path = self._folder / f"{secrets.token_urlsafe(24)}.jsonl"
        tables = self._tables.snapshot()
        self._written[operation.number] = self._work.submit(
            write, sources(schema), tables, query, path=path, is_grouped=is_grouped
        )
        return self._keep(operation)

    def polled(self, gid: str, clock: datetime) -> BulkOperation | None:
        """The operation as far as it is, or None."""
        operation = self._operations.get(gid)
        if operation is None:
            return None
        if operation.status == "CREATED":
            return self._keep(operation, status="RUNNING")
        work = self._written[operation.number]
        if operation.status == "RUNNING" and work.done():
            if work.exception() is not None:
                return self._keep(operation, status="FAILED", completed_at=clock)
            written = work.result()
            return self._keep(operation, status="COMPLETED", completed_at=clock, written=written)
        done = operation.completed_at
        if operation.name and done and clock - done > KEPT:
            (self._folder / operation.name).unlink(missing_ok=True)
            return self._keep(operation, is_expired=True)
        return operation

    def end_all(self, status: str, clock: datetime) -> None:
        """End what was not cancelled or done as FAILED, or let the files EXPIRE."""
        for operation in self.listed():
            if operation.status in _IS_OPEN:
                self._keep(operation, status=status, completed_at=clock, is_expired=True)

    def cancelled(self, gid: str) -> BulkOperation | None:
        """The operation, cancelled unless it is done already, or None."""
        operation = self._operations.get(gid)
        if operation is not None and operation.status in _IS_OPEN:
            return self._keep(operation, status="CANCELED")
        return operation

    def listed(self) -> list[BulkOperation]:
        """All operations, oldest first."""
        return list(self._operations.values())

    def file(self, name: str) -> Path | None:
        """The file behind an unguessable name, or None."""
        known = any(operation.name == name for operation in self.listed() if name)
        return self._folder / name if known else None

    def _keep(self, operation: BulkOperation, **changes: Any) -> BulkOperation:
        changed = self._operations[operation.gid] = replace(operation, **changes)
        return changed
