"""Faults a test can plant in the answers; each is used up by the answers it spoils."""

from dataclasses import dataclass, field

from sandbox.kit.faults import Plantable


@dataclass
class Faults(Plantable):
    """What the next answers do wrong.

    `statuses` are HTTP statuses to answer with, `throttled` how many answers say THROTTLED,
    `duplicate_pages` how many pages of orders repeat the page before, `repeated_cursors` how many
    end with the cursor they were requested after.
    """

    statuses: list[int] = field(default_factory=list)
    throttled: int = 0
    duplicate_pages: int = 0
    repeated_cursors: int = 0
