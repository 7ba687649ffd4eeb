"""A sender and a reader of the sandbox's mail host, with what Python itself brings."""

import imaplib
import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

from sandbox.mail.host import Mailhost
from sandbox.mail.smtp import Credentials

SHOP = Credentials("shop", "password-of-a-test", "news@shop.example")


def message(recipient: str, *, key: str = "key-1", **headers: str) -> EmailMessage:
    """A message in two languages."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = SHOP.address, recipient, "Your voucher 优惠券"
    mail["Message-ID"] = f"<{key}@shop.example>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content("Ten percent off.\n九折。\n")
    return mail


def trusting(host: Mailhost) -> ssl.SSLContext:
    """A context that trusts the host's authority and nobody else."""
    return ssl.create_default_context(cafile=host.ca_file)


@contextmanager
def submission(host: Mailhost, *, logged_in: bool = True) -> Iterator[smtplib.SMTP]:
    """A session with STARTTLS."""
    with smtplib.SMTP("localhost", host.smtp_port, timeout=10) as session:
        session.starttls(context=trusting(host))
        session.ehlo()
        if logged_in:
            session.login(SHOP.user, SHOP.password)
        yield session


def send(host: Mailhost, *recipients: str, **headers: str) -> dict[str, tuple[int, bytes]]:
    """Send one message to each; returns who was refused, with the reply."""
    refused: dict[str, tuple[int, bytes]] = {}
    with submission(host) as session:
        for number, recipient in enumerate(recipients):
            mail = message(recipient, key=f"key-{number}", **headers)
            try:
                session.send_message(mail)
            except smtplib.SMTPRecipientsRefused as error:
                refused |= error.recipients
    return refused


@dataclass(frozen=True)
class Reader:
    """An open inbox."""

    imap: imaplib.IMAP4

    def uids(self, *keys: str) -> list[int]:
        """What a search finds."""
        kind, [found] = self.imap.uid("SEARCH", *keys)
        assert kind == "OK"
        return [int(uid) for uid in found.split()]

    def fetch(self, uid: int) -> tuple[datetime, EmailMessage]:
        """A mail and when it arrived."""
        kind, [(head, content), _] = self.imap.uid("FETCH", str(uid), "(INTERNALDATE BODY.PEEK[])")
        assert kind == "OK"
        found = re.search(rb'INTERNALDATE "([^"]+)"', head)
        assert found is not None
        arrived = datetime.strptime(found[1].decode().strip(), "%d-%b-%Y %H:%M:%S %z")
        mail = BytesParser(EmailMessage, policy=policy.default).parsebytes(content)
        return arrived, mail

    def mails(self) -> list[EmailMessage]:
        """All mails, oldest first."""
        return [self.fetch(uid)[1] for uid in self.uids("ALL")]


@contextmanager
def inbox(host: Mailhost) -> Iterator[Reader]:
    """The sender's mailbox, read only."""
    with imaplib.IMAP4_SSL(
        "localhost", host.imap_port, ssl_context=trusting(host), timeout=10
    ) as imap:
        imap.login(SHOP.user, SHOP.password)
        imap.select("INBOX", readonly=True)
        yield Reader(imap)
