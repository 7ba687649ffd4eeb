import datetime as dt
from collections.abc import Callable

import polars as pl
import pytest

from checks.freshness import freshness

Rows = Callable[..., pl.DataFrame]
NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
LAG = dt.timedelta(hours=26)


@pytest.mark.parametrize(
    ("age", "passed", "measured"),
    [
        (dt.timedelta(hours=26), True, "1 d 2 h 0 min old"),
        (dt.timedelta(hours=26, seconds=1), False, "1 d 2 h 0 min old"),
        (dt.timedelta(minutes=-3), True, "0 min old"),
    ],
)
def test_a_stream_is_fresh_up_to_its_lag(age: dt.timedelta, passed: bool, measured: str) -> None:
    result = freshness("demo", "orders", NOW - age, now=NOW, max_lag=LAG)
    assert (result.passed, result.measured) == (passed, measured)


def test_a_stream_never_read_is_not_fresh() -> None:
    result = freshness("demo", "orders", None, now=NOW, max_lag=LAG)
    assert (result.passed, result.measured) == (False, "never read")
