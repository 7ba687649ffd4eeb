"""Cron expressions as a shop's schedule may have them: minute, hour, day, month, weekday."""

import datetime as dt
import re
from contextlib import suppress

from cronsim import CronSim, CronSimError

# What cron is everywhere; L, # and seconds mean different things to different programs.
_FIELD = re.compile(r"(\*|[0-9]+|[a-z]{3}|[-,/])+", re.IGNORECASE)
_ANY_TIME = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def validate_cron(text: str) -> str:
    """The expression, if it is one.

    Raises:
        ValueError: it is none, or names a day that never comes.
    """
    _parse(text)
    return text


def names_no_hour(text: str) -> bool:
    """Whether it is about minutes alone, so that it means every hour of every day."""
    cron = _parse(text)
    named = (len(cron.hours), len(cron.days), len(cron.months), len(_weekdays(cron)))
    return named == (24, 31, 12, 7)


def _weekdays(cron: CronSim) -> set[int]:
    """Sunday is 0, and 7 too."""
    return {day % 7 for day in cron.weekdays if isinstance(day, int)}


def _parse(text: str) -> CronSim:
    fields = text.split()
    if len(fields) == 5 and all(_FIELD.fullmatch(field) for field in fields):
        with suppress(CronSimError):
            return CronSim(" ".join(fields), _ANY_TIME)
    raise ValueError(f"{text!r} is no cron such as '15 * * * *': minute hour day month weekday")
