"""Who a member is outside of `members`, who is forgotten, and how long personal columns are held.

A member elsewhere is a pseudonym: a keyed hash of the shop and the platform's id. Its key is never
rotated, or the same customer would become another one.
"""

import datetime as dt
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import dataframely as dy
import polars as pl

from contracts.streams import Page
from contracts.tables import Table

OWN_ID = "platform_member_id"
"""Where `members` holds the platform's own id of a member."""
_PREFIX = "m-"
_ALIAS = "f-"
_HEX_CHARS = 32
_CONTACT = r"[^\s@<>(]+@[^\s@<>)]+\.[^\s@<>)]+|\+\d[\d\s().\/-]{6,}\d"


@dataclass(frozen=True, slots=True)
class Members:
    """The members of one shop, as a mapping may know them."""

    shop_id: str
    key: bytes = field(repr=False)
    forgotten: frozenset[str] = frozenset()
    """Pseudonyms."""
    erased: frozenset[str] = frozenset()
    """Aliases of what was theirs: orders, parcels, cases, codes."""

    def pseudonym(self, platform_id: str) -> str:
        """The pseudonym of a platform's id; what is one already stays."""
        if is_pseudonym(platform_id):
            return platform_id
        named = f"{self.shop_id}\0{platform_id}".encode()
        return _PREFIX + hmac.digest(self.key, named, "sha256").hex()[:_HEX_CHARS]

    def alias(self, column: str, value: str) -> str:
        """What stands for an id of who is forgotten, by the column that holds it; again, itself."""
        if _is_keyed(value, _ALIAS):
            return value
        named = f"{self.shop_id}\0{column}\0{value}".encode()
        return _ALIAS + hmac.digest(self.key, named, "sha256").hex()[:_HEX_CHARS]

    def aliases(self, values: pl.Series) -> pl.Series:
        """The alias of each id, null for null, by the name of the series."""
        distinct = values.drop_nulls().unique()
        named = [self.alias(values.name, one) for one in distinct.to_list()]
        return values.replace_strict(
            distinct, pl.Series(named, dtype=pl.String), default=None, return_dtype=pl.String
        )

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
    return _is_keyed(text, _PREFIX)


def _is_keyed(text: str, prefix: str) -> bool:
    digits = text.removeprefix(prefix)
    is_hex = all(digit in "0123456789abcdef" for digit in digits)
    return text.startswith(prefix) and len(digits) == _HEX_CHARS and is_hex


@dataclass(frozen=True, slots=True)
class Redacted:
    """A raw page without some members, and what was removed."""

    page: Page
    removed: tuple[object, ...] = ()


Redact = Callable[[Page, Callable[[str], bool]], Redacted]
"""Takes out of a raw page the members, by the platform's id, whom the predicate names."""


COMPARED = frozenset({"coupon", "parcel"})
"""Purposes of ids that several tables hold: a code, a parcel; one value is sealed alike in all."""
DECIDED_BY = COMPARED | {"birthday"}
"""Purposes of what a policy reads in clear."""


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


def expire_columns(
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


def mask(column: pl.Expr) -> pl.Expr:
    """Text to be shown, without the e-mail addresses and telephone numbers that stand in it."""
    return column.str.replace_all(_CONTACT, "…")


def _of_kind(schema: type[dy.Schema], kind: str) -> list[str]:
    columns = schema.columns().items()
    return [name for name, column in columns if (column.metadata or {}).get("kind") == kind]
