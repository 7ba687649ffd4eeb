"""Handing in messages: one at a time over TLS, each with an outcome of its own."""

import smtplib
from contextlib import suppress
from typing import Final

from connectors.base.retry import NotAppliedError
from connectors.email.failures import SMTP_ERRORS, code_of, smtp_failure
from connectors.email.settings import EmailSettings
from contracts.bounces import SENDER, code_in
from contracts.codes import OutcomeState
from contracts.errors import ShopkeeperError

_TIMEOUT_SECONDS: Final = 30.0
_CLOSING: Final = 421

Result = tuple[OutcomeState, str | None]


class Submission:
    """A connection to the host that takes messages, made when first needed and again when lost."""

    def __init__(self, settings: EmailSettings) -> None:
        self._settings = settings
        self._session: smtplib.SMTP | None = None

    def open(self) -> smtplib.SMTP:
        """Connect, encrypt and log in, unless it is done.

        Raises:
            ConfigurationError: the certificate is not trusted, or TLS is not offered.
            SourceRejectedError: the login is refused.
            NotAppliedError: the host is not there, or busy.
        """
        if self._session is None:
            try:
                self._session = self._connected()
            except SMTP_ERRORS as error:
                raise smtp_failure(error) from None
        return self._session

    def deliver(self, key: str, recipient: str, content: bytes) -> Result:
        """Hand in one message, whose bytes are whole.

        Accepted by 2xx, put off by 4xx, rejected by 5xx; a connection that is lost after its
        content was begun leaves unknown whether it arrived.

        Raises:
            NotAppliedError: no session, or the sender is refused: no other message would pass.
        """
        try:
            session = self.open()
        except ShopkeeperError as error:
            raise NotAppliedError(str(error)) from None
        try:
            refused = self._announced(session, key, recipient)
        except SMTP_ERRORS as error:
            self.close()
            lost = f"the connection was lost before the message ({type(error).__name__})"
            raise NotAppliedError(lost) from None
        return refused or self._handed_in(session, content)

    def close(self) -> None:
        """End the session."""
        session, self._session = self._session, None
        if session is not None:
            with suppress(*SMTP_ERRORS):
                session.quit()
            session.close()

    def _connected(self) -> smtplib.SMTP:
        settings = self._settings
        context = settings.tls()
        host, port = settings.smtp_host, settings.port
        session: smtplib.SMTP
        if settings.security == "tls":
            session = smtplib.SMTP_SSL(host, port, timeout=_TIMEOUT_SECONDS, context=context)
        else:
            session = smtplib.SMTP(host, port, timeout=_TIMEOUT_SECONDS)
        try:
            if settings.security == "starttls":
                session.starttls(context=context)
            session.login(settings.user, settings.password.get_secret_value())
        except BaseException:
            session.close()
            raise
        return session

    def _announced(self, session: smtplib.SMTP, key: str, recipient: str) -> Result | None:
        """Name sender and recipient; what is said against the recipient, null: nothing.

        Raises:
            NotAppliedError: the sender is refused.
        """
        # Where the host can, a report names our key and leaves the message out.
        options = ["RET=HDRS", f"ENVID={key}"] if session.has_extn("dsn") else []
        status, text = session.mail(self._settings.answers_to, options)
        if not _is_done(status):
            self._begun_anew(session, status)
            raise NotAppliedError(f"the mail host refuses the sender with {code_of(status, text)}")
        status, text = session.rcpt(recipient)
        if _is_done(status):
            return None
        self._begun_anew(session, status)
        return _judged(status, text)

    def _handed_in(self, session: smtplib.SMTP, content: bytes) -> Result:
        try:
            status, text = session.data(content)
        except smtplib.SMTPDataError as error:
            told = error.smtp_error if isinstance(error.smtp_error, bytes) else b""
            self._begun_anew(session, error.smtp_code)
            return _judged(error.smtp_code, told)
        except SMTP_ERRORS as error:
            self.close()
            return OutcomeState.UNKNOWN, f"the connection was lost ({type(error).__name__})"
        if not _is_done(status):
            self._begun_anew(session, status)
        return _judged(status, text, otherwise=OutcomeState.UNKNOWN)

    def _begun_anew(self, session: smtplib.SMTP, status: int) -> None:
        """Leave the refused message behind; a host that closes is connected to again."""
        if status == _CLOSING:
            self.close()
            return
        try:
            session.rset()
        except SMTP_ERRORS:
            self.close()


def _is_done(status: int) -> bool:
    return 200 <= status < 300


def _judged(status: int, text: bytes, *, otherwise: OutcomeState = OutcomeState.HELD) -> Result:
    """What a reply means for the message it is about; `otherwise`: one that means nothing.

    A host that looks at the sender only once it knows the recipient refuses it here. Nothing is
    wrong with the message then: it waits until the account is put right.
    """
    if _is_done(status):
        return OutcomeState.ACCEPTED, None
    if code_in(code := code_of(status, text)) in SENDER:
        return OutcomeState.HELD, code
    by_class = {4: OutcomeState.HELD, 5: OutcomeState.REJECTED}
    return by_class.get(status // 100, otherwise), code
