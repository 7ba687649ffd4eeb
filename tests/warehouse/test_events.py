import pytest
from sqlalchemy import Connection, Delete, Update, delete, text, update
from sqlalchemy.exc import DatabaseError

from tests.warehouse.rows import hour
from warehouse.chain import Chain
from warehouse.database import Database
from warehouse.event_chain import GIVEN_UP, UNKEYED, Events, Flaw
from warehouse.events import LedgerEvent, append, retire
from warehouse.models import event_head
from warehouse.models import events as table

HAPPENED = [
    LedgerEvent(
        kind="limit_changed", subject="repricing", by="ann", at=hour(number), details={"n": number}
    )
    for number in range(5)
]


@pytest.fixture
def chain(events: Events) -> Events:
    events.append(HAPPENED[:2])
    events.append(HAPPENED[2:])
    return events


def take_off_the_triggers(connection: Connection) -> None:
    """What only the owner of the tables, or of the file, can do."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("ALTER TABLE events DISABLE TRIGGER USER"))
        return
    for name in ("events_not_updated", "events_not_deleted"):
        connection.execute(text(f"DROP TRIGGER IF EXISTS {name}"))


def tamper(database: Database, event_id: int, **values: object) -> None:
    with database.write() as connection:
        take_off_the_triggers(connection)
        connection.execute(update(table).where(table.c.event_id == event_id).values(**values))


def remove(database: Database, *event_ids: int) -> None:
    with database.write() as connection:
        take_off_the_triggers(connection)
        connection.execute(delete(table).where(table.c.event_id.in_(event_ids)))


def test_an_untouched_chain_is_whole(chain: Events) -> None:
    assert (chain.verify(), chain.count()) == (None, 5)
    assert chain.of("repricing") == HAPPENED


def test_an_empty_chain_is_whole(events: Events) -> None:
    events.append([])
    assert (events.verify(), events.count()) == (None, 0)


@pytest.mark.parametrize("event_id", [1, 3, 5])
@pytest.mark.parametrize(
    "values",
    [
        {"by": "bob"},
        {"kind": "nothing"},
        {"subject": "restock"},
        {"at": hour(99)},
        {"details": '{"n":99}'},
        {"hash": "0" * 64},
    ],
)
def test_an_altered_event_is_named(
    event_id: int, values: dict[str, object], chain: Events, database: Database
) -> None:
    tamper(database, event_id, **values)
    assert chain.verify() == Flaw(event_id, "altered")


@pytest.mark.parametrize(
    ("removed", "named"), [((1,), 1), ((3,), 3), ((5,), 5), ((4, 5), 4), ((1, 2, 3, 4, 5), 1)]
)
def test_a_missing_event_is_named_even_the_last(
    removed: tuple[int, ...], named: int, chain: Events, database: Database
) -> None:
    remove(database, *removed)
    assert chain.verify() == Flaw(named, "missing")


@pytest.mark.parametrize("event_id", [2, 5])
def test_an_event_replaced_by_a_consistent_forgery_is_named(
    event_id: int, chain: Events, database: Database, empty_url: str
) -> None:
    """The forger rehashes his row, as if it had been written so."""
    forged_home = Database(empty_url)
    with forged_home.write() as connection:
        forged = LedgerEvent(kind="limit_changed", subject="repricing", by="mallory", at=hour(0))
        append(connection, [*HAPPENED[: event_id - 1], forged])
        row = connection.execute(table.select().where(table.c.event_id == event_id)).one()
    forged_home.close()
    tamper(database, event_id, by=row.by, at=row.at, details=row.details, hash=row.hash)
    assert chain.verify() == Flaw(event_id, "altered")


def test_events_of_a_transaction_that_fails_are_gone_with_it(
    chain: Events, database: Database
) -> None:
    def half_done() -> None:
        with database.write() as connection:
            append(connection, HAPPENED)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        half_done()
    assert (chain.verify(), chain.count()) == (None, 5)


@pytest.mark.parametrize(
    "statement",
    [
        update(table).values(by="bob"),
        delete(table),
        update(table).where(table.c.event_id == 5).values(hash="0" * 64),
        delete(event_head),
        update(event_head).values(event_id=3),
        update(event_head).values(event_id=9, hash="0" * 64),
    ],
    ids=str,
)
def test_the_database_itself_refuses_to_change_what_happened(
    statement: Update | Delete, chain: Events, database: Database
) -> None:
    with (
        pytest.raises(DatabaseError, match=r"append-only|only moves to a later event"),
        database.write() as connection,
    ):
        connection.execute(statement)
    assert (chain.verify(), chain.count()) == (None, 5)


def test_events_of_a_key_that_was_given_up_are_proven_without_it_and_later_ones_named(
    url: str,
) -> None:
    old, new = {"old": b"o" * 32}, {"new": b"n" * 32}
    databases = [Database(url, chain=Chain(keys, "ann")) for keys in (old, new | old, new)]
    before, both, after = map(Events, databases)
    before.append(HAPPENED[:2])
    for _ in range(2):
        with databases[1].write() as connection:
            retire(connection, ["old"], by="ann", at=hour(9))
    after.append(HAPPENED[2:])
    assert (after.verify(), after.count(), both.verify()) == (None, 6, None)
    assert (after.not_retired(["old", "new"]), before.verify()) == (["new"], Flaw(3, UNKEYED))
    before.append(HAPPENED[:1])  # by whom the key leaked to
    assert after.verify() == both.verify() == Flaw(7, GIVEN_UP)
    for one in databases:
        one.close()
