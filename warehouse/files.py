"""The files of a table, as its log lists them."""

import datetime as dt
from typing import Final
from urllib.parse import unquote

import polars as pl
from deltalake.exceptions import DeltaError

from contracts.tables import TABLES
from warehouse.lake import Lake

_PATH: Final = pl.Struct({"path": pl.String})
_ACTIONS: Final = {"add": _PATH, "remove": _PATH}


def rows_per_day(lake: Lake, table_name: str, *, version: int | None) -> pl.DataFrame:
    """How many `rows` of all shops each `day` of the partition holds, in order.

    Raises:
        DeltaError: the version is gone.
    """
    partition = TABLES[table_name].partition
    if version is None:
        return pl.DataFrame(schema={"day": pl.Date, "rows": pl.Int64})
    files = _files(lake, table_name, version)
    day = pl.col(f"partition.{partition}").alias("day")
    return files.group_by(day).agg(rows=pl.col("num_records").sum()).sort("day")


def late_files(lake: Lake, table_name: str, *, version: int, after: dt.datetime) -> list[str]:
    """Paths of the files of a version that may have rows with `read_at` after some moment.

    Statistics are cut to the millisecond, and may be missing.

    Raises:
        DeltaError: the version is gone.
    """
    files = _files(lake, table_name, version)
    if "max.read_at" in files.columns:
        may_be = pl.col("max.read_at") >= after - dt.timedelta(milliseconds=1)
        files = files.filter(may_be.fill_null(value=True))
    return [unquote(path) for path in files["path"]]


def moved_files(lake: Lake, table_name: str, since: int, until: int) -> tuple[set[str], set[str]]:
    """Paths of the files that were added between two versions, and of those that were removed.

    Raises:
        OSError: the log does not reach back as far.
    """
    versions = range(since + 1, until + 1)
    logs = [f"{lake.url(table_name)}/_delta_log/{number:020d}.json" for number in versions]
    if not logs:
        return set(), set()
    path = (pl.col(name).struct.field("path").alias(name) for name in _ACTIONS)
    actions = pl.scan_ndjson(logs, schema=_ACTIONS).select(path).collect()
    added, removed = ({unquote(one) for one in actions[name].drop_nulls()} for name in _ACTIONS)
    return added - removed, removed - added


def _files(lake: Lake, table_name: str, version: int) -> pl.DataFrame:
    head = lake.open(table_name, version=version)
    if head is None:
        raise DeltaError(f"{table_name} is gone")
    return pl.DataFrame(head.get_add_actions(flatten=True))
