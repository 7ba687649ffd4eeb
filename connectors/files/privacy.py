"""Takes persons out of exports: unneeded columns before a file is kept, members when forgotten."""

from collections.abc import Callable, Iterator

import polars as pl

from connectors.files import sheets
from connectors.files.cells import identified
from connectors.files.layout import Described, Export, FileLayout, Part, RefusedFileError
from contracts.personal import Redacted, member_columns, purposes
from contracts.streams import Page
from contracts.tables import TABLES


def taken_out(body: bytes, exports: list[Export]) -> Iterator[Page]:
    """The file without its private columns; one that has none stays byte for byte.

    Of a file with private columns, or of several sheets, each sheet is a page.

    Raises:
        RefusedFileError: the file is not what its description says.
    """
    shapes = {export.layout.sheet: export for export in exports}
    private = {name for export in exports for name in export.layout.private}
    held = (
        [(one, *_named(body, one)) for one in shapes.values()] if private or len(shapes) > 1 else []
    )
    if len(held) <= 1 and not any(private & set(names) for _, _, names in held):
        yield Page(body, Part(file=exports[0].file).model_dump_json())
        return
    for export, raw, names in held:
        kept = [place for place, name in enumerate(names) if name not in private]
        yield sheets.page(raw.select(pl.nth(kept)), export)


def redact(page: Page, is_meant: Callable[[str], bool], *, described: Described | None) -> Redacted:
    """The page without what it says of the members meant: of their rows stays what names nobody,
    none of an export of members.

    An export without a column of members names nobody whom one could ask for, nor does one that
    cannot be read or that nobody describes any more.
    """
    try:
        exports = described.of_page(page) if described is not None else []
        members = set[str]().union(*(_members(one.layout) for one in exports))
        if not members:
            return Redacted(page)
        raw, names = _named(page.body, exports[0])
    except RefusedFileError:
        return Redacted(page)
    open_to_all = set[str]().union(*(_open_to_all(one.layout) for one in exports))
    theirs = _theirs(raw, names, members, is_meant)
    if not theirs.any():
        return Redacted(page)
    told = [place for place, name in enumerate(names) if name not in open_to_all]
    removed = tuple(
        {names[place] or "": value for place, value in zip(told, row, strict=True) if value}
        for row in raw.slice(1).filter(theirs).select(pl.nth(told)).iter_rows()
    )
    is_theirs = pl.Series("theirs", [False, *theirs])
    if all(_is_of_members(one.layout) for one in exports):
        return Redacted(sheets.page(raw.filter(~is_theirs), exports[0]), removed)
    blanked = raw.with_columns(pl.when(~is_theirs).then(pl.nth(told)))
    return Redacted(sheets.page(blanked, exports[0]), removed)


def _named(body: bytes, export: Export) -> tuple[pl.DataFrame, list[str | None]]:
    raw = sheets.cells(body, export)
    return raw, sheets.names(raw, export)


def _theirs(
    raw: pl.DataFrame,
    names: list[str | None],
    members: set[str],
    is_meant: Callable[[str], bool],
) -> pl.Series:
    """Which rows below the header are of the members meant."""
    rows = raw.with_row_index("row").slice(1)
    theirs = pl.Series("theirs", [False] * rows.height, dtype=pl.Boolean)
    for place, name in enumerate(names):
        if name in members:
            ids = rows.select(identified(sheets.trimmed(pl.nth(place + 1)))).to_series()
            meant = [one for one in ids.drop_nulls().unique().to_list() if is_meant(one)]
            theirs |= ids.is_in(meant).fill_null(value=False)
    return theirs


def _members(layout: FileLayout) -> set[str]:
    """Columns of the export that name members."""
    return {
        source
        for name, table in layout.tables.items()
        for column in member_columns(TABLES[name])
        if column in table.columns
        for source in table.columns[column].sources()
    }


def _is_of_members(layout: FileLayout) -> bool:
    """Whether each row of the export is a member's: without the name it says nothing."""
    tables = [TABLES[name] for name in layout.tables]
    return all({*table.document} & {*member_columns(table)} for table in tables)


def _open_to_all(layout: FileLayout) -> set[str]:
    """Columns of the export that are needed for what is nobody's."""
    found = {*layout.known, *layout.keep_when, *layout.skip_when}
    for name, table in layout.tables.items():
        personal = {*member_columns(TABLES[name]), *purposes(TABLES[name].schema)}
        found.update(table.skip_when)
        for column, given in table.columns.items():
            if column not in personal:
                found |= given.sources()
    return found
