"""Everything stored about a person, found once: to be handed out, or to be erased."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property

import msgspec
import polars as pl

from connectors.base.declaration import Stream
from connectors.base.documents import RawDocument
from contracts.actions import Action
from contracts.codes import WriteKind
from contracts.errors import SourceContractError
from contracts.families import (
    canonical,
    first_part,
    is_theirs,
    person_ids,
    personal_tables,
    root_of,
)
from contracts.personal import Members, Redacted, purposes
from contracts.streams import Page
from contracts.tables import TABLES, Table
from flows.steps.home import Home
from flows.steps.shop import Shop

_AT_ONCE = 1_000
_CODES = (WriteKind.CREATE_COUPON, WriteKind.GRANT_COUPON)
_FEWEST = 6
"""Signs of an id that is known again in any text: a shorter one may be a number of anything."""


@dataclass(frozen=True)
class Family:
    """A member's rows in clear by table, ids by column, documents by root table, and actions."""

    shop_id: str
    member_id: str
    rows: dict[str, pl.DataFrame] = field(default_factory=dict)
    ids: dict[str, frozenset[str]] = field(default_factory=dict)
    documents: frozenset[tuple[str, str]] = frozenset()
    actions: list[Action] = field(default_factory=list)

    def aliases(self, members: Members) -> list[str]:
        """What stands for each of the ids, and for each document by the first part of its name."""
        named = {(column, one) for column, values in self.ids.items() for one in values}
        named |= {first_part(TABLES[name], document) for name, document in self.documents}
        return sorted({members.alias(column, one) for column, one in named})

    def has_document(self, table_name: str, document_id: str | None) -> bool:
        """Whether a document is theirs, by its name."""
        if document_id is None or table_name not in TABLES or not TABLES[table_name].document:
            return False
        first, value = first_part(TABLES[table_name], document_id)
        is_own = value in self.ids.get(first, ()) or value == self.member_id
        return is_own or (table_name, document_id) in self.documents

    def is_mentioned(self, text: str) -> bool:
        """Whether a text names the member, or something of theirs that cannot be anything else."""
        return bool(self.named_in(text))

    def named_in(self, text: str) -> list[str]:
        """By which names a text does so."""
        return [one for one in self._identifying_values if _stands_in(one, text)]

    @cached_property
    def _identifying_values(self) -> list[str]:
        found = {one for values in self.ids.values() for one in values if len(one) >= _FEWEST}
        return [self.member_id, *sorted(found)]


def _stands_in(name: str, text: str) -> bool:
    """Whether a name stands in a text by itself, and not as a part of a longer one."""
    if name not in text:
        return False
    return re.search(rf"(?<![0-9A-Za-z]){re.escape(name)}(?![0-9A-Za-z])", text) is not None


def family_of(home: Home, shop: Shop, member_id: str) -> Family:
    """What is stored about a member, by pseudonym, in one shop."""
    found = _Search(home, shop, member_id)
    while found.grow():
        pass
    rows = {one.name: rows for one in personal_tables() if not (rows := found.rows(one)).is_empty()}
    documents = {
        (root_of(TABLES[name]), document_id)
        for name, frame in rows.items()
        if TABLES[name].document
        for document_id in frame.select(TABLES[name].document_id.alias("id"))["id"]
    }
    ids = {name: frozenset(values) for name, values in found.ids.items() if values}
    return Family(shop.id, member_id, rows, ids, frozenset(documents), found.actions())


class _Search:
    """Grows the ids known as theirs, until no row adds another."""

    def __init__(self, home: Home, shop: Shop, member_id: str) -> None:
        self._home, self._shop, self._member_id = home, shop, member_id
        self.ids: dict[str, set[str]] = {name: set() for name in person_ids()}
        written = home.ledger.find(shop_id=shop.id, member_id=member_id)
        self._given = {one.target_id for one in written if one.write_kind in _CODES}
        self.ids["coupon_code"] |= self._given
        self.ids["message_id"] |= {one.action_id for one in written}

    def grow(self) -> bool:
        """Add the ids of the rows that are theirs; whether there were new ones."""
        before = sum(map(len, self.ids.values()))
        for table in canonical():
            named = [name for name in table.schema.column_names() if name in self.ids]
            if table in personal_tables():
                theirs = self.rows(table)
                for name in named if theirs.height else ():
                    self.ids[name] |= self._unambiguous(table, name, theirs[name])
        self.ids["coupon_code"] -= self._open_codes()
        return sum(map(len, self.ids.values())) > before

    def rows(self, table: Table) -> pl.DataFrame:
        """Rows of the lake that are theirs, deleted ones included, readable."""
        stored = self._stored_rows(table)
        mine = is_theirs(table, self._sealed_ids(table), self._member_id)
        return self._home.keys.vault.open_frame(stored.filter(mine).collect(), table.name)

    def actions(self) -> list[Action]:
        """What was, or was to be, written to them or about something of theirs."""
        by_member = self._home.ledger.find(shop_id=self._shop.id, member_id=self._member_id)
        things = sorted({one for values in self.ids.values() for one in values})
        by_target = [
            one
            for one in self._home.ledger.find(shop_id=self._shop.id, targets=things)
            if one.sku_id is None or one.write_kind is WriteKind.REPLY_REVIEW
        ]
        return list({one.action_id: one for one in [*by_member, *by_target]}.values())

    def _unambiguous(self, table: Table, name: str, values: pl.Series) -> set[str]:
        """Of the values of a column those that no row of another names, too."""
        found = set(values.drop_nulls().to_list())
        if name in table.document[:1] or not found:
            return found
        stored = self._stored_rows(table).filter(
            pl.col(name).is_in(self._seal(table, name, found)),
            ~is_theirs(table, self._sealed_ids(table), self._member_id),
        )
        others = self._home.keys.vault.open_frame(stored.select(name).collect(), table.name)
        return found - set(others[name].to_list())

    def _open_codes(self) -> set[str]:
        """Codes that anybody may redeem, which are nobody's."""
        coupons = TABLES["coupons"]
        codes = self._seal(coupons, "coupon_code", self.ids["coupon_code"] - self._given)
        many = self._stored_rows(coupons).filter(
            pl.col("coupon_code").is_in(codes), pl.col("limit_units").ne_missing(1)
        )
        opened = self._home.keys.vault.open_frame(many.collect(), coupons.name)
        return set(opened["coupon_code"].to_list())

    def _stored_rows(self, table: Table) -> pl.LazyFrame:
        rows = self._home.lake.scan(table.name, with_deleted=True)
        return rows.filter(pl.col("shop_id") == self._shop.id)

    def _sealed_ids(self, table: Table) -> dict[str, frozenset[str]]:
        return {
            name: frozenset(self._seal(table, name, values))
            for name, values in self.ids.items()
            if name in table.schema.columns()
        }

    def _seal(self, table: Table, name: str, values: set[str]) -> list[str]:
        if name not in purposes(table.schema):
            return sorted(values)
        return self._home.keys.vault.seals(sorted(values), table_name=table.name, column=name)


def remove_family(
    stream: Stream, page: Page, family: Family, members: Members
) -> tuple[Page | None, list[object]]:
    """A raw page without what is theirs, None where that is all of it; and what was removed.

    A document that is theirs goes whole, and so does one about some person that mentions them.
    """
    redacted = Redacted(page)
    if stream.redact is not None:
        is_meant = cache(lambda one: members.pseudonym(one) == family.member_id)
        redacted = stream.redact(page, is_meant)
    found = _parts(stream, redacted.page)
    bad = _theirs(found, family)
    removed = [*redacted.removed, *(_readable(found[place].raw) for place in sorted(bad))]
    if not bad or stream.documents is None:
        return redacted.page, removed
    return (
        None if len(bad) == len(found) else stream.documents.without(redacted.page, bad)
    ), removed


def _parts(stream: Stream, page: Page) -> list[RawDocument]:
    """The documents of a page; none where it cannot be parted: nobody knows whose it is."""
    try:
        return stream.documents.split(page) if stream.documents is not None else []
    except SourceContractError:
        return []


def _theirs(found: Sequence[RawDocument], family: Family) -> set[int]:
    """Places of the documents that are theirs. Most name nothing of theirs, so that a text of many
    is searched sooner than each."""
    places: set[int] = set()
    for start in range(0, len(found), _AT_ONCE):
        some = found[start : start + _AT_ONCE]
        names = family.named_in("\n".join(_text(one) for one in some))
        places |= {start + place for place, one in enumerate(some) if _is_of(one, family, names)}
    return places


def _is_of(document: RawDocument, family: Family, names: Sequence[str]) -> bool:
    """Whether a document is theirs, or is about some person and has one of these names."""
    if family.has_document(document.table, document.document_id):
        return True
    is_personal = bool(names) and TABLES[document.table] in personal_tables()
    return is_personal and any(_stands_in(one, _text(document)) for one in names)


def _text(document: RawDocument) -> str:
    return document.raw.decode(errors="replace")


def _readable(raw: bytes) -> object:
    try:
        return msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return raw.decode(errors="replace")
