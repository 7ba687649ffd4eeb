"""Mails as they come to the mailbox: reports, complaints, and what people write."""

from email import policy
from email.message import EmailMessage, Message
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

from connectors.email.inbox import Arrival
from connectors.email.reports import report
from contracts.streams import Window
from tests.connectors.email.hosts import NOON

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


FAILED = (f"Final-Recipient: rfc822; {WHO}", "Action: failed", "Status: 5.1.1")


GLOBAL = f"""\
From: postmaster@shop.example
Subject: Z\u00fcstellung fehlgeschlagen
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain; charset=utf-8

Zora-Marked \u7528\u6237@marked.example
--b
Content-Type: message/global-delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: utf-8; \u7528\u6237@marked.example
Action: failed
Status: 5.0.0
Diagnostic-Code: smtp; 550 5.1.1 <\u7528\u6237@marked.example> \u672a\u77e5
--b
Content-Type: message/global-headers

To: \u7528\u6237@marked.example
Subject: Angebot f\u00fcr Zora-Marked
Message-ID: <{KEY}@shop.example>
--b--
"""


def said(content: bytes) -> tuple[str, str | None] | None:
    found = report(Arrival(NOON, content))
    assert found is None or (found.key, found.at) == (KEY, NOON)
    return None if found is None else (found.said, found.status)


class Mailbox:
    """A client whose mailbox holds these mails."""

    def __init__(self, *contents: bytes) -> None:
        self._contents = contents

    def arrivals(self, window: Window) -> list[Arrival]:
        return [Arrival(window.start, content) for content in self._contents]
