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
        return [
            RawDocument(self.table, number, lines.write_csv().encode())
            if number is not None
            else RawDocument(self.table, self._file(page), page.body)
            for number, lines in self._groups(page)
        ]

    def without(self, page: Page, bad: Collection[int]) -> Page:
        """See `connectors.base.documents.Documents`."""
        groups = self._groups(page)
        kept = [lines for place, (_, lines) in enumerate(groups) if place not in bad]
        part = Part.model_validate_json(page.part)
        if not kept:
            told = part.model_copy(update={"refused": "nothing of it can be mapped"})
            return Page(b"", told.model_dump_json())
        sheet = self.described.of_page(page)[0].layout.sheet
        plain = part.model_copy(update={"is_plain": True, "sheet": sheet})
        return Page(pl.concat(kept).write_csv().encode(), plain.model_dump_json())

    def _file(self, page: Page) -> str:
        return f"{PART}{Part.model_validate_json(page.part).file}"

    def _groups(self, page: Page) -> list[tuple[str | None, pl.DataFrame]]:
        """Rows by the number of their document, which is null for a file that cannot be read."""
        if not Part.model_validate_json(page.part).file:
            return []
        try:
            exports = self.described.of_page(page)
            if not exports:
                return []
            rows = sheets.read(page.body, exports[0])
        except RefusedFileError:
            return [(None, pl.DataFrame())]
        filled = fill.filled(rows, exports[0].layout)
        numbers = filled.select(_number(exports[0])).to_series()
        beside = rows.with_columns(numbers.alias(_NUMBER))
        groups = beside.group_by(_NUMBER, maintain_order=True)
        return [(str(number), lines.drop(_NUMBER)) for (number,), lines in groups]


def _number(export: Export) -> pl.Expr:
    """The document of a row, as the first of the export's tables names it."""
    name, layout = next(iter(export.layout.tables.items()))
    table, columns = TABLES[name], TABLES[name].schema.columns()
    given = {
        column: cells.parsed(layout.columns[column], target, export)
        for column, target in columns.items()
        if column in (table.document or table.key) and column in layout.columns
    }
    return pl.concat_str(
        (
            (one if isinstance(one, pl.Expr) else one.value).cast(pl.String).fill_null("?")
            for one in given.values()
        ),
        separator="|",
    )
