"""Processes that outlive the command that starts them, each known by a lock it holds.

A process id alone may belong to somebody else after a restart of the machine; a lock never does.
"""

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from contracts.errors import TransientSourceError

STOP_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Background:
    """One background process: its lock file holds its id, and its log lies beside it."""

    lock: Path

    @property
    def log(self) -> Path:
        """What it prints."""
        return self.lock.with_suffix(".log")

    def is_running(self) -> bool:
        """Whether somebody holds the lock."""
        if not self.lock.is_file():
            return False
        with self.lock.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def start(
        self, command: Sequence[str], env: Mapping[str, str], files: Sequence[int] = ()
    ) -> subprocess.Popen[bytes]:
        """Start it in a session of its own; it keeps the lock, and open files, until it ends.

        Raises:
            TransientSourceError: it is running already.
        """
        with self.lock.open("a+b") as file, self.log.open("wb") as out:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise TransientSourceError(f"{self.lock.stem} is running already") from None
            process = subprocess.Popen(  # noqa: S603  our own interpreter and arguments
                command,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=(file.fileno(), *files),
            )
            self.lock.write_text(str(process.pid), encoding="utf-8")
        return process

    def stop(self) -> bool:
        """End it and all of its session's group; whether it was running."""
        if not self.is_running():
            return False
        group = int(self.lock.read_text(encoding="utf-8"))
        for number in (signal.SIGINT, signal.SIGKILL):
            _tell(group, number)
            deadline = time.monotonic() + STOP_SECONDS
            while time.monotonic() < deadline:
                if not self.is_running():
                    _tell(group, signal.SIGKILL)  # children that outlived it
                    return True
                time.sleep(0.1)
        raise TransientSourceError(f"{self.lock.stem} does not end; its process is {group}")


def _tell(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return
