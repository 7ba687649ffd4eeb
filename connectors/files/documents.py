"""Where documents lie in an export: the rows of one number, or of one key, are one document."""

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from connectors.base.documents import RawDocument
from connectors.files import cells, fill, sheets
from connectors.files.layout import Described, Export, Part, RefusedFileError
from contracts.streams import PART, Page
from contracts.tables import TABLES

_NUMBER = "\0number"
"""Stands beside the columns of an export, none of which is called so."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Documents of a stream's exports; a file that cannot be read is one, by its name."""

    described: Described
    table: str
    """Root table of the stream."""

    def split(self, page: Page) -> list[RawDocument]:
        """See `connectors.base.documents.Documents`."""
        try:
            rows = self._numbered(page)
        except RefusedFileError:
            return [RawDocument(self.table, self._file(page), page.body)]
        if rows is None:
            return []
        names = [name for name in rows.columns if name != _NUMBER]
        header = rows.select(names).clear().write_csv()
        line = pl.concat_str(*map(_quoted, names), separator=",") + "\n"
        groups = rows.select(_NUMBER, line=line).group_by(_NUMBER, maintain_order=True)
        texts = groups.agg(pl.lit(header) + pl.col("line").str.join("")).iter_rows()
        return [RawDocument(self.table, number, text.encode()) for number, text in texts]

    def without(self, page: Page, bad: Collection[int]) -> Page:
        """See `connectors.base.documents.Documents`."""
        part = Part.model_validate_json(page.part)
        try:
            rows = self._numbered(page)
        except RefusedFileError:
            rows = None
        if rows is not None:
            numbers = rows[_NUMBER].unique(maintain_order=True)
            kept = rows.filter(~pl.col(_NUMBER).is_in(numbers[sorted(bad)].implode()))
        if rows is None or kept.is_empty():
            told = part.model_copy(update={"refused": "nothing of it can be mapped"})
            return Page(b"", told.model_dump_json())
        sheet = self.described.of_page(page)[0].layout.sheet
        plain = part.model_copy(update={"is_plain": True, "sheet": sheet})
        return Page(kept.drop(_NUMBER).write_csv().encode(), plain.model_dump_json())

    def _file(self, page: Page) -> str:
        return f"{PART}{Part.model_validate_json(page.part).file}"

    def _numbered(self, page: Page) -> pl.DataFrame | None:
        """Rows beside the number of their document; null where the page has no file to read.

        Raises:
            RefusedFileError: the file cannot be read.
        """
        if not Part.model_validate_json(page.part).file:
            return None
        exports = self.described.of_page(page)
        if not exports:
            return None
        rows = sheets.read(page.body, exports[0])
        numbers = fill.filled(rows, exports[0].layout).select(_number(exports[0])).to_series()
        return rows.with_columns(numbers.alias(_NUMBER))


def _quoted(name: str) -> pl.Expr:
    """A cell as CSV has it: whatever stands in it is within quotes."""
    text = pl.col(name).str.replace_all('"', '""', literal=True)
    return pl.when(text.is_not_null()).then(pl.format('"{}"', text)).otherwise(pl.lit(""))


def _number(export: Export) -> pl.Expr:
    """The document of a row, as the first of the export's tables names it."""
    name, layout = next(iter(export.layout.tables.items()))
    table, columns = TABLES[name], TABLES[name].schema.columns()
    given = {
        column: cells.parsed(layout.columns[column], target, export)
        for column, target in columns.items()
        if column in (table.naming or table.key) and column in layout.columns
    }
    return pl.concat_str(
        (
            (one if isinstance(one, pl.Expr) else one.value).cast(pl.String).fill_null("?")
            for one in given.values()
        ),
        separator="|",
    )
