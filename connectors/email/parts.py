"""A mail taken apart: its own parts, the fields in them, its subject and its plain lines."""

import base64
import quopri
import re
from collections.abc import Callable, Iterator
from email import policy
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from itertools import islice
from typing import Final

_MOST_PARTS: Final = 50
_MOST_GROUPS: Final = 50
_BLANK_LINE: Final = re.compile(rb"\r?\n[ \t]*(?:\r?\n[ \t]*)+")
_AS_IT_CAME: Final = policy.compat32.clone(max_line_length=None)
_DECODE: Final[dict[str, Callable[[bytes], bytes]]] = {
    "base64": base64.b64decode,
    "quoted-printable": quopri.decodestring,
}


def parts(mail: Message) -> list[Message]:
    """The mail's own parts; a message that came back in one is not looked into."""
    return list(islice(_leaves(mail), _MOST_PARTS))


def groups(part: Message) -> Iterator[Message]:
    """The groups of fields that a part holds, blank lines between them."""
    texts = (text for text in _BLANK_LINE.split(_content(part), _MOST_GROUPS) if text.strip())
    parser = BytesParser(policy=policy.compat32)
    return (parser.parsebytes(text.lstrip(), headersonly=True) for text in texts)


def subject(mail: Message) -> str:
    """The subject, its words of RFC 2047 read; one that cannot be read stays as it is."""
    written = mail.get("Subject", "")
    try:
        pieces = decode_header(written)
    except ValueError:  # base64 that is none
        return str(written)
    return "".join(
        piece if isinstance(piece, str) else _text(piece, charset) for piece, charset in pieces
    )


def lines(mail: Message) -> Iterator[str]:
    """The lines of what is written in plain text, whatever it is encoded in."""
    for part in parts(mail):
        if part.get_content_type() == "text/plain":
            yield from _text(_content(part), part.get_content_charset()).splitlines()


def _leaves(mail: Message) -> Iterator[Message]:
    if mail.get_content_maintype() != "multipart" or not mail.is_multipart():
        yield mail
        return
    for part in _inside(mail):
        yield from _leaves(part)


def _inside(part: Message) -> list[Message]:
    return [one for one in part.get_payload() if isinstance(one, Message)]


def _content(part: Message) -> bytes:
    """A part's bytes, decoded.

    What is inside of `message/…` the library parses at once, and without decoding it: that is put
    together again first.
    """
    if not part.is_multipart():
        found = part.get_payload(decode=True)
        return found if isinstance(found, bytes) else b""
    written = b"\n".join(block.as_bytes(policy=_AS_IT_CAME) for block in _inside(part))
    encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    return _DECODE.get(encoding, bytes)(written)


def _text(content: bytes, charset: str | None) -> str:
    try:
        return content.decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):  # a charset that nobody knows, or that is no text's
        return content.decode("utf-8", "replace")
