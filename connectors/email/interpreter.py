"""Whether this Python writes line breaks of a value into headers of mails, as it did until 2024."""

import platform
from email import policy
from email.errors import MessageError
from email.message import EmailMessage
from typing import Final

_PROBE: Final = "=?utf-8?q?x=0D=0AX-Probe:_y?="


def verdict() -> tuple[str, bool]:
    """One sentence, and whether there is nothing to mend."""
    if not breaks_lines():
        return "its e-mail library keeps line breaks out of headers", True
    return (
        f"Python {platform.python_version()} writes line breaks of a value into headers of mails:"
        " our messages are written without that and read again, but take a newer patch of Python"
    ), False


def breaks_lines() -> bool:
    """Whether it does. Tried, since systems mend old versions without another number."""
    mail = EmailMessage(policy=policy.SMTP)
    try:
        mail["Subject"] = _PROBE
        return b"\nX-Probe:" in mail.as_bytes()
    except (MessageError, ValueError):
        return False
