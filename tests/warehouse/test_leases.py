"""What only one may do at a time."""

import datetime as dt
import threading

import pytest

from contracts.errors import BusyError
from tests.warehouse.rows import hour
from warehouse.database import Database
from warehouse.leases import Lease, Leases

LENGTH = dt.timedelta(minutes=30)


@pytest.fixture
def leases(database: Database) -> Leases:
    return Leases(database)


def take(leases: Leases, holder: str, *, at: float = 0, gone: str = "") -> Lease:
    moment = hour(0) + dt.timedelta(hours=at)
    return leases.take(
        "pull demo orders", holder=holder, length=LENGTH, at=moment, is_gone=gone.__eq__
    )


def test_a_second_one_is_told_who_holds_it_and_until_when(leases: Leases) -> None:
    take(leases, "ann:1")
    with pytest.raises(BusyError, match=r"pull demo orders.*ann:1.*2026-11-11 12:30:00 UTC"):
        take(leases, "bob:2", at=0.4)
    leases.take("pull demo products", holder="bob:2", length=LENGTH, at=hour(0))


def test_a_lease_that_was_given_back_is_free_at_once(leases: Leases) -> None:
    assert leases.release(take(leases, "ann:1"), at=hour(0)) is True
    assert take(leases, "bob:2").fence == 2


def test_the_lease_of_a_holder_that_crashed_runs_out(leases: Leases) -> None:
    take(leases, "ann:1")
    assert take(leases, "bob:2", at=0.5).fence == 2


def test_a_holder_known_to_be_gone_keeps_nobody_waiting(leases: Leases) -> None:
    take(leases, "ann:1")
    with pytest.raises(BusyError):
        take(leases, "bob:2", gone="cat:3")
    assert take(leases, "bob:2", gone="ann:1").fence == 2


def test_a_lease_that_is_renewed_does_not_run_out(leases: Leases) -> None:
    lease = take(leases, "ann:1")
    assert leases.renew(lease, length=LENGTH, at=hour(0) + LENGTH / 2) is True
    with pytest.raises(BusyError):
        take(leases, "bob:2", at=0.5)


def test_whoever_was_overtaken_can_neither_renew_nor_release(leases: Leases) -> None:
    old = take(leases, "ann:1")
    take(leases, "ann:1", at=1)
    assert leases.renew(old, length=LENGTH, at=hour(1)) is False
    assert leases.release(old, at=hour(1)) is False
    with pytest.raises(BusyError):
        take(leases, "bob:2", at=1)


def test_of_many_who_ask_at_once_one_gets_it(leases: Leases) -> None:
    got: list[int] = []

    def ask(number: int) -> None:
        try:
            got.append(take(leases, f"h:{number}").fence)
        except BusyError:
            got.append(0)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [0] * 7 + [1]
