"""What a mail says of a message of ours, and that whom it names is left behind."""

import base64
import datetime as dt
import quopri
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.parser import BytesParser
from typing import Any

import pytest

from connectors.email.inbox import Arrival
from connectors.email.mapping import NOT_MEANT, SAID, deliveries
from connectors.email.reports import Report, fetch, report
from contracts.codes import DeliveryStatus
from contracts.streams import Window
from contracts.tables import Delivery, table_of
from tests.connectors.email.hosts import NOON
from tests.connectors.email.mails import (
    FAILED,
    GLOBAL,
    HEADERS,
    KEY,
    WHO,
    Mailbox,
    arf,
    dsn,
    plain,
    said,
)
from tests.connectors.email.recorded import CONTEXT, page


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
    ("status", "diagnostic", "expected"),
    [
        ("5.0.0", f"smtp; 550 5.1.1 <{WHO}>: Recipient address rejected", "5.1.1"),
        ("5.0.0", f"smtp; 550-5.1.1 The account {WHO}\n 550 5.1.1 does not exist", "5.1.1"),
        ("5.0.0", f"smtp;550 #5.1.10 {WHO}", "5.1.10"),
        ("5.0.0", f"X-Unix; said 5.2.1 of {WHO}", "5.2.1"),
        ("5.0.0 (permanent)", f"smtp; 550\n 5.1.1 {WHO}", "5.1.1"),
        ("4.0.0", f"smtp; 452 4.2.2 {WHO} full", "4.2.2"),
        ("", f"smtp; 550 5.1.1 {WHO}", "5.1.1"),
        ("5.0.0", f"smtp; 550 {WHO} unknown", "5.0.0"),
        ("5.0.0", f"smtp; 550 from [5.1.1.7] for {WHO}", "5.0.0"),
        ("5.0.0", f"smtp; 550 mx-5.1.1.example does not know {WHO}", "5.0.0"),
        ("5.0.0", "", "5.0.0"),
        ("5.2.2", f"smtp; 550 5.1.1 {WHO}", "5.2.2"),
        ("5.1.8", f"smtp; 550 5.1.1 {WHO}", "5.1.8"),
    ],
)
def test_of_a_vague_status_the_refusing_host_says_which(
    status: str, diagnostic: str, expected: str
) -> None:
    fields = (f"Final-Recipient: rfc822; {WHO}", "Action: failed", f"Status: {status}")
    content = dsn(*fields, f"Diagnostic-Code: {diagnostic}")
    assert said(content) == ("dsn/failed", expected)


def test_a_report_is_known_by_its_parts_whatever_its_head_says() -> None:
    told = dsn(*FAILED)
    mixed = told.replace(b"multipart/report", b"multipart/mixed")
    for content in (told.replace(b'; report-type="delivery-status"', b""), mixed):
        assert content != told
        assert said(content) == ("dsn/failed", "5.1.1")
    complaint = arf("Feedback-Type: abuse")
    assert said(complaint.replace(b"multipart/report", b"multipart/mixed")) == ("arf/abuse", None)
    assert said(complaint.replace(b'; report-type="feedback-report"', b"")) == ("arf/abuse", None)


def test_a_report_on_an_address_beyond_ascii_is_read() -> None:
    assert said(GLOBAL.encode()) == ("dsn/failed", "5.1.1")
    whole = GLOBAL.replace("message/global-headers", "message/global")
    assert said(whole.encode()) == ("dsn/failed", "5.1.1")


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
def test_a_report_whose_parts_are_encoded_is_read(encoding: str, newline: str) -> None:
    """RFC 6533 lets a host encode them on a way that takes seven bits only."""
    encode = {"base64": base64.encodebytes, "quoted-printable": quopri.encodestring}[encoding]
    head, *parts_ = GLOBAL.split("--b\n")
    coded = []
    for part in parts_:
        fields, _, content = part.replace("--b--\n", "").partition("\n\n")
        body = encode(content.encode()).decode()
        coded.append(f"{fields}\nContent-Transfer-Encoding: {encoding}\n\n{body}")
    mail = "--b\n".join([head, *coded]) + "--b--\n"
    assert said(mail.replace("\n", newline).encode()) == ("dsn/failed", "5.1.1")


def test_a_report_inside_of_a_mail_that_was_passed_on_is_not_the_mails_own() -> None:
    passed_on = MIMEMultipart("mixed")
    passed_on["Subject"] = "What does this mean? Zora-Marked"
    passed_on.attach(MIMEMessage(BytesParser().parsebytes(dsn(*FAILED))))
    assert said(passed_on.as_bytes()) is None


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("abuse", "arf/abuse"), ("not-spam", "arf/not-spam"), ("Fraud", "arf/fraud")],
)
def test_a_complaint_says_its_kind(kind: str, expected: str) -> None:
    assert said(arf(f"Feedback-Type: {kind}")) == (expected, None)


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


def test_what_is_reported_later_takes_back_no_other_kind_of_report() -> None:
    reports = [
        told(KEY, what, hour)
        for hour, what in enumerate(("arf/abuse", "unsubscribe", "dsn/delayed"))
    ]
    mapped_ = deliveries([page(*reports)], CONTEXT).frames["deliveries"]
    documents = mapped_.select(table_of(Delivery).document_id.alias("id"))["id"]
    assert sorted(documents) == [f"{KEY}|arf/abuse", f"{KEY}|dsn/delayed", f"{KEY}|unsubscribe"]


def test_of_several_reports_of_a_kind_each_is_a_version_by_its_arrival() -> None:
    reports = [told(KEY, "dsn/failed", 9, '"5.1.1"'), told(KEY, "dsn/failed", 8, '"4.4.7"')]
    frame = deliveries([page(one) for one in reports], CONTEXT).frames["deliveries"]
    newest = frame.sort("source_updated_at").row(-1, named=True)
    assert (frame.height, newest["diagnostic"]) == (2, "5.1.1")


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
