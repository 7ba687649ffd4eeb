"""What a mail says became of a message of ours; whom it names is left behind.

Only what is needed is landed: our key, what is said, and when it arrived. Addresses, subjects and
the words of people stay in the mailbox.
"""

import datetime as dt
import logging
import re
from collections.abc import Iterator
from email import policy
from email.errors import MessageError
from email.message import Message
from email.parser import BytesParser, HeaderParser
from typing import Final

import msgspec

from connectors.email.client import EmailClient
from connectors.email.inbox import Arrival
from connectors.email.message import KEY_HEADER, UNSUBSCRIBE
from contracts.streams import Page, Window

_PAGE: Final = 500
_MOST_PARTS: Final = 50
_OURS: Final = re.compile(r"<?([0-9a-f]{32})(?:@[A-Za-z0-9.-]+>?)?")
_UNSUBSCRIPTION: Final = re.compile(rf"\b{UNSUBSCRIBE}\s+([0-9a-f]{{32}})\b", re.IGNORECASE)
_STATUS: Final = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_CODE: Final = re.compile(r"[a-z0-9-]{1,40}")

_log = logging.getLogger(__name__)


class Report(msgspec.Struct, gc=False):
    """What one mail says of one message. `said` is its kind and its code: "dsn/failed"."""

    key: str
    said: str
    at: dt.datetime
    status: str | None = None
    """The mail system's code, such as 5.1.1."""


def fetch(client: EmailClient, window: Window) -> Iterator[Page]:
    """Yield what arrived within the window and is about messages of ours, oldest first."""
    held: list[Report] = []
    others = 0
    for arrival in client.arrivals(window):
        found = report(arrival)
        if found is None:
            others += 1
            continue
        held.append(found)
        if len(held) == _PAGE:
            yield _page(held)
            held = []
    if held:
        yield _page(held)
    if others:
        _log.info("email: %d mails are about no message of ours", others)


def report(arrival: Arrival) -> Report | None:
    """What a mail says; null when it says nothing of a message of ours.

    Anybody may write to the mailbox: what cannot be read is nobody's report.
    """
    try:
        mail = BytesParser(policy=policy.compat32).parsebytes(arrival.content)
        return _told(mail, arrival.at)
    except (MessageError, RecursionError, ValueError, LookupError, AttributeError, TypeError):
        return None


def _told(mail: Message, at: dt.datetime) -> Report | None:
    kind = str(mail.get_param("report-type", "")).lower()
    if mail.get_content_type() == "multipart/report" and kind == "delivery-status":
        return _notification(mail, at)
    if mail.get_content_type() == "multipart/report" and kind == "feedback-report":
        return _feedback(mail, at)
    asked = _UNSUBSCRIPTION.search(str(mail.get("Subject", "")))
    return Report(asked[1].lower(), "unsubscribe", at) if asked else None


def _notification(mail: Message, at: dt.datetime) -> Report | None:
    """A delivery status notification (RFC 3464): one message, one recipient."""
    part = _part(mail, "message/delivery-status")
    blocks = [block for block in _blocks(part) if isinstance(block, Message)]
    recipient = next((block for block in blocks if block.get("Action")), None)
    envelope = next((block["Original-Envelope-Id"] for block in blocks if _envelope(block)), None)
    key = _key(envelope) or _key_of_original(mail)
    if recipient is None or key is None:
        return None
    status = _STATUS.search(str(recipient.get("Status", "")))
    said = f"dsn/{_code(recipient['Action'])}"
    return Report(key, said, at, status[0] if status else None)


def _feedback(mail: Message, at: dt.datetime) -> Report | None:
    """A report of a recipient's complaint (RFC 5965)."""
    part = _part(mail, "message/feedback-report")
    fields = _fields(part)
    key = _key_of_original(mail)
    if key is None or fields is None or not fields.get("Feedback-Type"):
        return None
    return Report(key, f"arf/{_code(fields['Feedback-Type'])}", at)


def _key_of_original(mail: Message) -> str | None:
    """Our key in the headers of the message that came back with a report."""
    original = _part(mail, "message/rfc822")
    headers: Message | None = None
    if original is not None:
        headers = next(iter(_blocks(original)), None)
    elif (part := _part(mail, "text/rfc822-headers")) is not None:
        headers = HeaderParser(policy=policy.compat32).parsestr(_text(part))
    if headers is None:
        return None
    return _key(headers.get(KEY_HEADER)) or _key(headers.get("Message-ID"))


def _part(mail: Message, content_type: str) -> Message | None:
    for count, part in enumerate(mail.walk()):
        if count > _MOST_PARTS:
            return None
        if part.get_content_type() == content_type:
            return part
    return None


def _blocks(part: Message | None) -> list[Message]:
    """The groups of fields of a part that the library has parsed already."""
    held = part.get_payload() if part is not None else None
    return [block for block in held if isinstance(block, Message)] if isinstance(held, list) else []


def _fields(part: Message | None) -> Message | None:
    """The fields that are a part's content, parsed by the library or not."""
    if part is None:
        return None
    parsed = next(iter(_blocks(part)), None)
    return parsed or HeaderParser(policy=policy.compat32).parsestr(_text(part))


def _text(part: Message) -> str:
    content = part.get_payload(decode=True)
    return content.decode("ascii", "replace") if isinstance(content, bytes) else ""


def _envelope(block: Message) -> bool:
    return bool(block.get("Original-Envelope-Id"))


def _key(value: object) -> str | None:
    found = _OURS.fullmatch(str(value or "").strip())
    return found[1] if found else None


def _code(value: object) -> str:
    """A code as it is compared: its word in lower case, without comments; else it is unreadable."""
    found = _CODE.match(str(value).strip().lower())
    return found[0] if found else "unreadable"


def _page(reports: list[Report]) -> Page:
    return Page(msgspec.json.encode(reports), "reports")
