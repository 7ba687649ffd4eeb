"""All that a crash must not change: what is stored, decided and in force."""

import json
from collections import Counter
from typing import Any

import polars as pl
from polars import selectors
from sqlalchemy import text

from contracts.tables import TABLES
from flows.steps.home import Home
from sandbox.world.world import World
from warehouse.event_chain import Events

State = dict[str, Any]


def state_of(home: Home, world: World) -> State:
    """Everything by name; two states are compared part by part.

    Left out are ids that are drawn (runs, undo batches) and the machine's own times.
    """
    return {
        **{f"lake {name}": _rows(home.lake.scan(name, with_deleted=True)) for name in TABLES},
        "merged but not recorded": _unrecorded(home),
        "published": _select(home, "SELECT * FROM kpis_daily"),
        "readings": _select(
            home,
            "SELECT shop_id, stream, min(window_start), max(window_end),"
            " count(loaded_at) = count(*) FROM readings GROUP BY shop_id, stream",
        ),
        "watermarks": _select(home, "SELECT * FROM watermarks"),
        "quarantine": _rows(home.quarantine.open().lazy()),
        "quarantine closed": _select(
            home, "SELECT table_name, document_id FROM quarantine WHERE closed_at IS NOT NULL"
        ),
        "ledger": _ledger(home),
        "broken chain": Events(home.database).verify(),
        "prices in force": _rows(world.products.lazy().select("product_id", "price_minor")),
        "writes received": Counter(json.dumps(write, sort_keys=True) for write in world.writes),
        "half reports": [
            path.name
            for path in home.reports.glob("*.html")
            if not path.read_text(encoding="utf-8").rstrip().endswith("</html>")
        ],
    }


def differences(found: State, expected: State) -> dict[str, str]:
    """Names of the parts that differ, and how."""
    return {
        name: _told(found[name], expected[name])
        for name in expected
        if found[name] != expected[name]
    }


def _told(found: Any, expected: Any) -> str:
    if isinstance(found, Counter):
        return f"too much {dict(found - expected)}, missing {dict(expected - found)}"
    return f"{found}, not {expected}"


def _rows(frame: pl.LazyFrame) -> Counter[tuple[Any, ...]]:
    lists = selectors.list()
    return Counter(
        frame.with_columns(lists.cast(pl.List(pl.String)).list.join(" ")).collect().rows()
    )


def _unrecorded(home: Home) -> dict[str, int]:
    recorded = home.readings.versions()
    return {
        name: version
        for name, version in home.lake.versions().items()
        if recorded.get(name) != version
    }


def _select(home: Home, query: str) -> Counter[tuple[Any, ...]]:
    with home.database.read() as connection:
        return Counter(tuple(row) for row in connection.execute(text(query)))


def _ledger(home: Home) -> Counter[tuple[Any, ...]]:
    """An undo has no window of its own: it begins when it is asked for."""
    return Counter(
        (
            action.policy,
            action.shop_id,
            action.target_id,
            None if action.undoes else action.window_start,
            str(action.state),
            action.before_value,
            action.after_value,
            action.observed_value,
            action.guard,
        )
        for action in home.ledger.find()
    )
