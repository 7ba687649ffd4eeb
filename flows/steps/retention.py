"""Retention: remove what has been held for its time."""

import datetime as dt
from dataclasses import dataclass
from functools import partial

from contracts.personal import expired, purposes
from contracts.tables import TABLES
from flows.steps.home import Home, machine_now


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired:
    """What was removed."""

    readings: int
    """Raw answers; the rows that came of them stay."""
    tables: list[str]
    """Tables in which personal columns were emptied."""


def expire(home: Home) -> Expired:
    """Remove raw answers after `landing_days`, empty personal columns after their purpose's days.

    Not to be run beside a pull.
    """
    settings, now = home.settings.retention, machine_now()
    readings = home.landing.expire(now - dt.timedelta(days=settings.landing_days))
    emptied = []
    for table in TABLES.values():
        if set(purposes(table.schema).values()) & settings.purpose_days.keys():
            before = home.lake.versions().get(table.name)
            change = partial(expired, table=table, days=settings.purpose_days, now=now)
            after = home.lake.rewrite(table.name, change)
            if after is not None and after.version != before:
                emptied.append(table.name)
    if emptied:
        home.readings.record(home.lake.vacuum(emptied))
    return Expired(readings=readings, tables=emptied)
