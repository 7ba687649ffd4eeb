"""Build: the derived tables from the lake, as of the newest reading; what has not changed stays."""

import datetime as dt
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from contracts.table_diffs import RowDiff, RowDiffs, TableSnapshot
from contracts.tables import table_of
from flows.steps.blocked import Blocked, each
from flows.steps.changed_days import kpis_after, sales_of
from flows.steps.derived import POINT_IN_TIME, depending, point_in_time_tables
from flows.steps.home import Home
from flows.steps.leases import lease
from flows.steps.progress import Progress, silent
from flows.steps.shop import Shop
from flows.steps.since_build import SinceBuild
from flows.steps.views import View
from flows.steps.whole_days import whole_days
from transforms import histories, kpis, sales
from warehouse.publish import publish
from warehouse.row_diffs import changes
from warehouse.upkeep import as_properties, note, read_note, tidy

_NAMES = ("sales_daily", "kpis_daily", *(table_of(schema).name for schema in POINT_IN_TIME))
_KEPT = ("sales_daily", "kpis_daily", "member_facts")
"""What no change concerns stands in them row by row; the others are kept or made as a whole."""
_SOURCES = (
    "orders", "order_lines", "order_coupons", "refunds", "refund_cases", "coupon_grants",
    "traffic_daily",
)  # fmt: skip
"""What of those stands as long as nothing changes, beside the quarantine."""


def build(
    home: Home,
    *,
    shop_id: str | None = None,
    is_full: bool = False,
    progress: Progress = silent,
    blocked: list[Blocked] | None = None,
) -> dict[str, int]:
    """Compute the derived tables of a shop or of all; rows per table.

    Days that nothing has changed since the last build stay as they are, with the same result as
    `is_full`, which computes them all. KPIs are published to the database for BI tools.

    Raises:
        BusyError: another process is building the same shop.
    """
    built: dict[str, int] = dict.fromkeys(_NAMES, 0)

    def build_one(shop: Shop) -> None:
        progress("build", shops.index(shop), len(shops))
        with lease(home, f"build {shop.id}") as mine:
            for name, rows in _build_shop(mine.home, shop, is_full=is_full).items():
                built[name] += rows

    shops = home.select(shop_id)
    each(shops, "build", build_one, blocked)
    home.readings.record(tidy(home.lake, home.readings.versions()))
    progress("build", len(shops), len(shops))
    return built


def rebuild(
    home: Home,
    *,
    shop_id: str | None = None,
    changed: Collection[str],
    blocked: list[Blocked] | None = None,
) -> dict[str, int]:
    """Compute again what holds one moment and is made from these tables; rows per table.

    For what was read after a build: sales and KPIs stay as they are.

    Raises:
        BusyError: another process is building the same shop.
    """
    rebuilt: dict[str, int] = {}

    def rebuild_one(shop: Shop) -> None:
        with lease(home, f"build {shop.id}") as mine:
            view = View.of(mine.home, shop, mine.home.data_as_of(shop))
            frames = depending(view, changed)
            versions = _written(view, frames)
            mine.home.readings.record(versions | _noted(view))
            for name, frame in frames.items():
                rebuilt[name] = rebuilt.get(name, 0) + frame.height

    each(home.select(shop_id), "build", rebuild_one, blocked)
    return rebuilt


def _build_shop(home: Home, shop: Shop, *, is_full: bool) -> dict[str, int]:
    view = View.of(home, shop, home.data_as_of(shop), is_anew=is_full)
    last = {} if is_full else _last_basis(view)
    changed = _diffs_since_build(view, last)
    of_days = _all_days(view) if changed is None else _changed_days(view, changed, last)
    frames = {
        "kpis_daily": of_days.kpis,
        **point_in_time_tables(view, of_days.sold, since=of_days.since),
    }
    versions = {"sales_daily": of_days.version, **_written(view, frames)}
    basis = _basis(view, sold_rows=of_days.rows)
    for name in _KEPT:
        view.notes[name][_key(shop)] = basis
    view.notes["member_facts"][_ahead(shop)] = "false"
    home.readings.record(versions | _noted(view))
    publish(home.database, "kpis_daily", read=lambda: _published_rows(home, "kpis_daily"))
    heights = {name: frame.height for name, frame in frames.items()}
    return {"sales_daily": of_days.rows, **heights}


def _written(view: View, frames: Mapping[str, pl.DataFrame]) -> dict[str, int]:
    """Versions of tables of one moment, by name, once they are replaced.

    From before they are written facts of members are marked: they may know more than the last whole
    build noted, until one has noted what they rest on.
    """
    lake, shop = view.home.lake, view.shop
    marks = {"member_facts": as_properties({_ahead(shop): "true"})}
    return {
        name: lake.replace(name, frame, shop_id=shop.id, marks=marks.get(name)).version
        for name, frame in frames.items()
    }


def _ahead(shop: Shop) -> str:
    """The note that says whether facts of members may be ahead of what the last build noted."""
    return f"ahead.{shop.id}"


def _noted(view: View) -> dict[str, int]:
    """Versions of the tables on which something was noted."""
    found = {name: note(view.home.lake, name, notes) for name, notes in view.notes.items()}
    return {name: version for name, version in found.items() if version is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Days:
    """The tables by day, of which sales are in the lake already."""

    sold: pl.LazyFrame
    version: int
    """Of `sales_daily`."""
    rows: int
    """Of the shop in it."""
    since: SinceBuild | None
    """None: all of them were made anew."""
    kpis: pl.DataFrame


def _all_days(view: View) -> _Days:
    sold, days = whole_days(view)
    version = view.home.lake.replace("sales_daily", sold, shop_id=view.shop.id).version
    return _Days(sold=sold.lazy(), version=version, rows=sold.height, since=None, kpis=days)


def _changed_days(view: View, changes: RowDiffs, last: Mapping[str, Any]) -> _Days:
    lake, shop_id = view.home.lake, view.shop.id
    is_ahead = read_note(lake, "member_facts", key=_ahead(view.shop)) == "true"
    since = SinceBuild.of(view, changes, is_ahead=is_ahead)
    some = sales_of(view, since.resold)
    replaced = lake.replace("sales_daily", some, shop_id=shop_id, days=since.resold)
    sold = lake.scan("sales_daily", version=replaced.version).filter(pl.col("shop_id") == shop_id)
    return _Days(
        sold=sold,
        version=replaced.version,
        rows=last["sold_rows"] + replaced.added - replaced.removed,
        since=since,
        kpis=kpis_after(view, since),
    )


def _published_rows(home: Home, table: str) -> pl.DataFrame:
    """All shops' rows at the version that readers open."""
    return home.lake.scan(table, version=home.readings.versions()[table]).collect()


def _key(shop: Shop) -> str:
    return f"built.{shop.id}"


def _basis(view: View, *, sold_rows: int) -> str:
    """What a build was made from and how, as it is noted on the tables that it made."""
    return json.dumps(
        {
            "method": _method(view),
            "as_of": view.as_of.isoformat(),
            "versions": {name: view.versions.get(name) for name in _SOURCES},
            "sold_rows": sold_rows,
        }
    )


def _method(view: View) -> str:
    return f"sales {sales.VERSION}, kpis {kpis.VERSION}, members {histories.VERSION}, {view.zone}"


def _last_basis(view: View) -> dict[str, Any]:
    """What the last build noted; empty where its tables do not say the same."""
    notes = {read_note(view.home.lake, name, key=_key(view.shop)) for name in _KEPT}
    last: dict[str, Any] = json.loads(notes.pop() or "{}") if len(notes) == 1 else {}
    return last


def _diffs_since_build(view: View, last: Mapping[str, Any]) -> dict[str, RowDiff] | None:
    """What changed since the last build; None where that is not known, so all is to be built."""
    if last.get("method") != _method(view):
        return None
    then = dt.datetime.fromisoformat(last["as_of"])
    if then > view.as_of:
        return None
    found = {
        name: changes(
            view.home.lake,
            name,
            shop_id=view.shop.id,
            since=TableSnapshot(last["versions"][name], then),
            until=TableSnapshot(view.versions.get(name), view.as_of),
        )
        for name in _SOURCES
    }
    known = {name: change for name, change in found.items() if change is not None}
    return known if len(known) == len(found) else None


def derive(home: Home, shop: Shop, *, as_of: dt.datetime) -> dict[str, pl.DataFrame]:
    """Every derived table of a shop, as it was known at `as_of`."""
    view = View.of(home, shop, as_of)
    sold, days = whole_days(view)
    return {"sales_daily": sold, "kpis_daily": days, **point_in_time_tables(view, sold.lazy())}
