"""Files of one description and one instant are one export: cut into parts, or filed twice."""

from collections.abc import Iterable

import polars as pl

from connectors.files import fill
from connectors.files.layout import FileLayout

FILE = "\0file"
"""Which file a row stands in; beside the columns of an export, none of which is called so."""

_PART = "\0part"


def joined(files: Iterable[tuple[str, pl.DataFrame]], layout: FileLayout) -> pl.DataFrame:
    """The rows of an export's files in the order of their names, filled and placed.

    A document goes on from one file to the next. Where two files say the same of it, one is a copy.
    """
    by_name = sorted(files, key=lambda one: one[0])
    beside = [
        rows.with_columns(pl.lit(file).alias(FILE), pl.lit(place).alias(_PART))
        for place, (file, rows) in enumerate(by_name)
    ]
    rows = fill.filled(pl.concat(beside, how="diagonal"), layout)
    if len(beside) > 1:
        rows = _once(rows, layout)
    return fill.placed(rows, layout)


def _once(rows: pl.DataFrame, layout: FileLayout) -> pl.DataFrame:
    """Each document without the files that say of it what another one has said."""
    sources = sorted(layout.sources())
    document = sorted(fill.numbers(layout)) or sources
    said = rows.group_by(*document, _PART, maintain_order=True).agg(
        pl.struct(sources).hash(seed=0).sum().alias("\0said"), pl.len().alias("\0rows")
    )
    first = said.unique([*document, "\0said", "\0rows"], keep="first", maintain_order=True)
    place = [*document, _PART]
    return rows.join(first, on=place, how="semi", nulls_equal=True, maintain_order="left")
