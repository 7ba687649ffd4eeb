"""Retention: remove what has been stored for its time."""

import datetime as dt
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial

import polars as pl

from contracts.errors import BusyError
from contracts.personal import expire_columns, purposes
from contracts.tables import TABLES
from flows.steps.home import Home
from flows.steps.leases import lease
from flows.steps.shop import Shop


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired:
    """What was removed."""

    readings: int
    """Raw answers; the rows that came of them stay."""
    tables: list[str]
    """Tables in which personal columns were emptied."""


@contextmanager
def while_idle(home: Home) -> Iterator[None]:
    """While no shop is pulled: shops share raw pages of equal content.

    Raises:
        BusyError: one is being pulled.
    """
    with ExitStack() as leases:
        for shop in home.shops.values():
            for _, stream in shop.streams():
                leases.enter_context(lease(home, f"pull {shop.id} {stream.name}"))
        yield


def expire(home: Home) -> Expired:
    """Remove raw answers after `landing_days`, empty personal columns after their purpose's days.

    Raises:
        BusyError: a shop is being pulled; nothing was removed.
    """
    with while_idle(home):
        return _expire(home)


def expire_when_idle(home: Home) -> None:
    """The same at the end of a run; while a shop is being pulled it is left to the next one."""
    with suppress(BusyError):
        expire(home)


def _expire(home: Home) -> Expired:
    settings, readings = home.settings.retention, 0
    emptied: set[str] = set()
    for shop in home.shops.values():
        if home.readings.newest(shop.id):
            now = home.now(shop)
            before = now - dt.timedelta(days=settings.landing_days)
            readings += home.landing.expire(before, shop_id=shop.id)
            emptied |= _empty(home, shop, now=now)
    if emptied:
        home.readings.record(home.lake.vacuum(sorted(emptied)))
    return Expired(readings=readings, tables=sorted(emptied))


def _empty(home: Home, shop: Shop, *, now: dt.datetime) -> set[str]:
    """Empty personal columns of a shop that are due; the tables that changed."""
    days = home.settings.retention.purpose_days
    is_theirs = pl.col("shop_id") == shop.id
    emptied = set()
    for table in TABLES.values():
        if set(purposes(table.schema).values()) & days.keys():
            before = home.lake.versions().get(table.name)
            change = partial(expire_columns, table=table, days=days, now=now, where=is_theirs)
            after = home.lake.rewrite(table.name, change)
            if after is not None and after.version != before:
                emptied.add(table.name)
    return emptied
