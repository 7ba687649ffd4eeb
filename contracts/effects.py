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
    arm there is no difference to report, nor where the arms are not of the sizes that were drawn.
    `low_minor` to `high_minor` holds however often one looks, `standard_error_minor` for one look.
    """

    acted_on: int
    left_alone: int
    ready_acted_on: int
    ready_left_alone: int
    drawn_rate: float | None = None
    """The part that was to be left alone; None: nobody is, now."""
    ratio_p_value: float | None = None
    """The chance of arms this far from it, or farther."""
    is_drawn_fairly: bool = True
    mean_minor: float | None = None
    standard_error_minor: float | None = None
    low_minor: float | None = None
    high_minor: float | None = None
