"""Rotate: after a leak of the data key, nothing that is stored opens with it any more.

First both keys are known, then all is sealed anew, then the old one is given up: whatever ends it
in between, it goes on when it is run again.
"""

from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

import polars as pl

from contracts.errors import BusyError, ConfigurationError
from contracts.personal import purposes
from contracts.tables import TABLES
from flows.steps import keys
from flows.steps.clock import machine_now
from flows.steps.holders import person
from flows.steps.home import Home
from flows.steps.leases import lease
from flows.steps.opening import open_home
from flows.steps.retention import while_idle
from warehouse.encryption import key_id, text_head
from warehouse.event_chain import Events
from warehouse.events import retire
from warehouse.upkeep import purge

_FILES = "raw files"
_TWO_STEPS = (
    "set a new one (`head -c 32 /dev/urandom | base64`) as `data`, name the old one under"
    " `earlier`, run `keys rotate`, and remove `earlier` again"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """What is sealed anew; the public names of the keys; what is left to the operator."""

    sealed: dict[str, int]
    """How many by place: raw files, rows by table, documents in quarantine, tokens."""
    key: str | None
    """The data key in use; None: it is made when it is done."""
    given_up: list[str]
    left: str


def plan(home: Home) -> Rotation:
    """What a rotation would do.

    Raises:
        ConfigurationError: the key is not ours to replace, or there is nothing to do.
    """
    is_renewed = _is_renewed(home)
    vault = home.keys.vault
    given_up = vault.key_ids if is_renewed else vault.outdated
    if key_id(home.keys.members) in given_up:
        raise ConfigurationError(
            "shopkeeper.toml, [keys]: `members` is a data key too, and cannot be given up, since"
            " pseudonyms, codes and parcels hang on it"
        )
    sealed = sealed_with(home, given_up)
    _refuse_done(home, sealed)
    key = None if is_renewed else vault.key_ids[0]
    return Rotation(sealed=sealed, key=key, given_up=given_up, left=_remaining_steps(home))


def rotate(home: Home, *, by: str | None = None) -> Rotation:
    """Seal all that is stored with a new data key, and give the ones of before up.

    The members' key stays: pseudonyms, and what tables are joined by, are made with it.

    Raises:
        ConfigurationError: as `plan`; nothing was done.
        BusyError: a shop is being pulled, backfilled or built; nothing was done. Or somebody goes
            on reading the database: all is sealed anew, and the old key is kept until it is run
            again.
    """
    planned = plan(home)
    with _without_writers(home):
        if _is_renewed(home):
            keys.renew(home.folder, home.settings.keys)
        with open_home(home.folder) as renewed:
            vault = renewed.keys.vault
            reseal(renewed)
            with renewed.database.write() as connection:
                retire(connection, vault.outdated, by=person(by), at=machine_now())
            _confirm_gone(renewed)
            keys.give_up(home.folder, home.settings.keys)
    return Rotation(
        sealed=planned.sealed, key=vault.key_ids[0], given_up=vault.outdated, left=planned.left
    )


def reseal(home: Home) -> None:
    """Seal with the data key in use whatever an outdated one sealed."""
    home.landing.reseal()
    tables = _tables()
    for name in tables:
        home.lake.rewrite(name, partial(_reseal_rows, home, name))
    home.readings.record(purge(home.lake, tables))
    home.quarantine.reseal()
    home.tokens.reseal()


def sealed_with(home: Home, key_ids: Collection[str]) -> dict[str, int]:
    """How much is sealed with one of these data keys, by place; places with none are left out."""
    found = {
        _FILES: home.landing.sealed_with(key_ids),
        **{f"rows of {name}": _rows(home, name, key_ids) for name in _tables()},
        "documents in quarantine": home.quarantine.sealed_with(key_ids),
        "tokens": home.tokens.sealed_with(key_ids),
    }
    return {place: count for place, count in found.items() if count}


def _rows(home: Home, table_name: str, key_ids: Collection[str]) -> int:
    heads = [text_head(one) for one in key_ids]
    names = purposes(TABLES[table_name].schema)
    is_theirs = [pl.col(name).str.starts_with(head) for name in names for head in heads]
    if not is_theirs:
        return 0
    rows = home.lake.scan(table_name, with_deleted=True).filter(pl.any_horizontal(is_theirs))
    return int(rows.select(pl.len()).collect().item())


def _reseal_rows(home: Home, table_name: str, rows: pl.DataFrame) -> pl.DataFrame:
    return home.keys.vault.reseal_frame(rows, table_name)


def _tables() -> list[str]:
    """Tables with sealed columns."""
    return [table.name for table in TABLES.values() if purposes(table.schema)]


@contextmanager
def _without_writers(home: Home) -> Iterator[None]:
    """While nobody writes what is sealed.

    Raises:
        BusyError: somebody does.
    """
    with while_idle(home), ExitStack() as leases:
        for shop in home.shops.values():
            leases.enter_context(lease(home, f"build {shop.id}"))
            for _, stream in shop.streams():
                leases.enter_context(lease(home, f"backfill {shop.id} {stream.name}"))
        yield


def _is_renewed(home: Home) -> bool:
    """Whether a new key is made: none was, by us or by the operator.

    Raises:
        ConfigurationError: the key is kept where only the operator can replace it.
    """
    settings = home.settings.keys
    if settings.earlier or keys.is_leaving(home.folder, settings):
        return False
    if not settings.data.startswith("file:"):
        raise ConfigurationError(
            f"shopkeeper.toml, [keys]: the key of `data` is yours to change: {_TWO_STEPS}"
        )
    return True


def _refuse_done(home: Home, sealed: dict[str, int]) -> None:
    """Refuse what would change nothing, since the operator may think that it helped."""
    settings = home.settings.keys
    is_ours = not settings.earlier or keys.is_leaving(home.folder, settings)
    if is_ours or sealed or Events(home.database).not_retired(home.keys.vault.outdated):
        return
    raise ConfigurationError(
        "shopkeeper.toml, [keys]: nothing is sealed with a key of `earlier` any more: remove"
        " `earlier`; for another new key, then run `keys rotate` again"
    )


def _confirm_gone(home: Home) -> None:
    """An old key is given up only once nothing is left of what it sealed.

    Raises:
        BusyError: something is left.
    """
    is_compact = home.database.compact()
    left = sealed_with(home, home.keys.vault.outdated)
    if left or not is_compact:
        places = ", ".join(left) or "the database, which another process goes on reading"
        raise BusyError(
            f"the old key is kept, since it still opens {places}: run `keys rotate` again"
        )


def _remaining_steps(home: Home) -> str:
    """What only the operator can do."""
    if home.settings.keys.earlier:
        return (
            "remove `earlier` from [keys] in shopkeeper.toml; if it is the key in use that leaked,"
            " run `keys rotate` again then"
        )
    file = home.settings.keys.data.partition(":")[2]
    return f"keep a copy of {file} elsewhere; copies of data/ of before still open with the old key"
