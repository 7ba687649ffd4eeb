"""Forget: erase a person from all that is stored, and keep them from coming back."""

import datetime as dt
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl

from contracts.errors import ConfigurationError
from contracts.personal import Members, Redacted, erased, member_columns
from contracts.streams import Page
from contracts.tables import TABLES, Table
from flows.steps.actions import person
from flows.steps.build import build
from flows.steps.home import Home, Shop, machine_now
from flows.steps.retention import quiet
from warehouse.erasures import Erasure
from warehouse.events import Events


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A copy that may hold the person, and whether its file is still where it was written.

    Of what was handed to the person, neither file nor table is told.
    """

    file: str
    table: str
    exported_at: dt.datetime
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
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


def held(home: Home, member: str, *, shop_id: str | None = None) -> Held:
    """What is stored of a member, named by the platform's id or by the pseudonym.

    Raises:
        ConfigurationError: several shops know the id, or several might and none does.
    """
    found = [_held(home, shop, member) for shop in home.select(shop_id)]
    known = [one for one in found if not one.is_empty or one.is_forgotten]
    if len(known) == 1 or len(found) == 1:
        return (known or found)[0]
    which = f"shops {', '.join(one.shop_id for one in known)} know" if known else "no shop knows"
    raise ConfigurationError(f"--member: {which} this id; say which is meant with --shop")


def forget(home: Home, member: str, *, shop_id: str | None = None, by: str | None = None) -> Held:
    """Erase a member; what was held, and the copies that are not ours to erase.

    From here on every mapping leaves the member out.

    Raises:
        ConfigurationError: as `held`.
        BusyError: a shop is being pulled or built; it is written down, and whoever opens the home
            next carries it out.
    """
    found = held(home, member, shop_id=shop_id)
    erasure = Erasure(found.shop_id, found.member_id, machine_now(), person(by))
    home.erasures.add(erasure)
    carry_out(home)
    return found


def carry_out(home: Home) -> None:
    """Erase whoever is to be forgotten and is not yet, after a crash or a restore too.

    Raises:
        BusyError: a shop is being pulled or built.
    """
    with quiet(home):
        due = [one for one in home.erasures.unfinished() if one.shop_id in home.shops]
        for erasure in due:
            counts = _erase(home, home.shops[erasure.shop_id], erasure)
            home.erasures.finish(erasure, at=machine_now(), counts=counts)
        if due:
            home.database.compact()


def _erase(home: Home, shop: Shop, erasure: Erasure) -> dict[str, int]:
    """Everything that can be repeated after a crash, and is; what was touched."""
    counts = {
        "rows": _erase_rows(home, shop, erasure.member_id),
        "pages": home.landing.rewrite(shop.id, partial(_without, home, shop, erasure.member_id)),
        "quarantined": home.quarantine.erase(shop.id, erasure.member_id),
        "records": home.erasures.clear(erasure),
    }
    _clear_files(home, shop, erasure.member_id)
    if "kpis_daily" in home.readings.versions():
        build(home, shop_id=shop.id)
    return counts


def pages_about(home: Home, shop: Shop, member_id: str) -> list[Redacted]:
    """Landed pages that hold a member, without them, and what they say."""
    streams = {stream.name: stream for _, stream in shop.streams()}
    members = home.members(shop)
    found = []
    for reading_id in home.landing.kept(shop.id):
        stream = streams.get(reading_id.split("/")[1])
        if stream is not None and stream.redact is not None:
            for page in home.landing.pages(reading_id):
                redacted = stream.redact(page, _is(members, member_id))
                found += [redacted] if redacted.page is not page else []
    return found


def rows_about(home: Home, shop: Shop, member_id: str) -> dict[str, pl.DataFrame]:
    """Rows of the lake that name a member, deleted ones included, by table."""
    return {
        table.name: rows
        for table in _tables()
        if not (rows := _rows(home, shop, table, member_id)).is_empty()
    }


def _held(home: Home, shop: Shop, member: str) -> Held:
    members = home.members(shop)
    member_id = members.pseudonym(member)
    return Held(
        shop_id=shop.id,
        member_id=member_id,
        rows={name: rows.height for name, rows in rows_about(home, shop, member_id).items()},
        pages=len(pages_about(home, shop, member_id)),
        quarantined=home.quarantine.naming(shop.id, member_id).height,
        actions=len(home.ledger.find(shop_id=shop.id, member_id=member_id)),
        copies=_copies(home, member_id),
        is_forgotten=member_id in members.forgotten,
    )


def _tables() -> list[Table]:
    return [table for table in TABLES.values() if member_columns(table)]


def _rows(home: Home, shop: Shop, table: Table, member_id: str) -> pl.DataFrame:
    stored = home.lake.scan(table.name, with_deleted=True).filter(pl.col("shop_id") == shop.id)
    return stored.filter(
        pl.any_horizontal(pl.col(name) == member_id for name in member_columns(table))
    ).collect()


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
    for table in _tables():
        for one in events.of(table.name):
            file = str(one.details["file"])
            state = "still there" if Path(file).is_file() else "moved or removed"
            copies.append(Copy(file=file, table=table.name, exported_at=one.at, state=state))
    return copies


def _is(members: Members, member_id: str) -> Callable[[str], bool]:
    return lambda platform_id: members.pseudonym(platform_id) == member_id


def _without(home: Home, shop: Shop, member_id: str, stream_name: str, page: Page) -> Page:
    stream = next((one for _, one in shop.streams() if one.name == stream_name), None)
    if stream is None or stream.redact is None:
        return page
    return stream.redact(page, _is(home.members(shop), member_id)).page


def _erase_rows(home: Home, shop: Shop, member_id: str) -> int:
    """Rows that named the member; earlier versions of their tables are removed."""
    touched = 0
    for table in _tables():
        touched += _rows(home, shop, table, member_id).height
        gone = frozenset({member_id})
        home.lake.rewrite(table.name, partial(erased, table=table, pseudonyms=gone))
    home.readings.record(home.lake.vacuum([table.name for table in _tables()]))
    return touched


def _clear_files(home: Home, shop: Shop, member_id: str) -> None:
    """Documents of checks quote values and are made again; a report that quotes one goes."""
    shutil.rmtree(home.folder / "data" / "data-docs" / shop.id, ignore_errors=True)
    for page in home.reports.glob("*.html"):
        if member_id in page.read_text(encoding="utf-8"):
            page.unlink()
