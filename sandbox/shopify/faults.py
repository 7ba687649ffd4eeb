"""Faults a test can plant in the answers; each is used up by the answers it spoils."""

from dataclasses import dataclass, field


@dataclass
class Faults:
    """What the next answers do wrong.

    `statuses` are HTTP statuses to answer with, `throttled` how many answers say THROTTLED,
    `duplicate_pages` how many pages of orders repeat the page before, `repeated_cursors` how many
    end with the cursor they were asked after.
    """

    statuses: list[int] = field(default_factory=list)
    throttled: int = 0
    duplicate_pages: int = 0
    repeated_cursors: int = 0

    def end(self) -> None:
        """Take back whatever is planted and was not used up."""
        self.statuses.clear()
        self.throttled = self.duplicate_pages = self.repeated_cursors = 0

    def next_status(self) -> int | None:
        """The status to answer with instead, if one is planted."""
        return self.statuses.pop(0) if self.statuses else None

    def spend(self, name: str) -> bool:
        """Use one of a counted fault up; True when there was one."""
        left = getattr(self, name)
        setattr(self, name, max(0, left - 1))
        return bool(left)
