"""Export: any table as a file."""

from pathlib import Path

import polars as pl

from contracts.errors import ConfigurationError
from contracts.personal import masked, purposes
from contracts.tables import TABLES
from flows.steps.actions import person
from flows.steps.home import Home, machine_now
from warehouse.events import Event, Events

FORMATS = ("parquet", "csv", "ndjson")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def export(
    home: Home, table: str, *, out: Path, file_format: str = "parquet", shop_id: str | None = None
) -> int:
    """Write a table of one shop or all; rows written.

    In CSV, text that a spreadsheet would run as a formula is given a leading apostrophe.

    Raises:
        ConfigurationError: no such table, format, shop or folder.
    """
    if table not in TABLES:
        raise ConfigurationError(f"no table is named {table!r}; there are {', '.join(TABLES)}")
    if file_format not in FORMATS:
        raise ConfigurationError(f"--format {file_format!r} is none of {', '.join(FORMATS)}")
    if not out.absolute().parent.is_dir():
        raise ConfigurationError(f"--out: the folder {out.parent} does not exist")
    frame = pl.concat([home.scan(table, shop) for shop in home.select(shop_id)]).collect()
    frame = readable(home, frame, table)
    if file_format == "parquet":
        frame.write_parquet(out)
    elif file_format == "ndjson":
        frame.write_ndjson(out)
    else:
        frame.with_columns(_inert(name) for name in _texts(frame)).write_csv(out)
    told = {"table": table, "rows": frame.height, "file": str(out.absolute())}
    by = person(None)
    exported = Event(kind="export", subject=table, by=by, at=machine_now(), details=told)
    Events(home.database).append([exported])
    return frame.height


def readable(home: Home, frame: pl.DataFrame, table: str) -> pl.DataFrame:
    """Rows as people may have them: titles in clear but for contact data, who is who sealed."""
    shown = purposes(TABLES[table].schema)
    titles = [name for name, purpose in shown.items() if purpose == "display"]
    opened = home.keys.vault.open_frame(frame, table, purpose="display")
    return opened.with_columns(masked(pl.col(name)) for name in titles)


def _texts(frame: pl.DataFrame) -> list[str]:
    return [name for name, dtype in frame.schema.items() if dtype == pl.String]


def _inert(column: str) -> pl.Expr:
    text = pl.col(column)
    starts = pl.any_horizontal(text.str.starts_with(sign) for sign in _FORMULA)
    return pl.when(starts).then("'" + text).otherwise(text).alias(column)
