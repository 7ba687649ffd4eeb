"""What belongs to a person: which columns name things of theirs, and which rows are theirs.

All of it is read from the tables: a document that names a member is theirs, so is one that names
such a document, and whatever is filed under it. Nothing here lists a table by its name.
"""

from collections.abc import Mapping
from functools import cache

import polars as pl

from contracts.personal import member_columns, purposes
from contracts.tables import TABLES, Table, TableKind

Ids = Mapping[str, frozenset[str]]
"""Values by the column that holds them, whichever table it stands in."""

_NEVER = pl.lit(value=False)


def _is_identifier(table: Table, column: str) -> bool:
    columns = table.schema.columns()
    return column in columns and (columns[column].metadata or {}).get("kind") == "identifier"


def canonical() -> list[Table]:
    """What platforms reported; the rest is computed from it."""
    return [table for table in TABLES.values() if table.kind is not TableKind.DERIVED]


def is_root(table: Table) -> bool:
    """Whether it holds one row a document."""
    return len(table.key) == len(table.document) + 1


@cache
def root_of(table: Table) -> str:
    """The table of a document of which these rows are a part."""
    return next(one.name for one in canonical() if one.document == table.document and is_root(one))


def first_part(table: Table, document_id: str) -> tuple[str, str]:
    """The first column of a document, and what its name says of it.

    The name ends in as many codes as the document has further columns. A platform's id may hold a
    bar, a code does not.
    """
    first, *rest = table.document
    return first, document_id.rsplit("|", len(rest))[0] if rest else document_id


@cache
def documents_of_persons() -> frozenset[str]:
    """Columns that name a document of one person: their order, and what is about it or in it."""
    first = {one.document[0] for one in canonical() if one.document}
    found = {
        one.document[0]
        for one in canonical()
        if one.document and member_columns(one) and _is_identifier(one, one.document[0])
    }
    while True:
        about = [one for one in canonical() if one.document and found & set(_columns(one))]
        named = {one.document[0] for one in about} | {
            name for one in about for name in one.key if name in first
        }
        named = {name for name in named if any(_is_identifier(one, name) for one in about)}
        if named <= found:
            return frozenset(found)
        found |= named


@cache
def person_ids() -> frozenset[str]:
    """Columns that name something of one person: documents, addresses, codes, messages."""
    return documents_of_persons() | {
        name
        for one in canonical()
        for name, column in one.schema.columns().items()
        if (column.metadata or {}).get("names") == "action"
        or (name in purposes(one.schema) and _is_identifier(one, name))
    }


def _columns(table: Table) -> list[str]:
    return table.schema.column_names()


def owners(table: Table) -> list[str]:
    """Columns by whose value a row that names no member is a person's.

    Its document, and the documents that it is about; where a document stands by itself, also the
    code or number that it is about. What a row merely mentions makes it nobody's: a code that many
    use is a key of the orders it was used on.
    """
    ids = person_ids()
    members = set(member_columns(table))
    mentioned = [name for name in _columns(table) if name in ids - members]
    if table.kind is TableKind.DERIVED:
        return mentioned
    documents = {one.document[0] for one in canonical() if one.document}
    own = [name for name in table.document[:1] if name in ids]
    beside = [name for name in mentioned if name not in table.key]
    about = [name for name in beside if name in documents]
    if not is_root(table) or about:
        return own + about
    return own + beside


@cache
def personal_tables() -> tuple[Table, ...]:
    """Tables that hold something of persons."""
    return tuple(one for one in TABLES.values() if member_columns(one) or owners(one))


def keeps_books(table: Table) -> bool:
    """Whether amounts of its rows are in the books: they stay, as nobody's, under other ids.

    It holds money and is a document of a person, as orders are, or a part of one.
    """
    columns = table.schema.columns().values()
    has_money = any((one.metadata or {}).get("kind") == "money" for one in columns)
    return has_money and table.document[:1] != () and table.document[0] in documents_of_persons()


def naming_columns(table: Table) -> list[str]:
    """Columns that name something of a person, or a part of a document that is in the books."""
    parts = {name for one in TABLES.values() if keeps_books(one) for name in one.key}
    named = (parts | person_ids()) - {"shop_id"}
    return [name for name in table.schema.column_names() if name in named]


def is_theirs(table: Table, ids: Ids, member_id: str) -> pl.Expr:
    """Which rows of a table are of this member, of whom such ids are known."""
    members = member_columns(table)
    of_member = [pl.col(name) == member_id for name in members]
    of_others = pl.any_horizontal(_NEVER, *[pl.col(name).is_not_null() for name in members])
    of_ids = [pl.col(name).is_in(list(ids[name])) for name in owners(table) if ids.get(name)]
    by_member = pl.any_horizontal(_NEVER, *of_member).fill_null(value=False)
    by_ids = pl.any_horizontal(_NEVER, *of_ids).fill_null(value=False)
    return by_member | (by_ids & ~of_others)
