"""Faults a test can plant in the answers; each is used up by the answers it spoils."""

from dataclasses import dataclass, field
from typing import Final

from sandbox.kit.faults import Plantable

PAGE: Final = b"<html><body>One moment, please.</body></html>"
"""A page of the host that stands before the shop."""
_PRINTED: Final = {
    "warning": b"<br />\n<b>Warning</b>:  Undefined array key in <b>plugin.php</b><br />\n",
    "byte_order_mark": b"\xef\xbb\xbf",
}
"""What is printed before an answer that is otherwise right."""


@dataclass
class Faults(Plantable):
    """What the next answers do wrong.

    `statuses` are HTTP statuses to answer with (a page of the host, no JSON), `html_pages` how many
    answers are such a page with status 200, `duplicate_pages` how many pages of a list repeat the
    page before, `unapplied` how many writes are answered as done and are not done.

    `bodies` names what is wrong with bodies that call themselves JSON: "warning",
    "byte_order_mark", or "html" for a page; `missing_totals` is how many lists do not say how long
    they are. Until they are taken back hold `plain_permalinks`, no address of the API is there, and
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
        found: int | None = self.next("statuses")
        return 200 if found is None and self.spend("html_pages") else found

    def spoilt(self, body: bytes) -> bytes:
        """The body as it is sent."""
        fault = self.next("bodies")
        if fault is None:
            return body
        return PAGE if fault == "html" else _PRINTED[fault] + body
