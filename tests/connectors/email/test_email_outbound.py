"""Messages out: what each reply means for its message and for those after it."""

import datetime as dt
import smtplib
import ssl
from pathlib import Path
from typing import Any

import pytest

from connectors.base.retry import NotAppliedError
from connectors.email import CONNECTOR, outbound
from connectors.email.client import EmailClient
from contracts.actions import Outcome
from contracts.codes import Channel, OutcomeState, Purpose, Reversal, WriteKind
from contracts.errors import ConfigurationError, SourceRejectedError
from contracts.payloads import Message, encode
from tests.connectors.email.conftest import Dial
from tests.connectors.email.hosts import HANG_UP, Script, account, message, scripted

A, H, R, U = (
    OutcomeState.ACCEPTED,
    OutcomeState.HELD,
    OutcomeState.REJECTED,
    OutcomeState.UNKNOWN,
)

SENDER = "the mail host refuses the sender with "


def told(outcomes: list[Outcome]) -> list[tuple[OutcomeState, str | None]]:
    return [(outcome.state, outcome.message) for outcome in outcomes]


@pytest.mark.parametrize(
    ("command", "reply", "state", "code"),
    [
        ("RCPT", "451 4.7.1 <zora1@marked.example> later", H, "451 4.7.1"),
        ("RCPT", "452 mailbox of zora1@marked.example full", H, "452"),
        ("RCPT", "550 5.1.1 <zora1@marked.example>: unknown", R, "550 5.1.1"),
        ("RCPT", "550-5.1.1 no such\r\n550 5.1.1 user", R, "550 5.1.1"),
        ("RCPT", "550 5.1.8 <news@shop.example>: Domain not found", H, "550 5.1.8"),
        ("RCPT", "550 5.1.7 <news@shop.example>: bad sender", H, "550 5.1.7"),
        ("RCPT", "550 5.1.0 <news@shop.example> sender rejected", H, "550 5.1.0"),
        ("END", "550 5.1.8 sender rejected", H, "550 5.1.8"),
        ("RCPT", "553 5.7.1 <news@shop.example>: not owned by user shop", H, f"{SENDER}553 5.7.1"),
        ("RCPT", "550 Sender verify failed for News@shop.example", H, f"{SENDER}550"),
        ("END", "550 5.7.1 <news@shop.example> may not send", H, f"{SENDER}550 5.7.1"),
        ("RCPT", "450 4.1.8 <news@shop.example>: not found", H, "450 4.1.8"),
        ("RCPT", "550 5.7.1 news@shop.example to zora1@marked.example: no", R, "550 5.7.1"),
        ("RCPT", "554 5.7.1 <zora1@marked.example>: Access denied", R, "554 5.7.1"),
        ("RCPT", "550 5.1.10 no such user", R, "550 5.1.10"),
        ("RCPT", "nonsense", H, "-1"),
        ("DATA", "451 4.3.0 later", H, "451 4.3.0"),
        ("DATA", "554 5.5.1 no", R, "554 5.5.1"),
        ("END", "452 4.3.1 disk full", H, "452 4.3.1"),
        ("END", "552 5.3.4 too large", R, "552 5.3.4"),
        ("END", "554 5.7.1 spam", R, "554 5.7.1"),
        ("END", "nonsense", U, "-1"),
        ("END", "250 2.0.0 queued", A, None),
    ],
)
def test_a_reply_decides_about_its_message_and_the_next_one_goes_out(
    dial: Dial, command: str, reply: str, state: OutcomeState, code: str | None
) -> None:
    script = Script(replies={command: [reply]})
    outcomes = outbound.send(dial(script), [message(1), message(2)])
    assert told(outcomes) == [(state, code), (A, None)]
    assert [outcome.action_id for outcome in outcomes] == [f"{1:032x}", f"{2:032x}"]


def test_a_connection_lost_after_the_content_leaves_it_unknown_and_is_made_anew(
    dial: Dial,
) -> None:
    script = Script(replies={"END": [HANG_UP]})
    outcomes = outbound.send(dial(script), [message(1), message(2)])
    assert told(outcomes) == [
        (U, "the connection was lost (SMTPServerDisconnected)"),
        (A, None),
    ]
    assert script.connections == 2
    assert len(script.contents) == 2, "neither was sent twice"


def test_a_host_that_closes_is_connected_to_again(dial: Dial) -> None:
    script = Script(replies={"RCPT": ["421 4.3.2 closing"]})
    outcomes = outbound.send(dial(script), [message(1), message(2)])
    assert told(outcomes) == [(H, "421 4.3.2"), (A, None)]
    assert script.connections == 2


@pytest.mark.parametrize(
    "replies",
    [
        {"MAIL": ["250 OK", "421 4.4.2 idle for too long"]},
        {"MAIL": ["250 OK", "421 too many messages in one connection"]},
        {"MAIL": ["250 OK", HANG_UP]},
        {"RCPT": ["250 OK", HANG_UP]},
    ],
)
def test_a_session_that_the_host_ended_between_messages_costs_none(
    dial: Dial, replies: dict[str, list[str]]
) -> None:
    script = Script(replies=replies)
    outcomes = outbound.send(dial(script), [message(1), message(2), message(3)])
    assert [outcome.state for outcome in outcomes] == [A, A, A]
    assert (script.connections, len(script.contents)) == (2, 3)


@pytest.mark.parametrize("ended", ["421 4.7.0 too many errors", HANG_UP])
def test_a_host_that_closes_after_too_many_refusals_is_connected_to_again(
    dial: Dial, ended: str
) -> None:
    script = Script(replies={"RCPT": ["550 5.1.1 unknown"], "RSET": [ended], "MAIL": ["250 OK"]})
    outcomes = outbound.send(dial(script), [message(1), message(2)])
    assert told(outcomes) == [(R, "550 5.1.1"), (A, None)]
    assert script.connections == 2


@pytest.mark.parametrize(
    ("replies", "why"),
    [
        ({"MAIL": ["250 OK", "553 5.7.1 not yours"]}, "refuses the sender with 553 5.7.1"),
        ({"MAIL": ["250 OK", "450 4.5.3 too many"]}, "refuses the sender with 450 4.5.3"),
        ({"MAIL": ["250 OK", HANG_UP, HANG_UP]}, "lost before the message"),
        ({"RCPT": ["250 OK", HANG_UP, HANG_UP]}, "lost before the message"),
        ({"MAIL": ["250 OK", *["421 4.7.0 busy"] * 2]}, "puts us off with 421 4.7.0"),
    ],
)
def test_what_stands_in_the_way_of_every_message_holds_it_and_the_rest(
    dial: Dial, replies: dict[str, list[str]], why: str
) -> None:
    script = Script(replies=replies)
    outcomes = outbound.send(dial(script), [message(1), message(2), message(3)])
    assert [outcome.state for outcome in outcomes] == [A, H, H]
    assert all(why in str(outcome.message) for outcome in outcomes[1:])
    assert len(script.contents) == 1


@pytest.mark.parametrize(
    ("replies", "why"),
    [
        ({"AUTH": ["535 5.7.8 wrong"]}, "535 5.7.8"),
        ({"AUTH": ["454 4.7.0 later"]}, "454 4.7.0"),
        ({"EHLO": ["421 busy"], "HELO": ["421 busy"]}, "421"),
        ({"MAIL": ["553 5.7.1 not yours"]}, "553 5.7.1"),
    ],
)
def test_where_nothing_was_sent_all_of_it_certainly_was_not(
    dial: Dial, replies: dict[str, list[str]], why: str
) -> None:
    with pytest.raises(NotAppliedError, match=why):
        outbound.send(dial(Script(replies=replies)), [message(1), message(2)])


def test_a_host_that_is_not_there_holds_everything() -> None:
    with scripted(Script()) as port:
        pass
    client = EmailClient(account(security="tls", smtp_port=port))
    with pytest.raises(NotAppliedError, match="no connection"):
        outbound.send(client, [message()])


def test_nothing_goes_without_tls() -> None:
    script = Script()
    with scripted(script) as port:
        client = EmailClient(account(security="starttls", smtp_port=port))
        with pytest.raises(NotAppliedError, match="offers no STARTTLS"):
            outbound.send(client, [message()])
        with pytest.raises(ConfigurationError, match="offers no STARTTLS"):
            client.prove()
    assert not any(command.startswith(("AUTH", "MAIL")) for command in script.commands)


def test_a_certificate_of_an_unknown_authority_is_not_trusted(
    trust: tuple[ssl.SSLContext, Path],
) -> None:
    script = Script()
    with scripted(script, trust[0]) as port:
        client = EmailClient(account(security="tls", smtp_port=port))
        with pytest.raises(ConfigurationError, match="name its authority in ca_file"):
            client.prove()
    assert script.commands == []


def test_a_refused_login_is_told_when_the_settings_are_tested(dial: Dial) -> None:
    with pytest.raises(SourceRejectedError, match=r"535 5\.7\.8; look at the login"):
        dial(Script(replies={"AUTH": ["535 5.7.8 wrong"]})).prove()


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"recipient": None}, "no plain e-mail address"),
        ({"recipient": "zora@marked.example\r\nRCPT TO:<x@x.example>"}, "no plain e-mail address"),
        ({"recipient": "zora@marked.example, bob@marked.example"}, "no plain e-mail address"),
        ({"recipient": "<zora@marked.example>"}, "no plain e-mail address"),
        ({"recipient": "zöra@marked.example"}, "no plain e-mail address"),
        ({"recipient": "zora@localhost"}, "no plain e-mail address"),
        ({"recipient": "zora@marked.example\n"}, "no plain e-mail address"),
        ({"channel": Channel.SMS}, "no plain e-mail address"),
        ({"is_undo": True}, "cannot be called back"),
        ({"after": 0}, "cannot be called back"),
        ({"payload": None}, "its words"),
        (
            {"payload": encode(Message(template="t", language="en", values={}, template_hash="f"))},
            "its words",
        ),
        (
            {"payload": '{"subject":"a\\r\\nBcc: x@x.example","text":"","html":"","language":"e"}'},
            "its words",
        ),
        (
            {"payload": '{"subject":"a","text":"","html":"","language":"en\\nBcc: x@x.example"}'},
            "its words",
        ),
        ({"action_id": "x\r\nRCPT TO:<x@x.example>"}, "no key of a message"),
    ],
)
def test_what_is_no_message_to_one_person_is_not_sent(
    dial: Dial, values: dict[str, Any], why: str
) -> None:
    script = Script()
    (outcome,) = outbound.send(dial(script), [message(**values)])
    assert outcome.state is R
    assert why in str(outcome.message)
    assert "marked.example" not in str(outcome.message)
    assert script.commands == []


def test_no_outcome_names_an_address(dial: Dial) -> None:
    said = "5.1.1 <zora1@marked.example>: zora1@marked.example unknown"
    replies = {"RCPT": [f"550 {said}", f"451 {said}"], "END": [f"554 {said}"]}
    outcomes = outbound.send(dial(Script(replies=replies)), [message(n) for n in (1, 2, 3)])
    assert "marked" not in str(outcomes)


def test_a_host_that_speaks_dsn_is_told_our_key_and_asked_to_leave_the_message_out(
    dial: Dial,
) -> None:
    script = Script(features=("AUTH PLAIN", "DSN"))
    outbound.send(dial(script), [message(7)])
    sender = next(line for line in script.commands if line.upper().startswith("MAIL"))
    assert sender.lower() == f"mail from:<news@shop.example> ret=hdrs envid={7:032x}"


def test_reports_go_to_their_own_address(dial: Dial) -> None:
    script = Script()
    outbound.send(dial(script, return_address="reports@shop.example"), [message()])
    assert "mail FROM:<reports@shop.example>" in script.commands


def test_what_is_not_begun_in_time_waits_for_the_next_run(dial: Dial) -> None:
    moments = iter([0.0, 1.0, 44.0, 46.0])
    last = [46.0]

    def clock() -> float:
        last[0] = next(moments, last[0])
        return last[0]

    client = dial(Script())
    client.seconds = clock  # type: ignore[method-assign]
    outcomes = outbound.send(client, [message(number) for number in range(4)])
    assert [outcome.state for outcome in outcomes] == [A, A, H, H]
    assert "the time for sending was over" in str(outcomes[-1].message)


def test_the_days_limit_holds_the_rest(dial: Dial) -> None:
    noon = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC).timestamp()  # half of the day is over
    client = dial(Script(), messages_per_day=8, day_zone="UTC", wall_clock=lambda: noon)
    outcomes = outbound.send(client, [message(number) for number in range(6)])
    states = [outcome.state for outcome in outcomes]
    assert states == sorted(states)
    assert set(states) == {A, H}
    assert "used up" in str(outcomes[-1].message)


def test_a_template_is_told_where_to_unsubscribe(dial: Dial) -> None:
    change = message(5)
    by_mail = outbound.tells(dial(Script()), change)
    assert by_mail == {
        "unsubscribe_url": f"mailto:news@shop.example?subject=unsubscribe%20{5:032x}"
    }
    page = "https://shop.example/off?m={key}"
    by_page = outbound.tells(dial(Script(), unsubscribe_url=page), change)
    assert by_page == {"unsubscribe_url": f"https://shop.example/off?m={5:032x}"}


def test_a_message_is_never_sent_twice_nor_taken_back() -> None:
    (write,) = CONNECTOR.writes
    assert (write.kind, write.reversal) == (WriteKind.SEND_MESSAGE, Reversal.IRREVERSIBLE)
    assert write.live is None
    assert not write.is_absolute


def test_the_library_still_sends_content_whole_and_quotes_its_dots(dial: Dial) -> None:
    """What is relied on of smtplib: a lone dot does not end a message."""
    script = Script()
    words = '{"subject":"a","text":"one\\n.\\ntwo\\n","html":"","language":"en"}'
    outbound.send(dial(script), [message(payload=words, purpose=Purpose.SERVICE)])
    assert b"one\r\n..\r\ntwo\r\n" in script.contents[0]
    assert smtplib.CRLF == "\r\n"
