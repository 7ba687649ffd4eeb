"""Faults a test can plant in the answers; each is used up by the answers it spoils."""

from dataclasses import dataclass


@dataclass
class Faults:
    """What the next answers do wrong.

    `expired` ends the access token in force before the next call; `throttled` answers say code 7
    with a ban of `ban_seconds`; `busy` answers say that the service behind does not answer;
    `lost` writes are done and then answered as if they were not; `cut` answers end in the middle.
    """

    expired: int = 0
    throttled: int = 0
    ban_seconds: int = 1
    busy: int = 0
    lost: int = 0
    cut: int = 0

    def spend(self, name: str) -> bool:
        """Use one of a counted fault up; True when there was one."""
        left: int = getattr(self, name)
        setattr(self, name, max(0, left - 1))
        return left > 0
