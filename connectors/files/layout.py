"""How an export is described: which files, in what shape, and what each of their columns means."""

import datetime as dt
import hashlib
import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import dataframely as dy
import polars as pl
from pydantic import AfterValidator, BaseModel, Field

from connectors.files.columns import Strict, TableLayout
from contracts.errors import SourceContractError
from contracts.streams import Page
from contracts.tables import (
    ActiveUsers,
    Benchmark,
    BundlePart,
    Cart,
    CompetitorOffer,
    Cost,
    DailyTotal,
    FunnelDaily,
    Inbound,
    ListingTrafficDaily,
    MemberTier,
    Occasion,
    Order,
    OrderLine,
    RefundCase,
    Review,
    Settlement,
    ShopRating,
    SlotTrafficDaily,
    StockLevel,
    StockoutDay,
    SupplyTerms,
    Target,
    Ticket,
    TrafficDaily,
    TrafficHourly,
    VisitEvent,
)

# Streams of one shop have names of their own: its marketplace has `orders` too.
STREAMS: dict[str, tuple[type[dy.Schema], ...]] = {
    "costs": (Cost,),
    "purchasing": (SupplyTerms, Inbound),
    "bundles": (BundlePart,),
    "stockouts": (StockoutDay,),
    "offers": (CompetitorOffer,),
    "traffic": (
        TrafficDaily,
        TrafficHourly,
        ListingTrafficDaily,
        SlotTrafficDaily,
        ActiveUsers,
        FunnelDaily,
    ),
    "visits": (VisitEvent,),
    "daily_totals": (DailyTotal,),
    "exported_orders": (Order, OrderLine),
    "exported_cases": (RefundCase,),
    "exported_stock": (StockLevel,),
    "exported_reviews": (Review,),
    "exported_members": (Occasion, MemberTier),
    "exported_carts": (Cart,),
    "exported_tickets": (Ticket,),
    "exported_settlements": (Settlement,),
    "shop_ratings": (ShopRating,),
    "goals": (Target, Benchmark),
}

MOST_CELL = 32_767
"""Characters of a cell: spreadsheets keep no more, whatever the format."""

# How a file's name may tell its export instant: regular expression and strptime format.
STAMPS = {
    "{yyyymmdd}": (r"\d{8}", "%Y%m%d"),
    "{yyyy-mm-dd}": (r"\d{4}-\d{2}-\d{2}", "%Y-%m-%d"),
    "{yyyymmddhhmm}": (r"\d{12}", "%Y%m%d%H%M"),
    "{yyyymmddhhmmss}": (r"\d{14}", "%Y%m%d%H%M%S"),
    "{yyyymmddThhmm}": (r"\d{8}T\d{4}", "%Y%m%dT%H%M"),
    "{yyyymmddThhmmss}": (r"\d{8}T\d{6}", "%Y%m%dT%H%M%S"),
}
_ENDINGS = {"csv": "csv", "xlsx": "xlsx", "xlsm": "xlsx", "xls": "xlsx"}
_GLOB = {"**/": "(?:.*/)?", "*": "[^/]*", "?": "[^/]"}
MOST_WILDCARDS = 6
TOKEN = re.compile(r"(\{[^}]*\}|\*\*/|\*|\?)")


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
    max_ratio: int = Field(
        default=100, ge=1, description="Most bytes that one byte of an XLSX file may unpack to"
    )
    max_rows: int = Field(default=500_000, ge=1)
    max_columns: int = Field(default=200, ge=1)


class FileLayout(Strict):
    """One kind of export."""

    stream: Literal[
        "costs",
        "purchasing",
        "bundles",
        "stockouts",
        "offers",
        "traffic",
        "visits",
        "daily_totals",
        "exported_orders",
        "exported_cases",
        "exported_stock",
        "exported_reviews",
        "exported_members",
        "exported_carts",
        "exported_tickets",
        "exported_settlements",
        "shop_ratings",
        "goals",
    ]
    pattern: str
    """Path below the folder, with *, **/, ? and one stamp such as {yyyymmdd}."""
    format: Literal["csv", "xlsx", "by_name"]
    """`xlsx`: a workbook, of the older XLS too; `by_name`: what the file's name ends in."""
    encoding: Literal["utf-8", "utf-8-sig", "gb18030", "gbk", "big5", "utf-16", "cp1252"] = "utf-8"
    """Of a CSV; one that begins with UTF-8's byte order mark is UTF-8 all the same."""
    delimiter: Literal[",", ";", "\t", "|"] = ","
    sheet: str | None = None
    """Sheet of an XLSX; the first if not given."""
    header_row: int | None = Field(default=None, ge=1, le=100)
    """If not given, the row among the first twenty that has most of the columns described."""
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
    optional: tuple[str, ...] = ()
    """Columns that some exports of this kind lack: read as empty there."""
    fill: tuple[str, ...] = ()
    """Columns that stand on the first of a document's rows only: the others are filled from above.
    Where the document's own number is among them, an empty one continues the document above."""
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
        return re.compile("".join(known.get(part, re.escape(part)) for part in self._parts()))

    def wildcards(self) -> list[str]:
        """Each multiplies the time of a search by the length of the name."""
        return [part for part in self._parts() if part in ("*", "**/")]

    def _parts(self) -> list[str]:
        """One asterisk beside another says nothing more."""
        return TOKEN.split(re.sub(r"\*{3,}|\*\*(?!/)", "*", self.pattern))

    def sources(self) -> set[str]:
        """Columns of the export that the description names and needs."""
        rows = {*self.known, *self.keep_when, *self.skip_when, *self.fill}
        return rows.union(*(table.sources() for table in self.tables.values()))


class Layouts(Strict):
    """A file of descriptions."""

    file: Annotated[tuple[FileLayout, ...], Field(min_length=1)]


class RefusedFileError(SourceContractError):
    """A file that is not what its description says, or exceeds a limit; it costs itself alone."""

    def __init__(self, what: str, *, column: str | None = None) -> None:
        super().__init__(what)
        self.column = column


class Part(BaseModel):
    """What a landed page is of. How it is read is said by the description of the day."""

    file: str
    """Path below the folder; empty: the page lists the folder's files."""
    sheet: str | None = None
    is_plain: bool = False
    """Whether it is CSV in UTF-8, header first: what is left without columns that are private."""
    refused: str | None = None
    """Why the file was not kept; the page is empty then."""


class Listing(BaseModel):
    """What lay in a folder when it was read, which tells what is gone."""

    files: tuple[str, ...]
    """Those that a description of the stream names."""
    strangers: tuple[str, ...] = ()
    """Those that no description names; told by one stream of a folder."""


@dataclass(frozen=True, slots=True)
class Export:
    """A file and one description of it."""

    file: str
    exported_at: dt.datetime
    time_zone: str
    layout: FileLayout
    limits: Limits
    number: int = 0
    """Which of the account's descriptions it is."""

    @property
    def instant(self) -> pl.Expr:
        """The export instant as a column."""
        return pl.lit(self.exported_at).cast(pl.Datetime("us", "UTC"))

    def plain(self) -> "Export":
        """The export as a page without private columns holds it."""
        kept = {"format": "csv", "encoding": "utf-8", "delimiter": ",", "header_row": 1}
        return replace(self, layout=self.layout.model_copy(update=kept))


@dataclass(frozen=True, slots=True)
class Described:
    """What an account's settings say of its exports."""

    layouts: tuple[FileLayout, ...]
    time_zone: str
    limits: Limits

    def of(self, stream: str) -> "Described":
        """What fills one stream."""
        mine = tuple(layout for layout in self.layouts if layout.stream == stream)
        return Described(mine, self.time_zone, self.limits)

    @property
    def fingerprint(self) -> str:
        """Changes when an export may be read in another way."""
        told = [one.model_dump_json() for one in (self.limits, *self.layouts)]
        return hashlib.sha256("\n".join((self.time_zone, *told)).encode()).hexdigest()

    def names(self, file: str) -> bool:
        """Whether a description is for the file."""
        return any(layout.regex().fullmatch(_composed(file)) for layout in self.layouts)

    def exports(self, file: str) -> list[Export]:
        """The file under each description that is for it.

        Raises:
            RefusedFileError: the instant in its name is none, or its ending tells no format.
        """
        found = [self._export(file, number) for number in range(len(self.layouts))]
        return [export for export in found if export is not None]

    def of_page(self, page: Page) -> list[Export]:
        """What a landed page is read as; nothing where no description is for its file any more.

        Raises:
            RefusedFileError: the file was not kept, or as `exports`.
        """
        part = Part.model_validate_json(page.part)
        found = self.exports(part.file)
        if part.refused is not None and found:
            raise RefusedFileError(part.refused)
        if part.is_plain:
            return [one.plain() for one in found if one.layout.sheet == part.sheet]
        return found

    def _export(self, file: str, number: int) -> Export | None:
        layout = self.layouts[number]
        match = layout.regex().fullmatch(_composed(file))
        if match is None:
            return None
        zone = layout.time_zone or self.time_zone
        try:
            local = dt.datetime.strptime(match[1], STAMPS[layout.stamp][1])  # noqa: DTZ007 zoned below
        except ValueError:
            raise RefusedFileError(f"{match[1]} in its name is no date") from None
        fold = int(layout.ambiguous == "later")
        return Export(
            file=file,
            exported_at=local.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(dt.UTC),
            time_zone=zone,
            layout=_of_format(file, layout),
            limits=self.limits,
            number=number,
        )


def _composed(file: str) -> str:
    """Some file systems hand out 成 and é decomposed."""
    return unicodedata.normalize("NFC", file)


def _of_format(file: str, layout: FileLayout) -> FileLayout:
    """The description of a file whose name says what it is."""
    if layout.format != "by_name":
        return layout
    ending = file.lower().rpartition(".")[2]
    if ending not in _ENDINGS:
        raise RefusedFileError("is neither CSV nor a workbook: save it as one of them")
    return layout.model_copy(update={"format": _ENDINGS[ending]})
