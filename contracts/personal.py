"""Who a member is outside of `members`, who is forgotten, and how long personal columns are held.

A member elsewhere is a pseudonym: a keyed hash of the shop and the platform's id. Its key is never
rotated, or the same customer would become another one.
"""

import datetime as dt
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import dataframely as dy
import polars as pl

from contracts.streams import Mapped, Page
from contracts.tables import TABLES, Table

OWN_ID = "platform_member_id"
"""Where `members` holds the platform's own id of a member."""
_PREFIX = "m-"
_HEX_CHARS = 32
_CONTACT = r"[^\s@<>(]+@[^\s@<>)]+\.[^\s@<>)]+|\+\d[\d\s().\/-]{6,}\d"


@dataclass(frozen=True, slots=True)
class Members:
    """The members of one shop, as a mapping may know them."""

    shop_id: str
    key: bytes = field(repr=False)
    forgotten: frozenset[str] = frozenset()
    """Pseudonyms."""

    def pseudonym(self, platform_id: str) -> str:
        """The pseudonym of a platform's id; what is one already stays."""
        if is_pseudonym(platform_id):
            return platform_id
        named = f"{self.shop_id}\0{platform_id}".encode()
        return _PREFIX + hmac.digest(self.key, named, "sha256").hex()[:_HEX_CHARS]

    def is_forgotten(self, platform_id: str) -> bool:
        """Whether nothing may be kept of this member."""
        return bool(self.forgotten) and self.pseudonym(platform_id) in self.forgotten

    def pseudonyms(self, platform_ids: pl.Series) -> pl.Series:
        """The pseudonym of each id, null for null; hashed once per distinct id."""
        distinct = platform_ids.drop_nulls().unique()
        named = pl.Series([self.pseudonym(one) for one in distinct.to_list()], dtype=pl.String)
        return platform_ids.replace_strict(distinct, named, default=None, return_dtype=pl.String)


def is_pseudonym(text: str) -> bool:
    """Whether a text has the form of a pseudonym."""
    digits = text.removeprefix(_PREFIX)
    is_hex = all(digit in "0123456789abcdef" for digit in digits)
    return text.startswith(_PREFIX) and len(digits) == _HEX_CHARS and is_hex


@dataclass(frozen=True, slots=True)
class Redacted:
    """A raw page without some members, and what it said of them."""

    page: Page
    removed: tuple[object, ...] = ()


Redact = Callable[[Page, Callable[[str], bool]], Redacted]
"""Takes out of a raw page the members, by the platform's id, of whom it is told so."""


def member_columns(table: Table) -> list[str]:
    """Columns that name a member."""
    return _of_kind(table.schema, "member")


def purposes(schema: type[dy.Schema]) -> dict[str, str]:
    """Personal columns of a table, and what each is held for."""
    columns = schema.columns().items()
    return {
        name: purpose
        for name, column in columns
        if (purpose := (column.metadata or {}).get("personal"))
    }


def protected(mapped: Mapped, members: Members) -> Mapped:
    """A mapped reading without platform ids of members, and without those who are forgotten.

    Rows that are about a forgotten member are left out; where a row only names one, it names
    nobody. Hashes of rows and documents stay, so a document is the same before and after.
    """
    frames = {
        name: _protected(frame, TABLES[name], members) for name, frame in mapped.frames.items()
    }
    return replace(mapped, frames=frames, rejects=_named(mapped.rejects, members))


def erased(frame: pl.DataFrame, table: Table, pseudonyms: frozenset[str]) -> pl.DataFrame:
    """Rows of the lake without the members of these pseudonyms, and without what they wrote."""
    for name in member_columns(table):
        is_one = pl.col(name).is_in(list(pseudonyms)).fill_null(value=False)
        if table.schema.columns()[name].nullable:
            theirs = [name, *_written(table)]
            frame = frame.with_columns(
                pl.when(~is_one).then(pl.col(one)).alias(one) for one in theirs
            )
        else:
            frame = frame.filter(~is_one)
    return frame


def expired(
    frame: pl.DataFrame,
    table: Table,
    *,
    days: Mapping[str, int],
    now: dt.datetime,
    where: pl.Expr | None = None,
) -> pl.DataFrame:
    """Personal columns whose purpose's time is over since the platform's last change, emptied.

    `where` says which rows may be; all, if not given.
    """
    changed_at = pl.coalesce("source_updated_at", "read_at")
    for name, purpose in purposes(table.schema).items():
        if purpose in days and table.schema.columns()[name].nullable:
            is_due = changed_at < now - dt.timedelta(days=days[purpose])
            is_due = is_due if where is None else is_due & where
            frame = frame.with_columns(pl.when(~is_due).then(pl.col(name)).alias(name))
    return frame


def masked(column: pl.Expr) -> pl.Expr:
    """Text to be shown, without the e-mail addresses and telephone numbers that stand in it."""
    return column.str.replace_all(_CONTACT, "…")


def _of_kind(schema: type[dy.Schema], kind: str) -> list[str]:
    columns = schema.columns().items()
    return [name for name, column in columns if (column.metadata or {}).get("kind") == kind]


def _written(table: Table) -> list[str]:
    """Personal columns that go with the person; what the shop wrote itself stays."""
    columns = table.schema.columns()
    return [
        name
        for name, purpose in purposes(table.schema).items()
        if purpose != "display" and columns[name].nullable
    ]


def _is_about_member(table: Table) -> bool:
    return list(table.document) == member_columns(table) != []


def _begins_with_member(table: Table) -> bool:
    """Whether documents of a table are a member's, and named by the member first."""
    return table.document[:1] != () and table.document[0] in member_columns(table)


def _protected(frame: pl.DataFrame, table: Table, members: Members) -> pl.DataFrame:
    if OWN_ID in frame.columns and _is_about_member(table):
        frame = frame.with_columns(pl.col(*table.document).alias(OWN_ID))
    for name in member_columns(table):
        frame = frame.with_columns(members.pseudonyms(frame[name]).alias(name))
    return erased(frame, table, members.forgotten) if members.forgotten else frame


def _named(rejects: pl.DataFrame, members: Members) -> pl.DataFrame:
    """Rejects of documents that are a member's, under the pseudonym; none of who is forgotten."""
    tails = {
        name: len(table.document) - 1
        for name, table in TABLES.items()
        if _begins_with_member(table)
    }
    if not rejects["table"].is_in(list(tails)).any():
        return rejects
    named = [
        _pseudonymous(document_id, tails[name], members) if name in tails else document_id
        for name, document_id in rejects.select("table", "document_id").iter_rows()
    ]
    return rejects.with_columns(document_id=pl.Series(named, dtype=pl.String)).drop_nulls(
        "document_id"
    )


def _pseudonymous(document_id: str, tail: int, members: Members) -> str | None:
    """A document's name that begins with a member's id and ends in `tail` codes; null: forgotten.

    A platform's id may hold a bar, a code does not.
    """
    platform_id, *codes = document_id.rsplit("|", tail) if tail else [document_id]
    if platform_id == "?":
        return document_id
    if members.is_forgotten(platform_id):
        return None
    return "|".join([members.pseudonym(platform_id), *codes])
