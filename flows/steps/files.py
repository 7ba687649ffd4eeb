"""Files for people: whole or absent, whatever ends the process."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yield a draft beside `path` to be written; it takes the name once the block has ended well.

    What was at `path` before stays until then.
    """
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    try:
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
