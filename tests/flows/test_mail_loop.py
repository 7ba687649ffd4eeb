"""A message through a real mail host: sent once, answered, and taken for what the member wants."""

import datetime as dt
import threading
from collections.abc import Iterator
from dataclasses import replace
from email import policy
from email.errors import MessageError
from email.message import EmailMessage
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec import structs

from connectors.email import CONNECTOR
from contracts.payloads import Message, decode, encode
from flows.steps.act import act
from flows.steps.doctor import doctor
from flows.steps.home import Home
from flows.steps.pull import pull
from sandbox.mail import Credentials, Mailhost, Rule, serving_mail
from tests.connectors.email.test_email_attacks import HEADERS, WORDS, read
from tests.flows import test_writes_to_people as people
from tests.flows.written_platforms import MESSAGE, NOON

home, accounts = people.home, people.accounts
"""Fixtures: Ada can be reached by mail and said yes; the shop sells on a mall in memory."""
SENDER = Credentials("shop", "a-password", "news@shop.example")
ALONE = {**MESSAGE, "needs_target_id": None}


@pytest.fixture
def host() -> Iterator[Mailhost]:
    world: Any = SimpleNamespace(clock=NOON, lock=threading.RLock(), writes=[])
    with serving_mail(world, SENDER) as serving:
        yield serving


@pytest.fixture
def mailing(home: Home, host: Mailhost, monkeypatch: pytest.MonkeyPatch) -> Home:
    """The home, whose mailer is the real connector to the mail host."""
    monkeypatch.setenv("MAIL_PASSWORD", SENDER.password)
    table = {
        "is_sandbox": True,
        "as_of": NOON,
        "ca_file": str(host.ca_file),
        "smtp_host": "localhost",
        "smtp_port": host.smtp_port,
        "imap_host": "localhost",
        "imap_port": host.imap_port,
        "user": SENDER.user,
        "password": "env:MAIL_PASSWORD",
        "address": SENDER.address,
    }
    shop = home.shop("demo")
    mail = replace(shop.sources[2], connector=CONNECTOR, table=table)
    home.shops["demo"] = replace(shop, sources=(*shop.sources[:2], mail))
    return home


def test_a_message_arrives_once_and_names_no_member(mailing: Home, host: Mailhost) -> None:
    people.put(mailing, ALONE)
    assert [acted.states for acted in act(mailing)] == [{"confirmed": 1}]
    act(mailing)
    (arrived,) = host.received
    (action,) = mailing.ledger.find()
    assert (arrived.recipient, arrived.key) == (people.MAIL, action.action_id)
    assert action.member_id is not None
    assert action.member_id.encode() not in arrived.content


@pytest.mark.parametrize("what", ["hard_bounce", "complaint", "unsubscribe"])
def test_who_answers_so_is_not_written_to_again_and_no_address_is_kept(
    mailing: Home, host: Mailhost, what: Any
) -> None:
    host.follow([Rule("*", what)])
    people.put(mailing, ALONE)
    act(mailing)
    (pulled,) = pull(mailing, shop_id="demo", stream="deliveries")
    assert pulled.loaded_rows == 1
    people.put(mailing, {**ALONE, "target_id": "next"})
    act(mailing)
    assert people.states(mailing)["next"] == ("refused", "consent")
    assert len(host.received) == 1
    files = [path for path in mailing.folder.rglob("*") if path.is_file()]
    assert not any(people.MAIL.encode() in path.read_bytes() for path in files)


def test_a_parcels_number_that_would_become_headers_costs_its_own_message(
    mailing: Home, host: Mailhost
) -> None:
    decoded = decode(MESSAGE["payload"], Message)
    odd = structs.replace(decoded, values={**decoded.values, "tracking_number": WORDS[0]})
    people.put(mailing, {**ALONE, "payload": encode(odd)}, {**ALONE, "target_id": "next"})
    assert [acted.states for acted in act(mailing)] == [{"failed": 1, "confirmed": 1}]
    (arrived,) = host.received
    headers, _ = read(arrived.content)
    assert [name for name, _ in headers] == HEADERS


def test_who_was_put_off_gets_it_with_the_next_call(mailing: Home, host: Mailhost) -> None:
    host.follow([Rule("*", "greylist", dt.timedelta(0))])
    people.put(mailing, ALONE)
    act(mailing)
    assert people.states(mailing) == {"CODE-1:message": ("approved", None)}
    act(mailing)
    assert people.states(mailing) == {"CODE-1:message": ("confirmed", None)}
    assert len(host.received) == 1


def test_a_connection_lost_on_the_way_is_left_to_a_person(mailing: Home, host: Mailhost) -> None:
    host.follow([Rule("*", "drop_kept")])
    people.put(mailing, ALONE)
    for _ in range(2):
        act(mailing)
    assert people.states(mailing) == {"CODE-1:message": ("unknown", None)}
    assert len(host.received) == 1


def test_doctor_logs_in_to_both_hosts(mailing: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def answers() -> list[tuple[bool, str]]:
        found = doctor(mailing, shop_id="demo")
        mine = [one for one in found if one.source == "email" and one.subject == "answers"]
        return [(one.passed, one.detail) for one in mine]

    assert [passed for passed, _ in answers()] == [True]
    monkeypatch.setenv("MAIL_PASSWORD", "another")
    ((passed, detail),) = answers()
    assert (passed, "look at the login" in detail) == (False, True)


def test_doctor_says_in_one_sentence_whether_this_python_lets_line_breaks_into_headers(
    mailing: Home,
) -> None:
    (reported,) = (one for one in doctor(mailing, shop_id="demo") if one.subject == "interpreter")
    words = ["=?utf-8?q?x=0D=0AX-Odd:_y?=", "a =?utf-8?b?DQpYLU9kZDogeQ==?="]
    assert reported.passed is not any(_lets_through(word) for word in words)
    assert (reported.source, "line breaks" in reported.detail) == ("email", True)


def _lets_through(word: str) -> bool:
    mail = EmailMessage(policy=policy.SMTP)
    try:
        mail["Subject"] = word
        return b"X-Odd" in mail.as_bytes()
    except (MessageError, ValueError):
        return False
