"""How a table is declared: its kind, its document, its slice and its partition."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import dataframely as dy
import polars as pl

from contracts.columns import day, fingerprint, identifier, instant


class TableKind(StrEnum):
    """How a reading is merged into the lake.

    versioned: the newest version of a document wins, ordered by `source_updated_at` (else
    `read_at`), `mapping_version`, `read_at`, `content_hash`; children are replaced with their
    document and a line that the newest version lacks carries `deleted_at`.
    slice: the newest reading of a declared slice replaces it whole, in the same order.
    observation: distinct facts, appended; the earliest `read_at` of a fact is kept. What an older
    mapping made of an instant goes when a newer one covers it.
    derived: computed from the lake, replaced by every build.
    """

    VERSIONED = "versioned"
    SLICE = "slice"
    OBSERVATION = "observation"
    DERIVED = "derived"


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the lake."""

    name: str
    schema: type[dy.Schema]
    kind: TableKind
    document: tuple[str, ...] = ()
    """Columns beside `shop_id` that name the document of a row (versioned)."""
    slice_by: tuple[str, ...] = ()
    """Columns beside `shop_id` that name the slice of a row; empty: the whole shop (slice)."""
    together: tuple[str, ...] = ()
    """Columns beside `shop_id` that name rows which pass the checks whole or not at all (slice)."""
    partition: str | None = None
    """A day that never changes for a row, UTC unless the table is derived."""
    version: int = 1

    @property
    def key(self) -> list[str]:
        """Primary key columns."""
        return self.schema.primary_key()

    @property
    def naming(self) -> tuple[str, ...]:
        """Columns beside `shop_id` that name the rows of one document; empty: each row is one."""
        return self.document or self.together

    @property
    def document_id(self) -> pl.Expr:
        """A row's document as text: the columns that name it, else its key, joined by |.

        The hash of an observation is left out, since it is not known before the row is mapped; a
        missing part reads ?, so that a row without its key can be named too.
        """
        kit = ("shop_id", "content_hash")
        columns = self.naming or tuple(name for name in self.key if name not in kit)
        parts = [pl.col(name).cast(pl.String).fill_null("?") for name in columns]
        return pl.concat_str(parts, separator="|")


TABLES: dict[str, Table] = {}

RENAMED: Mapping[str, str] = {"orders_count": "orders_units", "sold_units": "units_units"}
"""Columns by the name that they had before: what was stored under it is read under the new one."""

SchemaT = TypeVar("SchemaT", bound=dy.Schema)


def table(
    name: str,
    kind: TableKind,
    *,
    document: tuple[str, ...] = (),
    slice_by: tuple[str, ...] = (),
    together: tuple[str, ...] = (),
    partition: str | None = None,
    version: int = 1,
) -> Callable[[type[SchemaT]], type[SchemaT]]:
    """Register a schema class as a table of the lake."""

    def register(schema: type[SchemaT]) -> type[SchemaT]:
        TABLES[name] = Table(name, schema, kind, document, slice_by, together, partition, version)
        return schema

    return register


def table_of(schema: type[dy.Schema]) -> Table:
    """The table that a schema class was registered as."""
    return next(table for table in TABLES.values() if table.schema is schema)


class Canonical(dy.Schema):
    """Columns of every table that a connector fills."""

    shop_id = identifier("Our id of the shop", key=True)
    source_updated_at = instant("When the platform last changed it, if it says so", nullable=True)
    read_at = instant("The platform's clock when the reading was planned")
    mapping_version = dy.Int64(
        description="Version of the mapping that made the row",
        min=1,
        max=10_000,
        metadata={"kind": "number", "unit": "version"},
    )


class Observation(Canonical):
    """Columns of every observation: equal facts have equal hashes, different ones both stay."""

    content_hash = fingerprint("Tells apart different facts of one instant", key=True)


class Slice(Canonical):
    """Columns of every slice."""

    content_hash = fingerprint("Hash of the row")
    deleted_at = instant(
        "Set on the one row that stands for a slice read empty: the reading's instant",
        nullable=True,
    )


class Versioned(Canonical):
    """Columns of every versioned table."""

    content_hash = fingerprint("Hash of the whole document; orders versions of equal instants")
    deleted_at = instant(
        "Instant of the newest version of the document, which lacks this row", nullable=True
    )


class Dated(Versioned):
    """Columns of versioned tables that are partitioned."""

    created_date = day("UTC day of the document's creation; the partition")
