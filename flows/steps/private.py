"""What a home holds is its owner's alone, whatever the umask of the shell was."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from flows.steps.secrets import SCHEMES
from flows.steps.settings import Storage

OTHERS = 0o077
"""What a file lets anybody but its owner do."""
_DATABASE = ("", "-wal", "-shm", "-journal")
_OWN = ("keys", "reports", "prefect", "erasures.ndjson")


def keep_private() -> None:
    """Let every file and folder that is made from here on, by children too, be 0600 or 0700."""
    os.umask(OTHERS)


def close_exposed(folder: Path, storage: Storage) -> None:
    """Close what a home holds and others may open, as a home of before or a restore leaves it.

    A folder is closed last: one that is closed holds nothing that is open to others.
    """
    for top in exposed_paths(folder, storage):
        for inner, names, files in os.walk(top, topdown=False):
            for name in (*names, *files):
                _close(Path(inner) / name)
        _close(top)


def exposed_paths(folder: Path, storage: Storage) -> list[Path]:
    """What the home holds and others than its owner may open."""
    return [path for path in dict.fromkeys(_paths_of_home(folder, storage)) if _is_exposed(path)]


def _paths_of_home(folder: Path, storage: Storage) -> Iterator[Path]:
    """What lies in the home's folder and is the home's: of a shelf the outermost folder."""
    for name in _OWN:
        yield folder / name
    for place in (storage.landing, storage.lake, storage.database):
        if "://" in place or place.startswith(SCHEMES):
            continue
        path = Path(os.path.normpath(folder / place))
        top = folder / path.relative_to(folder).parts[0] if path.is_relative_to(folder) else path
        yield from (top.with_name(top.name + suffix) for suffix in _DATABASE)


def _is_exposed(path: Path) -> bool:
    try:
        return not path.is_symlink() and bool(path.stat().st_mode & OTHERS)
    except OSError:
        return False


def _close(path: Path) -> None:
    """What is not ours to change stays as it is; `exposed_paths` goes on reporting it."""
    if _is_exposed(path):
        with suppress(OSError):
            path.chmod(path.stat().st_mode & ~OTHERS & 0o7777)
