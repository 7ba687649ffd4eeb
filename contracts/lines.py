"""Which text may stand in a header of a message, and which in its body."""

import re
from typing import Final

ENCODED: Final = "=?"
"""How a word of RFC 2047 begins, which a reader decodes: to line breaks as well."""
_BREAKING: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_LINE_END: Final = re.compile("\r\n?")


def is_line(text: str) -> bool:
    """Whether a text is one line that reads as it is written: of no control character or encoded
    word."""
    return ENCODED not in text and _BREAKING.search(text) is None


def is_prose(text: str) -> bool:
    """Whether a text has no control characters beside line feeds and tabs."""
    return _CONTROL.search(text) is None


def prose(text: str) -> str:
    """A text whose lines end in line feeds, with blanks for other control characters."""
    return _CONTROL.sub(" ", _LINE_END.sub("\n", text))
