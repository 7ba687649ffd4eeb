"""A finished message read again as hosts read it: what arrives is what was meant.

Whatever let a value through, a fault of the library that writes messages among it, ends here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email import policy
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from typing import Final

_LONGEST_LINE: Final = 998
"""Octets without their CRLF (RFC 5321): hosts may break a longer line anywhere."""
_ODD: Final = re.compile(
    rb"[^\x20-\x7e\t\r\n]|\r(?!\n)|(?<!\r)\n|[^\r\n]{%d}" % (_LONGEST_LINE + 1)
)
"""What is no printable ASCII, and line ends that some hosts take for one and some do not."""
_PART_HEADERS: Final = frozenset({"Content-Type", "Content-Transfer-Encoding", "MIME-Version"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """What a message is to say: every header once, in its order and decoded, and both its texts."""

    headers: Mapping[str, str]
    text: str
    html: str


def difference(content: bytes, meant: Meant) -> str | None:
    """What of a message does not arrive as it was meant, by its name alone; null: nothing."""
    if _ODD.search(content):
        return "its lines"
    mail = BytesParser(policy=policy.compat32).parsebytes(content)
    if not _names(content) == mail.keys() == list(meant.headers):
        return "its headers"
    for name, raw in mail.raw_items():
        if _decoded(raw) != meant.headers[name]:
            return f"its header {name}"
    return None if _has_bodies(mail, meant) else "its text"


def _names(content: bytes) -> list[str]:
    """Names of headers by lines alone, as a host sees them that decodes nothing."""
    head = content.partition(b"\r\n\r\n")[0].decode("ascii")
    return [line.partition(":")[0] for line in head.split("\r\n") if line[:1] not in (" ", "\t")]


def _decoded(raw: str) -> str | None:
    """A header's value with its encoded words read; null where they cannot be."""
    unfolded = raw.replace("\r\n", "")
    try:
        return "".join(
            piece if isinstance(piece, str) else piece.decode(charset or "ascii")
            for piece, charset in decode_header(unfolded)
        )
    except (HeaderParseError, ValueError, LookupError):
        return None


def _has_bodies(mail: Message, meant: Meant) -> bool:
    wanted = [("text/plain", meant.text), ("text/html", meant.html)]
    parts = [one for one in mail.get_payload() if isinstance(one, Message)]
    if mail.defects or mail.preamble or mail.epilogue or len(parts) != len(wanted):
        return False
    return all(_is_body(*one) for one in zip(parts, wanted, strict=True))


def _is_body(part: Message, wanted: tuple[str, str]) -> bool:
    if part.defects or not _PART_HEADERS.issuperset(part.keys()):
        return False
    body = part.get_payload(decode=True)
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else ""
    return (part.get_content_type(), _lines(text)) == (wanted[0], _lines(wanted[1]))


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").rstrip("\n")
