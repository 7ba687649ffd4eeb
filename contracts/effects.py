"""What a policy earned, as it is reported."""

from dataclasses import dataclass
from typing import Final

LEAST_UNITS: Final = 30
"""SKUs or members in each arm from which a difference counts …"""
LEAST_DAYS: Final = 14
"""… each of them watched for so many days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """The mean difference per SKU or member and day, in minor units, with its interval.

    `ready` of either arm have been watched for `LEAST_DAYS`; with fewer than `LEAST_UNITS` in one
    arm there is no difference to report.
    """

    acted_on: int
    left_alone: int
    ready_acted_on: int
    ready_left_alone: int
    mean_minor: float | None = None
    low_minor: float | None = None
    high_minor: float | None = None
