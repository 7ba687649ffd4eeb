"""What a check says: passed or not, with the measured value and the limit it was held against."""

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One check of one table of one shop; a failed blocking one holds actions that depend on it."""

    shop_id: str
    table: str
    check: str
    passed: bool
    measured: str
    limit: str
    checked_at: dt.datetime
    is_blocking: bool = True
    rows: int = 0
