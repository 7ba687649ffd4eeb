"""What SEARCH finds in the box, and what FETCH tells of a mail."""

import re
from typing import Final

from sandbox.mail.imap_syntax import ImapSyntaxError, Token, day, internal_date, is_set, members
from sandbox.mail.mailbox import Mail

_CHARSETS: Final = ("UTF-8", "US-ASCII")
_PARTIAL: Final = re.compile(r"BODY(?:\.PEEK)?\[\]<(\d{1,10})\.(\d{1,10})>")


class RefusedError(Exception):
    """A command that is understood and not done: the tagged answer is NO."""


def search(box: list[Mail], keys: list[Token]) -> set[int]:
    """The UIDs of the mails for which every key holds.

    A mail's number is its UID, as nothing is ever removed: both kinds of set mean the same.

    Raises:
        ImapSyntaxError: a key that is unknown or incomplete.
        RefusedError: an unknown character set.
    """
    rest, numbers = list(keys), [mail.uid for mail in box]
    if not rest:
        raise ImapSyntaxError("missing search keys")
    found = set(numbers)
    while rest:
        key = rest.pop(0)
        if isinstance(key, list):
            found &= search(box, key)
        elif is_set(key):
            found &= members(key, numbers)
        elif key.upper() != "ALL":
            argument = rest.pop(0) if rest else None
            if not isinstance(argument, str):
                raise ImapSyntaxError("missing argument of a search key")
            found &= _holding(box, key.upper(), argument)
    return found


def _holding(box: list[Mail], key: str, argument: str) -> set[int]:
    if key == "CHARSET":
        if argument.upper() not in _CHARSETS:
            raise RefusedError("[BADCHARSET (UTF-8)] unsupported charset")
        return {mail.uid for mail in box}
    if key == "UID":
        return members(argument, [mail.uid for mail in box])
    if key not in ("SINCE", "BEFORE", "ON"):
        raise ImapSyntaxError("unsupported search key")
    limit = day(argument)
    days = {mail.uid: mail.arrived_at.date() for mail in box}
    if key == "SINCE":
        return {uid for uid, on in days.items() if on >= limit}
    if key == "BEFORE":
        return {uid for uid, on in days.items() if on < limit}
    return {uid for uid, on in days.items() if on == limit}


def item(name: str, mail: Mail) -> bytes:
    """One item of FETCH as it goes over the line.

    Raises:
        ImapSyntaxError: an item that is not served.
    """
    if name == "UID":
        return b"UID %d" % mail.uid
    if name == "INTERNALDATE":
        return f"INTERNALDATE {internal_date(mail.arrived_at)}".encode()
    if name == "RFC822.SIZE":
        return b"RFC822.SIZE %d" % len(mail.content)
    if name == "FLAGS":
        return b"FLAGS ()"
    if name in ("BODY[]", "BODY.PEEK[]", "RFC822"):
        label = name.replace(".PEEK", "").encode()
        return b"%b {%d}\r\n%b" % (label, len(mail.content), mail.content)
    if cut := _PARTIAL.fullmatch(name):
        start, length = int(cut[1]), int(cut[2])
        piece = mail.content[start : start + length]
        return b"BODY[]<%d> {%d}\r\n%b" % (start, len(piece), piece)
    if name in ("BODY[HEADER]", "BODY.PEEK[HEADER]", "RFC822.HEADER"):
        head = mail.content.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        return b"%b {%d}\r\n%b" % (name.replace(".PEEK", "").encode(), len(head), head)
    raise ImapSyntaxError("unsupported fetch item")
