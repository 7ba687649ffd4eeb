"""What travels from a platform to the lake: windows, readings, pages and mapped documents."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import dataframely as dy
import polars as pl

from contracts.codes import QuarantineReason
from contracts.columns import code, identifier, text


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A half-open span [start, end) of UTC instants."""

    start: dt.datetime
    end: dt.datetime

    def __post_init__(self) -> None:
        if self.start.utcoffset() != dt.timedelta(0) or self.end.utcoffset() != dt.timedelta(0):
            raise ValueError("a window's instants are UTC")
        if self.end <= self.start:
            raise ValueError(f"a window ends after it starts: {self.start} .. {self.end}")

    def spans(self, longest: dt.timedelta | None) -> Iterator["Window"]:
        """The window cut into pieces no longer than `longest`, oldest first."""
        start = self.start
        while start < self.end:
            end = self.end if longest is None else min(start + longest, self.end)
            yield Window(start, end)
            start = end


@dataclass(frozen=True, slots=True)
class Page:
    """One raw answer. `part` names for the mapping how to read it ("page", "bulk", a file's
    name)."""

    body: bytes
    part: str


@dataclass(frozen=True, slots=True)
class Volume:
    """What a stream brings per shop-local day: rows of `table` by `column`, an instant or a day."""

    table: str
    column: str
    lag_days: int = 1
    """How long ago the last day is that the source has told whole; 0: the 24 hours before it was
    read, where it tells instants as they happen."""


BACKFILL = "/backfill/"
"""What the id of a backfill's reading holds, and no other id."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One planned reading of a stream; `read_at` is the platform's clock, fixed when planned.

    A backfill is read by hand: it moves no watermark, and a live pull leaves it alone.
    """

    shop_id: str
    stream: str
    window: Window
    read_at: dt.datetime
    is_backfill: bool = False

    @property
    def id(self) -> str:
        """Stable name: planning the same reading again gives the same one."""
        instants = (self.window.start, self.window.end, self.read_at)
        stamps = "_".join(f"{instant:%Y%m%dT%H%M%S.%fZ}" for instant in instants)
        kind = BACKFILL if self.is_backfill else "/"
        return f"{self.shop_id}/{self.stream}{kind}{stamps}"


Facts = Mapping[str, str | int | bool]
"""What an account says of itself once and its mapping needs: prices' decimals, tax, units."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a mapping may know beside the pages."""

    shop_id: str
    currency: str
    time_zone: str
    read_at: dt.datetime
    mapping_version: int = 1
    """Of the stream's mapping; the kit writes it to every row."""
    facts: Facts = field(default_factory=dict, hash=False)
    """Of the account when the reading was made: kept with it, so that a replay maps alike."""


class Reject(dy.Schema):
    """Why a document cannot go to the lake. Grain: one reason of one document."""

    table = identifier("Table of the row that fails")
    document_id = identifier("Document of the row: its key columns joined by |")
    reason = code("Why", QuarantineReason)
    column = text("Column that fails", nullable=True)
    detail = text("The offending value, cut to 60 characters; never personal", nullable=True)
    # No bound on length, and sealed where it is kept: an undecoded document may name a person.
    raw = dy.String(nullable=True, description="The document itself, where it was not decoded")


PART = "part:"
"""What the id of a document begins with that is a raw part as a whole, such as a file by its
name."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """One reading as canonical tables, bad documents still among them.

    `frames` holds one frame per table name with all columns of its schema, null where the raw value
    was unreadable; `rejects` (schema `Reject`) names the documents that must not pass and why;
    `unknown_fields` are names of fields the platform sent and the connector does not know.
    """

    frames: dict[str, pl.DataFrame]
    rejects: pl.DataFrame = field(default_factory=Reject.create_empty)
    unknown_fields: tuple[str, ...] = ()
    standing: frozenset[str] | None = None
    """Where a reading knows all raw parts there are: ids (`PART` and the name) of those that may
    still be wrong. Every other part is repaired, gone, or read as it should be. Null: unknown."""
    is_of_erased: bool = False
    """Whether its pages contain what was a forgotten person's."""


class Quarantined(dy.Schema):
    """A document kept out of the lake. Grain: (table, document_id)."""

    table = identifier("Root table of the document", key=True)
    document_id = identifier("Its key columns joined by |; cut where it is too long", key=True)
    # No bound on length: an order of 161 lines is a payload of 80,000 characters.
    reasons = dy.String(description="JSON list of {reason, table, column, detail}")
    payload = dy.String(
        description="JSON object: its rows per table as mapped; `raw`: what was not decoded"
    )
