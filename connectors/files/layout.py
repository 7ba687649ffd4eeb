"""How an export is described: which files, in what shape, and what each of their columns means."""

import datetime as dt
import importlib.resources
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import dataframely as dy
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from contracts.errors import ConfigurationError
from contracts.tables import (
    CompetitorOffer,
    Cost,
    Inbound,
    StockoutDay,
    SupplyTerms,
    TrafficDaily,
    table_of,
)
from contracts.tables.base import Versioned
from contracts.toml_settings import line_of, parse

STREAMS: dict[str, tuple[type[dy.Schema], ...]] = {
    "costs": (Cost,),
    "purchasing": (SupplyTerms, Inbound),
    "stockouts": (StockoutDay,),
    "offers": (CompetitorOffer,),
    "traffic": (TrafficDaily,),
}

# How a file's name may tell its export instant: regular expression and strptime format.
STAMPS = {
    "{yyyymmdd}": (r"\d{8}", "%Y%m%d"),
    "{yyyy-mm-dd}": (r"\d{4}-\d{2}-\d{2}", "%Y-%m-%d"),
    "{yyyymmddhhmm}": (r"\d{12}", "%Y%m%d%H%M"),
    "{yyyymmddhhmmss}": (r"\d{14}", "%Y%m%d%H%M%S"),
    "{yyyymmddThhmm}": (r"\d{8}T\d{4}", "%Y%m%dT%H%M"),
    "{yyyymmddThhmmss}": (r"\d{8}T\d{6}", "%Y%m%dT%H%M%S"),
}
_GLOB = {"**/": "(?:.*/)?", "*": "[^/]*", "?": "[^/]"}
_TOKEN = re.compile(r"(\{[^}]*\}|\*\*/|\*|\?)")


def _known_zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is not an IANA time zone such as Asia/Shanghai") from None


TimeZone = Annotated[str, AfterValidator(_known_zone)]


class Strict(BaseModel):
    """Refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Limits(Strict):
    """What one file may hold; a larger one is refused before it is read."""

    max_bytes: int = Field(default=64 * 2**20, ge=1)
    max_unpacked_bytes: int = Field(default=512 * 2**20, ge=1)
    max_ratio: int = Field(default=100, ge=1, description="Unpacked bytes per byte of an XLSX")
    max_rows: int = Field(default=500_000, ge=1)
    max_columns: int = Field(default=200, ge=1)


class Column(Strict):
    """Where a canonical column's value comes from and how its text is read."""

    column: str | None = None
    constant: str | int | float | bool | None = None
    unit: Literal["major", "minor", "mill", "micros"] | None = None
    """Money: yuan text, fen, 厘 (a thousandth) or a millionth of the major unit."""
    format: str | None = None
    """strptime format of a day or an instant; "iso" and "excel" (a serial day) are known too."""
    codes: dict[str, str | bool] = {}
    thousands: bool = False
    """1,234 is read as 1234."""
    wan: bool = False
    """1.2万 is read as 12000 and 1.2亿 as 120000000."""
    percent: bool = False
    """12.5 and 12.5% are read as 0.125."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.column is None) == (self.constant is None):
            raise ValueError("give either `column`, the export's own name, or `constant`")
        return self


class TableLayout(Strict):
    """How rows of a file become rows of one canonical table."""

    columns: dict[str, Column]
    skip_when: dict[str, tuple[str, ...]] = {}
    """Rows that say nothing to this table: column of the export to values; "" is an empty cell."""
    sum: tuple[str, ...] = ()
    """Columns added up over rows of one key, where the export is finer than the table."""
    covers_days: int | None = Field(default=None, ge=1, le=366)
    """Days up to the export's own that it tells about: one without a row had none (tables that are
    read by the day). If not given, only days with a row are replaced."""


class FileLayout(Strict):
    """One kind of export."""

    stream: Literal["costs", "purchasing", "stockouts", "offers", "traffic"]
    pattern: str
    """Path below the folder, with *, **/, ? and one stamp such as {yyyymmdd}."""
    format: Literal["csv", "xlsx"]
    encoding: Literal["utf-8", "utf-8-sig", "gb18030", "gbk", "big5", "utf-16", "cp1252"] = "utf-8"
    delimiter: Literal[",", ";", "\t", "|"] = ","
    sheet: str | None = None
    """Sheet of an XLSX; the first if not given."""
    header_row: int = Field(default=1, ge=1, le=100)
    time_zone: TimeZone | None = None
    """Zone of the stamp and of local instants; the settings' if not given."""
    ambiguous: Literal["earlier", "later", "reject"] = "reject"
    """Which of the two instants that one local time names when clocks are set back."""
    ignored: tuple[str, ...] = ()
    """Columns of the export that are left out on purpose."""
    skip_when: dict[str, tuple[str, ...]] = {}
    """Rows that say nothing, such as totals."""
    tables: dict[str, TableLayout]

    @property
    def stamp(self) -> str:
        """The one placeholder of the pattern."""
        return next(stamp for stamp in STAMPS if stamp in self.pattern)

    def regex(self) -> re.Pattern[str]:
        """Matches the paths of such files; group 1 is the stamp."""
        known = _GLOB | {stamp: f"({digits})" for stamp, (digits, _) in STAMPS.items()}
        parts = _TOKEN.split(self.pattern)
        return re.compile("".join(known.get(part, re.escape(part)) for part in parts))

    def sources(self) -> set[str]:
        """Columns of the export that the description names and needs."""
        tables = self.tables.values()
        named = {column.column for table in tables for column in table.columns.values()}
        skips = {name for table in tables for name in table.skip_when} | set(self.skip_when)
        return {name for name in named if name is not None} | skips


class Layouts(Strict):
    """A file of descriptions."""

    file: Annotated[tuple[FileLayout, ...], Field(min_length=1)]


class Export(Strict):
    """All a mapping needs to know of a landed file, so that it can be mapped again years later."""

    file: str
    exported_at: dt.datetime
    time_zone: str
    layout: FileLayout
    limits: Limits


def load(source: str) -> tuple[FileLayout, ...]:
    """Descriptions in a TOML file, or in the ready-made one of that name ("erp_costs").

    Raises:
        ConfigurationError: there is no such file, or something in it is wrong; names file, line
            and key.
    """
    if source.endswith(".toml"):
        file = Path(source)
    else:
        ready = importlib.resources.files("connectors.files") / "mappings" / f"{source}.toml"
        file = Path(str(ready))
    if not file.is_file():
        raise ConfigurationError(f"There is no mapping {source!r}: name a TOML file or a ready one")
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{file.name} is not UTF-8: see byte {error.start}") from None
    layouts = parse(text, Layouts, file=file.name).file
    for number, layout in enumerate(layouts):
        for path, problem in problems(layout):
            full: tuple[str | int, ...] = ("file", number, *path)
            key = ".".join(str(part) for part in full)
            raise ConfigurationError(f"{file.name}, line {line_of(text, full)}: `{key}`: {problem}")
    return layouts


def problems(layout: FileLayout) -> Iterator[tuple[tuple[str, ...], str]]:
    """What the contracts have against a description: the key's path and a sentence."""
    stamps = [token for token in _TOKEN.findall(layout.pattern) if token.startswith("{")]
    if len(stamps) != 1 or stamps[0] not in STAMPS:
        yield ("pattern",), f"needs the export instant as one of {', '.join(STAMPS)}"
    yield from _options(layout)
    known = {table_of(schema).name: schema for schema in STREAMS[layout.stream]}
    for name, table in layout.tables.items():
        if name not in known:
            yield ("tables", name), f"stream {layout.stream} fills {', '.join(known)} only"
        else:
            yield from _columns(("tables", name), table, known[name])


def _options(layout: FileLayout) -> Iterator[tuple[tuple[str, ...], str]]:
    foreign = {"csv": {"sheet"}, "xlsx": {"encoding", "delimiter"}}[layout.format]
    for name in sorted(foreign & layout.model_fields_set):
        yield (name,), f"means nothing to {layout.format}"


def _columns(
    path: tuple[str, ...], table: TableLayout, schema: type[dy.Schema]
) -> Iterator[tuple[tuple[str, ...], str]]:
    columns = {n: c for n, c in schema.columns().items() if n not in Versioned.columns()}
    for name, given in table.columns.items():
        if name not in columns:
            yield (*path, "columns", name), f"the table has {', '.join(columns)}"
        elif problem := _problem(given, columns[name].metadata or {}):
            yield (*path, "columns", name), problem
    for name, column in columns.items():
        if not column.nullable and name not in table.columns and name != "currency":
            yield (*path, "columns"), f"`{name}` is missing"
    if table.covers_days is not None and _slice_day(schema) is None:
        yield (*path, "covers_days"), "means nothing to a table that is not read by the day"
    for name in table.sum:
        if name not in table.columns or name in schema.primary_key():
            yield (*path, "sum"), f"`{name}` is no measure of this table"


def _slice_day(schema: type[dy.Schema]) -> str | None:
    return next(iter(table_of(schema).slice_by), None)


def _problem(given: Column, meta: dict[str, Any]) -> str | None:
    kind = meta["kind"]
    allowed: set[str | bool] = set(meta.get("codes", ())) if kind == "code" else {True, False}
    if given.constant is not None:
        wrong = kind in ("code", "flag") and given.constant not in allowed
        return f"`constant` is none of {_listed(allowed)}" if wrong else None
    if kind == "money" and given.unit is None:
        return "money needs `unit`: major, minor, mill or micros"
    if kind == "instant" and given.format is None:
        return "an instant needs `format`, such as iso or %Y-%m-%d %H:%M:%S"
    if kind in ("code", "flag") and not (given.codes and set(given.codes.values()) <= allowed):
        return f"needs `codes` that map the export's values to {_listed(allowed)}"
    return None


def _listed(values: set[str | bool]) -> str:
    return ", ".join(sorted(str(value).lower() for value in values))
