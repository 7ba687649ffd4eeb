"""A message as it travels: words in text and HTML, and headers that answers are tied to."""

import datetime as dt
import re
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final
from urllib.parse import quote

from connectors.email.settings import EmailSettings
from contracts.payloads import Rendered

KEY: Final = re.compile(r"[0-9a-f]{32}")
"""A message's key is the id of its action: a hash that names nobody."""
KEY_HEADER: Final = "X-Message-Key"
UNSUBSCRIBE: Final = "unsubscribe"


def domain_of(address: str) -> str:
    """The part behind the @."""
    return address.rpartition("@")[2]


def unsubscribe_links(settings: EmailSettings, key: str) -> list[str]:
    """Where a recipient unsubscribes: the merchant's page if there is one, and by mail."""
    mail = f"mailto:{quote(settings.answers_to, safe='@')}?subject={UNSUBSCRIBE}%20{key}"
    page = settings.unsubscribe_url
    return [page.replace("{key}", key), mail] if page else [mail]


def composed(
    settings: EmailSettings,
    words: Rendered,
    *,
    key: str,
    recipient: str,
    at: dt.datetime,
    is_marketing: bool,
) -> bytes:
    """The bytes of a message to one recipient; the same arguments give the same message.

    Raises:
        ValueError: a header would break its line.
    """
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"] = Address(settings.sender_name or "", addr_spec=settings.address)
    mail["To"] = recipient
    mail["Subject"] = words.subject
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{key}@{domain_of(settings.address)}>"
    mail[KEY_HEADER] = key
    mail["Reply-To"] = settings.reply_to or settings.address
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(words.text, cte="quoted-printable")
    mail.add_alternative(words.html, subtype="html", cte="quoted-printable")
    mail["Content-Language"] = words.language
    mail.set_boundary(f"={key}=")  # a sign that quoted-printable never leaves as it is
    links = _list_headers(settings, key) if is_marketing else b""
    return links + mail.as_bytes()


def _list_headers(settings: EmailSettings, key: str) -> bytes:
    """How to unsubscribe (RFC 2369), and that one click does it (RFC 8058).

    Written by hand: the library folds a long link by encoding it, which no reader undoes. All of it
    is ours, or checked when the settings are read.
    """
    links = unsubscribe_links(settings, key)
    lines = [b"List-Unsubscribe: " + b",\r\n ".join(f"<{link}>".encode() for link in links)]
    if settings.unsubscribe_url:
        lines.append(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click")
    return b"".join(line + b"\r\n" for line in lines)
