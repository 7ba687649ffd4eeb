"""Faults a test can plant in the answers; each is used up by the answers it spoils."""

from dataclasses import dataclass, field
from typing import Final

SPOILERS: Final = {
    "warning": b"<br />\n<b>Warning</b>:  Undefined array key in <b>plugin.php</b><br />\n",
    "byte_order_mark": b"\xef\xbb\xbf",
}
"""What is printed before an answer that is otherwise right."""
LABELLED: Final = b"<html><body>One moment, please.</body></html>"


@dataclass
class Faults:
    """What the next answers do wrong.

    `statuses` are HTTP statuses to answer with (a page of the host, no JSON), `html_pages` how many
    answers are such a page with status 200, `duplicate_pages` how many pages of a list repeat the
    page before, `unapplied` how many writes are answered as done and are not done.

    `bodies` names what is wrong with bodies that call themselves JSON: a key of `SPOILERS`, or
    "html" for a page; `missing_totals` is how many lists do not tell how long they are.
    Until they are taken back hold `plain_permalinks`, no address of the API is there, and
    `late_jobs`, the shop's scheduled jobs do not run: otherwise each request sees to that.
    """

    statuses: list[int] = field(default_factory=list)
    html_pages: int = 0
    duplicate_pages: int = 0
    unapplied: int = 0
    bodies: list[str] = field(default_factory=list)
    missing_totals: int = 0
    plain_permalinks: bool = False
    late_jobs: bool = False

    def next_status(self) -> int | None:
        """The status to answer with instead, if one is planted."""
        if self.statuses:
            return self.statuses.pop(0)
        return 200 if self.spend("html_pages") else None

    def spend(self, name: str) -> bool:
        """Use one of a counted fault up; True when there was one."""
        left = getattr(self, name)
        setattr(self, name, max(0, left - 1))
        return bool(left)

    def spoilt(self, body: bytes) -> bytes:
        """The body as it is sent."""
        if not self.bodies:
            return body
        fault = self.bodies.pop(0)
        return LABELLED if fault == "html" else SPOILERS[fault] + body
