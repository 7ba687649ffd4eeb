"""How times stand in JOS's answers."""

import polars as pl

from connectors.base.mapping import Parsed, gmt8

# What stands where nothing has happened: the beginnings of two calendars.
_NEVER = r"^(0001-01-01|1970-01-01|0$)"
_MILLISECONDS = r"^\d{11,14}$"


def instant(column: str | pl.Expr) -> Parsed:
    """China's time as text, or milliseconds since 1970; none of what has not happened."""
    raw = pl.col(column) if isinstance(column, str) else column
    told = pl.when(~raw.str.contains(_NEVER)).then(raw)
    text = gmt8(told)
    number = pl.when(told.str.contains(_MILLISECONDS)).then(told).cast(pl.Int64, strict=False)
    counted = (
        pl.from_epoch(number, time_unit="ms").dt.cast_time_unit("us").dt.replace_time_zone("UTC")
    )
    return Parsed(pl.coalesce(text.value, counted), told, text.reason)
