"""How old the newest thing known of a stream is, by the platform's clock."""

import datetime as dt

from contracts.checks import CheckResult

CHECK = "freshness"


def freshness(
    shop_id: str, table: str, newest: dt.datetime | None, *, now: dt.datetime, max_lag: dt.timedelta
) -> CheckResult:
    """Whether `newest` is at most `max_lag` before `now`, the platform's clock.

    For a stream in which nothing may happen for long, `newest` is the instant of its last reading.
    """
    lag = None if newest is None else max(now - newest, dt.timedelta(0))
    return CheckResult(
        shop_id=shop_id,
        table=table,
        check=CHECK,
        passed=lag is not None and lag <= max_lag,
        measured="never read" if lag is None else f"{_span(lag)} old",
        limit=f"{_span(max_lag)} old",
        checked_at=now,
    )


def _span(lag: dt.timedelta) -> str:
    minutes = int(lag.total_seconds() // 60)
    days, hours = minutes // 1440, minutes // 60 % 24
    parts = [f"{days} d" if days else "", f"{hours} h" if hours else "", f"{minutes % 60} min"]
    return " ".join(part for part in parts if part)
