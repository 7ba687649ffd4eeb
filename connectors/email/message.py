"""A message as it travels: words in text and HTML, and headers that answers are tied to.

The headers are written here, the bodies by the library. Of a header the library first decodes the
encoded words that its value holds, and before Python 3.11.10 and 3.12.5 it writes the line breaks
that come out; it also folds long links by encoding them, which no reader undoes, and loses blanks
where it folds.
"""

import datetime as dt
import re
from email import policy
from email.header import Header
from email.message import EmailMessage
from email.utils import format_datetime, quote
from typing import Final
from urllib.parse import quote as percent_encoded

from connectors.email.reread import Meant, difference
from connectors.email.settings import EmailSettings
from contracts.lines import is_line
from contracts.payloads import Rendered

KEY: Final = re.compile(r"[0-9a-f]{32}")
"""A message's key is the id of its action: a hash that names nobody."""
KEY_HEADER: Final = "X-Message-Key"
UNSUBSCRIBE: Final = "unsubscribe"


class UnsendableError(ValueError):
    """A message that would not arrive as it is meant; it says where, never what stands there."""


def domain_of(address: str) -> str:
    """The part behind the @."""
    return address.rpartition("@")[2]


def unsubscribe_links(settings: EmailSettings, key: str) -> list[str]:
    """Where a recipient unsubscribes: the merchant's page if there is one, and by mail."""
    to = percent_encoded(settings.answers_to, safe="@")
    mail = f"mailto:{to}?subject={UNSUBSCRIBE}%20{key}"
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
        UnsendableError: a header would hold a control character or an encoded word of somebody
            else's, or the finished bytes read otherwise than was meant.
    """
    address = settings.address
    headers = {
        **(_list_headers(settings, key) if is_marketing else {}),
        "From": _mailbox(settings.sender_name, address),
        "To": recipient,
        "Subject": words.subject,
        "Date": format_datetime(at),
        "Message-ID": f"<{key}@{domain_of(address)}>",
        KEY_HEADER: key,
        "Reply-To": settings.reply_to or address,
        "Auto-Submitted": "auto-generated",
        "Content-Language": words.language,
    }
    for name, value in headers.items():
        if not is_line(value):
            raise UnsendableError(f"its header {name} is not one line of plain text")
    body = _body(words, boundary := f"={key}=")
    content = b"".join(_written(name, value) for name, value in headers.items()) + body
    of_body = {
        "MIME-Version": "1.0",
        "Content-Type": f'multipart/alternative; boundary="{boundary}"',
    }
    meant = Meant(headers=headers | of_body, text=words.text, html=words.html)
    if (found := difference(content, meant)) is not None:
        raise UnsendableError(f"{found} would not arrive as meant")
    return content


def _body(words: Rendered, boundary: str) -> bytes:
    mail = EmailMessage(policy=policy.SMTP)
    mail.set_content(words.text, cte="quoted-printable")
    mail.add_alternative(words.html, subtype="html", cte="quoted-printable")
    mail.set_boundary(boundary)  # a sign that quoted-printable never leaves as it is
    return mail.as_bytes()


def _list_headers(settings: EmailSettings, key: str) -> dict[str, str]:
    """How to unsubscribe (RFC 2369), and that one click does it (RFC 8058)."""
    links = ", ".join(f"<{link}>" for link in unsubscribe_links(settings, key))
    found = {"List-Unsubscribe": links}
    if settings.unsubscribe_url:
        found["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return found


def _mailbox(name: str | None, address: str) -> str:
    """An address with a name, which is quoted unless it is going to be encoded."""
    if not name:
        return address
    return f'"{quote(name)}" <{address}>' if name.isascii() else f"{name} <{address}>"


def _written(name: str, value: str) -> bytes:
    """A header as it travels. Words are encoded, addresses and links never."""
    match name:
        case "Subject":
            line = _encoded(name, value)
        case "From":
            words, bracket, address = value.rpartition(" <")
            line = f"{_encoded(name, words)}{bracket}{address}"
        case "List-Unsubscribe":
            line = value.replace(">, <", ">,\r\n <")
        case _:
            line = value
    return f"{name}: {line}\r\n".encode("ascii")


def _encoded(name: str, words: str) -> str:
    if words.isascii():
        return words
    return Header(words, "utf-8", header_name=name).encode(linesep="\r\n")
