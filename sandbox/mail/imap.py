"""One IMAP4rev1 session over TLS: log in, open the inbox, search it, fetch from it."""

import asyncio
import base64
import binascii
import hmac
import re
from typing import Final

from sandbox.mail.imap_data import RefusedError, item, search
from sandbox.mail.imap_syntax import ImapSyntaxError, Token, members, texts, tokens
from sandbox.mail.mailbox import Mail, Mailbox

CAPABILITIES: Final = "IMAP4rev1 AUTH=PLAIN ID LITERAL+ UNSELECT"
MAX_LITERAL_BYTES: Final = 8192
_LITERAL: Final = re.compile(rb"\{(\d+)(\+?)\}\r?\n\Z")
_ANYTIME: Final = frozenset({"CAPABILITY", "ID", "NOOP", "LOGOUT"})
_BEFORE: Final = _ANYTIME | {"LOGIN", "AUTHENTICATE"}
_LOGGED_IN: Final = _ANYTIME | {"SELECT", "EXAMINE", "LIST", "STATUS"}
_SELECTED: Final = _LOGGED_IN | {"SEARCH", "FETCH", "UID", "CLOSE", "UNSELECT", "CHECK"}


class ImapSession:
    """The commands of one connection, in order. Nothing in the box is ever changed by them."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        mailbox: Mailbox,
        *,
        user: str,
        password: str,
    ) -> None:
        self._reader, self._writer, self._mailbox = reader, writer, mailbox
        self._user, self._password = user, password
        self._allowed = _BEFORE
        self._is_known = False
        self._mails: list[Mail] = []

    async def run(self) -> None:
        """Greet and answer until the client logs out or is gone."""
        try:
            self._send(f"* OK [CAPABILITY {CAPABILITIES}] ready")
            while await self._answered():
                await self._writer.drain()
            await self._writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            self._writer.close()

    def _send(self, line: str) -> None:
        self._writer.write(line.encode() + b"\r\n")

    async def _answered(self) -> bool:
        """Answer the next command; False when it was the last."""
        line, literals = await self._command()
        if not line:
            return False
        tag = line.split(" ", 1)[0].strip() or "*"
        try:
            given = tokens(line, literals)[1:]
            name = _name(given)
            done = await self._done(name, given)
            self._send(f"{tag} OK {done}")
        except ImapSyntaxError as error:
            self._send(f"{tag} BAD {error}")
        except RefusedError as error:
            self._send(f"{tag} NO {error}")
        else:
            return name != "LOGOUT"
        return True

    async def _command(self) -> tuple[str, list[str]]:
        line, literals = b"", list[str]()
        while True:
            part = await self._reader.readline()
            line += part
            literal = _LITERAL.search(part)
            if literal is None:
                return line.decode(errors="replace"), literals
            size = int(literal[1])
            if size > MAX_LITERAL_BYTES:
                raise ConnectionError("a literal too large")
            if not literal[2]:
                self._send("+ Ready for literal data")
                await self._writer.drain()
            line = line[: -len(literal[0])] + f"\0{len(literals)}\0".encode()
            literals.append((await self._reader.readexactly(size)).decode(errors="replace"))

    async def _done(self, name: str, given: list[Token]) -> str:
        if name not in _SELECTED | _BEFORE:
            raise ImapSyntaxError("unknown command")
        if name not in self._allowed:
            raise ImapSyntaxError("command not allowed in this state")
        if name == "AUTHENTICATE":
            return await self._authenticate(given)
        if name in ("SEARCH", "FETCH", "UID"):
            return self._read(name, given)
        plain = {
            "CAPABILITY": self._capability, "ID": self._id, "NOOP": self._noop,
            "CHECK": self._noop,
            "LOGOUT": self._logout, "LOGIN": self._login, "LIST": self._list,
            "STATUS": self._status, "CLOSE": self._close, "UNSELECT": self._close,
        }  # fmt: skip
        if name in ("SELECT", "EXAMINE"):
            return self._select(name, given)
        return plain[name](given)

    def _capability(self, _: list[Token]) -> str:
        self._send(f"* CAPABILITY {CAPABILITIES}")
        return "CAPABILITY completed"

    def _id(self, given: list[Token]) -> str:
        """Names and values in turn (RFC 2971), or NIL."""
        told = given[0] if len(given) == 1 else None
        pairs = texts(told, len(told)) if isinstance(told, list) else []
        if told is None or len(pairs) % 2 or (not isinstance(told, list) and told != "NIL"):
            raise ImapSyntaxError("not an identification")
        self._is_known = "name" in (name.lower() for name in pairs[::2])
        self._send('* ID ("name" "sandbox")')
        return "ID completed"

    def _noop(self, _: list[Token]) -> str:
        self._refresh()
        return "completed"

    def _logout(self, _: list[Token]) -> str:
        self._send("* BYE logging out")
        return "LOGOUT completed"

    def _login(self, given: list[Token]) -> str:
        user, password = texts(given, 2)
        return self._enter(user, password)

    async def _authenticate(self, given: list[Token]) -> str:
        if texts(given, 1)[0].upper() != "PLAIN":
            raise RefusedError("unsupported authentication mechanism")
        self._send("+ ")
        await self._writer.drain()
        line = await self._reader.readline()
        try:
            _, user, password = base64.b64decode(line, validate=False).decode().split("\0")
        except (binascii.Error, ValueError) as error:
            raise ImapSyntaxError("invalid response") from error
        return self._enter(user, password)

    def _enter(self, user: str, password: str) -> str:
        same = hmac.compare_digest(user.encode(), self._user.encode())
        if not same & hmac.compare_digest(password.encode(), self._password.encode()):
            raise RefusedError("[AUTHENTICATIONFAILED] invalid credentials")
        self._allowed = _LOGGED_IN
        return "logged in"

    def _list(self, given: list[Token]) -> str:
        _, pattern = texts(given, 2)
        if pattern in ("*", "%") or pattern.upper() == "INBOX":
            self._send('* LIST (\\HasNoChildren) "/" INBOX')
        return "LIST completed"

    def _inbox(self, given: list[Token]) -> None:
        if not given or not isinstance(given[0], str):
            raise ImapSyntaxError("missing mailbox")
        if given[0].upper() != "INBOX":
            raise RefusedError("[NONEXISTENT] no such mailbox")

    def _status(self, given: list[Token]) -> str:
        self._inbox(given)
        mails = self._mailbox.mails()
        values = {
            "MESSAGES": len(mails),
            "UIDNEXT": len(mails) + 1,
            "UIDVALIDITY": self._mailbox.uid_validity,
            "UNSEEN": len(mails),
            "RECENT": 0,
        }
        names = given[1] if len(given) == 2 and isinstance(given[1], list) else []
        asked = [name.upper() for name in texts(names, len(names))]
        if not asked or not set(asked) <= set(values):
            raise ImapSyntaxError("invalid status items")
        self._send(f"* STATUS INBOX ({' '.join(f'{name} {values[name]}' for name in asked)})")
        return "STATUS completed"

    def _select(self, name: str, given: list[Token]) -> str:
        self._allowed = _LOGGED_IN
        self._inbox(given)
        if self._mailbox.asks_who and not self._is_known:
            raise RefusedError(f"{name} Unsafe Login. Please contact the host for help")
        self._mails = self._mailbox.mails()
        self._send("* FLAGS ()")
        self._send(f"* {len(self._mails)} EXISTS")
        self._send("* 0 RECENT")
        self._send("* OK [PERMANENTFLAGS ()] no flags are kept")
        self._send(f"* OK [UIDVALIDITY {self._mailbox.uid_validity}] UIDs valid")
        self._send(f"* OK [UIDNEXT {len(self._mails) + 1}] predicted next UID")
        self._allowed = _SELECTED
        return f"[READ-ONLY] {name} completed"

    def _close(self, _: list[Token]) -> str:
        self._allowed, self._mails = _LOGGED_IN, []
        return "completed"

    def _refresh(self) -> None:
        """Tell of what has arrived meanwhile."""
        if self._allowed is _SELECTED:
            mails = self._mailbox.mails()
            if len(mails) > len(self._mails):
                self._send(f"* {len(mails)} EXISTS")
            self._mails = mails

    def _read(self, name: str, given: list[Token]) -> str:
        by_uid = name == "UID"
        if by_uid:
            name = _name(given)
        if name == "SEARCH":
            self._refresh()
            # A mail's UID is its place in the box: nothing is ever removed.
            found = " ".join(map(str, sorted(search(self._mails, given))))
            self._send(f"* SEARCH {found}".rstrip())
        elif name == "FETCH":
            self._fetch(given, by_uid=by_uid)
        else:
            raise ImapSyntaxError("unknown command")
        return f"{name} completed"

    def _fetch(self, given: list[Token], *, by_uid: bool) -> None:
        if len(given) < 2 or not isinstance(given[0], str):
            raise ImapSyntaxError("missing arguments")
        chosen = members(given[0], [mail.uid for mail in self._mails])
        asked = given[1] if isinstance(given[1], list) else given[1:]
        names = [name.upper() for name in texts(asked, len(asked))]
        if by_uid and "UID" not in names:
            names.insert(0, "UID")
        for mail in self._mails:
            if mail.uid in chosen:
                items = b" ".join(item(name, mail) for name in names)
                self._writer.write(b"* %d FETCH (%b)\r\n" % (mail.uid, items))


def _name(given: list[Token]) -> str:
    """Take the command's name off its arguments; none is an unknown command."""
    first = given.pop(0) if given else ""
    return first.upper() if isinstance(first, str) else ""
