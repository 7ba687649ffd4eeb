"""What a test plants in the next answers; each is used up by the answers it spoils."""

from typing import Any


class Plantable:
    """Base of a dialect's faults: a dataclass of counts and of lists."""

    def spend(self, name: str) -> bool:
        """Use one of a counted fault up; True when there was one."""
        left = int(getattr(self, name))
        setattr(self, name, max(0, left - 1))
        return left > 0

    def next(self, name: str) -> Any:
        """The next of a list of faults, such as an HTTP status to answer with; None if none is."""
        planted = getattr(self, name)
        return planted.pop(0) if planted else None
