"""What is known of a limit that a platform sets."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A budget at a moment: requests or points, and how many more each second brings.

    `at` is in seconds of a clock that all who share the budget go by. A kind of limit that refills
    otherwise says what it keeps in these fields.
    """

    maximum: float
    available: float
    restore_rate: float
    at: float
