"""Faults a test can plant in the answers; each is used up by the answers it spoils."""

from dataclasses import dataclass, field


@dataclass
class Faults:
    """What the next answers do wrong.

    `statuses` are HTTP statuses to answer with; `expired` is how many calls find their access token
    expired, `throttled` how many are answered 429, `fatal` and `cancelled` how many of the next
    reports end so, `expired_urls` how many of the next report URLs are dead on arrival, `rejected`
    how many accepted listing patches end in an issue and change nothing.
    """

    statuses: list[int] = field(default_factory=list)
    expired: int = 0
    throttled: int = 0
    fatal: int = 0
    cancelled: int = 0
    expired_urls: int = 0
    rejected: int = 0

    def next_status(self) -> int | None:
        """The status to answer with instead, if one is planted."""
        return self.statuses.pop(0) if self.statuses else None

    def spend(self, name: str) -> bool:
        """Use one of a counted fault up; True when there was one."""
        left = int(getattr(self, name))
        setattr(self, name, max(0, left - 1))
        return left > 0
