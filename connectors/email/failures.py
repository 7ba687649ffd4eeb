"""What mail hosts do wrong or refuse, as our errors; a host's own words are never repeated."""

import imaplib
import re
import smtplib
import ssl
from typing import Final

from connectors.base.retry import NotAppliedError
from contracts.errors import (
    ConfigurationError,
    ShopkeeperError,
    SourceRejectedError,
    TransientSourceError,
)

# OSError holds time-outs, TLS errors and all of smtplib's.
SMTP_ERRORS: Final = (OSError,)
IMAP_ERRORS: Final = (OSError, imaplib.IMAP4.error)
_ENHANCED: Final = re.compile(rb"\s*([245]\.\d{1,3}\.\d{1,3})(?:\s|$)")
_FOR_NOW: Final = re.compile(rb"\[(?:UNAVAILABLE|INUSE|LIMIT|SERVERBUG)\b", re.IGNORECASE)
_PERMANENT: Final = 500


def code_of(status: int, text: bytes) -> str:
    """A reply by its numbers alone, such as "550 5.1.1": the text behind them names addresses."""
    enhanced = _ENHANCED.match(text)
    return f"{status} {enhanced[1].decode()}" if enhanced else str(status)


def smtp_failure(error: OSError) -> ShopkeeperError:
    """What a failure before any message was sent means."""
    if (certificate := _certificate(error)) is not None:
        return certificate
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return ConfigurationError("the mail host offers no STARTTLS or no login; none goes without")
    if isinstance(error, smtplib.SMTPResponseException):
        told = error.smtp_error if isinstance(error.smtp_error, bytes) else b""
        code = code_of(error.smtp_code, told)
        if error.smtp_code >= _PERMANENT:
            return SourceRejectedError(f"the mail host refuses us with {code}; look at the login")
        return NotAppliedError(f"the mail host puts us off with {code}")
    return NotAppliedError(f"no connection to the mail host ({type(error).__name__})")


def imap_failure(error: Exception) -> ShopkeeperError:
    """What a failure while the mailbox was read means."""
    if (certificate := _certificate(error)) is not None:
        return certificate
    if isinstance(error, imaplib.IMAP4.error) and not isinstance(error, imaplib.IMAP4.abort):
        return imap_refusal(error.args[0] if error.args else b"", "login and its name")
    return TransientSourceError(f"no connection to the mailbox ({type(error).__name__})")


def imap_refusal(told: object, what: str) -> ShopkeeperError:
    """What a host means that says no. Of its words only a code of RFC 5530 is looked at."""
    if isinstance(told, bytes) and _FOR_NOW.match(told):
        return TransientSourceError("the mail host does not open the mailbox for now")
    return SourceRejectedError(f"the mail host refuses the mailbox; look at {what}")


def _certificate(error: Exception) -> ShopkeeperError | None:
    if isinstance(error, ssl.SSLCertVerificationError):
        return ConfigurationError(
            "the mail host's certificate is not trusted; name its authority in ca_file"
        )
    return None
