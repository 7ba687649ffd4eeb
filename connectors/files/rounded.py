"""Ids that a spreadsheet has rounded: it keeps 15 digits, so that two orders may become one."""

import polars as pl

from connectors.files.layout import FileLayout, RefusedFileError
from contracts.tables import TABLES

_SCIENTIFIC = r"^\d(\.\d+)?[eE]\+\d+$"
_LONG = r"^\d{15}\d+$"
_EXACT_DIGITS = 15
_SURE_DIGITS = 3
"""Zeros that stand where digits should, of all ids together: by chance once in a thousand files."""


def is_scientific(text: pl.Expr) -> pl.Expr:
    """Whether a number stands where an id should: 6.92E+12."""
    return text.str.contains(_SCIENTIFIC)


def refuse(rows: pl.DataFrame, layout: FileLayout) -> None:
    """Refuse a file whose ids a spreadsheet has rounded, by the column they stand in.

    Raises:
        RefusedFileError: which column it is, and what stands there.
    """
    for name, is_number in _id_columns(layout).items():
        ids = rows[name].drop_nulls().str.strip_prefix("'").unique().sort()
        scientific = ids.filter(ids.to_frame("id").select(is_scientific(pl.col("id"))).to_series())
        if is_number and scientific.len():
            raise _rounded(name, scientific[0])
        if _are_zeros(ids):
            raise _rounded(name, ids.filter(ids.str.contains(_LONG))[0])


def _rounded(name: str, such: str) -> RefusedFileError:
    what = f"has ids in {name!r} that a spreadsheet rounded, such as {such}: export it again"
    return RefusedFileError(what, column=name)


def _are_zeros(ids: pl.Series) -> bool:
    """Whether all that is beyond the digits a spreadsheet keeps is zeros, and too much for chance.

    Of a few long ids that were rounded among others that were not, it is a tenth of them.
    """
    rests = ids.filter(ids.str.contains(_LONG)).str.slice(_EXACT_DIGITS)
    zeros = rests.filter(rests.str.contains("^0+$"))
    is_sure = zeros.str.len_chars().sum() >= _SURE_DIGITS
    if is_sure and zeros.len() == rests.len():
        return True
    several = zeros.filter(zeros.str.len_chars() >= _SURE_DIGITS)
    return several.len() > 1 and several.len() * 10 >= rests.len()


def _id_columns(layout: FileLayout) -> dict[str, bool]:
    """Columns of the export that hold ids, and whether those number documents or their parts."""
    found: dict[str, bool] = {}
    for name, table in layout.tables.items():
        columns = TABLES[name].schema.columns()
        for column, given in table.columns.items():
            kind = (columns[column].metadata or {})["kind"]
            if kind not in ("identifier", "member"):
                continue
            # A seller's own code costs its row: the others of its column are mostly shorter.
            is_number = column in TABLES[name].key and column != "sku_id"
            for one in given.branches():
                for source in (one.column, *one.plus):
                    if source is not None:
                        found[source] = found.get(source, False) or is_number
    return found
