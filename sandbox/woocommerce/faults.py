"""Faults a test can plant in the answers; each is used up by the answers it spoils."""

from dataclasses import dataclass, field


@dataclass
class Faults:
    """What the next answers do wrong.

    `statuses` are HTTP statuses to answer with (a page of the host, no JSON), `html_pages` how many
    answers are such a page with status 200, `duplicate_pages` how many pages of a list repeat the
    page before, `unapplied` how many writes are answered as done and are not done.
    """

    statuses: list[int] = field(default_factory=list)
    html_pages: int = 0
    duplicate_pages: int = 0
    unapplied: int = 0

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
