"""Export: any table as a file."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import polars as pl

from contracts.errors import ConfigurationError
from contracts.names import nearest
from contracts.personal import mask, purposes
from contracts.tables import TABLES
from contracts.tables.published import METRICS_DAILY, METRICS_DICTIONARY
from flows.steps.clock import machine_now
from flows.steps.files import write_atomically
from flows.steps.holders import person
from flows.steps.home import Home
from flows.steps.publication import all_days, definitions
from flows.steps.shop import Shop
from warehouse.event_chain import Events
from warehouse.events import LedgerEvent

FORMATS = ("parquet", "csv", "ndjson")
# What makes a spreadsheet compute: a sign, in the width of any keyboard, after whatever it skips or
# does not show; a tab or a line break that opens a cell would let the next sign begin one.
_SIGN, _SKIPPED = r"[=+\-@＝＋－＠﹢﹣﹦﹫−]", r"[\s\p{Z}\p{C}]"
_FORMULA = rf"^(?:{_SKIPPED}*{_SIGN}|[\t\r\n])"
# A spreadsheet that parts cells by another sign than ours (Europe's do) begins one behind it, and a
# row behind a line break, quoted or not.
_INNER = rf"([;|\t\r\n][\s\p{{Z}}\p{{C}}\"']*)({_SIGN})"


def export(
    home: Home, table: str, *, out: Path, file_format: str = "parquet", shop_id: str | None = None
) -> int:
    """Write a table of one shop or all; rows written.

    In CSV, text that a spreadsheet would run as a formula is given a leading apostrophe.

    Raises:
        ConfigurationError: no such table, format, shop or folder.
    """
    names = [*TABLES, *_OF_METRICS]
    if table not in names:
        there = nearest(table, names) or f"; there are {', '.join(names)}"
        raise ConfigurationError(f"no table is named {table!r}{there}")
    if file_format not in FORMATS:
        raise ConfigurationError(f"--format {file_format!r} is none of {', '.join(FORMATS)}")
    if not out.absolute().parent.is_dir():
        raise ConfigurationError(f"--out: the folder {out.parent} does not exist")
    if table in _OF_METRICS:
        frame = _OF_METRICS[table](home, home.select(shop_id))
    else:
        frame = pl.concat([home.scan(table, shop) for shop in home.select(shop_id)]).collect()
        frame = readable(home, frame, table)
    with write_atomically(out) as draft:
        if file_format == "parquet":
            frame.write_parquet(draft)
        elif file_format == "ndjson":
            frame.write_ndjson(draft)
        else:
            frame.with_columns(inert(name) for name in texts(frame)).write_csv(draft)
    details = {"table": table, "rows": frame.height, "file": str(out.absolute())}
    by = person(None)
    exported = LedgerEvent(kind="export", subject=table, by=by, at=machine_now(), details=details)
    Events(home.database).append([exported])
    return frame.height


_OF_METRICS: Mapping[str, Callable[[Home, Sequence[Shop]], pl.DataFrame]] = {
    METRICS_DAILY: all_days,
    METRICS_DICTIONARY: lambda _home, _shops: definitions(),
}


def readable(home: Home, frame: pl.DataFrame, table: str) -> pl.DataFrame:
    """Rows as people may have them: titles in clear but for contact data, who is who sealed."""
    shown = purposes(TABLES[table].schema)
    titles = [name for name, purpose in shown.items() if purpose == "display"]
    opened = home.keys.vault.open_frame(frame, table, only=("display",))
    return opened.with_columns(mask(pl.col(name)) for name in titles)


def texts(frame: pl.DataFrame) -> list[str]:
    """Names of its text columns."""
    return [name for name, dtype in frame.schema.items() if dtype == pl.String]


def inert(column: str) -> pl.Expr:
    """A text column that no spreadsheet computes: a leading apostrophe where it would."""
    text = pl.col(column).str.replace_all(_INNER, "${1}'${2}")
    return pl.when(text.str.contains(_FORMULA)).then("'" + text).otherwise(text).alias(column)
