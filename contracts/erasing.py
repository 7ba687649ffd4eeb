"""A mapped reading, and rows of the lake, without who is forgotten.

What is theirs goes. Rows that are in the books stay, as nobody's: their amounts and days, under ids
that say nothing to who has no key, and that a later version of the same order gets again.
"""

from dataclasses import replace

import polars as pl

from contracts.families import first_part, keeps_books, naming_columns, owners
from contracts.personal import OWN_ID, Members, member_columns, purposes
from contracts.streams import Mapped
from contracts.tables import TABLES, Table

_NEVER = pl.lit(value=False)


def protect(mapped: Mapped, members: Members) -> Mapped:
    """A mapped reading without platform ids of members, and without who is forgotten.

    Hashes of rows and documents stay, so a document is the same before and after.
    """
    frames = {name: _protect(frame, TABLES[name], members) for name, frame in mapped.frames.items()}
    return replace(mapped, frames=frames, rejects=_rename_rejects(mapped.rejects, members))


def erase(frame: pl.DataFrame, table: Table, members: Members) -> pl.DataFrame:
    """Rows without the members who are forgotten, and without what was theirs.

    A row of the books that names them names nobody; its ids change once they are known as theirs.
    """
    gone = list(members.forgotten)
    of_members = [pl.col(name).is_in(gone) for name in member_columns(table)]
    by_member = pl.any_horizontal(_NEVER, *of_members).fill_null(value=False)
    if not keeps_books(table):
        return frame.filter(~by_member & ~_of_erased(frame, table, members))
    by_id = _of_erased(frame, table, members)
    emptied = [*member_columns(table), *_written(table)]
    aliased = (
        [name for name in naming_columns(table) if name in frame.columns] if members.erased else []
    )
    return frame.with_columns(
        *(pl.when(~(by_member | by_id)).then(pl.col(name)).alias(name) for name in emptied),
        *(
            pl.when(by_id).then(members.aliases(frame[name])).otherwise(pl.col(name)).alias(name)
            for name in aliased
        ),
    )


def names_erased(mapped: Mapped, members: Members) -> bool:
    """Whether a reading that is not protected yet contains what was a forgotten person's."""
    return bool(members.erased) and any(
        frame.select(_of_erased(frame, TABLES[name], members).any()).item()
        for name, frame in mapped.frames.items()
        if not frame.is_empty()
    )


def _of_erased(frame: pl.DataFrame, table: Table, members: Members) -> pl.Expr:
    """Which rows are about an id whose alias is known."""
    if not members.erased:
        return _NEVER
    known = pl.Series(sorted(members.erased), dtype=pl.String).implode()
    found = [
        pl.lit(members.aliases(frame[name]).is_in(known).fill_null(value=False))
        for name in owners(table)
        if name in frame.columns
    ]
    return pl.any_horizontal(_NEVER, *found)


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


def _protect(frame: pl.DataFrame, table: Table, members: Members) -> pl.DataFrame:
    if OWN_ID in frame.columns and _is_about_member(table):
        frame = frame.with_columns(pl.col(*table.document).alias(OWN_ID))
    for name in member_columns(table):
        frame = frame.with_columns(members.pseudonyms(frame[name]).alias(name))
    return erase(frame, table, members) if members.forgotten or members.erased else frame


def _rename_rejects(rejects: pl.DataFrame, members: Members) -> pl.DataFrame:
    """Rejects of documents that are a member's, under the pseudonym; none of who is forgotten."""
    named = [
        document_id if table not in TABLES else _document_name(document_id, TABLES[table], members)
        for table, document_id in rejects.select("table", "document_id").iter_rows()
    ]
    return rejects.with_columns(document_id=pl.Series(named, dtype=pl.String)).drop_nulls(
        "document_id"
    )


def _document_name(document_id: str, table: Table, members: Members) -> str | None:
    """A document's name without a platform's id of a member; None: it is of who is forgotten."""
    if not table.document:
        return document_id
    first, value = first_part(table, document_id)
    if value == "?":
        return document_id
    if not _begins_with_member(table):
        return None if members.alias(first, value) in members.erased else document_id
    if members.is_forgotten(value):
        return None
    return members.pseudonym(value) + document_id.removeprefix(value)
