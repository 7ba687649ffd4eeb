"""Forget: erase a person from all that is stored, and keep them from coming back."""

import datetime as dt
import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl

from contracts.erasing import erase
from contracts.errors import ConfigurationError
from contracts.families import personal_tables
from contracts.personal import Members
from contracts.streams import Page
from contracts.tables import Table
from flows.steps.build import build
from flows.steps.clock import machine_now
from flows.steps.family import Family, family_of, remove_family
from flows.steps.holders import person
from flows.steps.home import Home
from flows.steps.retention import while_idle
from flows.steps.shop import Shop
from warehouse.erasures import Erasure
from warehouse.event_chain import Events
from warehouse.upkeep import purge


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A copy that may hold the person, and whether its file is still where it was written.

    What was handed to the person is named neither by file nor by table.
    """

    file: str
    table: str
    exported_at: dt.datetime
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOfMember:
    """What is stored of a member in one shop."""

    shop_id: str
    member_id: str
    rows: dict[str, int]
    pages: int
    quarantined: int
    actions: int
    copies: list[Copy]
    is_forgotten: bool

    @property
    def is_empty(self) -> bool:
        """Whether nothing is."""
        return not (any(self.rows.values()) or self.pages or self.quarantined or self.actions)


def find_stored(home: Home, member: str, *, shop_id: str | None = None) -> StoredOfMember:
    """What is stored of a member, named by the platform's id or by the pseudonym.

    Raises:
        ConfigurationError: several shops know the id, or several might and none does.
    """
    found = [_stored_in(home, shop, member) for shop in home.select(shop_id)]
    known = [one for one in found if not one.is_empty or one.is_forgotten]
    if len(known) == 1 or len(found) == 1:
        return (known or found)[0]
    which = f"shops {', '.join(one.shop_id for one in known)} know" if known else "no shop knows"
    raise ConfigurationError(f"--member: {which} this id; say which is meant with --shop")


def forget(
    home: Home, member: str, *, shop_id: str | None = None, by: str | None = None
) -> StoredOfMember:
    """Erase a member; returns what was stored, and the copies that are not ours to erase.

    From here on every mapping leaves the member out.

    Raises:
        ConfigurationError: as `find_stored`.
        BusyError: a shop is being pulled or built; it is written down, and whoever opens the home
            next carries it out.
    """
    found = find_stored(home, member, shop_id=shop_id)
    erasure = Erasure(found.shop_id, found.member_id, machine_now(), person(by))
    home.erasures.add(erasure)
    carry_out(home)
    return found


def carry_out(home: Home) -> None:
    """Erase whoever is to be forgotten and is not yet, after a crash or a restore too.

    Raises:
        BusyError: a shop is being pulled or built.
    """
    with while_idle(home):
        due = [one for one in home.erasures.unfinished() if one.shop_id in home.shops]
        for erasure in due:
            counts = _erase(home, home.shops[erasure.shop_id], erasure)
            home.erasures.finish(erasure, at=machine_now(), counts=counts)
        if due:
            home.database.compact()


def _erase(home: Home, shop: Shop, erasure: Erasure) -> dict[str, int]:
    """Everything that can be repeated after a crash, and is; what was touched.

    What is theirs is noted first. Ledger and lake come last: until then they identify it.
    """
    family = family_of(home, shop, erasure.member_id)
    home.erasures.keep_ids(erasure, family.aliases(home.members(shop)))
    members = home.members(shop)
    quarantined = quarantined_of(home, family)
    home.quarantine.erase(shop.id, quarantined)
    streams = {stream.name: stream for _, stream in shop.streams()}

    def without_member(stream_name: str, page: Page) -> Page | None:
        stream = streams.get(stream_name)
        return page if stream is None else remove_family(stream, page, family, members)[0]

    counts = {
        "quarantined": quarantined.height,
        "pages": home.landing.rewrite(shop.id, without_member),
        "records": home.erasures.clear(erasure, family.actions, names=family.is_mentioned),
    }
    _clear_files(home, shop, family)
    counts["rows"] = sum(rows.height for rows in family.rows.values())
    _erase_rows(home, members)
    if "kpis_daily" in home.readings.versions():
        build(home, shop_id=shop.id)
    return counts


def pages_about(home: Home, shop: Shop, family: Family) -> list[list[object]]:
    """What each landed page that holds something of a member says of it."""
    streams = {stream.name: stream for _, stream in shop.streams()}
    members = home.members(shop)
    found = []
    for reading_id in home.landing.complete(shop.id):
        stream = streams.get(reading_id.split("/")[1])
        if stream is not None:
            parts = (
                remove_family(stream, page, family, members)
                for page in home.landing.pages(reading_id)
            )
            found += [removed for _, removed in parts if removed]
    return found


def quarantined_of(home: Home, family: Family) -> pl.DataFrame:
    """Documents in quarantine that are theirs or name them; closed ones too."""
    entries = home.quarantine.all(family.shop_id)
    theirs = [
        family.has_document(table, document_id) or family.is_mentioned(payload)
        for table, document_id, payload in entries.select(
            "table", "document_id", "payload"
        ).iter_rows()
    ]
    return entries.filter(pl.Series(theirs, dtype=pl.Boolean))


def _stored_in(home: Home, shop: Shop, member: str) -> StoredOfMember:
    members = home.members(shop)
    member_id = members.pseudonym(member)
    family = family_of(home, shop, member_id)
    return StoredOfMember(
        shop_id=shop.id,
        member_id=member_id,
        rows={name: rows.height for name, rows in family.rows.items()},
        pages=len(pages_about(home, shop, family)),
        quarantined=quarantined_of(home, family).height,
        actions=len(family.actions),
        copies=_copies(home, member_id),
        is_forgotten=member_id in members.forgotten,
    )


def _copies(home: Home, member_id: str) -> list[Copy]:
    """Exports of tables that name members, and what was handed to the person.

    What became of a file that is not there any more is not known here. Where a hand-out was
    written is not kept: its name may be the person's.
    """
    events = Events(home.database)
    copies = [
        Copy(file="", table="", exported_at=one.at, state="handed out")
        for one in events.of(member_id)
        if one.kind == "subject"
    ]
    for table in personal_tables():
        for one in events.of(table.name):
            file = str(one.details["file"])
            state = "still there" if Path(file).is_file() else "moved or removed"
            copies.append(Copy(file=file, table=table.name, exported_at=one.at, state=state))
    return copies


def _erase_rows(home: Home, members: Members) -> None:
    """Take them out of every table; earlier versions of it are removed."""
    tables = personal_tables()
    for table in tables:
        home.lake.rewrite(table.name, partial(_rows_of_others, home, members, table))
    home.readings.record(purge(home.lake, [table.name for table in tables]))


def _rows_of_others(
    home: Home, members: Members, table: Table, stored: pl.DataFrame
) -> pl.DataFrame:
    """The rows of a table without theirs; rows of other shops as they are."""
    is_ours = pl.col("shop_id") == members.shop_id
    ours, vault = stored.filter(is_ours), home.keys.vault
    opened = vault.open_frame(ours, table.name)
    rest = erase(opened, table, members)
    if rest.equals(opened):
        return stored
    sealed = vault.seal_frames({table.name: rest})[table.name]
    return pl.concat([stored.filter(~is_ours), sealed])


def _clear_files(home: Home, shop: Shop, family: Family) -> None:
    """Documents of checks quote values and are made again; a report that quotes one goes."""
    shutil.rmtree(home.folder / "data" / "data-docs" / shop.id, ignore_errors=True)
    for page in home.reports.glob("*.html"):
        if family.is_mentioned(page.read_text(encoding="utf-8")):
            page.unlink()
