"""Was what was read also loaded? Readings set aside, the share in quarantine, unknown fields."""

import datetime as dt
from collections.abc import Sequence

from contracts.checks import CheckResult

MOST_QUARANTINED_RATE = 0.2
FEWEST_QUARANTINED = 10
"""A table fails when more rows than these, and more than that share, are in quarantine: a single
odd document costs itself, a fifth of all is a wrong setting or a platform that has changed."""

FEWEST_FUTURE = 5


def set_aside(
    shop_id: str, table: str, failures: Sequence[str], *, checked_at: dt.datetime
) -> CheckResult:
    """Fail where readings of a table cannot be mapped; `failures` are their sentences."""
    measured = f"{len(failures)} set aside" + (f": {failures[-1]}" if failures else "")
    return CheckResult(
        shop_id=shop_id,
        table=table,
        check="readings",
        passed=not failures,
        measured=measured,
        limit="no reading that cannot be mapped",
        checked_at=checked_at,
    )


def check_quarantine(
    shop_id: str, table: str, *, rows: int, quarantined_rows: int, checked_at: dt.datetime
) -> CheckResult:
    """Fail where a large share of what was read lately is in quarantine."""
    rate = quarantined_rows / rows if rows else 0.0
    return CheckResult(
        shop_id=shop_id,
        table=table,
        check="quarantine",
        passed=quarantined_rows <= FEWEST_QUARANTINED or rate <= MOST_QUARANTINED_RATE,
        measured=f"{quarantined_rows:,} of {rows:,} rows, {rate:.0%}",
        limit=f"at most {MOST_QUARANTINED_RATE:.0%}",
        checked_at=checked_at,
        rows=rows,
    )


def future_instants(
    shop_id: str, table: str, documents: int, *, checked_at: dt.datetime
) -> CheckResult:
    """Fail where several documents in quarantine come from the future: the rest is of the same
    zone, and only too old for it to show.
    """
    return CheckResult(
        shop_id=shop_id,
        table=table,
        check="future_instants",
        passed=documents < FEWEST_FUTURE,
        measured=f"{documents:,} documents are of the future",
        limit=f"fewer than {FEWEST_FUTURE}",
        checked_at=checked_at,
        rows=documents,
    )


def unknown_fields(
    shop_id: str, table: str, names: Sequence[str], *, checked_at: dt.datetime
) -> CheckResult:
    """Warn of fields that the platform sends and no mapping knows: something new is there."""
    return CheckResult(
        shop_id=shop_id,
        table=table,
        check="unknown_fields",
        passed=not names,
        measured=", ".join(names) if names else "none",
        limit="every field is known",
        checked_at=checked_at,
        is_blocking=False,
    )
