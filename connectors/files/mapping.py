"""Exports to canonical tables; where exports overlap, the later one holds."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import dataframely as dy
import polars as pl

from connectors.base.mapping import Mapper, Parsed
from connectors.files import cells, rounded, sheets
from connectors.files.columns import TableLayout
from connectors.files.layout import (
    Described,
    Export,
    FileLayout,
    Listing,
    Part,
    RefusedFileError,
)
from connectors.files.parts import FILE, joined
from contracts.codes import QuarantineReason
from contracts.errors import ConfigurationError
from contracts.streams import PART, Context, Mapped, Page, Reject
from contracts.tables import TABLES, Table, TableKind, table_of

_PIECES = ("quantity_units", "current_units")
_DATED = {"source_updated_at": pl.Datetime("us", "UTC")}


_Rows = tuple[Export, pl.DataFrame]


@dataclass(slots=True)
class _Reading:
    """What the files of a reading come to."""

    exports: dict[tuple[dt.datetime, int], list[_Rows]] = field(default_factory=dict)
    """Files of each instant and description."""
    unknown: set[str] = field(default_factory=set)
    mapped: list[Mapped] = field(default_factory=list)
    noted: list[pl.DataFrame] = field(default_factory=list)
    """What is wrong with documents, each beside the instant of its export."""
    wrong: set[tuple[str, QuarantineReason, str | None, str]] = field(default_factory=set)
    """Files that are not read, or not all of whose rows are: the reason, the column, a sentence."""
    files: set[str] = field(default_factory=set)
    listed: Listing | None = None


def canonical(
    pages: Iterable[Page],
    context: Context,
    *,
    tables: tuple[type[dy.Schema], ...],
    described: Described | None,
) -> Mapped:
    """The tables of a stream, by the descriptions of today; `source_updated_at` is the export
    instant.

    Of exports that overlap, a document or a slice is taken from the latest one that has it, with
    what is wrong with it there. Of an observation exported twice, the first export stays. A file
    that is not what its description says is a document in quarantine, by its name; one that no
    description is for is not read.

    Raises:
        ConfigurationError: the account's descriptions are missing or wrong.
    """
    if described is None:
        raise ConfigurationError("files: a description is wrong: `shopkeeper doctor` tells which")
    reading = _Reading()
    for page in pages:
        _read(reading, page, described)
    while reading.exports:
        _, files = reading.exports.popitem()
        reading.mapped.append(_map_export(reading, files, context))
    frames: dict[str, pl.DataFrame] = {}
    noted = pl.concat([_dated_rejects(), *reading.noted])
    rejects = [_refusals(reading, table_of(tables[0]))]
    for schema in tables:
        table = table_of(schema)
        parts = [one.frames[table.name] for one in reading.mapped if table.name in one.frames]
        frames[table.name] = _latest(pl.concat([schema.create_empty(), *parts]), table)
        rejects.append(_standing(noted, frames[table.name], table))
    return Mapped(
        frames,
        pl.concat(rejects),
        (*sorted(reading.unknown), *_strangers(reading.listed)),
        standing=_suspect(reading, described),
    )


def _dated_rejects() -> pl.DataFrame:
    schema = pl.Schema({**Reject.create_empty().schema, **_DATED})
    return pl.DataFrame(schema=schema)


def _read(reading: _Reading, page: Page, described: Described) -> None:
    part = Part.model_validate_json(page.part)
    if not part.file:
        reading.listed = Listing.model_validate_json(page.body)
        return
    reading.files.add(part.file)
    try:
        _read_file(reading, page, described.of_page(page))
    except RefusedFileError as error:
        unknown = QuarantineReason.UNKNOWN_SHAPE
        reading.wrong.add((part.file, unknown, error.column, str(error)))


def _refusals(reading: _Reading, table: Table) -> pl.DataFrame:
    rows = [
        {
            "table": table.name,
            "document_id": f"{PART}{file}",
            "reason": str(reason),
            "column": column,
            "detail": what,
            "raw": None,
        }
        for file, reason, column, what in reading.wrong
    ]
    return pl.DataFrame(rows, schema=Reject.create_empty().schema).sort(pl.all())


def _suspect(reading: _Reading, described: Described) -> frozenset[str] | None:
    """Files that may still be wrong: those that are, and those that lie there and were not read."""
    if reading.listed is None:
        return None
    unread = {
        file for file in reading.listed.files if file not in reading.files and described.names(file)
    }
    return frozenset(f"{PART}{file}" for file in {*(wrong[0] for wrong in reading.wrong), *unread})


def _strangers(listed: Listing | None) -> list[str]:
    found = () if listed is None else listed.strangers
    return [f"file {name}" for name in found]


def _read_file(reading: _Reading, page: Page, exports: list[Export]) -> None:
    """A file's rows under each of its descriptions; of its columns those that none of them knows.

    Raises:
        RefusedFileError: the file is not what one of them says.
    """
    read = [(export, sheets.read(page.body, export)) for export in exports]
    unknown = []
    for export, rows in read:
        layout = export.layout
        rounded.refuse(rows, layout)
        unknown.append(set(rows.columns) - {*layout.sources(), *layout.ignored, *layout.private})
    for export, rows in read:
        reading.exports.setdefault((export.exported_at, export.number), []).append((export, rows))
    reading.unknown |= set.intersection(*unknown) if unknown else set()


def _map_export(reading: _Reading, files: list[_Rows], context: Context) -> Mapped:
    """The tables of an export's files; its rejects beside its instant."""
    mapper = Mapper(context)
    export, _ = files[0]
    rows = joined(((one.file, rows) for one, rows in files), export.layout)
    rows = _without(rows, export.layout)
    for name, table in export.layout.tables.items():
        kept = _without(rows, table)
        _map_table(reading, mapper, kept, TABLES[name], table, export, context)
    mapped = mapper.done()
    reading.noted.append(mapped.rejects.with_columns(source_updated_at=export.instant))
    return mapped


def _without(rows: pl.DataFrame, layout: FileLayout | TableLayout) -> pl.DataFrame:
    """Rows that are not to be skipped."""
    if isinstance(layout, FileLayout):
        for name, values in layout.keep_when.items():
            rows = rows.filter(pl.col(name).fill_null("").is_in(values))
    for name, values in layout.skip_when.items():
        rows = rows.filter(~pl.col(name).fill_null("").is_in(values))
    return rows


def _map_table(
    reading: _Reading,
    mapper: Mapper,
    rows: pl.DataFrame,
    table: Table,
    layout: TableLayout,
    export: Export,
    context: Context,
) -> None:
    columns = _columns(rows, table, layout, export, context)
    targets = table.schema.columns()
    keys = {name: columns[name] for name in table.key if name in columns}
    ids = rows.select(_value(c).cast(targets[n].dtype).alias(n) for n, c in keys.items())
    if table.kind is TableKind.SLICE:
        slices = _empty_slices(ids.select(table.slice_by), ids.height, layout, export)
        mapper.add_empty(table.schema, slices, export.instant)
    named = ids.select(table.naming or ids.columns)
    is_named = named.select(pl.all_horizontal(pl.all().is_not_null())).to_series()
    if not is_named.all():
        _note_nameless(reading, mapper, rows, named, keys, table)
        rows, ids = rows.filter(is_named), ids.filter(is_named)
    mapper.add(table.schema, rows, source_updated_at=export.instant, **columns)
    documents = ids.select(table.document_id).to_series()
    for name, column in columns.items():
        if isinstance(column, Parsed) and not targets[name].nullable:
            empty = rows.select(column.raw.is_null()).to_series()
            mapper.reject(
                table.schema,
                documents.filter(empty),
                QuarantineReason.MISSING_VALUE,
                column=name,
                detail="null",
            )
    for name, known in export.layout.known.items():
        strange = rows.select(pl.col(name).fill_null("").alias(name)).to_series()
        strange = strange.set(strange.is_in(known), None)
        for value in strange.drop_nulls().unique().sort():
            meant = documents.filter((strange == value).fill_null(value=False))
            reason = QuarantineReason.UNKNOWN_CODE
            mapper.reject(table.schema, meant, reason, column=name, detail=value[:60])


def _note_nameless(
    reading: _Reading,
    mapper: Mapper,
    rows: pl.DataFrame,
    named: pl.DataFrame,
    keys: dict[str, Parsed | pl.Expr],
    table: Table,
) -> None:
    """Rows that name no document are left out, and their file is wrong until they do.

    One whose number is empty may be of the document above it, as where cells were merged: that one
    is held too, since half of it may be missing.
    """
    # Beside a column of the rows, so that what is the same for all of them has their length.
    raws = rows.select(FILE, *(_raw(keys[n]).alias(n) for n in named.columns))
    for column in named.columns:
        nameless = raws.filter(named[column].is_null()).group_by(FILE)
        for (file,), group in nameless:
            raw = group[column]
            told = f"{raw.len()} rows without it"
            reason = QuarantineReason.MISSING_VALUE
            if such := raw.drop_nulls()[:1].to_list():
                reason, told = QuarantineReason.UNREADABLE_ROW, f"{told}, such as {such[0]}"
            reading.wrong.add((str(file), reason, column, told))
    if table.naming:
        is_whole = pl.all_horizontal(pl.all().is_not_null())
        above = named.select(pl.when(is_whole).then(table.document_id).forward_fill()).to_series()
        is_blank = pl.all_horizontal(pl.col(named.columns).is_null())
        held = above.filter(raws.select(is_blank).to_series()).drop_nulls().unique()
        missing = QuarantineReason.MISSING_VALUE
        told = "a row below it names no document"
        mapper.reject(table.schema, held, missing, column=table.naming[0], detail=told)


def _empty_slices(
    held: pl.DataFrame, rows: int, layout: TableLayout, export: Export
) -> pl.DataFrame:
    """Slices that an export covers and has no row for; one row for the slice of a whole shop.

    A row whose day cannot be read may belong to any of them, so then there are none.
    """
    if not held.columns:
        return pl.DataFrame(height=0 if rows else 1)
    (day,) = held.columns
    if layout.covers_days is None or held[day].has_nulls():
        return held.clear()
    last = export.exported_at.astimezone(ZoneInfo(export.time_zone)).date()
    first = last - dt.timedelta(days=layout.covers_days - 1)
    days = pl.select(pl.date_range(first, last).alias(day))
    return days.join(held, on=day, how="anti", maintain_order="left")


def _columns(
    rows: pl.DataFrame, table: Table, layout: TableLayout, export: Export, context: Context
) -> dict[str, Parsed | pl.Expr]:
    """One expression per canonical column."""
    targets = table.schema.columns()
    kinds = {name: (targets[name].metadata or {})["kind"] for name in layout.columns}
    columns = {
        name: cells.parsed(given, targets[name], export, is_pieces=name in _PIECES)
        for name, given in layout.columns.items()
        if kinds[name] != "money"
    }
    if "currency" in targets:
        currency = columns.setdefault("currency", pl.lit(context.currency))
        code = currency.value if isinstance(currency, Parsed) else currency
        seen = rows.select(code.alias("seen")).to_series().drop_nulls().unique().sort().to_list()
        for name, kind in kinds.items():
            if kind == "money":
                columns[name] = cells.amount(layout.columns[name], code, seen)
    if "created_date" in targets:
        placed = columns["placed_at"]
        columns["created_date"] = _value(placed).dt.date()
    return _gathered(columns, table, layout)


def _value(column: Parsed | pl.Expr) -> pl.Expr:
    return column.value if isinstance(column, Parsed) else column


def _raw(column: Parsed | pl.Expr) -> pl.Expr:
    return column.raw if isinstance(column, Parsed) else column


def _gathered(
    columns: dict[str, Parsed | pl.Expr], table: Table, layout: TableLayout
) -> dict[str, Parsed | pl.Expr]:
    """What is said of several rows together: rows of one key become equal, and the kit keeps one
    of them."""
    document = [_value(columns[name]) for name in table.document]
    keys = [_value(column) for name, column in columns.items() if name in table.key]
    gathered = dict(columns)
    for name, column in columns.items():
        if not isinstance(column, Parsed):
            continue
        if name in layout.columns and layout.columns[name].split:
            column = cells.share(layout.columns[name], column, document)
        if name in layout.sum:
            column = _summed(column, keys)
        if name in layout.latest:
            column = _last(column, keys)
        if name in layout.mixed:
            column = _mixed(column, keys, layout.mixed[name])
        gathered[name] = column
    return gathered


def _summed(column: Parsed, keys: list[pl.Expr]) -> Parsed:
    total = pl.when(column.value.is_not_null()).then(column.value.sum().over(keys))
    return Parsed(total, column.raw, column.reason)


def _last(column: Parsed, keys: list[pl.Expr]) -> Parsed:
    """The latest instant, none while one of the rows has none."""
    is_whole = column.raw.null_count().over(keys) == 0
    latest = pl.when(is_whole & column.value.is_not_null()).then(column.value.max().over(keys))
    is_told = is_whole | (column.raw.is_not_null() & column.value.is_null())
    return Parsed(latest, pl.when(is_told).then(column.raw), column.reason)


def _mixed(column: Parsed, keys: list[pl.Expr], mixes: dict[str, str]) -> Parsed:
    """The code of all rows of a key; what their mix is called where they differ."""
    codes = column.value.unique().sort().str.join("+").over(keys)
    is_mixed = (column.value.n_unique().over(keys) > 1) & column.value.is_not_null()
    named = codes.replace_strict(mixes, default=None, return_dtype=pl.String)
    value = pl.when(is_mixed).then(named).otherwise(column.value)
    return Parsed(value, pl.when(is_mixed).then(codes).otherwise(column.raw), column.reason)


def _latest(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    exported = pl.col("source_updated_at")
    if table.kind is TableKind.OBSERVATION:
        first = frame.sort("source_updated_at", *table.key)
        return first.unique(table.key, keep="first", maintain_order=True).sort(table.key)
    owner = table.document or table.slice_by
    newest = exported.max().over(*owner) if owner else exported.max()
    # Rows that contradict each other inside one export both stay: the checks name them.
    return frame.filter(exported == newest).unique().sort(*table.key, pl.all())


def _standing(noted: pl.DataFrame, kept: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Rejects of rows that were kept; those of an export that another replaced are void."""
    rows = kept.select("source_updated_at", document_id=table.document_id)
    standing = noted.filter(pl.col("table") == table.name).join(
        rows, on=["document_id", "source_updated_at"], how="semi"
    )
    return standing.drop("source_updated_at").unique().sort(pl.all())
