"""What is known of a platform's bucket of request points."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A leaky bucket at a moment: points, and points per second.

    `at` is in seconds of a clock that all who share the bucket go by.
    """

    maximum: float
    available: float
    restore_rate: float
    at: float
