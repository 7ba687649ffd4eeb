"""Errors in the log of a background process, told in a sentence that holds no secret."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_HEAD = re.compile(r"^(?P<time>\d\d:\d\d:\d\d)\.\d{3} \| (?P<level>[A-Z]+) *\| (?P<told>.*)$")
_ERRORS = ("ERROR", "CRITICAL")
# Prefect tries again what SQLite refused because another wrote.
_KNOWN = "database is locked"
_LONGEST = 160
_LOGIN_IN_URL = re.compile(r"://[^/\s@]*@")
_LONG_TOKEN = re.compile(r"[A-Za-z0-9_+/=-]{32,}")


@dataclass(frozen=True, slots=True)
class Errors:
    """What a process has complained of since its start."""

    count: int
    known: int
    """Of these, those that cost nothing: SQLite was busy, and was asked again."""
    last: str | None
    """When, who and what; of those that are not known if there are any."""

    def sentence(self, log: str) -> str:
        """All of it in one."""
        if not self.count:
            return f"no error in {log}"
        text = f"{self.count} error{'s' if self.count > 1 else ''} in {log}"
        if self.known == self.count:
            return f"{text}: SQLite was busy ({_KNOWN!r}) and is asked again"
        return f"{text}, the last at {self.last}"

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong."""
        return self.count == self.known


def errors(log: Path) -> Errors:
    """Errors of a log that its process began anew."""
    found = list(_entries(log)) if log.is_file() else []
    unknown = [line for line, is_known in found if not is_known]
    last = next(reversed(unknown or [line for line, _ in found]), None)
    return Errors(len(found), len(found) - len(unknown), last)


def _entries(log: Path) -> Iterator[tuple[str, bool]]:
    """Each error, and whether it is a known one; a traceback belongs to the line above it."""
    head, is_known = None, False
    with log.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if found := _HEAD.match(line):
                if head is not None:
                    yield head, is_known
                is_error = found["level"] in _ERRORS
                head = f"{found['time']}: {_safe_line(found['told'])}" if is_error else None
                is_known = False
            is_known |= _KNOWN in line
    if head is not None:
        yield head, is_known


def _safe_line(text: str) -> str:
    """The line without what opens something, and not longer than a line."""
    clean = _LONG_TOKEN.sub("…", _LOGIN_IN_URL.sub("://…@", text)).strip()
    return clean if len(clean) <= _LONGEST else clean[: _LONGEST - 1] + "…"
