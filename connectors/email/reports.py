"""What a mail says became of a message of ours; whom it names is left behind.

Only what is needed is landed: our key, what is said, and when it arrived. Addresses, subjects and
the words of people stay in the mailbox.
"""

import datetime as dt
import logging
import re
from collections.abc import Iterator
from email import policy
from email.message import Message
from email.parser import BytesParser
from typing import Final
from urllib.parse import unquote

import msgspec

from connectors.email.client import EmailClient
from connectors.email.inbox import Arrival
from connectors.email.message import KEY_HEADER, UNSUBSCRIBE
from connectors.email.parts import groups, lines, parts, subject
from contracts.streams import Page, Window

_PAGE: Final = 500
# RFC 3464 and 6533: what a mail says of a delivery, and the message that it is about.
_DELIVERY: Final = ("message/delivery-status", "message/global-delivery-status")
_COMPLAINT: Final = ("message/feedback-report",)
_ORIGINAL: Final = (
    "message/rfc822",
    "message/global",
    "text/rfc822-headers",
    "message/global-headers",
)
_OURS: Final = re.compile(r"<?([0-9a-f]{32})(?:@[A-Za-z0-9.-]+>?)?")
_UNSUBSCRIPTION: Final = re.compile(
    rf"(?<![0-9a-z]){UNSUBSCRIBE}[^0-9a-z]{{1,20}}([0-9a-f]{{32}})(?![0-9a-z])", re.IGNORECASE
)
_ENCODED_TIMES: Final = 3
_MOST_NESTED: Final = 50
"""Parts within parts, by the word that each names its end with: a report has one or two. The
library compares every line with the ends of all of them."""
_STATUS: Final = re.compile(r"(?<![\w.-])([245]\.\d{1,3}\.\d{1,3})(?![\w-]|\.\d)")
_DIAGNOSTIC: Final = re.compile(
    r"(?:(?<!\d)[45]\d\d[\s-]\s*#?|(?<![\w.@-]))([45]\.\d{1,3}\.\d{1,3})(?![\w-]|\.\d)"
)
_VAGUE: Final = ".0.0"
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
    if arrival.content.lower().count(b"boundary") > _MOST_NESTED:
        return None
    try:
        mail = BytesParser(policy=policy.compat32).parsebytes(arrival.content)
        return _told(mail, arrival.at)
    except Exception:  # noqa: BLE001 bytes of anybody: what the library stumbles over is one mail
        return None


def _told(mail: Message, at: dt.datetime) -> Report | None:
    """By its parts, not by what its head promises: hosts leave out the type of a report."""
    delivery, complaint = _part(mail, _DELIVERY), _part(mail, _COMPLAINT)
    if delivery is not None:
        return _notification(mail, list(groups(delivery)), at)
    if complaint is not None:
        return _feedback(mail, next(groups(complaint), None), at)
    return _unsubscription(mail, at)


def _notification(mail: Message, told: list[Message], at: dt.datetime) -> Report | None:
    """A delivery status notification (RFC 3464): one message, one recipient."""
    recipient = next((group for group in told if group.get("Action")), None)
    envelope = next((id_ for group in told if (id_ := group.get("Original-Envelope-Id"))), None)
    key = _key(envelope) or _key_of_original(mail)
    if recipient is None or key is None:
        return None
    return Report(key, f"dsn/{_code(recipient['Action'])}", at, _status(recipient))


def _status(recipient: Message) -> str | None:
    """The mail system's code; of a vague one what the host said that refused the message."""
    status = _STATUS.search(str(recipient.get("Status", "")))
    if status is not None and not status[1].endswith(_VAGUE):
        return status[1]
    exact = _DIAGNOSTIC.search(str(recipient.get("Diagnostic-Code", "")))
    return exact[1] if exact else status and status[1]


def _feedback(mail: Message, fields: Message | None, at: dt.datetime) -> Report | None:
    """A report of a recipient's complaint (RFC 5965)."""
    key = _key_of_original(mail)
    if key is None or fields is None or not fields.get("Feedback-Type"):
        return None
    return Report(key, f"arf/{_code(fields['Feedback-Type'])}", at)


def _unsubscription(mail: Message, at: dt.datetime) -> Report | None:
    """A mail that our link made: its words in the subject, or as a line of their own.

    Some programs encode what they find in a link once more, or do not decode it. A line in which
    they are quoted, or in which the link itself stands, asks for nothing.
    """
    found = next(filter(None, map(_UNSUBSCRIPTION.search, _spellings(subject(mail)))), None)
    if found is None:
        asked = (
            _UNSUBSCRIPTION.fullmatch(text) for line in lines(mail) for text in _spellings(line)
        )
        found = next(filter(None, asked), None)
    return Report(found[1].lower(), "unsubscribe", at) if found else None


def _spellings(text: str) -> Iterator[str]:
    for _ in range(_ENCODED_TIMES):
        yield text.strip()
        text = unquote(text)


def _key_of_original(mail: Message) -> str | None:
    """Our key in the headers of the message that came back with a report."""
    original = _part(mail, _ORIGINAL)
    headers = next(groups(original), None) if original is not None else None
    if headers is None:
        return None
    return _key(headers.get(KEY_HEADER)) or _key(headers.get("Message-ID"))


def _part(mail: Message, types: tuple[str, ...]) -> Message | None:
    return next((part for part in parts(mail) if part.get_content_type() in types), None)


def _key(value: object) -> str | None:
    found = _OURS.fullmatch(str(value or "").strip())
    return found[1] if found else None


def _code(value: object) -> str:
    """A code as it is compared: its word in lower case, without comments; else it is unreadable."""
    found = _CODE.match(str(value).strip().lower())
    return found[0] if found else "unreadable"


def _page(reports: list[Report]) -> Page:
    return Page(msgspec.json.encode(reports), "reports")
