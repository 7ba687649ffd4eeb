"""Sending through the mail host: who may, what is kept, and how it fails."""

import smtplib
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest

from sandbox.mail.host import Mailhost, serving_mail
from sandbox.mail.rules import Rule, rule_for
from sandbox.mail.smtp import recipient_hash
from sandbox.world.world import World
from tests.sandbox.mailing import SHOP, message, send, submission, trusting

Open = Callable[..., Mailhost]


@pytest.fixture
def open_host(world: World) -> Iterator[Open]:
    with ExitStack() as stack:
        yield lambda *rules, **options: stack.enter_context(
            serving_mail(world, SHOP, rules=rules, **options)
        )


def test_message_is_kept_for_each_recipient_with_our_key(open_host: Open, world: World) -> None:
    host = open_host()
    mail = message("ada@example.com", X_Message_Key="coupon:42")
    with submission(host) as session:
        session.send_message(mail, to_addrs=["ada@example.com", "Bo@Example.com"])
    assert [(one.recipient, one.key) for one in host.received] == [
        ("ada@example.com", "coupon:42"),
        ("Bo@Example.com", "coupon:42"),
    ]
    assert host.received[0].at == world.clock
    targets = [write["target"] for write in world.writes]
    assert targets == [recipient_hash("ada@example.com"), recipient_hash("bo@example.com")]
    assert "example.com" not in str([write["target"] for write in world.writes])


def test_without_the_header_the_message_id_is_the_key(open_host: Open, world: World) -> None:
    send(open_host(), "ada@example.com")
    assert [(write["kind"], write["key"], write["applied"]) for write in world.writes] == [
        ("send_message", "key-0@shop.example", True)
    ]


def test_implicit_tls_takes_the_same_login(open_host: Open) -> None:
    host = open_host()
    context = trusting(host)
    with smtplib.SMTP_SSL("localhost", host.smtps_port, context=context, timeout=10) as session:
        session.login(SHOP.user, SHOP.password)
        session.send_message(message("ada@example.com"))
    assert len(host.received) == 1


def test_nobody_else_vouches_for_the_host(open_host: Open) -> None:
    host = open_host()
    stranger = ssl.create_default_context()
    with pytest.raises(ssl.SSLCertVerificationError):
        smtplib.SMTP_SSL("localhost", host.smtps_port, context=stranger, timeout=10)
    with smtplib.SMTP("localhost", host.smtp_port, timeout=10) as session:
        with pytest.raises(ssl.SSLCertVerificationError):
            session.starttls(context=stranger)
        session.close()


def test_nothing_goes_unencrypted(open_host: Open) -> None:
    with smtplib.SMTP("localhost", open_host().smtp_port, timeout=10) as session:
        session.ehlo()
        assert not session.has_extn("auth")
        assert session.mail(SHOP.address)[0] == 530
        assert session.docmd("AUTH PLAIN", "AHNob3AAcHc=")[0] == 530


def test_login_is_asked_for_and_checked(open_host: Open) -> None:
    host = open_host()
    with submission(host, logged_in=False) as session:
        assert session.mail(SHOP.address)[0] == 530
        with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
            session.login(SHOP.user, "wrong")
        assert refused.value.smtp_code == 535
        assert session.mail(SHOP.address)[0] == 530
    assert host.received == []


def test_sender_is_of_the_accounts_domain(open_host: Open) -> None:
    with submission(open_host()) as session:
        assert session.mail("bounce+7@shop.example")[0] == 250
        session.rset()
        assert session.mail("news@elsewhere.example")[0] == 553


def test_message_above_the_cap_is_refused(open_host: Open) -> None:
    host = open_host(size_limit_bytes=10_000)
    mail = message("ada@example.com")
    mail.set_content("x" * 900 + "\n", cte="7bit")
    with submission(host) as session:
        assert session.esmtp_features["size"] == "10000"
        assert session.mail(SHOP.address, [f"SIZE={10_001}"])[0] == 552
        session.mail(SHOP.address)
        session.rcpt("ada@example.com")
        assert session.data(b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * 200)[0] == 552
        session.send_message(mail)
    assert len(host.received) == 1


def test_refused_recipient_leaves_the_others(open_host: Open, world: World) -> None:
    host = open_host(Rule("gone@*", "refuse"))
    with submission(host) as session:
        refused = session.send_message(
            message("ada@example.com"), to_addrs=["ada@example.com", "gone@example.com"]
        )
    assert [code for code, _ in refused.values()] == [550]
    assert host.refused == [("gone@example.com", "550")]
    assert [write["target"] for write in world.writes] == [recipient_hash("ada@example.com")]


def test_greylisted_sender_is_let_in_when_it_comes_back(open_host: Open, world: World) -> None:
    host = open_host(Rule("grey@*", "greylist", after=timedelta(minutes=5)))
    assert send(host, "grey@example.com")["grey@example.com"][0] == 451
    world.clock += timedelta(minutes=4)
    assert send(host, "grey@example.com")["grey@example.com"][0] == 451
    world.clock += timedelta(minutes=1)
    assert send(host, "grey@example.com") == {}
    assert len(host.received) == 1


@pytest.mark.parametrize(("what", "kept"), [("drop_kept", 1), ("drop_lost", 0)])
def test_connection_ends_before_the_answer(
    open_host: Open, world: World, what: Any, kept: int
) -> None:
    host = open_host(Rule("drop@*", what))
    with submission(host) as session, pytest.raises((smtplib.SMTPServerDisconnected, OSError)):
        session.send_message(message("drop@example.com"))
    assert len(host.received) == len(world.writes) == kept
    assert send(host, "ada@example.com") == {}


def test_first_rule_that_fits_counts_whatever_the_case() -> None:
    rules = [Rule("*@hard.example", "hard_bounce"), Rule("*", "soft_bounce")]
    assert rule_for(rules, "ADA@Hard.Example").what == "hard_bounce"
    assert rule_for(rules, "ada@example.com").what == "soft_bounce"
    assert rule_for([], "ada@example.com").what == "accept"


def test_rules_are_replaced_while_it_runs(open_host: Open) -> None:
    host = open_host(Rule("*", "refuse"))
    assert send(host, "ada@example.com")
    host.follow([])
    assert send(host, "ada@example.com") == {}


def test_threads_and_files_end_with_the_host(world: World) -> None:
    before = threading.active_count()
    with serving_mail(world, SHOP) as host:
        left_open = smtplib.SMTP("localhost", host.smtp_port, timeout=10)
        assert host.ca_file.exists()
        assert "PRIVATE" not in host.ca_file.read_text()
    assert threading.active_count() == before
    assert not host.ca_file.exists()
    with pytest.raises((smtplib.SMTPServerDisconnected, OSError)):
        left_open.noop()
    left_open.close()
