"""Names of folders as IMAP hosts know them: modified UTF-7 (RFC 3501, 5.1.3)."""

import base64
import re
from typing import Final

_ENCODED: Final = re.compile(r"(?:[^&]|&-|&[A-Za-z0-9+,]+-)*")
_BEYOND: Final = re.compile(r"[^ -~]+|&")


def encoded(name: str) -> str:
    """A name as it travels; one that is written so already stays as it is."""
    if name.isascii() and _ENCODED.fullmatch(name):
        return name
    return _BEYOND.sub(_shifted, name)


def _shifted(found: re.Match[str]) -> str:
    if found[0] == "&":
        return "&-"
    words = base64.b64encode(found[0].encode("utf-16-be")).decode("ascii")
    return f"&{words.rstrip('=').replace('/', ',')}-"
