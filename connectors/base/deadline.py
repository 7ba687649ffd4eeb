"""A total time per request: a server that drips keeps every single wait short, and never ends."""

from typing import Final

PATIENCE_SECONDS: Final = 60.0
"""As long as a single wait: a platform may think so long before its answer begins."""
SLOWEST_BYTES: Final = 2**20
"""And a second more for each of so many bytes that the answer may have: a bulk file of gigabytes
has hours, a page a minute. A slower line fails with the largest of answers only."""


def seconds_for(most: int, *, patience: float = PATIENCE_SECONDS) -> float:
    """How long a request may wait in all whose answer is at most `most` bytes."""
    return patience + most / SLOWEST_BYTES


class Wait(float):
    """The longest single wait in seconds, with what is left of all waits of a request.

    The time between pieces, in which whoever asked works on them, is not counted.
    """

    left: float

    @classmethod
    def of(cls, longest: float, total: float) -> "Wait":
        """A wait that was not begun."""
        made = cls(longest)
        made.left = total
        return made

    @property
    def is_over(self) -> bool:
        """Whether nothing is left."""
        return self.left <= 0
