"""Files of a home: settings read with a bound, what people read written whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contracts.errors import ConfigurationError

_MOST_BYTES = 2**20
"""Of a file of settings: written by hand, it is never that long."""


@contextmanager
def write_atomically(path: Path) -> Iterator[Path]:
    """Yield a draft beside `path` to be written; it takes the name once the block has ended well.

    What was at `path` before stays until then.
    """
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    try:
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def settings_text(path: Path, *, file: str) -> str:
    """The text of a file of settings; `file` is how it is called in an error.

    Raises:
        ConfigurationError: it is too large, or is not UTF-8.
    """
    with path.open("rb") as opened:
        body = opened.read(_MOST_BYTES + 1)
    if len(body) > _MOST_BYTES:
        raise ConfigurationError(f"{file} is larger than a file of settings can be")
    try:
        return body.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{file} is not UTF-8: see byte {error.start}") from None
