"""Takes persons out of exports: unneeded columns before a file is kept, members when forgotten."""

from collections.abc import Callable

import polars as pl

from connectors.files import sheets
from connectors.files.cells import identified
from connectors.files.layout import Export
from contracts.personal import Redacted, member_columns, purposes
from contracts.streams import Page
from contracts.tables import TABLES


def taken_out(page: Page) -> Page:
    """The page without its private columns; one that has none stays byte for byte.

    Raises:
        SourceContractError: the file is not what its description says.
    """
    export = Export.model_validate_json(page.part)
    if not export.layout.private:
        return page
    raw = sheets.cells(page.body, export)
    names = sheets.names(raw, export)
    kept = [place for place, name in enumerate(names) if name not in export.layout.private]
    if len(kept) == len(names):
        return page
    return sheets.page(raw.select(pl.nth(kept)), export)


def redact(page: Page, is_meant: Callable[[str], bool]) -> Redacted:
    """The page without what it says of the members meant: of their rows stays what names nobody.

    An export without a column of members names nobody whom one could ask for.
    """
    export = Export.model_validate_json(page.part)
    members, open_to_all = _members(export), _open_to_all(export)
    if not members:
        return Redacted(page)
    raw = sheets.cells(page.body, export)
    names = sheets.names(raw, export)
    rows = raw.with_row_index("row").slice(1)
    theirs = pl.Series("theirs", [False] * rows.height, dtype=pl.Boolean)
    for place, name in enumerate(names):
        if name in members:
            ids = rows.select(identified(sheets.trimmed(pl.nth(place + 1)))).to_series()
            meant = [one for one in ids.drop_nulls().unique().to_list() if is_meant(one)]
            theirs |= ids.is_in(meant).fill_null(value=False)
    if not theirs.any():
        return Redacted(page)
    told = [place for place, name in enumerate(names) if name not in open_to_all]
    removed = tuple(
        {names[place] or "": value for place, value in zip(told, row, strict=True) if value}
        for row in raw.slice(1).filter(theirs).select(pl.nth(told)).iter_rows()
    )
    is_theirs = pl.Series("theirs", [False, *theirs])
    blanked = raw.with_columns(pl.when(~is_theirs).then(pl.nth(told)))
    return Redacted(sheets.page(blanked, export), removed)


def _members(export: Export) -> set[str]:
    """Columns of the export that name members."""
    return {
        source
        for name, table in export.layout.tables.items()
        for column in member_columns(TABLES[name])
        if column in table.columns
        for source in table.columns[column].sources()
    }


def _open_to_all(export: Export) -> set[str]:
    """Columns of the export that are needed for what is nobody's."""
    layout = export.layout
    found = {*layout.known, *layout.keep_when, *layout.skip_when}
    for name, table in layout.tables.items():
        personal = {*member_columns(TABLES[name]), *purposes(TABLES[name].schema)}
        found.update(table.skip_when)
        for column, given in table.columns.items():
            if column not in personal:
                found |= given.sources()
    return found
