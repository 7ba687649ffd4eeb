"""Exports to canonical tables; where exports overlap, the later one holds."""

import datetime as dt
from collections.abc import Iterable
from zoneinfo import ZoneInfo

import dataframely as dy
import polars as pl

from connectors.base.mapping import Mapper, Parsed
from connectors.files import cells, sheets
from connectors.files.columns import TableLayout
from connectors.files.layout import Export, FileLayout
from contracts.codes import QuarantineReason
from contracts.streams import Context, Mapped, Page, Reject
from contracts.tables import TABLES, Table, TableKind, table_of

_EMPTY = Reject.create_empty().with_columns(
    source_updated_at=pl.lit(None, pl.Datetime("us", "UTC"))
)


def canonical(
    pages: Iterable[Page], context: Context, *, tables: tuple[type[dy.Schema], ...]
) -> Mapped:
    """The tables of a stream; `source_updated_at` is the export instant.

    Of exports that overlap, a document or a slice is taken from the latest one that has it, with
    what is wrong with it there. Of an observation exported twice, the first export stays.

    Raises:
        SourceContractError: a file is not what its description says.
    """
    files = [_map_file(page, context) for page in pages]
    frames = {}
    noted = pl.concat([_EMPTY, *(rejects for _, rejects in files)])
    rejects: list[pl.DataFrame] = [Reject.create_empty()]
    for schema in tables:
        table = table_of(schema)
        parts = [mapped.frames[table.name] for mapped, _ in files if table.name in mapped.frames]
        frames[table.name] = _latest(pl.concat([schema.create_empty(), *parts]), table)
        rejects.append(_standing(noted, frames[table.name], table))
    unknown = sorted({name for mapped, _ in files for name in mapped.unknown_fields})
    return Mapped(frames, pl.concat(rejects), tuple(unknown))


def _map_file(page: Page, context: Context) -> tuple[Mapped, pl.DataFrame]:
    """A file's tables, and its rejects beside its export instant."""
    export = Export.model_validate_json(page.part)
    layout = export.layout
    rows = sheets.read(page.body, export)
    known = {*layout.sources(), *layout.ignored, *layout.private}
    unknown = tuple(name for name in rows.columns if name not in known)
    rows = _without(rows, layout)
    mapper = Mapper(context)
    for name, table in layout.tables.items():
        _map_table(mapper, _without(rows, table), TABLES[name], table, export, context)
    mapped = mapper.done(unknown_fields=unknown)
    return mapped, mapped.rejects.with_columns(source_updated_at=_instant(export))


def _instant(export: Export) -> pl.Expr:
    return pl.lit(export.exported_at).cast(pl.Datetime("us", "UTC"))


def _without(rows: pl.DataFrame, layout: FileLayout | TableLayout) -> pl.DataFrame:
    """Rows that are not to be skipped."""
    if isinstance(layout, FileLayout):
        for name, values in layout.keep_when.items():
            rows = rows.filter(pl.col(name).fill_null("").is_in(values))
    for name, values in layout.skip_when.items():
        rows = rows.filter(~pl.col(name).fill_null("").is_in(values))
    return rows


def _map_table(
    mapper: Mapper,
    rows: pl.DataFrame,
    table: Table,
    layout: TableLayout,
    export: Export,
    context: Context,
) -> None:
    columns = _columns(rows, table, layout, export, context)
    if table.name == "orders":
        columns["stated_goods_minor"] = _value(columns["goods_minor"])
    mapper.add(
        table.schema,
        rows,
        source_updated_at=_instant(export),
        **columns,
    )
    targets = table.schema.columns()
    keys = {name: columns[name] for name in table.key if name in columns}
    values = {n: c.value if isinstance(c, Parsed) else c for n, c in keys.items()}
    ids = rows.select(value.cast(targets[n].dtype).alias(n) for n, value in values.items())
    documents = ids.select(table.document_id).to_series()
    if table.kind is TableKind.SLICE:
        slices = _empty_slices(ids.select(table.slice_by), ids.height, layout, export)
        mapper.add_empty(table.schema, slices, _instant(export))
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
        name: cells.parsed(given, targets[name], export)
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
