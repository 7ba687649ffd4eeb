"""Submission: AUTH over TLS, a size cap, and what each recipient's rule says."""

import hashlib
import hmac
from asyncio import WriteTransport
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.parser import BytesHeaderParser
from typing import Any, Final

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from sandbox.mail.answers import ANSWERED, answer
from sandbox.mail.mailbox import Mailbox
from sandbox.mail.rules import Rule, rule_for
from sandbox.world.world import World

KEY_HEADER: Final = "X-Message-Key"
OK: Final = "250 OK"


@dataclass(frozen=True)
class Credentials:
    """The account of the sender: how it logs in, and the address whose domain it may send from."""

    user: str
    password: str
    address: str


@dataclass(frozen=True)
class Received:
    """A message for one recipient that was kept. `at` is the world's time in UTC."""

    at: datetime
    key: str
    sender: str
    recipient: str
    content: bytes


def recipient_hash(address: str) -> str:
    """How `writes` name a recipient: SHA-256 of the address in lower case, as hex digits."""
    return hashlib.sha256(address.lower().encode()).hexdigest()


class Submission:
    """The handler that aiosmtpd calls; `rules` may be replaced at any time."""

    def __init__(
        self,
        world: World,
        credentials: Credentials,
        mailbox: Mailbox,
        *,
        rules: list[Rule],
        key_header: str,
    ) -> None:
        self._world, self._credentials, self._mailbox = world, credentials, mailbox
        self._key_header = key_header
        self._domain = credentials.address.rpartition("@")[2].lower()
        self._first_tries: dict[tuple[str, str], datetime] = {}
        self.rules = rules
        self.received: list[Received] = []
        self.refused: list[tuple[str, str]] = []

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any
    ) -> AuthResult:
        """Compare user and password in constant time."""
        if not isinstance(given, LoginPassword):
            return AuthResult(success=False, handled=False)
        own = self._credentials
        success = hmac.compare_digest(given.login, own.user.encode()) & hmac.compare_digest(
            given.password, own.password.encode()
        )
        return AuthResult(success=success, handled=False)

    async def handle_MAIL(  # noqa: N802 the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Whoever is logged in may send, from addresses of the account's domain."""
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        sender = _sender(address)
        if sender and sender.rpartition("@")[2].lower() != self._domain:
            return "553 5.7.1 Sender address rejected: not owned by user"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return OK

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Refuse or put off a recipient, if the rule says so."""
        refusal = self._refusal(_sender(envelope.mail_from), address)
        if refusal:
            self.refused.append((address, refusal[:3]))
            return refusal
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return OK

    def _refusal(self, sender: str, recipient: str) -> str | None:
        rule = rule_for(self.rules, recipient)
        if rule.what == "refuse":
            return f"550 5.1.1 <{recipient}>: Recipient address rejected: User unknown"
        if rule.what == "refuse_sender":
            return f"550 5.1.8 <{sender}>: Sender address rejected: Domain not found"
        if rule.what == "greylist":
            pair, now = (sender.lower(), recipient.lower()), self._world.clock
            if pair not in self._first_tries:
                self._first_tries[pair] = now
            elif now >= self._first_tries[pair] + rule.after:
                return None
            return "451 4.7.1 Greylisted, please try again later"
        return None

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep the message for every recipient, and write down what comes back."""
        content = envelope.content
        assert isinstance(content, bytes)
        with self._world.lock:
            drops = False
            for recipient in envelope.rcpt_tos:
                rule = rule_for(self.rules, recipient)
                drops |= rule.what in ("drop_kept", "drop_lost")
                if rule.what != "drop_lost":
                    self._keep(_sender(envelope.mail_from), recipient, content, rule)
        if drops and isinstance(server.transport, WriteTransport):
            server.transport.abort()
        return OK

    def _keep(self, sender: str, recipient: str, content: bytes, rule: Rule) -> None:
        now = self._world.clock
        headers = BytesHeaderParser(policy=policy.default).parsebytes(content)
        message_id = str(headers["Message-ID"] or "")
        key = str(headers[self._key_header] or message_id).strip().strip("<>")
        self.received.append(Received(now, key, sender, recipient, content))
        self._world.writes.append(
            {
                "at": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "channel": "email",
                "kind": "send_message",
                "target": recipient_hash(recipient),
                "key": key,
                "message_id": message_id,
                "after": {"rule": rule.what},
                "applied": True,
            }
        )
        if rule.what in ANSWERED:
            at = now + rule.after
            mail = answer(
                rule.what, content, sender=sender, recipient=recipient, sent_at=now, at=at
            )
            if mail is not None:
                self._mailbox.post(mail, at=at)


def _sender(address: str | None) -> str:
    """The envelope's sender; of reports it is empty, which the library keeps as `<>`."""
    return (address or "").removeprefix("<").removesuffix(">")
