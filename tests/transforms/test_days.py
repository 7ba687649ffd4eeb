"""On which day of the shop something happens."""

import datetime as dt
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from transforms.days import local_day

ZONES = (
    "Asia/Shanghai",
    "America/New_York",
    "America/St_Johns",  # changed its clocks a minute after midnight
    "Australia/Lord_Howe",  # by half an hour
    "America/Sao_Paulo",  # at midnight, which some days do not have
    "Pacific/Apia",  # which left a day out
    "Africa/Casablanca",  # four times a year
    "UTC",
)


@pytest.mark.parametrize("zone", ZONES)
def test_a_day_is_that_of_the_shops_clocks_whenever_they_were_changed(zone: str) -> None:
    span = dt.datetime(2000, 1, 1, tzinfo=dt.UTC), dt.datetime(2060, 1, 1, tzinfo=dt.UTC)
    at = pl.datetime_range(*span, "11h7m", eager=True).alias("at").to_frame()
    days = at.select(local_day("at", zone)).to_series()
    clocks = ZoneInfo(zone)
    assert days.to_list() == [one.astimezone(clocks).date() for one in at["at"]]


def test_what_has_no_instant_lies_on_no_day() -> None:
    at = pl.DataFrame({"at": [None]}, schema={"at": pl.Datetime("us", "UTC")})
    assert at.select(local_day("at", "America/New_York")).item() is None
