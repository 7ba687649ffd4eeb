"""What a mail account needs to be set."""

import datetime as dt
import re
import ssl
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from contracts.errors import ConfigurationError
from contracts.lines import is_line

_LOOPBACK: Final = ("localhost", "127.0.0.1")
_LONGEST_ADDRESS: Final = 254
_ADDRESS: Final = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}"
)


def is_address(text: str) -> bool:
    """Whether a text is one plain ASCII address: nothing else in a command, or in a header."""
    if len(text) > _LONGEST_ADDRESS or not is_line(text):
        return False
    return _ADDRESS.fullmatch(text) is not None


def _address(text: str) -> str:
    if not is_address(text):
        raise ValueError("give one plain address, such as shop@example.com")
    return text


def _line(text: str) -> str:
    if not is_line(text):
        raise ValueError("give one line of plain text, without =?, which begins an encoded word")
    return text


def _ascii(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if not text or not text.isascii() or not text.isprintable():
        raise ValueError("mail hosts take passwords of printable ASCII characters only")
    return secret


def _utc(moment: dt.datetime) -> dt.datetime:
    if moment.tzinfo is None:
        raise ValueError("give the instant with its offset, as in 2026-11-11T00:00:00+08:00")
    return moment.astimezone(dt.UTC)


Address = Annotated[str, AfterValidator(_address)]
Line = Annotated[str, AfterValidator(_line)]
Host = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$")]
Port = Annotated[int, Field(ge=1, le=65_535)]
User = Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,320}$")]
Password = Annotated[SecretStr, AfterValidator(_ascii)]


class EmailSettings(BaseModel):
    """One account: a host that takes messages, and the mailbox that their answers come to."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    is_sandbox: bool = Field(
        default=False, description="An emulated mail host on this machine, for trials"
    )
    as_of: Annotated[dt.datetime, AfterValidator(_utc)] | None = Field(
        default=None, description="Address of a sandbox's clock; a mail host has none"
    )
    ca_file: Path | None = Field(
        default=None, description="Your own certificate authority, a PEM file"
    )

    smtp_host: Host = Field(description="Mail server (SMTP) that sends your messages")
    smtp_port: Port | None = Field(default=None, description="Port: 587, or 465 with security tls")
    security: Literal["starttls", "tls"] = Field(
        default="starttls",
        description="Encryption after a greeting (starttls) or from the start (tls)",
    )
    user: User = Field(description="Name to log in with")
    password: Password = Field(description="Password of that user, or an app password")

    imap_host: Host | None = Field(
        default=None,
        description="Mail server (IMAP) with bounces and replies; leave out to read none",
    )
    imap_port: Port = Field(default=993, description="Port of it, with TLS from the start")
    imap_user: User | None = Field(
        default=None, description="Name to log in to the mailbox, if it is not `user`"
    )
    imap_password: Password | None = Field(default=None, description="Password of imap_user")
    mailbox: str = Field(
        default="INBOX",
        pattern=r'^[^"\\\x00-\x1f\x7f-\x9f]{1,200}$',
        description="Folder of the mailbox to read",
    )

    address: Address = Field(description="Address your messages come from")
    sender_name: Line | None = Field(
        default=None, min_length=1, max_length=100, description="Sender name shown beside it"
    )
    reply_to: Address | None = Field(default=None, description="Address that customers answer to")
    return_address: Address | None = Field(
        default=None,
        description="Where bounces go: the address of the mailbox, if it is not `address`",
    )
    unsubscribe_url: Line | None = Field(
        default=None,
        pattern=r"^https://[\x21\x23-\x3b\x3d\x3f-\x7e]{1,500}$",
        description="Page that takes one-click unsubscriptions; {key} stands for the message's key",
    )

    messages_per_second: float = Field(
        default=1, gt=0, le=100, description="Messages per second your mail host accepts"
    )
    messages_per_day: int = Field(
        default=500, ge=1, description="Messages per day your mail host accepts"
    )
    day_zone: str = Field(
        default="UTC",
        pattern=r"^[A-Za-z0-9_+/-]{1,64}$",
        description="Time zone in which your mail host's day begins",
    )
    budget_share: float = Field(
        default=1.0,
        gt=0,
        le=1,
        description="Share of both limits for us; the rest is for your other senders",
    )

    @model_validator(mode="after")
    def _is_live_or_sandbox(self) -> Self:
        hosts = [host for host in (self.smtp_host, self.imap_host) if host is not None]
        if self.is_sandbox and not all(host in _LOOPBACK for host in hosts):
            raise ValueError("a sandbox is reached on the loopback only")
        if self.as_of is not None and not self.is_sandbox:
            raise ValueError("as_of is the clock of a sandbox")
        return self

    @property
    def port(self) -> int:
        """Where messages are handed in."""
        return self.smtp_port or (587 if self.security == "starttls" else 465)

    def tls(self) -> ssl.SSLContext:
        """What a host's certificate has to satisfy.

        Raises:
            ConfigurationError: `ca_file` is none.
        """
        try:
            return ssl.create_default_context(cafile=self.ca_file)
        except OSError:
            raise ConfigurationError("email: ca_file is no readable authority in PEM") from None

    @property
    def answers_to(self) -> str:
        """The envelope's sender, to whom reports are sent and unsubscriptions."""
        return self.return_address or self.address
