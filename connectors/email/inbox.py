"""Reading the mailbox by IMAP over TLS; nothing in it is changed."""

import datetime as dt
import imaplib
import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Final

from connectors.email.failures import IMAP_ERRORS, imap_failure, imap_refusal
from connectors.email.folder import encoded
from connectors.email.settings import EmailSettings
from contracts.errors import SourceContractError, SourceRejectedError, TransientSourceError
from contracts.streams import Window

_TIMEOUT_SECONDS: Final = 60.0
_MOST_BYTES: Final = 64 * 2**10
"""Read of a mail. A report tells all in its first parts, an unsubscription in its subject; what the
library spends on a mail grows with the square of its size in the worst case: 20 s on 900 KB."""
_MOST_LITERAL: Final = 32 * 2**20
"""Taken of a host at once; one that answers otherwise than was asked is not read on."""
_HEADS, _MAILS = 500, 20  # asked for at once
_MONTHS: Final = "JanFebMarAprMayJunJulAugSepOctNovDec"
_UID: Final = re.compile(rb"\bUID (\d+)")
_SIZE: Final = re.compile(rb"\bRFC822\.SIZE (\d+)")
_ARRIVED: Final = re.compile(rb'\bINTERNALDATE "([^"]{20,30})"')
_DAY: Final = dt.timedelta(days=1)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Arrival:
    """The beginning of a mail, and when the host put it into the mailbox, UTC."""

    at: dt.datetime
    content: bytes


class _Session(imaplib.IMAP4_SSL):
    def read(self, size: int) -> bytes:
        if size > _MOST_LITERAL:
            raise self.abort("more than was asked for")
        return super().read(size)


class Inbox:
    """The mailbox that answers come to; opened when first needed."""

    def __init__(self, settings: EmailSettings) -> None:
        self._settings = settings
        self._session: imaplib.IMAP4_SSL | None = None
        self._validity: object = None

    def open(self) -> imaplib.IMAP4_SSL | None:
        """Log in and open the mailbox to read, unless it is; null: there is no mailbox.

        Raises:
            ConfigurationError: the certificate is not trusted.
            SourceRejectedError: login or mailbox are refused.
            TransientSourceError: the host is not there.
        """
        if self._session is not None and not _is_current(self._session):
            self.close()
        if self._session is None and self._settings.imap_host is not None:
            try:
                self._session = self._opened(self._settings.imap_host)
                self._validity = self._session.response("UIDVALIDITY")[1]
            except IMAP_ERRORS as error:
                raise imap_failure(error) from None
        return self._session

    def arrivals(self, window: Window) -> Iterator[Arrival]:
        """Mails that arrived within the window, oldest first; of a large one the beginning.

        Raises:
            ShopkeeperError: the mailbox cannot be read.
        """
        session = self.open()
        if session is None:
            return
        try:
            chosen = sorted(_chosen(session, window))
            box = self._validity
            for some in _chunks(chosen, _MAILS):
                contents = self._contents([uid for _, uid in some], box)
                yield from (Arrival(at, contents[uid]) for at, uid in some if uid in contents)
        except IMAP_ERRORS as error:
            self.close()
            raise imap_failure(error) from None

    def close(self) -> None:
        """End the session."""
        session, self._session = self._session, None
        if session is not None:
            with suppress(*IMAP_ERRORS):
                session.logout()
            # Of a session that is over the library leaves the socket open.
            with suppress(*IMAP_ERRORS):
                session.shutdown()

    def _contents(self, uids: Sequence[int], box: object) -> dict[int, bytes]:
        """Beginnings of mails by UID; one that is gone, or that the host cannot read, is left out.

        Raises:
            SourceRejectedError: the host gives out none of several.
        """
        try:
            return self._tried(uids, box)
        except (SourceRejectedError, imaplib.IMAP4.abort):
            # One broken mail makes a host refuse all that were asked for with it, or hang up.
            found = [one for uid in uids for one in self._alone(uid, box)]
            if not found and len(uids) > 1:
                raise
        return dict(found)

    def _alone(self, uid: int, box: object) -> list[tuple[int, bytes]]:
        try:
            return list(self._tried([uid], box).items())
        except (SourceRejectedError, imaplib.IMAP4.abort):
            _log.warning("email: the host does not give out one of its mails")
            return []

    def _tried(self, uids: Sequence[int], box: object) -> dict[int, bytes]:
        """Fetch by the session, or by a new one with the same mailbox: UIDs are those of one."""
        session = self._session or self.open()
        if session is None or self._validity != box:
            raise TransientSourceError("the mailbox was made anew while it was read")
        try:
            return _fetched(session, uids)
        except imaplib.IMAP4.abort:
            self.close()
            raise

    def _opened(self, host: str) -> imaplib.IMAP4_SSL:
        settings = self._settings
        context = settings.tls()
        session = _Session(host, settings.imap_port, ssl_context=context, timeout=_TIMEOUT_SECONDS)
        try:
            password = settings.imap_password or settings.password
            # The library quotes passwords alone.
            user = _quoted(settings.imap_user or settings.user)
            session.login(user, password.get_secret_value())
            _introduce(session)
            _select(session, settings.mailbox)
        except BaseException:
            session.shutdown()
            raise
        return session


def _introduce(session: imaplib.IMAP4_SSL) -> None:
    """Say who we are (RFC 2971): NetEase's hosts (163, 126) open no mailbox to anybody else."""
    if "ID" in session.capabilities:
        session.xatom("ID", '("name" "Shopkeeper" "vendor" "Shopkeeper")')


def _select(session: imaplib.IMAP4_SSL, mailbox: str) -> None:
    kind, told = session.select(_quoted(encoded(mailbox)), readonly=True)
    if kind != "OK":
        raise imap_refusal(told[-1], "its name")


def _is_current(session: imaplib.IMAP4_SSL) -> bool:
    """Whether the host still serves a session. Only when asked so it shows what arrived since."""
    try:
        return session.noop()[0] == "OK"
    except IMAP_ERRORS:
        return False


def _chosen(session: imaplib.IMAP4_SSL, window: Window) -> Iterator[tuple[dt.datetime, int]]:
    """Arrival and UID of the mails within the window.

    A search goes by days of the host's own zone, so it looks a day further on both sides.
    """
    since, before = window.start - _DAY, window.end + 2 * _DAY
    found = _asked(session, "SEARCH", "SINCE", _day(since), "BEFORE", _day(before))
    uids = [int(uid) for line in found for uid in line.split() if uid.isdigit()]
    for some in _chunks(uids, _HEADS):
        answer = _asked(session, "FETCH", _set(some), "(UID INTERNALDATE RFC822.SIZE)")
        heads = [head for line in answer if (head := _head(line)) is not None]
        if len(answer) > 1 and not heads:
            raise SourceContractError("the mailbox does not tell when its mails arrived")
        if len(heads) < len(some):
            _log.warning("email: of %d mails the host tells no arrival", len(some) - len(heads))
        within = [one for one in heads if window.start <= one[2] < window.end]
        cut = sum(size > _MOST_BYTES for _, size, _ in within)
        if cut:
            _log.info("email: of %d mails only the first %d bytes are read", cut, _MOST_BYTES)
        yield from ((at, uid) for uid, _, at in within)


def _head(line: bytes | tuple[bytes, ...]) -> tuple[int, int, dt.datetime] | None:
    """UID, size and arrival of a mail; null for what the host tells of something else."""
    told = b"".join(line) if isinstance(line, tuple) else line
    uid, size, arrived = _UID.search(told), _SIZE.search(told), _ARRIVED.search(told)
    if uid is None or size is None or arrived is None:
        return None
    try:
        at = parsedate_to_datetime(arrived[1].decode("ascii").strip()).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None
    return int(uid[1]), int(size[1]), at


def _fetched(session: imaplib.IMAP4_SSL, uids: Sequence[int]) -> dict[int, bytes]:
    """Beginnings of mails by UID, which stands before or behind a mail.

    Raises:
        SourceRejectedError: the host refuses them.
    """
    try:
        answer = _asked(session, "FETCH", _set(uids), f"(UID BODY.PEEK[]<0.{_MOST_BYTES}>)")
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error:  # BAD
        raise SourceRejectedError("the mail host refuses to give out mails") from None
    contents: dict[int, bytes] = {}
    for place, part in enumerate(answer):
        if isinstance(part, tuple):
            behind = answer[place + 1] if place + 1 < len(answer) else b""
            uid = _UID.search(part[0]) or _UID.search(behind if isinstance(behind, bytes) else b"")
            if uid is not None:
                contents[int(uid[1])] = part[1][:_MOST_BYTES]
    return contents


def _asked(session: imaplib.IMAP4_SSL, command: str, *arguments: str) -> list[Any]:
    answer = _done(session.uid(command, *arguments), command)
    return [part for part in answer if part is not None]


def _done(answer: tuple[str, list[Any]], what: str) -> list[Any]:
    kind, told = answer
    if kind != "OK":
        raise SourceRejectedError(f"the mail host refuses the mailbox; look at {what}")
    return told


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _day(moment: dt.datetime) -> str:
    month = _MONTHS[3 * moment.month - 3 : 3 * moment.month]
    return f"{moment.day}-{month}-{moment.year}"


def _set(uids: Sequence[int]) -> str:
    return ",".join(map(str, uids))


def _chunks(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (items[start : start + size] for start in range(0, len(items), size))
