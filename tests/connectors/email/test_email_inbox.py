"""The mailbox as hosts really tell of it: what one mail spoils costs that mail."""

import datetime as dt
import imaplib
from typing import Any

import pytest

from connectors.email.failures import imap_failure
from connectors.email.folder import encoded
from connectors.email.inbox import Arrival, Inbox
from contracts.errors import SourceContractError, SourceRejectedError, TransientSourceError
from contracts.streams import Window
from tests.connectors.email.hosts import NOON, account

DAY = dt.timedelta(days=1)
ARRIVED = '"22-Nov-2026 11:00:00 +0000"'


class Host:
    """An IMAP session over mails by UID; what it refuses to give out, it refuses whole."""

    def __init__(
        self,
        *heads: bytes,
        broken: tuple[int, ...] = (),
        unsolicited: bool = False,
        bad: bool = False,
    ) -> None:
        self._heads, self._broken = heads, broken
        self._unsolicited, self._bad = unsolicited, bad

    def uid(self, command: str, *arguments: str) -> tuple[str, list[Any]]:
        if command == "SEARCH":
            return "OK", [b" ".join(b"%d" % uid for uid in range(1, len(self._heads) + 1))]
        uids = [int(uid) for uid in arguments[0].split(",")]
        if "BODY" not in arguments[1]:
            return "OK", [self._heads[uid - 1] for uid in uids]
        if set(uids) & set(self._broken):
            if self._bad:
                raise imaplib.IMAP4.error("FETCH command error: BAD")
            return "NO", [b"[SERVERBUG] internal error"]
        found: list[Any] = []
        for uid in uids:
            found += [(b"%d (UID %d BODY[] {4}" % (uid, uid), b"m-%02d" % uid), b")"]
        if self._unsolicited:
            found.insert(0, (b"1 (FLAGS (\\Seen) BODY[HEADER] {4}", b"none"))
        return "OK", found

    def noop(self) -> tuple[str, list[Any]]:
        return "OK", []

    def logout(self) -> None:
        pass

    def shutdown(self) -> None:
        pass


def head(uid: int, arrived: str = ARRIVED) -> bytes:
    return f"{uid} (UID {uid} RFC822.SIZE 4 INTERNALDATE {arrived})".encode()


def read(host: Host) -> list[bytes]:
    inbox = Inbox(account(imap_host="localhost"))
    inbox._session = host  # type: ignore[assignment]
    arrivals: list[Arrival] = list(inbox.arrivals(Window(NOON - DAY, NOON)))
    assert {one.at for one in arrivals} <= {NOON - dt.timedelta(hours=1)}
    return [one.content for one in arrivals]


@pytest.mark.parametrize(
    "odd",
    [
        b"2 (FLAGS (\\Seen))",
        b"2 (UID 2 RFC822.SIZE 4)",
        b"2 (UID 2 INTERNALDATE NIL RFC822.SIZE 4)",
        head(2, '"22-Nov-2026 99:00:00 +0000"'),
        head(2, '"99-Foo-9999 11:00:00 +9999"'),
        head(2, '"22-Nov-2026 11:00:00 \xff\xff"'),
        head(2, '"01-Jan-0001 00:00:00 +2359"'),
        b"",
    ],
)
def test_a_mail_whose_arrival_is_not_told_is_left_out(odd: bytes) -> None:
    assert read(Host(head(1), odd, head(3))) == [b"m-01", b"m-03"]


def test_a_host_that_never_tells_when_mails_arrived_is_no_mailbox_we_know() -> None:
    with pytest.raises(SourceContractError, match="when its mails arrived"):
        read(Host(b"1 (UID 1 RFC822.SIZE 4)", b"2 (UID 2 RFC822.SIZE 4)"))


@pytest.mark.parametrize("bad", [False, True])
def test_a_mail_that_the_host_cannot_give_out_costs_that_mail(bad: bool) -> None:
    heads = [head(uid) for uid in range(1, 46)]
    assert read(Host(*heads, broken=(7, 45), bad=bad)) == [
        b"m-%02d" % uid for uid in range(1, 46) if uid not in (7, 45)
    ]


def test_a_host_that_gives_out_no_mail_at_all_is_told() -> None:
    with pytest.raises(SourceRejectedError, match="refuses the mailbox"):
        read(Host(head(1), head(2), broken=(1, 2)))


def test_what_the_host_tells_unasked_is_no_mail() -> None:
    assert read(Host(head(1), head(2), unsolicited=True)) == [b"m-01", b"m-02"]


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("退信", "&kABP4Q-"),
        ("A & B", "A &- B"),
        ("Ü&x", "&ANw-&-x"),
        ("🎁", "&2DzfgQ-"),
        ("&kABP4Q-", "&kABP4Q-"),
        ("A &- B", "A &- B"),
        ("INBOX.Reports", "INBOX.Reports"),
    ],
)
def test_a_folder_goes_by_the_name_that_people_see_or_as_it_travels(name: str, wire: str) -> None:
    assert encoded(account(mailbox=name).mailbox) == wire


@pytest.mark.parametrize(
    ("told", "error"),
    [
        (b"[LIMIT] too many sessions", TransientSourceError),
        (b"[UNAVAILABLE] later", TransientSourceError),
        (b"[AUTHENTICATIONFAILED] no", SourceRejectedError),
        (b"no [LIMIT]", SourceRejectedError),
    ],
)
def test_who_is_refused_for_now_comes_back_and_who_is_refused_looks_at_the_settings(
    told: bytes, error: type[Exception]
) -> None:
    assert type(imap_failure(imaplib.IMAP4.error(told))) is error
