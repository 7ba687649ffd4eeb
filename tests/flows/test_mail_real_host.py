"""E-mail against real Postfix and Dovecot: `make real-shops`. Judged by what mailboxes hold."""

import datetime as dt
import imaplib
import itertools
import smtplib
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from email import message_from_bytes, policy
from typing import Any

import pytest
from pydantic import SecretStr

from connectors.base.retry import NotAppliedError
from connectors.email import CONNECTOR, outbound
from connectors.email.client import EmailClient
from contracts.errors import ConfigurationError, SourceRejectedError, TransientSourceError
from contracts.payloads import Rendered, encode
from contracts.streams import Context, Window
from flows.steps.act import act
from flows.steps.home import Home
from flows.steps.pull import pull
from tests.connectors.email.hosts import PASSWORD, account, message
from tests.connectors.email.real import SHOP, Host, missing, serving
from tests.flows import test_writes_to_people as people
from tests.flows.written_platforms import MESSAGE

pytestmark = [
    pytest.mark.real_shop,
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
]
home, accounts = people.home, people.accounts
(STREAM,) = CONNECTOR.streams
KEYS = itertools.count(1)
DAY = dt.timedelta(days=1)
CHINESE = Rendered(
    subject="您的优惠券🎁到了" * 9,
    text="九折。\n.\n..x\nFrom us\n" + "长" * 2000 + "\n",
    html="<p>九折</p>",
    language="zh",
)
BARE = {"smtpd_discard_ehlo_keywords": "dsn, smtputf8, 8bitmime, enhancedstatuscodes"}
"""A host that can do little: no key in its reports, nothing beyond ASCII."""


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with serving() as running:
        yield running


def opened(host: Host, **values: Any) -> closing[EmailClient]:
    port = host.ports["smtps" if values.get("security") == "tls" else "smtp"]
    given = {"as_of": None, "smtp_port": port, "user": SHOP, "ca_file": host.ca_file}
    given |= {"imap_host": "localhost", "imap_port": host.ports["imaps"]}
    return closing(EmailClient(account(**{**given, **values}), sleep=lambda _: None))


def sent(client: EmailClient, *names: str, **values: Any) -> dict[str, tuple[str, str | None]]:
    """State and message by key."""
    changes = [message(next(KEYS), recipient=f"{one}@marked.example", **values) for one in names]
    found = outbound.send(client, changes)
    return {one.action_id: (str(one.state), one.message) for one in found}


def told(client: EmailClient, keys: Any) -> set[tuple[str, str, str, str | None]]:
    """Key, report, status and code of what came back about these."""
    now = dt.datetime.now(dt.UTC)
    pages = list(STREAM.fetch(client, Window(now - 9 * DAY, now + DAY)))
    assert b"marked" not in b"".join(page.body for page in pages)
    rows = STREAM.to_canonical(pages, Context("shop", "EUR", "UTC", now)).frames["deliveries"]
    found = rows.select("message_id", "report", "delivery_status", "diagnostic").iter_rows()
    return {row for row in found if row[0] in keys}


def await_(ask: Callable[[], Any], wanted: Any) -> None:
    until = time.monotonic() + 20
    while (found := ask()) != wanted:
        assert time.monotonic() < until, found
        time.sleep(0.2)


def mailbox(host: Host) -> imaplib.IMAP4_SSL:
    context = ssl.create_default_context(cafile=host.ca_file)
    session = imaplib.IMAP4_SSL("localhost", host.ports["imaps"], ssl_context=context)
    session.login(SHOP, PASSWORD)
    return session


def put(session: imaplib.IMAP4_SSL, folder: str = "INBOX", flags: str = "") -> str:
    """A mail that unsubscribes; its key."""
    key = f"{next(KEYS):032x}"
    mail = b"From: x@x.example\r\nSubject: unsubscribe %b\r\n\r\n" % key.encode()
    assert session.append(f'"{folder}"', flags, dt.datetime.now(dt.UTC), mail)[0] == "OK"
    return key


def left(keys: Any) -> set[tuple[str, str, str, str | None]]:
    return {(key, "unsubscribe", "unsubscribed", None) for key in keys}


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_words_beyond_ascii_arrive_as_they_were_meant(host: Host, security: str) -> None:
    recipient = f"zora-{security}"
    with opened(host, security=security, sender_name="小店「官方」") as client:
        (found,) = sent(client, recipient, payload=encode(CHINESE)).values()
        assert found == ("accepted", None)
    await_(lambda: len(host.delivered(f"{recipient}@marked.example")), 1)
    (mail,) = host.delivered(f"{recipient}@marked.example")
    arrived = message_from_bytes(mail, policy=policy.default)
    body = arrived.get_body(("plain",))
    assert body is not None
    assert (arrived["Subject"], body.get_content()) == (CHINESE.subject, CHINESE.text)
    assert str(arrived["From"]) == f"小店「官方」 <{SHOP}>"


def test_each_reply_costs_its_own_message(host: Host) -> None:
    large = encode(Rendered(subject="x", text="x\n", html="<p>\n" * 300_000, language="en"))
    with opened(host) as client:
        found = [*sent(client, "no", "shy").values(), *sent(client, "zora", payload=large).values()]
        found += sent(client, "zora").values()
    replies = [("rejected", "550 5.1.1"), ("held", "450 4.2.0"), ("rejected", "552 5.3.4")]
    assert found == [*replies, ("accepted", None)]


def test_a_session_that_the_host_ends_costs_no_message(host: Host) -> None:
    with opened(host) as client:
        states = [state for state, _ in sent(client, *["no"] * 7, "zora").values()]
        assert states == ["rejected"] * 7 + ["accepted"]
        time.sleep(3)  # it waits for two
        (idle,) = sent(client, "zora").values()
        host.end("smtpd")
        (ended,) = sent(client, "zora").values()
        assert idle == ended == ("accepted", None)


def test_a_session_that_ends_after_the_content_leaves_it_unknown(host: Host) -> None:
    with opened(host) as client:
        client.prove()
        end = threading.Timer(2, host.end, ["smtpd"])
        end.start()
        states = [state for state, _ in sent(client, "cut", "after").values()]
        end.join()
    assert states == ["unknown", "accepted"]
    await_(lambda: len(host.delivered("after@marked.example")), 1)
    assert host.delivered("cut@marked.example") == []


def test_a_sender_that_is_not_ours_loses_no_message(host: Host) -> None:
    with opened(host, return_address="other@shop.example") as client:
        refused = ("held", "the mail host refuses the sender with 553 5.7.1")
        assert list(sent(client, "zora", "bob").values()) == [refused] * 2


def test_who_is_let_in_is_told_apart(host: Host) -> None:
    wrong = SecretStr("another")
    with opened(host, password=wrong) as client, pytest.raises(SourceRejectedError, match="535"):
        client.prove()
    with opened(host, password=wrong) as client, pytest.raises(NotAppliedError, match="535"):
        sent(client, "zora")
    with opened(host, imap_password=wrong) as client, pytest.raises(SourceRejectedError):
        told(client, ())
    with opened(host, mailbox="Nowhere") as client, pytest.raises(SourceRejectedError):
        told(client, ())
    with opened(host, ca_file=None) as client, pytest.raises(ConfigurationError):
        client.prove()


@pytest.mark.parametrize("settings", [{}, BARE], ids=["dsn", "bare"])
def test_what_becomes_of_messages_is_understood(settings: dict[str, str]) -> None:
    with serving(**settings) as host, opened(host) as client:
        gone, full, tired = sent(client, "gone", "full", "tired")
        await_(lambda: len(host.delivered("tired@marked.example")), 1)
        (mail,) = host.delivered("tired@marked.example")
        assert f"unsubscribe%20{tired}".encode() in mail
        with smtplib.SMTP("localhost", host.ports["mx"]) as session:
            session.sendmail("tired@x.example", SHOP, f"Subject: unsubscribe {tired}\n\n")
        wanted = {(gone, "dsn/failed", "bounced", "5.1.1"), *left([tired])}
        wanted |= {(full, "dsn/delayed", "sent", "4.2.2"), (full, "dsn/failed", "bounced", "4.2.2")}
        await_(lambda: told(client, (gone, full, tired)), wanted)


def test_an_open_session_sees_what_arrives_whatever_its_flags_and_leaves_it(host: Host) -> None:
    with mailbox(host) as session, opened(host) as client:
        told(client, ())
        for flags in ("", r"(\Seen)", r"(\Deleted)", r"(\Answered $Junk)"):
            key = put(session, flags=flags)
            assert told(client, [key]) == left([key])
        session.select()
        assert len(session.search(None, "UNSEEN", "RECENT")[1][0].split()) >= 3


@pytest.mark.parametrize(("name", "wire"), [("退信", "&kABP4Q-"), ("A & B", "A &- B")])
def test_a_folder_is_named_as_people_see_it_and_may_be_made_anew(
    host: Host, name: str, wire: str
) -> None:
    with mailbox(host) as session, opened(host, mailbox=name) as client:
        session.create(f'"{wire}"')
        keys = [put(session, wire) for _ in range(25)]
        assert told(client, keys) == left(keys)
        session.delete(f'"{wire}"')
        session.create(f'"{wire}"')
        again = [put(session, wire)]
        with pytest.raises(TransientSourceError):
            told(client, again)
        assert told(client, [*keys, *again]) == left(again)


def test_of_thousands_each_is_read_though_the_session_ends_and_one_cannot_be(host: Host) -> None:
    with mailbox(host) as session:
        session.create("Many")
        keys = [put(session, "Many") for _ in range(2_000)]
    now = dt.datetime.now(dt.UTC)
    box = host.folder / "mail" / SHOP / ".Many" / "new"
    broken = next(one for one in box.iterdir() if keys[1_000].encode() in one.read_bytes())
    with opened(host, mailbox="Many") as client:
        assert told(client, keys) == left(keys)
        broken.write_bytes(b"")
        reading = client.arrivals(Window(now - DAY, now + DAY))
        first = next(reading)
        host.end("imap")
        assert len([first, *reading]) == 1_999
        assert told(client, keys) == left(keys) - left([keys[1_000]])


def test_who_is_gone_is_not_written_to_again(
    home: Home, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)
    table = {"smtp_host": "localhost", "smtp_port": host.ports["smtp"], "user": SHOP}
    table |= {"imap_host": "localhost", "imap_port": host.ports["imaps"], "address": SHOP}
    table |= {"ca_file": str(host.ca_file), "password": "env:MAIL_PASSWORD"}
    shop = home.shop("demo")
    mail = replace(shop.sources[2], connector=CONNECTOR, table=table)
    home.shops["demo"] = replace(shop, sources=(*shop.sources[:2], mail))
    alone = {**MESSAGE, "needs_target_id": None}
    alone |= {"expires_at": dt.datetime.now(dt.UTC) + DAY}
    people.put(home, alone)
    assert [acted.states for acted in act(home)] == [{"confirmed": 1}]
    (action,) = home.ledger.find()

    def bounces() -> int:
        pull(home, shop_id="demo", stream="deliveries")
        deliveries = home.scan("deliveries", home.shop("demo"))
        return deliveries.filter(message_id=action.action_id).collect().height

    await_(bounces, 1)
    people.put(home, {**alone, "target_id": "next"})
    act(home)
    assert people.states(home)["next"] == ("refused", "consent")
