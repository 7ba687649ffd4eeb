"""When schedules run, by the code with which the pinned Prefect's server plans them."""

import asyncio
import datetime as dt
from collections import Counter
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from prefect.client.schemas.schedules import CronSchedule as Told
from prefect.server.schemas.schedules import CronSchedule

from contracts.errors import ConfigurationError
from deployments.plan import planned_in
from flows.steps.crons import validate_cron
from flows.steps.opening import open_home
from tests.deployments.stall import write_stall

HOUR = dt.timedelta(hours=1)
# Nights of 2026 in which clocks are changed, by an instant of their evening.
FORWARD = {
    "Europe/Berlin": "2026-03-28T18:00Z",
    "America/New_York": "2026-03-07T23:00Z",
    "America/St_Johns": "2026-03-07T23:00Z",
    "Australia/Adelaide": "2026-10-03T08:00Z",
    "Pacific/Chatham": "2026-09-26T06:00Z",
}
BACK = {
    "Europe/Berlin": "2026-10-24T18:00Z",
    "America/New_York": "2026-10-31T23:00Z",
    "America/St_Johns": "2026-10-31T23:00Z",
    "Australia/Adelaide": "2026-04-04T08:00Z",
    "Pacific/Chatham": "2026-04-04T06:00Z",
}
NIGHTS = [*FORWARD.items(), *BACK.items()]
WITHOUT_HOUR = st.one_of(
    st.integers(0, 59).map(str),
    st.integers(1, 59).map("*/{}".format),
    st.sets(st.integers(0, 59), min_size=1, max_size=6).map(lambda at: ",".join(map(str, at))),
    st.just("*"),
)


def planned(cron: str, zone: str, start: dt.datetime, end: dt.datetime) -> list[dt.datetime]:
    """The instants that the server plans of a shop's schedule, in UTC."""
    schedule = CronSchedule(cron=cron, timezone=planned_in(cron, ZoneInfo(zone)))
    dates = asyncio.run(schedule.get_dates(start=start, end=end))
    return [dt.datetime.fromtimestamp(date.timestamp(), dt.UTC) for date in dates]


@given(minute=WITHOUT_HOUR, night=st.sampled_from(NIGHTS))
@example(minute="15", night=("Europe/Berlin", BACK["Europe/Berlin"]))
@example(minute="15", night=("America/New_York", BACK["America/New_York"]))
def test_what_runs_every_hour_runs_in_every_hour_of_elapsed_time_when_clocks_change(
    minute: str, night: tuple[str, str]
) -> None:
    zone, text = night
    evening = dt.datetime.fromisoformat(text)
    dates = planned(
        f"{minute} * * * *", zone, evening, evening + 14 * HOUR - dt.timedelta(seconds=1)
    )
    assert len(set(dates)) == len(dates)
    runs = Counter((date - evening) // HOUR for date in dates)
    assert set(runs) == set(range(14))
    assert len(set(runs.values())) == 1
    fields = {date.astimezone(ZoneInfo(zone)).minute for date in dates}
    assert fields == {
        date.minute for date in planned(f"{minute} * * * *", "UTC", evening, evening + HOUR)
    }


@given(zone=st.sampled_from(sorted(available_timezones())), minute=st.integers(0, 59))
def test_the_minute_is_the_shops_in_every_zone_of_the_world(zone: str, minute: int) -> None:
    start = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)
    dates = planned(f"{minute} * * * *", zone, start, start + 24 * HOUR - dt.timedelta(seconds=1))
    assert len(dates) == 24
    assert {date.astimezone(ZoneInfo(zone)).minute for date in dates} == {minute}


@pytest.mark.parametrize("hour", [0, 1, 2, 3, 7])
@pytest.mark.parametrize(("zone", "text"), NIGHTS)
def test_a_daily_schedule_runs_once_each_day_by_the_shops_clock_however_often_it_is_planned_anew(
    zone: str, text: str, hour: int
) -> None:
    evening = dt.datetime.fromisoformat(text)
    end = evening + 48 * HOUR
    local = ZoneInfo(zone)
    refills = [evening + n * dt.timedelta(minutes=50) for n in range(18)]
    dates = {date for start in refills for date in planned(f"30 {hour} * * *", zone, start, end)}
    days = Counter(date.astimezone(local).date() for date in dates)
    assert set(days.values()) == {1}
    assert len(days) >= 2
    # An hour that the clocks leave out is caught up at once.
    assert all(date.astimezone(local).hour in (hour, hour + 1) for date in dates)


FIELD = st.from_regex(r"(\*|[0-9]{1,2}|[0-9]{1,2}-[0-9]{1,2})(/[0-9]{1,2})?", fullmatch=True)
NAMES = st.sampled_from(["mon", "SUN", "mon-fri", "JAN", "feb,mar", "foo"])


@given(
    st.lists(
        st.one_of(FIELD, NAMES, st.lists(FIELD, min_size=2, max_size=3).map(",".join)),
        min_size=5,
        max_size=5,
    )
)
@example(["0", "0", "29", "2", "*"])
def test_what_a_home_takes_for_cron_the_server_takes_too_and_plans(fields: list[str]) -> None:
    cron = " ".join(fields)
    try:
        validate_cron(cron)
    except ValueError:
        return
    schedule = CronSchedule(**Told(cron=cron, timezone="UTC").model_dump())
    assert asyncio.run(schedule.get_dates(n=1, start=dt.datetime(2026, 1, 1, tzinfo=dt.UTC)))


@pytest.mark.parametrize(
    "cron",
    [
        "99 * * * *",
        "* * * *",
        "* * * * * *",
        "hourly",
        "@daily",
        "0 0 30 2 *",
        "0 7 L * *",
        "R * * * *",
        "5-1 * * * *",
        "",
    ],
)
@pytest.mark.parametrize("key", ["pull", "report"])
def test_a_wrong_cron_is_refused_when_the_home_opens_with_its_file_line_and_key(
    tmp_path: Path, cron: str, key: str
) -> None:
    home = tmp_path / "home"
    write_stall(home, schedule=f'{key} = "{cron}"')
    with pytest.raises(
        ConfigurationError, match=rf"^shops/stall.toml, line 15: `schedule.{key}`: "
    ):
        open_home(home)
