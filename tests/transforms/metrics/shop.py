"""A shop's tables for the tests of metrics; what a test does not name is legal."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from contracts.economics import Economics
from contracts.fx import FX_SCHEMA
from tests.warehouse.rows import rows
from transforms.metrics.sources import TABLES, Sources

ZONE = "Asia/Shanghai"
MONDAY = dt.date(2026, 11, 9)


def at(day: int, hour: int = 12) -> dt.datetime:
    """An instant of the shop's clock, counted in days from a Monday."""
    local = dt.datetime.combine(MONDAY, dt.time(hour)) + dt.timedelta(days=day)
    return (local - dt.timedelta(hours=8)).replace(tzinfo=dt.UTC)


def on(day: int) -> dt.date:
    """A day, counted from a Monday."""
    return MONDAY + dt.timedelta(days=day)


def shop(**tables: Sequence[Mapping[str, Any]]) -> Sources:
    """A shop that sells in CNY in China, with these rows by table."""
    frames: dict[str, Any] = {
        name: rows(schema, [{"currency": "CNY", **row} for row in tables[name]])
        .select(schema.column_names())
        .lazy()
        if tables.get(name)
        else schema.create_empty().lazy()
        for name, schema in TABLES.items()
    }
    return Sources(
        **frames,
        economics=Economics(fee_rate=0.1, min_margin_rate=0, shipping_minor=50),
        currency="CNY",
        time_zone=ZONE,
        fx=pl.DataFrame([("CNY", 1.0, MONDAY)], schema=FX_SCHEMA, orient="row"),
        known_until=on(20),
    )
