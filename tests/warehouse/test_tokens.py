"""The tokens that all processes of a home share."""

import datetime as dt
import threading

import pytest
from sqlalchemy import select

from connectors.base.auth import RefreshedToken
from contracts.errors import BusyError
from contracts.ports import TokenStore
from contracts.tokens import Tokens
from tests.warehouse.conftest import VAULT
from tests.warehouse.rows import hour
from warehouse.database import Database
from warehouse.encryption import SealError, Vault
from warehouse.models import tokens
from warehouse.tokens import SealedTokens

FIRST = Tokens(
    access="access-1", refresh="refresh-1", expires_at=hour(1), refresh_expires_at=hour(400)
)
SECOND = Tokens(access="access-2", refresh=None, expires_at=hour(2))


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.at = hour(0)

    def now(self) -> dt.datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += dt.timedelta(seconds=seconds)


def store(
    database: Database, *, holder: str = "a", vault: Vault = VAULT, gone: str = "", clock: Time
) -> SealedTokens:
    return SealedTokens(
        database=database,
        vault=vault,
        holder=holder,
        is_gone=gone.__eq__,
        now=clock.now,
        sleep=clock.sleep,
    )


def test_tokens_come_back_as_they_were_saved_to_each_account_its_own(database: Database) -> None:
    kept: TokenStore = store(database, clock=Time())
    assert kept.load("a") is None
    kept.save("a", FIRST)
    assert (kept.load("a"), kept.load("b")) == (FIRST, None)
    kept.save("a", SECOND)
    assert store(database, clock=Time()).load("a") == SECOND


def test_no_token_stands_in_the_database(database: Database) -> None:
    store(database, clock=Time()).save("a", FIRST)
    with database.read() as connection:
        row = str(connection.execute(select(tokens)).one())
    assert "access-1" not in row
    assert "refresh-1" not in row


def test_a_token_of_one_account_cannot_be_passed_off_as_anothers(database: Database) -> None:
    kept = store(database, clock=Time())
    kept.save("a", FIRST)
    with database.write() as connection:
        connection.execute(tokens.update().values(account="b"))
    with pytest.raises(SealError):
        kept.load("b")


def test_a_rotated_data_key_still_opens_what_the_earlier_one_sealed(database: Database) -> None:
    clock = Time()
    store(database, clock=clock).save("a", FIRST)
    rotated = Vault(b"n" * 32, earlier=[b"k" * 32])
    assert store(database, vault=rotated, clock=clock).load("a") == FIRST
    with pytest.raises(SealError, match="lacks"):
        store(database, vault=Vault(b"n" * 32), clock=clock).load("a")


def test_somebody_who_renews_for_too_long_is_not_waited_for(database: Database) -> None:
    clock = Time()
    held = store(database, clock=clock)
    patient = SealedTokens(
        database=database,
        vault=VAULT,
        holder="b",
        is_gone=lambda _: False,
        now=clock.now,
        patience=dt.timedelta(seconds=2),
        sleep=clock.sleep,
    )
    with held.lease("a"), pytest.raises(BusyError, match="being done by a"), patient.lease("a"):
        pass


def test_a_turn_is_free_for_others_accounts_and_after_it(database: Database) -> None:
    clock = Time()
    one, other = store(database, clock=clock), store(database, holder="b", clock=clock)
    with one.lease("a"), other.lease("b"):
        pass
    with other.lease("a"):
        pass
    assert clock.at == hour(0)


def test_the_turn_of_a_process_that_is_gone_is_taken_over_at_once(database: Database) -> None:
    clock = Time()
    crashed = store(database, holder="dead", clock=clock).lease("a")
    crashed.__enter__()
    with store(database, holder="b", gone="dead", clock=clock).lease("a"):
        assert clock.at == hour(0)


def test_two_processes_do_not_spend_one_refresh_token(url: str, database: Database) -> None:
    spent: list[str | None] = []
    begun = threading.Barrier(2)

    def ask(held: Tokens | None) -> Tokens:
        spent.append(None if held is None else held.refresh)
        return Tokens(
            access=f"access-{len(spent)}",
            refresh=f"refresh-{len(spent)}",
            expires_at=dt.datetime.now(dt.UTC) + dt.timedelta(hours=1),
        )

    def open_and_use(holder: str, got: list[str]) -> None:
        opened = Database(url)
        kept = SealedTokens(
            database=opened,
            vault=VAULT,
            holder=holder,
            is_gone=lambda _: False,
            now=lambda: dt.datetime.now(dt.UTC),
        )
        token = RefreshedToken(ask, kept, "shop")
        begun.wait()
        got.append(token.access())
        opened.close()

    got: list[str] = []
    users = [threading.Thread(target=open_and_use, args=(name, got)) for name in ("a", "b")]
    for user in users:
        user.start()
    for user in users:
        user.join()
    assert got == ["access-1", "access-1"]
    assert spent == [None]


def test_tokens_that_an_outdated_key_sealed_are_sealed_anew(database: Database) -> None:
    old, new = Vault(b"o" * 32), Vault(b"n" * 32)
    both = store(database, vault=Vault(b"n" * 32, earlier=[b"o" * 32]), clock=Time())
    store(database, vault=old, clock=Time()).save("a", FIRST)
    both.save("b", SECOND)
    assert (both.sealed_with(old.key_ids), both.sealed_with(new.key_ids)) == (1, 1)
    assert (both.reseal(), both.reseal()) == (1, 0)
    after = store(database, vault=new, clock=Time())
    assert (after.load("a"), after.load("b")) == (FIRST, SECOND)
    with pytest.raises(SealError):
        store(database, vault=old, clock=Time()).load("a")
