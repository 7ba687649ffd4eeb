import pytest
from sqlalchemy import delete, update

from tests.warehouse.rows import hour
from warehouse.database import Database
from warehouse.events import Event, Events, Flaw, append
from warehouse.models import events as table

HAPPENED = [
    Event(
        kind="limit_changed", subject="repricing", by="ann", at=hour(number), details={"n": number}
    )
    for number in range(5)
]


@pytest.fixture
def chain(events: Events) -> Events:
    events.append(HAPPENED[:2])
    events.append(HAPPENED[2:])
    return events


def tamper(database: Database, event_id: int, **values: object) -> None:
    with database.write() as connection:
        connection.execute(update(table).where(table.c.event_id == event_id).values(**values))


def remove(database: Database, *event_ids: int) -> None:
    with database.write() as connection:
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
    event_id: int, chain: Events, database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The forger rehashes his row, as if it had been written so."""
    forged_home = Database(f"sqlite:///{tmp_path_factory.mktemp('forged') / 'a.db'}")
    with forged_home.write() as connection:
        forged = Event(kind="limit_changed", subject="repricing", by="mallory", at=hour(0))
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
