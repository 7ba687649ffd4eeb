"""The mapping kit: raw columns become canonical ones, or name the documents that cannot.

A mapping hands `Mapper.add` one expression per column. A `Parsed` expression knows which raw values
it could not read, so that nothing is dropped: the row stays, with a null, and its document is
named in the rejects.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import dataframely as dy
import polars as pl

from connectors.base.frames import first_of_each
from connectors.base.goods import with_goods
from connectors.base.parcels import one_each
from contracts import money as currency_units
from contracts.codes import QuarantineReason
from contracts.streams import Context, Mapped, Reject
from contracts.tables import TABLES, Table, TableKind, table_of

_NOT_FACTS = ("read_at", "mapping_version", "source_updated_at", "content_hash", "deleted_at")
_KIT = ("shop_id", *_NOT_FACTS)
_NOTHING: Mapping[pl.DataType, pl.Expr] = {
    pl.String(): pl.lit("(empty)"),
    pl.Date(): pl.lit(dt.date(2000, 1, 1)),
    pl.Int64(): pl.lit(0),
    pl.Float64(): pl.lit(0.0),
}
"""What stands in the columns of a row that says a slice is empty; legal, and never looked at."""
_HASH_BITS = 2**53  # sums of a document's row hashes stay below Int64


@dataclass(frozen=True, slots=True)
class Parsed:
    """A typed value, the raw text it was read from, and what an unreadable one is called."""

    value: pl.Expr
    raw: pl.Expr
    reason: QuarantineReason


def _raw(column: str | pl.Expr) -> pl.Expr:
    return pl.col(column) if isinstance(column, str) else column


def money(column: str | pl.Expr, currency: str) -> Parsed:
    """Decimal text in major units, to minor units of `currency`."""
    raw = _raw(column)
    return Parsed(currency_units.to_minor(raw, currency), raw, QuarantineReason.UNREADABLE_MONEY)


def coded(column: str | pl.Expr, known: Mapping[str, str]) -> Parsed:
    """A platform's code, by a closed list."""
    raw = _raw(column)
    value = raw.replace_strict(dict(known), default=None, return_dtype=pl.String)
    return Parsed(value, raw, QuarantineReason.UNKNOWN_CODE)


def utc(column: str | pl.Expr) -> Parsed:
    """ISO 8601 text with an offset or Z, to an instant."""
    raw = _raw(column)
    value = raw.str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False)
    return Parsed(value, raw, QuarantineReason.UNREADABLE_TIME)


def gmt(column: str | pl.Expr) -> Parsed:
    """Text of GMT without an offset, such as "2026-11-16T05:00:00", to an instant."""
    return utc(_raw(column) + "Z")


def gmt8(column: str | pl.Expr) -> Parsed:
    """Text of China's time, which knows no summer time, such as "2026-11-16 13:00:00"."""
    raw = _raw(column)
    local = raw.str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False)
    value = (local - pl.duration(hours=8)).dt.replace_time_zone("UTC")
    return Parsed(value, raw, QuarantineReason.UNREADABLE_TIME)


def name(column: str) -> pl.Expr:
    """A number that names something, as text."""
    return pl.col(column).cast(pl.String)


def whole(column: str | pl.Expr) -> Parsed:
    """Text of digits, to a count."""
    raw = _raw(column)
    return Parsed(raw.cast(pl.Int64, strict=False), raw, QuarantineReason.UNREADABLE_NUMBER)


def pieces(column: str | pl.Expr) -> Parsed:
    """A number of pieces, to a count; a part of a piece counts as one, below zero likewise."""
    raw = _raw(column)
    number = raw.cast(pl.Float64, strict=False)
    whole_pieces = (number.abs().ceil() * number.sign()).cast(pl.Int64, strict=False)
    return Parsed(whole_pieces, raw, QuarantineReason.UNREADABLE_NUMBER)


def first_of(*rules: tuple[pl.Expr, pl.Expr | str], otherwise: pl.Expr | str) -> pl.Expr:
    """What the first rule says whose condition holds; a condition that is null does not."""
    values = [pl.when(condition).then(_literal(value)) for condition, value in rules]
    return pl.coalesce(*values, _literal(otherwise))


def _literal(value: pl.Expr | str) -> pl.Expr:
    """A code is itself, and not the name of a column."""
    return pl.lit(str(value)) if isinstance(value, str) else value


def _nothing(column: dy.Column) -> pl.Expr:
    if codes := (column.metadata or {}).get("codes"):
        return pl.lit(codes[0])
    if isinstance(column, dy.Int64 | dy.Float64) and column.min:
        return pl.lit(column.min)
    return _NOTHING[column.dtype]


class Mapper:
    """Collects the tables of one reading."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._frames: dict[str, pl.DataFrame] = {}
        self._rejects: list[pl.DataFrame] = []

    def add(
        self, schema: type[dy.Schema], raw: pl.DataFrame, **columns: Parsed | pl.Expr
    ) -> "Mapper":
        """Add a table: one expression over `raw` per column, the kit's own columns left out.

        The kit fills shop_id, read_at, mapping_version, deleted_at and content_hash, and of an
        order what its lines say (`goods_minor`, `goods_units`); `source_updated_at` is null unless
        given. Called again for a table, rows are appended. Shipments of one waybill become one.
        """
        table = table_of(schema)
        values = {
            name: column.value if isinstance(column, Parsed) else column
            for name, column in columns.items()
        }
        given = {
            "shop_id": pl.lit(self._context.shop_id),
            "read_at": pl.lit(self._context.read_at).cast(pl.Datetime("us", "UTC")),
            "mapping_version": pl.lit(self._context.mapping_version, pl.Int64),
            "source_updated_at": pl.lit(None, pl.Datetime("us", "UTC")),
            "deleted_at": pl.lit(None, pl.Datetime("us", "UTC")),
            "content_hash": pl.lit(0, pl.Int64),
        }
        wanted = schema.columns()
        frame = raw.select(
            (values.get(name, given.get(name, pl.lit(None))))
            .cast(column.dtype, strict=False)
            .alias(name)
            for name, column in wanted.items()
        )
        self._note_unreadable(table, raw, frame, columns)
        held = self._frames.get(table.name)
        self._frames[table.name] = frame if held is None else pl.concat([held, frame])
        return self

    def _note_unreadable(
        self,
        table: Table,
        raw: pl.DataFrame,
        frame: pl.DataFrame,
        columns: Mapping[str, Parsed | pl.Expr],
    ) -> None:
        for name, column in columns.items():
            if not isinstance(column, Parsed):
                continue
            bad = raw.select(column.raw.is_not_null()).to_series() & frame[name].is_null()
            if not bad.any():
                continue
            self._rejects.append(
                frame.select(
                    table=pl.lit(table.name),
                    document_id=table.document_id,
                    reason=pl.lit(str(column.reason)),
                    column=pl.lit(name),
                    detail=raw.select(
                        column.raw.cast(pl.String).str.slice(0, 60).alias("raw")
                    ).to_series(),
                    raw=pl.lit(None, pl.String),
                ).filter(bad)
            )

    def add_empty(
        self, schema: type[dy.Schema], slices: pl.DataFrame, source_updated_at: pl.Expr
    ) -> "Mapper":
        """Say that slices of a table were read and hold nothing; `slices` has its slice columns.

        A row that is born deleted stands for each, so that an older reading of the slice, merged
        later, does not bring its rows back. Only the slice and the instant mean something in it.
        """
        if slices.height == 0:
            return self
        instant = pl.coalesce(source_updated_at, pl.lit(self._context.read_at))
        fill = {
            name: pl.lit(self._context.currency) if name == "currency" else _nothing(column)
            for name, column in schema.columns().items()
            if not column.nullable and name not in (*_KIT, *slices.columns)
        }
        given = {name: pl.col(name) for name in slices.columns}
        return self.add(
            schema,
            slices,
            source_updated_at=source_updated_at,
            deleted_at=instant,
            **given,
            **fill,
        )

    def reject(
        self,
        schema: type[dy.Schema],
        document_ids: pl.Series,
        reason: QuarantineReason,
        *,
        column: str | None = None,
        detail: str | None = None,
    ) -> None:
        """Name documents of a table that cannot pass for a reason of the connector's own."""
        self._rejects.append(
            pl.DataFrame({"document_id": document_ids.cast(pl.String)}).select(
                table=pl.lit(table_of(schema).name),
                document_id="document_id",
                reason=pl.lit(str(reason)),
                column=pl.lit(column, pl.String),
                detail=pl.lit(detail, pl.String),
                raw=pl.lit(None, pl.String),
            )
        )

    def done(self, *, unknown_fields: tuple[str, ...] = ()) -> Mapped:
        """The mapped reading, each row hashed: by document where the table is versioned."""
        rejects = pl.concat([Reject.create_empty(), *self._rejects]) if self._rejects else None
        frames = dict(self._frames)
        if "shipments" in frames:
            frames["shipments"] = one_each(frames["shipments"])
        families: dict[tuple[str, ...], list[str]] = {}
        for name, frame in frames.items():
            table = TABLES[name]
            frames[name] = _hashed(frame, table)
            if table.kind is TableKind.VERSIONED:
                families.setdefault(table.document, []).append(name)
        if {"orders", "order_lines"} <= frames.keys():
            frames["orders"] = with_goods(frames["orders"], frames["order_lines"])
        for document, names in families.items():
            _hash_documents(frames, names, document)
        return Mapped(
            frames,
            rejects if rejects is not None else Reject.create_empty(),
            unknown_fields,
        )


def _hashed(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Rows with their hash. A page answered twice holds equal rows: one of each stays."""
    facts = frame.drop(_NOT_FACTS, strict=False)
    hashed = frame.with_columns(content_hash=(facts.hash_rows(seed=0) % _HASH_BITS).cast(pl.Int64))
    return first_of_each(hashed, [*table.key, "source_updated_at", "content_hash"])


def _hash_documents(
    frames: dict[str, pl.DataFrame], names: list[str], document: tuple[str, ...]
) -> None:
    """Replace row hashes by the sum over the rows of the document's version in all its tables."""
    keys = [*document, "source_updated_at"]
    sums = (
        pl.concat([frames[name].select(*keys, "content_hash") for name in names])
        .group_by(keys)
        .agg(pl.col("content_hash").sum())
    )
    for name in names:
        joined = (
            frames[name]
            .drop("content_hash")
            .join(sums, on=keys, how="left", nulls_equal=True, maintain_order="left")
        )
        frames[name] = joined.select(frames[name].columns)
