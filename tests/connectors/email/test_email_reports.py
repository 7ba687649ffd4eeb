"""What a mail says of a message of ours, and that whom it names is left behind."""

import datetime as dt
from email import policy
from email.message import EmailMessage, Message
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.email.inbox import Arrival
from connectors.email.mapping import NOT_MEANT, SAID, deliveries
from connectors.email.reports import Report, fetch, report
from contracts.codes import DeliveryStatus
from contracts.streams import Window
from contracts.tables import Delivery
from tests.connectors.email.hosts import NOON
from tests.connectors.email.recorded import CONTEXT, page

KEY = "0123456789abcdef" * 2
WHO = "zora@marked.example"
HEADERS = f"To: {WHO}\nSubject: Offer for Zora-Marked\nMessage-ID: <{KEY}@shop.example>\n"


def dsn(
    *fields: str, whole: tuple[str, ...] = (), headers: str = HEADERS, returned: str = "headers"
) -> bytes:
    """A delivery status notification about one recipient."""
    mail = MIMEMultipart("report", report_type="delivery-status")
    mail["To"] = "reports@shop.example"
    mail["Subject"] = f"Undelivered: {WHO}"
    mail.attach(MIMEText(f"Zora-Marked <{WHO}> has left."))
    part = MIMEBase("message", "delivery-status")
    for group in (("Reporting-MTA: dns; mx.example", *whole), fields):
        block = Message()
        for field in group:
            name, _, value = field.partition(": ")
            block[name] = value
        part.attach(block)
    mail.attach(part)
    mail.attach(_returned(headers, returned))
    return mail.as_bytes(policy=policy.SMTP)


def arf(*fields: str, headers: str = HEADERS) -> bytes:
    """A complaint."""
    mail = MIMEMultipart("report", report_type="feedback-report")
    mail["Subject"] = f"Abuse from {WHO}"
    mail.attach(MIMEText("A recipient complains."))
    block = Message()
    for field in ("Version: 1", f"Original-Rcpt-To: <{WHO}>", *fields):
        name, _, value = field.partition(": ")
        block[name] = value
    part = MIMEBase("message", "feedback-report")
    part.attach(block)
    mail.attach(part)
    mail.attach(_returned(headers, "message"))
    return mail.as_bytes(policy=policy.SMTP)


def _returned(headers: str, how: str) -> Message:
    if how == "headers":
        part = MIMEText("", "rfc822-headers", "us-ascii")
        part.set_payload(headers)
        return part
    original = Message()
    for line in headers.splitlines():
        name, _, value = line.partition(": ")
        original[name] = value
    original.set_payload("Dear Zora-Marked\n")
    part_of_message = MIMEBase("message", "rfc822")
    part_of_message.attach(original)
    return part_of_message


def plain(**headers: str) -> bytes:
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"] = f"Zora-Marked <{WHO}>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content("Take me off, says Zora-Marked.")
    return mail.as_bytes()


def said(content: bytes) -> tuple[str, str | None] | None:
    found = report(Arrival(NOON, content))
    assert found is None or (found.key, found.at) == (KEY, NOON)
    return None if found is None else (found.said, found.status)


FAILED = (f"Final-Recipient: rfc822; {WHO}", "Action: failed", "Status: 5.1.1")


@pytest.mark.parametrize("returned", ["headers", "message"])
@pytest.mark.parametrize(
    ("headers", "whole"),
    [
        (HEADERS, ()),
        (f"To: {WHO}\nX-Message-Key: {KEY}\nMessage-ID: <other@host.example>\n", ()),
        (f"To: {WHO}\n", (f"Original-Envelope-Id: {KEY}",)),
    ],
)
def test_a_bounce_is_tied_to_its_message(
    headers: str, whole: tuple[str, ...], returned: str
) -> None:
    content = dsn(*FAILED, whole=whole, headers=headers, returned=returned)
    assert said(content) == ("dsn/failed", "5.1.1")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (("Action: failed", "Status: 5.2.2 (full)"), ("dsn/failed", "5.2.2")),
        (("Action: FAILED", "Status: 5.0.0"), ("dsn/failed", "5.0.0")),
        (("Action: delayed", "Status: 4.4.1"), ("dsn/delayed", "4.4.1")),
        (("Action: delivered (to mailbox)", "Status: 2.1.5"), ("dsn/delivered", "2.1.5")),
        (("Action: failed", f"Status: of {WHO}"), ("dsn/failed", None)),
        (("Action: lost",), ("dsn/lost", None)),
        ((f"Action: <{WHO}>",), ("dsn/unreadable", None)),
        (("Status: 5.1.1",), None),
    ],
)
def test_a_notification_says_action_and_status(fields: tuple[str, ...], expected: Any) -> None:
    assert said(dsn(f"Final-Recipient: rfc822; {WHO}", *fields)) == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("abuse", "arf/abuse"), ("not-spam", "arf/not-spam"), ("Fraud", "arf/fraud")],
)
def test_a_complaint_says_its_kind(kind: str, expected: str) -> None:
    assert said(arf(f"Feedback-Type: {kind}")) == (expected, None)


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        (f"unsubscribe {KEY}", ("unsubscribe", None)),
        (f"Re: Unsubscribe  {KEY}", ("unsubscribe", None)),
        ("unsubscribe", None),
        (f"unsubscribe {KEY}0", None),
        ("Out of office", None),
        (f"Where is my parcel? {KEY}", None),
    ],
)
def test_a_mail_to_our_link_unsubscribes(subject: str, expected: Any) -> None:
    assert said(plain(Subject=subject)) == expected


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        dsn(*FAILED, headers=f"To: {WHO}\nMessage-ID: <order-1@other.example>\n"),
        dsn(*FAILED, headers=f"To: {WHO}\n"),
        arf(f"Original-Mail-From: {WHO}"),
        arf("Feedback-Type: abuse", headers="To: nobody\n"),
        plain(Subject="Hello", Message_ID=f"<{KEY}@shop.example>"),
    ],
)
def test_a_mail_about_nothing_of_ours_says_nothing(content: bytes) -> None:
    assert report(Arrival(NOON, content)) is None


@given(st.binary(max_size=300), st.integers(0, 2_000), st.integers(0, 2_000))
def test_a_broken_or_hostile_mail_breaks_nothing(noise: bytes, start: int, length: int) -> None:
    for content in (dsn(*FAILED), arf("Feedback-Type: abuse"), plain(Subject=f"unsubscribe {KEY}")):
        found = report(Arrival(NOON, content[:start] + noise + content[start + length :]))
        assert found is None or len(found.key) == 32


def test_parts_nested_in_parts_without_end_are_nobodys_report() -> None:
    nested = "".join(
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="{n}"\n\n--{n}\n'
        for n in range(3_000)
    )
    assert report(Arrival(NOON, nested.encode())) is None


class Mailbox:
    """A client whose mailbox holds these mails."""

    def __init__(self, *contents: bytes) -> None:
        self._contents = contents

    def arrivals(self, window: Window) -> list[Arrival]:
        return [Arrival(window.start, content) for content in self._contents]


def test_whom_a_mail_names_is_left_in_the_mailbox() -> None:
    mails = [
        dsn(*FAILED, f"Diagnostic-Code: smtp; 550 5.1.1 <{WHO}>: Zora-Marked unknown"),
        dsn(*FAILED, returned="message"),
        arf("Feedback-Type: abuse"),
        plain(Subject=f"unsubscribe {KEY}"),
        plain(Subject="Zora-Marked asks"),
    ]
    client: Any = Mailbox(*mails)
    (landed,) = fetch(client, Window(NOON - dt.timedelta(days=1), NOON))
    for mark in (b"zora", b"Zora", b"marked", b"@"):
        assert all(mark in mail for mail in mails)
        assert mark not in landed.body
    assert landed.body.count(KEY.encode()) == 4


def test_many_reports_are_several_pages_and_none_is_no_page() -> None:
    client: Any = Mailbox(*[plain(Subject=f"unsubscribe {number:032x}") for number in range(501)])
    assert len(list(fetch(client, Window(NOON - dt.timedelta(days=1), NOON)))) == 2
    nobody: Any = Mailbox(plain(Subject="Hello"))
    assert list(fetch(nobody, Window(NOON - dt.timedelta(days=1), NOON))) == []


def mapped(*reports: str) -> list[tuple[Any, ...]]:
    frames = deliveries([page(*reports)], CONTEXT).frames
    rows = Delivery.validate(frames["deliveries"]).sort("message_id")
    return rows.select("message_id", "delivery_status", "diagnostic", "delivered_at").rows()


def told(key: str, what: str, hour: int = 8, status: str = "null") -> str:
    return f'{{"key":"{key}","said":"{what}","at":"2026-11-20T{hour:02}:00:00Z","status":{status}}}'


def test_a_report_is_a_delivery_known_when_it_arrived() -> None:
    assert mapped(told(KEY, "dsn/failed", status='"5.1.1"')) == [
        (KEY, "bounced", "5.1.1", dt.datetime(2026, 11, 20, 8, tzinfo=dt.UTC))
    ]


def test_of_several_reports_on_a_message_each_is_a_version_by_its_arrival() -> None:
    frame = deliveries(
        [page(told(KEY, "arf/abuse", 9)), page(told(KEY, "dsn/delayed", 8))], CONTEXT
    ).frames["deliveries"]
    newest = frame.sort("source_updated_at").row(-1, named=True)
    assert (frame.height, newest["delivery_status"]) == (2, "complained")


def test_a_report_about_our_domain_is_left_out_on_purpose() -> None:
    assert mapped(told(KEY, NOT_MEANT[0])) == []


@pytest.mark.parametrize(
    ("what", "status"),
    [
        ("dsn/failed", DeliveryStatus.BOUNCED),
        ("dsn/delayed", DeliveryStatus.SENT),
        ("dsn/delivered", DeliveryStatus.DELIVERED),
        ("dsn/relayed", DeliveryStatus.SENT),
        ("dsn/expanded", DeliveryStatus.SENT),
        ("arf/abuse", DeliveryStatus.COMPLAINED),
        ("arf/fraud", DeliveryStatus.COMPLAINED),
        ("arf/virus", DeliveryStatus.COMPLAINED),
        ("arf/other", DeliveryStatus.COMPLAINED),
        ("arf/not-spam", DeliveryStatus.DELIVERED),
        ("arf/opt-out", DeliveryStatus.UNSUBSCRIBED),
        ("arf/opt-out-list", DeliveryStatus.UNSUBSCRIBED),
        ("unsubscribe", DeliveryStatus.UNSUBSCRIBED),
    ],
)
def test_what_is_said_is_one_of_the_list(what: str, status: DeliveryStatus) -> None:
    assert SAID[what] is status
    assert len(SAID) == 13


def test_a_report_holds_no_more_than_is_needed() -> None:
    assert Report.__struct_fields__ == ("key", "said", "at", "status")
