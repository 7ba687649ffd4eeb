"""What a message brings back: reports of failure and abuse, and mails that unsubscribe."""

from datetime import datetime
from email import policy
from email.message import EmailMessage, Message
from email.mime.base import MIMEBase
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.parser import BytesHeaderParser, BytesParser
from email.utils import format_datetime
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from sandbox.mail.authority import HOST

_UNKNOWN: Final = "550 5.1.1 <{}>: Recipient address rejected: User unknown"
_FAILURES: Final = {
    "hard_bounce": ("5.1.1", _UNKNOWN),
    "vague_bounce": ("5.0.0", _UNKNOWN),
    "soft_bounce": ("4.2.2", "452 4.2.2 <{}>: The recipient's mailbox is over its quota"),
}
_OPT_OUTS: Final = ("unsubscribe", "unsubscribe_undecoded")
ANSWERED: Final = frozenset({*_FAILURES, "complaint", *_OPT_OUTS})


def answer(
    what: str, content: bytes, *, sender: str, recipient: str, sent_at: datetime, at: datetime
) -> bytes | None:
    """The mail that comes back, or None when nobody can be answered.

    Args:
        what: one of `ANSWERED`.
        content: the message that was sent, as received.
        sender: its envelope's sender; reports never go to the empty one.
        sent_at: when it was received, in UTC.
        at: when the answer is written, in UTC.
    """
    if what in _OPT_OUTS:
        return _unsubscription(content, recipient, at, is_decoded=what == "unsubscribe")
    if not sender:
        return None
    if what == "complaint":
        report = _complaint(content, sender=sender, recipient=recipient, sent_at=sent_at)
    else:
        report = _failure(what, content, recipient=recipient, sent_at=sent_at)
    report["To"] = sender
    report["Date"] = format_datetime(at)
    return report.as_bytes(policy=policy.SMTP)


def _failure(what: str, content: bytes, *, recipient: str, sent_at: datetime) -> Message:
    """A delivery status notification as RFC 3464 has it, with the headers of the original."""
    status, diagnostic = _FAILURES[what]
    report = MIMEMultipart("report", report_type="delivery-status")
    report["From"] = f"Mail Delivery System <mailer-daemon@{HOST}>"
    report["Subject"] = "Undelivered Mail Returned to Sender"
    report["Auto-Submitted"] = "auto-replied"
    report.attach(MIMEText(f"Your message to {recipient} could not be delivered.\r\n"))
    whole, one = Message(), Message()
    whole["Reporting-MTA"] = f"dns; {HOST}"
    whole["Arrival-Date"] = format_datetime(sent_at)
    one["Final-Recipient"] = f"rfc822; {recipient}"
    one["Action"] = "failed"
    one["Status"] = status
    one["Diagnostic-Code"] = f"smtp; {diagnostic.format(recipient)}"
    delivery = MIMEBase("message", "delivery-status")
    delivery.attach(whole)
    delivery.attach(one)
    report.attach(delivery)
    report.attach(_headers_only(content))
    return report


def _headers_only(content: bytes) -> Message:
    headers = BytesHeaderParser(policy=policy.compat32).parsebytes(content)
    headers.set_payload("")
    part = MIMEText("", "rfc822-headers", "us-ascii")
    part.set_payload(headers.as_string().strip() + "\n")
    return part


def _complaint(content: bytes, *, sender: str, recipient: str, sent_at: datetime) -> Message:
    """An abuse report as RFC 5965 has it, with the original."""
    report = MIMEMultipart("report", report_type="feedback-report")
    report["From"] = f"Feedback Loop <feedback@{HOST}>"
    report["Subject"] = "Abuse report"
    report.attach(MIMEText("A recipient has marked a message of yours as spam.\r\n"))
    fields = Message()
    fields["Feedback-Type"] = "abuse"
    fields["User-Agent"] = "SandboxFeedback/1.0"
    fields["Version"] = "1"
    fields["Original-Mail-From"] = f"<{sender}>"
    fields["Original-Rcpt-To"] = f"<{recipient}>"
    fields["Arrival-Date"] = format_datetime(sent_at)
    feedback = MIMEBase("message", "feedback-report")
    feedback.attach(fields)
    report.attach(feedback)
    report.attach(MIMEMessage(BytesParser(policy=policy.compat32).parsebytes(content)))
    return report


def _unsubscription(
    content: bytes, recipient: str, at: datetime, *, is_decoded: bool
) -> bytes | None:
    """What a mail client sends when its user asks to be taken off (RFC 2369), or None."""
    listed = BytesHeaderParser(policy=policy.default).parsebytes(content)["List-Unsubscribe"]
    parts = (part.strip().strip("<>") for part in str(listed or "").split(","))
    link = next((part for part in parts if part.lower().startswith("mailto:")), None)
    if link is None:
        return None
    address = urlsplit(link)
    query = address.query if is_decoded else address.query.replace("%", "%25")
    asked = {name.lower(): value for name, value in parse_qsl(query)}
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"] = recipient
    mail["To"] = unquote(address.path)
    mail["Subject"] = asked.get("subject", "unsubscribe")
    mail.set_content(asked.get("body", ""))
    mail["Date"] = format_datetime(at)
    return mail.as_bytes()
