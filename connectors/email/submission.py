"""Handing in messages: one at a time over TLS, each with an outcome of its own."""

import smtplib
from contextlib import suppress
from typing import Final

from connectors.base.retry import NotAppliedError
from connectors.email.failures import SMTP_ERRORS, code_of, smtp_failure
from connectors.email.settings import EmailSettings
from contracts.bounces import REFUSES_SENDER, SENDER, code_in
from contracts.codes import OutcomeState
from contracts.errors import ShopkeeperError

_TIMEOUT_SECONDS: Final = 30.0
_CLOSING: Final = 421
_PERMANENT: Final = 500

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
        is_used = self._session is not None
        try:
            session = self.open()
        except ShopkeeperError as error:
            raise NotAppliedError(str(error)) from None
        try:
            refused = self._announced(session, key, recipient)
        except SMTP_ERRORS as error:
            self.close()
            if is_used:
                # Hosts end a session that was idle, refused too much or had its fill of messages.
                return self.deliver(key, recipient, content)
            raise _not_begun(error) from None
        return refused or self._handed_in(session, recipient, content)

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
            OSError: the session is over.
        """
        # Where the host can, a report names our key and leaves the message out.
        options = ["RET=HDRS", f"ENVID={key}"] if session.has_extn("dsn") else []
        status, text = session.mail(self._settings.answers_to, options)
        if status == _CLOSING:
            raise smtplib.SMTPResponseException(status, text)
        if not _is_done(status):
            self._begun_anew(session, status)
            raise NotAppliedError(f"{REFUSES_SENDER}{code_of(status, text)}")
        status, text = session.rcpt(recipient)
        if _is_done(status):
            return None
        self._begun_anew(session, status)
        return self._judged(status, text, recipient)

    def _handed_in(self, session: smtplib.SMTP, recipient: str, content: bytes) -> Result:
        try:
            status, text = session.data(content)
        except smtplib.SMTPDataError as error:
            told = error.smtp_error if isinstance(error.smtp_error, bytes) else b""
            self._begun_anew(session, error.smtp_code)
            return self._judged(error.smtp_code, told, recipient)
        except SMTP_ERRORS as error:
            self.close()
            return OutcomeState.UNKNOWN, f"the connection was lost ({type(error).__name__})"
        if not _is_done(status):
            self._begun_anew(session, status)
        return self._judged(status, text, recipient, otherwise=OutcomeState.UNKNOWN)

    def _judged(
        self,
        status: int,
        text: bytes,
        recipient: str,
        *,
        otherwise: OutcomeState = OutcomeState.HELD,
    ) -> Result:
        """What a reply means for the message it is about; `otherwise`: one that means nothing.

        A host that looks at the sender only once it knows the recipient refuses it here. Nothing is
        wrong with the message then: it waits until the account is put right.
        """
        if _is_done(status):
            return OutcomeState.ACCEPTED, None
        code = code_of(status, text)
        if code_in(code) in SENDER:
            return OutcomeState.HELD, code
        if status >= _PERMANENT and self._means_sender(text, recipient):
            return OutcomeState.HELD, f"{REFUSES_SENDER}{code}"
        by_class = {4: OutcomeState.HELD, 5: OutcomeState.REJECTED}
        return by_class.get(status // 100, otherwise), code

    def _means_sender(self, text: bytes, recipient: str) -> bool:
        """Whether a refusal names the sender alone: its code is often that of any policy, 5.7.1."""
        told, settings = text.decode("ascii", "replace").lower(), self._settings
        senders = (settings.answers_to, settings.address)
        return recipient.lower() not in told and any(one.lower() in told for one in senders)

    def _begun_anew(self, session: smtplib.SMTP, status: int) -> None:
        """Leave the refused message behind; a host that closes is connected to again."""
        if status == _CLOSING:
            self.close()
            return
        try:
            status, _ = session.rset()
        except SMTP_ERRORS:
            status = _CLOSING
        if not _is_done(status):
            self.close()


def _is_done(status: int) -> bool:
    return 200 <= status < 300


def _not_begun(error: OSError) -> ShopkeeperError:
    """What a session means that ended before its first message was begun."""
    if isinstance(error, smtplib.SMTPResponseException):
        return smtp_failure(error)
    return NotAppliedError(f"the connection was lost before the message ({type(error).__name__})")
