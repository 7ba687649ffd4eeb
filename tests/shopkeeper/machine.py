"""What a machine can refuse, permissions and room on the disk, also to a test that is root."""

import ctypes
import os
import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_VERSION = 0x20080522  # of the structures of capset(2)
_OVERRIDE = 0b110  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: what root may read and write anyway


@contextmanager
def without_rights() -> Iterator[None]:
    """As somebody to whom the permissions of a file mean something."""
    if os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_VERSION, 0)
    held = (ctypes.c_uint32 * 6)()
    _call(libc.capget(header, held))
    fewer = (ctypes.c_uint32 * 6)(*held)
    fewer[0] &= ~_OVERRIDE
    _call(libc.capset(header, fewer))
    try:
        yield
    finally:
        _call(libc.capset(header, held))


def _call(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), "capset")


@contextmanager
def mode(folder: Path, allowed: int) -> Iterator[None]:
    """A folder and all in it with no more than some permissions, such as 0o555 to read only."""
    paths = [folder, *folder.rglob("*")]
    before = {path: stat.S_IMODE(path.stat().st_mode) for path in paths}
    for path in reversed(paths):
        path.chmod(before[path] & allowed)
    try:
        with without_rights():
            yield
    finally:
        for path, was in before.items():
            path.chmod(was)


@contextmanager
def full_disk(most_bytes: int = 0) -> Iterator[None]:
    """No file may grow beyond so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
