"""What comes back to the sender, read over IMAP."""

import imaplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from sandbox.mail.host import Mailhost, serving_mail
from sandbox.mail.imap_syntax import ImapSyntaxError, day, members, tokens
from sandbox.mail.rules import Rule
from sandbox.world.world import World
from tests.sandbox.mailing import SHOP, inbox, message, send, submission, trusting

Open = Callable[..., Mailhost]


@pytest.fixture
def open_host(world: World) -> Iterator[Open]:
    with ExitStack() as stack:
        yield lambda *rules: stack.enter_context(serving_mail(world, SHOP, rules=rules))


def _parts(mail: EmailMessage, kind: str) -> list[Any]:
    return [part for part in mail.walk() if part.get_content_type() == kind]


@pytest.mark.parametrize(("what", "status"), [("hard_bounce", "5.1.1"), ("soft_bounce", "4.2.2")])
def test_failed_delivery_comes_back_as_a_report(
    open_host: Open, world: World, what: Any, status: str
) -> None:
    host = open_host(Rule("*", what))
    send(host, "ada@example.com", X_Message_Key="coupon:42")
    with inbox(host) as reader:
        arrived, report = reader.fetch(1)
    assert arrived == world.clock.replace(microsecond=0)
    assert report.get_content_type() == "multipart/report"
    assert report.get_param("report-type") == "delivery-status"
    assert report["To"] == SHOP.address
    [delivery] = _parts(report, "message/delivery-status")
    whole, one = delivery.get_payload()
    assert whole["Reporting-MTA"].startswith("dns;")
    assert one["Final-Recipient"] == "rfc822; ada@example.com"
    assert (one["Action"], one["Status"]) == ("failed", status)
    [original] = _parts(report, "text/rfc822-headers")
    assert "Message-ID: <key-0@shop.example>" in original.get_payload()
    assert "X-Message-Key: coupon:42" in original.get_payload()


def test_complaint_comes_back_as_an_abuse_report(open_host: Open) -> None:
    host = open_host(Rule("*", "complaint"))
    send(host, "ada@example.com")
    with inbox(host) as reader:
        [report] = reader.mails()
    assert report.get_param("report-type") == "feedback-report"
    [feedback] = _parts(report, "message/feedback-report")
    assert "Feedback-Type: abuse" in feedback.as_string()
    assert "Original-Rcpt-To: <ada@example.com>" in feedback.as_string()
    [original] = _parts(report, "message/rfc822")
    assert original.get_payload(0)["Message-ID"] == "<key-0@shop.example>"


def test_recipient_unsubscribes_as_a_mail_client_does(open_host: Open) -> None:
    host = open_host(Rule("*", "unsubscribe"))
    link = "<https://shop.example/u/1>, <mailto:off+1@shop.example?subject=stop%20please>"
    send(host, "ada@example.com", List_Unsubscribe=link)
    with inbox(host) as reader:
        [mail] = reader.mails()
    assert (mail["From"], mail["To"]) == ("ada@example.com", "off+1@shop.example")
    assert mail["Subject"] == "stop please"


def test_without_a_mailto_nobody_can_unsubscribe_by_mail(open_host: Open) -> None:
    host = open_host(Rule("*", "unsubscribe"))
    send(host, "ada@example.com", List_Unsubscribe="<https://shop.example/u/1>")
    send(host, "ada@example.com")
    with inbox(host) as reader:
        assert reader.mails() == []


def test_empty_sender_gets_no_report(open_host: Open) -> None:
    host = open_host(Rule("*", "hard_bounce"))
    with submission(host) as session:
        session.send_message(message("ada@example.com"), from_addr="")
    assert len(host.received) == 1
    with inbox(host) as reader:
        assert reader.mails() == []


def test_answers_arrive_when_their_time_has_come(open_host: Open, world: World) -> None:
    host = open_host(
        Rule("late@*", "hard_bounce", after=timedelta(hours=30)),
        Rule("soon@*", "hard_bounce", after=timedelta(hours=1)),
    )
    send(host, "late@example.com", "soon@example.com")
    sent_at = world.clock
    with inbox(host) as reader:
        assert reader.uids("ALL") == []
        world.clock += timedelta(hours=2)
        assert reader.uids("ALL") == [1]
        world.clock += timedelta(hours=30)
        assert reader.uids("ALL") == [1, 2]
        arrived, report = reader.fetch(2)
    assert arrived == (sent_at + timedelta(hours=30)).replace(microsecond=0)
    assert report["Date"].datetime == arrived
    assert "late@example.com" in report.as_string()


def test_search_by_day_and_by_uid(open_host: Open, world: World) -> None:
    host = open_host(Rule("*", "hard_bounce"))
    first = world.clock
    for _ in range(3):
        send(host, "ada@example.com")
        world.clock += timedelta(days=1)
    second_day = f"{first + timedelta(days=1):%d-%b-%Y}"
    with inbox(host) as reader:
        assert reader.uids("SINCE", second_day) == [2, 3]
        assert reader.uids("BEFORE", second_day) == [1]
        assert reader.uids("ON", second_day) == [2]
        assert reader.uids("UID", "2:*") == [2, 3]
        assert reader.uids("UID", "2:*", "SINCE", second_day, "1:2") == [2]
        assert reader.uids("(UID 1,3)") == [1, 3]
        assert reader.uids("UID", "9:*") == [3], "a set that ends in * always has the last mail"


def test_validity_of_uids_holds_over_sessions(open_host: Open) -> None:
    host = open_host(Rule("*", "hard_bounce"))
    seen = set()
    for _ in range(2):
        send(host, "ada@example.com")
        with inbox(host) as reader:
            kind, [validity] = reader.imap.response("UIDVALIDITY")
            seen.add((kind, validity))
            assert reader.fetch(1)[1]["To"] == SHOP.address
    assert len(seen) == 1


def test_a_host_that_asks_who_it_is_opens_the_mailbox_to_nobody_who_does_not_say_so(
    open_host: Open,
) -> None:
    host = open_host()
    host.mailbox.asks_who = True
    with imaplib.IMAP4_SSL(
        "localhost", host.imap_port, ssl_context=trusting(host), timeout=10
    ) as session:
        session.login(SHOP.user, SHOP.password)
        for who, answer in (("NIL", "NO"), ('("version" "1")', "NO"), ('("Name" "me")', "OK")):
            assert session.xatom("ID", who)[0] == "OK"
            assert session.select(readonly=True)[0] == answer


def test_wrong_password_and_other_mailboxes_are_refused(open_host: Open) -> None:
    host = open_host()
    with imaplib.IMAP4_SSL(
        "localhost", host.imap_port, ssl_context=trusting(host), timeout=10
    ) as imap:
        with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
            imap.login(SHOP.user, "wrong")
        imap.authenticate("PLAIN", lambda _: f"\0{SHOP.user}\0{SHOP.password}".encode())
        assert imap.select("Sent", readonly=True)[0] == "NO"
        assert imap.list()[1] == [b'(\\HasNoChildren) "/" INBOX']
        _, [told] = imap.status("INBOX", "(MESSAGES UIDNEXT)")
        assert told == b"INBOX (MESSAGES 0 UIDNEXT 1)"


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (b"a NONSENSE", b"a BAD unknown command"),
        (b"a", b"a BAD unknown command"),
        (b"a LOGIN (", b"a BAD missing )"),
        (b'a LOGIN "open', b"a BAD could not parse command"),
        (b"a LOGIN )", b"a BAD unexpected )"),
        (b"a LOGIN shop", b"a BAD wrong arguments"),
        (b"a SELECT INBOX", b"a BAD command not allowed in this state"),
        (b"a UID FETCH 1 ALL", b"a BAD command not allowed in this state"),
        (b"a LOGIN {4+}\r\nshop {18}\r\npassword-of-a-test", b"a OK logged in"),
    ],
)
def test_what_cannot_be_read_is_answered_and_the_session_lives(
    open_host: Open, line: bytes, answer: bytes
) -> None:
    host = open_host()
    raw = socket.create_connection(("127.0.0.1", host.imap_port), timeout=10)
    with (
        trusting(host).wrap_socket(raw, server_hostname="localhost") as connection,
        connection.makefile("rwb") as stream,
    ):
        assert stream.readline().startswith(b"* OK")
        stream.write(line + b"\r\nb NOOP\r\n")
        stream.flush()
        said = list(iter(stream.readline, b"b OK completed\r\n"))
    assert said[-1].strip() == answer


def test_plain_connection_gets_nothing(open_host: Open) -> None:
    host = open_host()
    with socket.create_connection(("127.0.0.1", host.imap_port), timeout=10) as connection:
        connection.sendall(b"a LOGIN shop x\r\n")
        with suppress(ConnectionError):
            assert b"OK" not in connection.recv(1024)
    with pytest.raises(ssl.SSLCertVerificationError):
        imaplib.IMAP4_SSL(
            "localhost", host.imap_port, ssl_context=ssl.create_default_context(), timeout=10
        )


def test_syntax_of_commands() -> None:
    assert tokens(r'a UID FETCH 1:2 (UID BODY.PEEK[] "x \"y\" \\") \Seen')[3:] == [
        "1:2", ["UID", "BODY.PEEK[]", 'x "y" \\'], "\\Seen",
    ]  # fmt: skip
    assert tokens("a LOGIN \x000\x00 \x001\x00", ["us er", "p(w"]) == ["a", "LOGIN", "us er", "p(w"]
    assert members("4:2,9", [1, 2, 3, 5]) == {2, 3}
    assert members("*", []) == set()
    assert day("1-feb-2026").isoformat() == "2026-02-01"
    for wrong in ("31-Feb-2026", "2026-02-01", "1-Foo-2026"):
        with pytest.raises(ImapSyntaxError):
            day(wrong)
    with pytest.raises(ImapSyntaxError):
        members("1:x", [1])
