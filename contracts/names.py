"""Names that somebody typed, and the one that was probably meant."""

import difflib
from collections.abc import Iterable

_MOST = 20  # names that somebody reads


def nearest(name: str, known: Iterable[str]) -> str:
    """How a sentence about an unknown name ends: with the nearest one, else those there are."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f", did you mean {close[0]!r}?"
    if not names or len(names) > _MOST:
        return ""
    return f"; there {'are' if len(names) > 1 else 'is'} {', '.join(names)}"
