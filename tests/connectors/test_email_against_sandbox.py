"""The connector against the emulated mail host: what is sent arrives, what comes back is read."""

import datetime as dt
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import SecretStr

from connectors.base.retry import NotAppliedError
from connectors.email import CONNECTOR, outbound
from connectors.email.client import EmailClient
from contracts.actions import Outcome
from contracts.errors import ConfigurationError, SourceRejectedError, TransientSourceError
from contracts.streams import Context, Window
from contracts.tables import Delivery
from sandbox.mail import Credentials, Mailhost, Rule, serving_mail
from tests.connectors.email.hosts import NOON, PASSWORD, account, message
from tests.connectors.email.test_email_attacks import ADDRESS, HEADERS, WORDS
from tests.connectors.email.test_email_attacks import read as read_as_a_host

OWN = Credentials("shop", PASSWORD, "news@shop.example")
(STREAM,) = CONNECTOR.streams
MINUTE, DAY = dt.timedelta(minutes=1), dt.timedelta(days=1)
RULES = [
    Rule("gone*", "hard_bounce"),
    Rule("full*", "soft_bounce"),
    Rule("vague*", "vague_bounce"),
    Rule("odd*", "unsubscribe_undecoded"),
    Rule("ours*", "refuse_sender"),
    Rule("angry*", "complaint"),
    Rule("tired*", "unsubscribe"),
    Rule("shy*", "greylist", 5 * MINUTE),
    Rule("no*", "refuse"),
    Rule("kept*", "drop_kept"),
    Rule("lost*", "drop_lost"),
]


@pytest.fixture
def world() -> Any:
    """As much of a world as a mail host looks at."""
    return SimpleNamespace(clock=NOON, lock=threading.RLock(), writes=[])


@pytest.fixture
def host(world: Any) -> Iterator[Mailhost]:
    with serving_mail(world, OWN, rules=RULES) as serving:
        yield serving


@contextmanager
def opened(host: Mailhost, *, security: str = "starttls", **values: Any) -> Iterator[EmailClient]:
    port = host.smtp_port if security == "starttls" else host.smtps_port
    given = {"imap_host": "localhost", "imap_port": host.imap_port, "ca_file": host.ca_file}
    settings = account(smtp_port=port, security=security, **{**given, **values})
    client = EmailClient(settings, sleep=lambda _: None)
    try:
        yield client
    finally:
        client.close()


def sent(client: EmailClient, *names: str, first: int = 1, **values: Any) -> list[Outcome]:
    changes = [
        message(number, recipient=f"{name}@marked.example", **values)
        for number, name in enumerate(names, start=first)
    ]
    return outbound.send(client, changes)


def states(outcomes: list[Outcome]) -> list[str]:
    return [str(outcome.state) for outcome in outcomes]


def read(client: EmailClient, start: dt.datetime, end: dt.datetime) -> dict[str, tuple[str, Any]]:
    """Status and code by key of the message."""
    pages = list(STREAM.fetch(client, Window(start, end)))
    assert b"marked" not in b"".join(page.body for page in pages)
    mapped = STREAM.to_canonical(pages, Context("shop", "EUR", "Europe/Berlin", end))
    assert mapped.rejects.is_empty()
    rows = Delivery.validate(mapped.frames["deliveries"])
    told = rows.select("message_id", "delivery_status", "diagnostic").iter_rows()
    return {key: (status, code) for key, status, code in told}


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_message_arrives_with_our_key(host: Mailhost, world: Any, security: str) -> None:
    with opened(host, security=security) as client:
        assert states(sent(client, "zora")) == ["accepted"]
    (arrived,) = host.received
    assert (arrived.key, arrived.recipient) == (f"{1:032x}", "zora@marked.example")
    assert arrived.sender == "news@shop.example"
    assert len(world.writes) == 1


def test_each_recipient_has_an_outcome_of_its_own(host: Mailhost) -> None:
    with opened(host) as client:
        outcomes = sent(client, "zora", "no", "shy", "kept", "lost", "bob", "ours")
    assert states(outcomes) == [
        *("accepted", "rejected", "held", "unknown", "unknown", "accepted", "held")
    ]
    assert [one.message for one in outcomes[1:3]] == ["550 5.1.1", "451 4.7.1"]
    assert outcomes[-1].message == "550 5.1.8"
    assert "marked" not in str(outcomes)
    assert [one.recipient.partition("@")[0] for one in host.received] == ["zora", "kept", "bob"]


def test_words_made_to_be_headers_cost_their_message_and_the_next_arrives_as_meant(
    host: Mailhost,
) -> None:
    words = {"subject": "Your parcel", "text": "It is late.", "html": "<p>", "language": "en"}
    odd = [{**words, "subject": f"Parcel {word}"} for word in WORDS]
    odd += [{**words, "language": WORDS[0]}, {**words, "text": "\x00"}, {**words, "subject": "\n"}]
    changes = [message(number, payload=json.dumps(one)) for number, one in enumerate(odd, start=1)]
    changes.append(message(8, recipient=ADDRESS))
    changes.append(message(9, payload=json.dumps(words)))
    with opened(host) as client:
        outcomes = outbound.send(client, changes)
    assert states(outcomes) == ["rejected"] * 6 + ["accepted"]
    (arrived,) = host.received
    headers, bodies = read_as_a_host(arrived.content)
    assert [name for name, _ in headers] == HEADERS
    assert dict(headers)["Reply-To"] == "news@shop.example"
    assert [kind for kind, _ in bodies] == ["text/plain", "text/html"]


def test_who_was_put_off_gets_it_later(host: Mailhost, world: Any) -> None:
    with opened(host) as client:
        assert states(sent(client, "shy")) == ["held"]
        world.clock += 5 * MINUTE
        assert states(sent(client, "shy")) == ["accepted"]
    assert len(host.received) == 1


def test_what_comes_back_is_tied_to_the_message_it_is_about(host: Mailhost, world: Any) -> None:
    with opened(host) as client:
        sent(client, "zora", "gone", "full", "angry", "tired", "vague", "odd")
        assert read(client, NOON - DAY, NOON + MINUTE) == {
            f"{2:032x}": ("bounced", "5.1.1"),
            f"{3:032x}": ("bounced", "4.2.2"),
            f"{4:032x}": ("complained", None),
            f"{5:032x}": ("unsubscribed", None),
            f"{6:032x}": ("bounced", "5.1.1"),
            f"{7:032x}": ("unsubscribed", None),
        }


def test_a_service_message_cannot_be_unsubscribed_from_by_its_header(host: Mailhost) -> None:
    with opened(host) as client:
        sent(client, "tired", purpose="service")
        assert read(client, NOON - DAY, NOON + MINUTE) == {}


def test_windows_are_half_open_and_together_read_everything_once(
    host: Mailhost, world: Any
) -> None:
    with opened(host) as client:
        for number in range(1, 7):
            sent(client, "gone", first=number)
            world.clock += DAY / 4
        whole = read(client, NOON, NOON + 2 * DAY)
        parts = [read(client, NOON + at * DAY / 4, NOON + (at + 1) * DAY / 4) for at in range(8)]
    assert len(whole) == 6
    assert [list(part) for part in parts if part] == [[f"{n:032x}"] for n in range(1, 7)]


def test_many_mails_are_read_in_portions(host: Mailhost) -> None:
    with opened(host) as client:
        sent(client, *["gone"] * 45)
        assert len(read(client, NOON, NOON + MINUTE)) == 45


def test_the_mailbox_is_left_as_it_is_and_read_again_alike(host: Mailhost) -> None:
    with opened(host) as client:
        sent(client, "gone", "angry")
        first = read(client, NOON, NOON + MINUTE)
        assert read(client, NOON, NOON + MINUTE) == first
    with opened(host) as client:
        assert read(client, NOON, NOON + MINUTE) == first


def test_a_host_that_asks_who_we_are_is_told_before_it_opens_the_mailbox(host: Mailhost) -> None:
    host.mailbox.asks_who = True
    with opened(host) as client:
        sent(client, "gone")
        assert len(read(client, NOON, NOON + MINUTE)) == 1


def test_without_a_mailbox_nothing_is_read(host: Mailhost) -> None:
    with opened(host, imap_host=None) as client:
        sent(client, "gone")
        client.prove()
        assert read(client, NOON, NOON + MINUTE) == {}


def test_a_clock_of_the_settings_reads_what_arrived_at_it(host: Mailhost) -> None:
    with opened(host) as client:
        sent(client, "gone")
        assert client.now() == NOON + dt.timedelta(seconds=1)
        assert len(read(client, NOON - DAY, client.now())) == 1


def test_settings_are_tested_at_both_hosts(host: Mailhost) -> None:
    with opened(host) as client:
        client.prove()
    wrong = SecretStr("another")
    with (
        opened(host, password=wrong) as client,
        pytest.raises(SourceRejectedError, match="535"),
    ):
        client.prove()
    with (
        opened(host, imap_password=wrong) as client,
        pytest.raises(SourceRejectedError, match="the mailbox"),
    ):
        client.prove()
    with (
        opened(host, mailbox="Elsewhere") as client,
        pytest.raises(SourceRejectedError, match="the mailbox"),
    ):
        client.prove()


def test_neither_host_is_trusted_without_its_authority(host: Mailhost) -> None:
    with opened(host, ca_file=None) as client:
        with pytest.raises(ConfigurationError, match="not trusted"):
            client.prove()
        with pytest.raises(ConfigurationError, match="not trusted"):
            read(client, NOON, NOON + MINUTE)
        with pytest.raises(NotAppliedError, match="not trusted"):
            sent(client, "zora")
    assert host.received == []


def test_a_sender_that_is_not_ours_is_refused_and_everything_held(host: Mailhost) -> None:
    with (
        opened(host, address="news@other.example") as client,
        pytest.raises(NotAppliedError, match=r"refuses the sender with 553 5\.7\.1"),
    ):
        sent(client, "zora", "bob")


def test_a_mailbox_that_is_gone_is_waited_for(world: Any, tmp_path: Path) -> None:
    with serving_mail(world, OWN, directory=tmp_path) as host:
        pass
    with opened(host) as client, pytest.raises(TransientSourceError, match="no connection"):
        read(client, NOON, NOON + MINUTE)


def test_an_authority_that_is_not_there_is_a_wrong_setting(host: Mailhost, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").touch()
    for name in ("none.pem", "empty.pem"):
        with opened(host, ca_file=tmp_path / name) as client:
            with pytest.raises(ConfigurationError, match="ca_file"):
                client.prove()
            with pytest.raises(ConfigurationError, match="ca_file"):
                read(client, NOON, NOON + MINUTE)


def test_of_a_large_mail_the_beginning_is_read(
    host: Mailhost, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    host.mailbox.post(b"Subject: unsubscribe %032x\r\n\r\n" % 9 + b"x" * 900_000, at=NOON)
    late = b"\r\n\r\n" + b"x\r\n" * 300_000 + b"unsubscribe %032x\r\n" % 7
    host.mailbox.post(late, at=NOON)
    host.mailbox.post(b"Subject: unsubscribe %032x\r\n\r\n" % 8, at=NOON)
    with opened(host) as client:
        assert list(read(client, NOON, NOON + MINUTE)) == [f"{9:032x}", f"{8:032x}"]
    assert "of 2 mails only the first 65536 bytes are read" in caplog.text


NESTED = "".join(f"Content-Type: multipart/a; boundary={n}x\n\n--{n}x\n" for n in range(90))
COSTLY = [
    NESTED.encode() + b"\n" + b"a\n" * 450_000,
    b"Content-Type: multipart/report; " + b";" * 900_000 + b"\n\nx",
    b"Subject: " + b"=?a?q?" * 150_000 + b"\n\nx",
    b"Content-Type: multipart/report; boundary=b\n\n" + b"--b\n\n\n" * 150_000,
]


def test_a_mail_made_to_cost_minutes_costs_less_than_a_second_and_no_other(host: Mailhost) -> None:
    for mail in COSTLY:
        host.mailbox.post(mail, at=NOON)
    host.mailbox.post(b"Subject: unsubscribe %032x\r\n\r\n" % 8, at=NOON)
    with opened(host) as client:
        begun = time.process_time()
        assert list(read(client, NOON, NOON + MINUTE)) == [f"{8:032x}"]
        assert time.process_time() - begun < len(COSTLY)
