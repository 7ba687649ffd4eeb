"""Usual: what a stream brought last, held against what it brought before."""

import datetime as dt
from collections.abc import Iterator

import polars as pl

from checks import usual
from checks.again import told_again
from checks.profiles import SCHEMA
from checks.volume import AFTER_EVENT_DAYS, LONGEST_DAYS, rows_per_day, volume
from connectors.base.declaration import Stream
from contracts.checks import CheckResult
from contracts.tables import TABLES, TableKind, table_of
from flows.steps.home import Home
from flows.steps.shop import Shop


def as_usual(home: Home, shop: Shop) -> list[CheckResult]:
    """Volume per stream, and by table whether units, columns and instants are what they were.

    Of a table that several streams fill, the first failure counts.
    """
    found: dict[tuple[str, str], CheckResult] = {}
    for _, stream in shop.streams():
        for result in (*_volume(home, shop, stream), *_looks(home, shop, stream)):
            place = (result.table, result.check)
            if place not in found or (found[place].passed and not result.passed):
                found[place] = result
    return list(found.values())


def _volume(home: Home, shop: Shop, stream: Stream) -> Iterator[CheckResult]:
    """Rows of the last whole day, or of the 24 hours before it was read, against the same weekdays
    before; campaigns stand aside."""
    counted = stream.volume
    if counted is None or counted.table not in home.readings.versions():
        return
    now = home.data_as_of(shop)
    read_at = home.readings.newest(shop.id).get(stream.name, now)
    day = read_at.astimezone(shop.zone).date() - dt.timedelta(days=counted.lag_days)
    rows = home.scan(counted.table, shop)
    zone, until = shop.settings.time_zone, None if counted.lag_days else read_at
    yield volume(
        shop.id,
        counted.table,
        rows_per_day(rows, counted.column, time_zone=zone, until=until),
        day=day,
        checked_at=now,
        events=event_days(home, shop, day),
    )


def _looks(home: Home, shop: Shop, stream: Stream) -> Iterator[CheckResult]:
    """What the profiles of the stream's last readings tell."""
    first = shop.settings.usual_from
    since = shop.midnight(first) if first else None
    told = home.profiles.of_stream(shop.id, stream.name, schema=SCHEMA, since=since)
    profiles = told.filter(pl.col("rows").is_not_null())
    again = told.filter(pl.col("rows").is_null())
    now, newest = home.data_as_of(shop), told.select(pl.col("read_at").max()).item()
    is_whole = stream.is_snapshot and stream.lookup is None
    for table in (table_of(schema).name for schema in stream.tables):
        yield told_again(shop.id, table, again, is_whole=is_whole, read_at=newest, checked_at=now)
        if TABLES[table].kind is TableKind.OBSERVATION:
            yield usual.repeated_facts(shop.id, table, profiles, checked_at=now)
        yield usual.unit_jumps(shop.id, table, profiles, checked_at=now)
        yield usual.currencies(shop.id, table, profiles, checked_at=now)
        yield usual.gone_columns(shop.id, table, profiles, checked_at=now)
        if stream.is_list:
            yield usual.export_size(shop.id, table, profiles, checked_at=now)
        if is_whole:
            yield usual.snapshot_size(shop.id, table, profiles, checked_at=now)
            yield usual.zone(shop.id, table, profiles, checked_at=now)
        if not (stream.is_snapshot or stream.tells_earlier or stream.lookup):
            yield usual.asked_window(shop.id, table, profiles, checked_at=now)
            days = shop.settings.time_zone
            yield usual.day_lag(shop.id, table, profiles, time_zone=days, checked_at=now)


def event_days(home: Home, shop: Shop, until: dt.date) -> set[dt.date]:
    """Days of the shop's campaigns, and the days after each, which sell less for it.

    A campaign of single SKUs does not make the shop's day another kind of day.
    """
    spans = [
        (
            campaign.starts_at.astimezone(shop.zone).date(),
            campaign.last.astimezone(shop.zone).date(),
        )
        for campaign in home.settings.campaigns
        if campaign.concerns(shop.id) and not campaign.skus
    ]
    days = (until - dt.timedelta(days=back) for back in range(LONGEST_DAYS + 1))
    after = dt.timedelta(days=AFTER_EVENT_DAYS)
    return {day for day in days if any(first <= day <= last + after for first, last in spans)}
