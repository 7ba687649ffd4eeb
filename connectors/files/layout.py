"""How an export is described: which files, in what shape, and what each of their columns means."""

import datetime as dt
import importlib.resources
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import dataframely as dy
from pydantic import AfterValidator, Field

from connectors.files.columns import Column, Strict, TableLayout
from contracts.errors import ConfigurationError
from contracts.tables import (
    CompetitorOffer,
    Cost,
    Inbound,
    Order,
    OrderLine,
    RefundCase,
    Review,
    StockLevel,
    StockoutDay,
    SupplyTerms,
    TrafficDaily,
    table_of,
)
from contracts.tables.base import Dated
from contracts.toml_settings import line_of, parse

# Streams of one shop have names of their own: its marketplace has `orders` too.
STREAMS: dict[str, tuple[type[dy.Schema], ...]] = {
    "costs": (Cost,),
    "purchasing": (SupplyTerms, Inbound),
    "stockouts": (StockoutDay,),
    "offers": (CompetitorOffer,),
    "traffic": (TrafficDaily,),
    "exported_orders": (Order, OrderLine),
    "exported_cases": (RefundCase,),
    "exported_stock": (StockLevel,),
    "exported_reviews": (Review,),
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


class Limits(Strict):
    """What one file may hold; a larger one is refused before it is read."""

    max_bytes: int = Field(default=64 * 2**20, ge=1)
    max_unpacked_bytes: int = Field(default=512 * 2**20, ge=1)
    max_ratio: int = Field(default=100, ge=1, description="Unpacked bytes per byte of an XLSX")
    max_rows: int = Field(default=500_000, ge=1)
    max_columns: int = Field(default=200, ge=1)


class FileLayout(Strict):
    """One kind of export."""

    stream: Literal[
        "costs",
        "purchasing",
        "stockouts",
        "offers",
        "traffic",
        "exported_orders",
        "exported_cases",
        "exported_stock",
        "exported_reviews",
    ]
    pattern: str
    """Path below the folder, with *, **/, ? and one stamp such as {yyyymmdd}."""
    format: Literal["csv", "xlsx", "by_name"]
    """`by_name`: what the file's name ends in."""
    encoding: Literal["utf-8", "utf-8-sig", "gb18030", "gbk", "big5", "utf-16", "cp1252"] = "utf-8"
    """Of a CSV; one that begins with UTF-8's byte order mark is UTF-8 all the same."""
    delimiter: Literal[",", ";", "\t", "|"] = ","
    sheet: str | None = None
    """Sheet of an XLSX; the first if not given."""
    header_row: int = Field(default=1, ge=1, le=100)
    time_zone: TimeZone | None = None
    """Zone of the stamp and of local instants; the settings' if not given."""
    ambiguous: Literal["earlier", "later", "reject"] = "reject"
    """Which of the two instants that one local time names when clocks are set back."""
    instants: tuple[str, ...] = ()
    """Formats of instants that give none of their own."""
    ignored: tuple[str, ...] = ()
    """Columns of the export that are left out on purpose."""
    private: tuple[str, ...] = ()
    """Columns that tell of persons and are not needed: taken out before a file is kept."""
    empty: tuple[str, ...] = ()
    """What stands in cells that are empty, such as "-"."""
    known: dict[str, tuple[str, ...]] = Field(default={})
    """All values of columns that a `when` asks; any other quarantines the row's documents."""
    keep_when: dict[str, tuple[str, ...]] = Field(default={})
    """Only these rows are read, such as those of one shop."""
    skip_when: dict[str, tuple[str, ...]] = Field(default={})
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
        rows = {*self.known, *self.keep_when, *self.skip_when}
        return rows.union(*(table.sources() for table in self.tables.values()))


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
            yield from _columns(("tables", name), table, known[name], layout)
            yield from _rows(("tables", name), table, known[name])
            yield from _conditions(("tables", name), table, layout.known)


def _options(layout: FileLayout) -> Iterator[tuple[tuple[str, ...], str]]:
    foreign = {"csv": {"sheet"}, "xlsx": {"encoding", "delimiter"}, "by_name": set[str]()}
    for name in sorted(foreign[layout.format] & layout.model_fields_set):
        yield (name,), f"means nothing to {layout.format}"


def _columns(
    path: tuple[str, ...], table: TableLayout, schema: type[dy.Schema], layout: FileLayout
) -> Iterator[tuple[tuple[str, ...], str]]:
    columns = {n: c for n, c in schema.columns().items() if n not in Dated.columns()}
    for name, given in table.columns.items():
        if name not in columns:
            yield (*path, "columns", name), f"the table has {', '.join(columns)}"
            continue
        meta = columns[name].metadata or {}
        for one in given.branches():
            if problem := _problem(one, meta, layout):
                yield (*path, "columns", name), problem
        is_split = any(one.split for one in given.branches())
        if is_split and (given.is_conditional or not table_of(schema).document):
            yield (*path, "columns", name), "`split` is for every row of a document"
    for name, column in columns.items():
        if not column.nullable and name not in table.columns and name != "currency":
            yield (*path, "columns"), f"`{name}` is missing"


def _rows(
    path: tuple[str, ...], table: TableLayout, schema: type[dy.Schema]
) -> Iterator[tuple[tuple[str, ...], str]]:
    """What is wrong with how several rows become one."""
    metas = {name: column.metadata or {} for name, column in schema.columns().items()}
    if table.covers_days is not None and not table_of(schema).slice_by:
        yield (*path, "covers_days"), "means nothing to a table that is not read by the day"
    for name in table.sum:
        if name not in table.columns or name in schema.primary_key():
            yield (*path, "sum"), f"`{name}` is no measure of this table"
    for name in table.latest:
        if name not in table.columns or metas[name]["kind"] != "instant":
            yield (*path, "latest"), f"`{name}` is no instant of this table"
    for name, mixes in table.mixed.items():
        codes = set(metas.get(name, {}).get("codes", ()))
        if name not in table.columns or not set(mixes.values()) <= codes:
            yield (*path, "mixed", name), f"needs codes of this table: {', '.join(sorted(codes))}"


def _conditions(
    path: tuple[str, ...], table: TableLayout, known: dict[str, tuple[str, ...]]
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Values that are asked for and in no list of all there are."""
    for name, given in table.columns.items():
        for one in given.branches():
            for asked, values in one.when.items():
                strange = [value for value in values if value not in known.get(asked, ())]
                if strange:
                    missing = f"`known` of the file lacks {', '.join(map(repr, strange))}"
                    yield (*path, "columns", name), f"{missing} of {asked!r}"


def _problem(given: Column, meta: dict[str, Any], layout: FileLayout) -> str | None:
    kind = meta["kind"]
    allowed: set[str | bool] = set(meta.get("codes", ())) if kind == "code" else {True, False}
    if given.constant is not None:
        wrong = kind in ("code", "flag") and given.constant not in allowed
        return f"`constant` is none of {_listed(allowed)}" if wrong else None
    if given.stamp:
        return None if kind in ("instant", "day") else "`stamp` is an instant or a day"
    if given.minus and kind not in ("money", "count"):
        return "only money and counts are taken off each other"
    if given.plus and kind not in ("money", "count", "identifier"):
        return "only money, counts and identifiers are put together"
    if (given.per or given.split) and kind != "money":
        return "only money is divided"
    if kind == "money" and given.unit is None:
        return "money needs `unit`: major, minor, mill or micros"
    if kind == "instant" and given.format is None and not layout.instants:
        return "an instant needs `format`, such as iso or %Y-%m-%d %H:%M:%S"
    if kind in ("code", "flag") and not (given.codes and set(given.codes.values()) <= allowed):
        return f"needs `codes` that map the export's values to {_listed(allowed)}"
    return None


def _listed(values: set[str | bool]) -> str:
    return ", ".join(sorted(str(value).lower() for value in values))
