"""Build: the derived tables from the lake, as of the newest reading; what has not changed stays."""

import datetime as dt
import json
from collections.abc import Collection, Mapping
from typing import cast

import dataframely as dy
import polars as pl

from contracts.table_diffs import RowDiff, TableSnapshot
from contracts.tables import (
    KpisDaily,
    Order,
    OrderLine,
    Refund,
    RefundCase,
    SalesDaily,
    TrafficDaily,
    table_of,
)
from flows.steps.blocked import Blocked, each
from flows.steps.derived import POINT_IN_TIME, depending, point_in_time_tables
from flows.steps.home import Home
from flows.steps.leases import lease
from flows.steps.progress import Progress, silent
from flows.steps.shop import Shop
from flows.steps.views import View
from flows.steps.whole_days import quarantined_days, whole_days
from transforms import kpis, sales
from transforms.days import on_days
from warehouse.publish import publish
from warehouse.upkeep import changes, note, read_note, tidy

_BY_DAY = ("sales_daily", "kpis_daily")
"""Computed again for the days that changes dirty; the others hold one moment and are cheap."""
_NAMES = (*_BY_DAY, *(table_of(schema).name for schema in POINT_IN_TIME))
_SOURCES = ("orders", "order_lines", "refunds", "refund_cases", "traffic_daily")
"""What those are computed from, beside the quarantine."""


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
            versions = {
                name: mine.home.lake.replace(name, frame, shop_id=shop.id).version
                for name, frame in frames.items()
            }
            mine.home.readings.record(versions)
            for name, frame in frames.items():
                rebuilt[name] = rebuilt.get(name, 0) + frame.height

    each(home.select(shop_id), "build", rebuild_one, blocked)
    return rebuilt


def _build_shop(home: Home, shop: Shop, *, is_full: bool) -> dict[str, int]:
    view = View.of(home, shop, home.data_as_of(shop), is_anew=is_full)
    basis = _basis(view)
    changed = None if is_full else _diffs_since_build(view, basis)
    versions = {}
    if changed is None:
        sold, days = whole_days(view)
        versions["sales_daily"] = home.lake.replace("sales_daily", sold, shop_id=shop.id).version
    else:
        dirty = sales.dirty_days(changed, view.zone)
        some = _sales_of(view, dirty)
        replaced = home.lake.replace("sales_daily", some, shop_id=shop.id, days=dirty)
        versions["sales_daily"] = replaced.version
        sold = home.lake.scan("sales_daily").filter(pl.col("shop_id") == shop.id).collect()
        days = _kpis_after(view, changed)
    frames = {"kpis_daily": days, **point_in_time_tables(view, sold)}
    for name, frame in frames.items():
        versions[name] = home.lake.replace(name, frame, shop_id=shop.id).version
    notes = {**view.notes, **{(name, _key(shop)): basis for name in _BY_DAY}}
    for (name, key), value in notes.items():
        version = note(home.lake, name, key=key, value=value)
        versions[name] = versions[name] if version is None else version
    home.readings.record(versions)
    publish(home.database, "kpis_daily", read=lambda: _published_rows(home, "kpis_daily"))
    return {name: frame.height for name, frame in {"sales_daily": sold, **frames}.items()}


def _published_rows(home: Home, table: str) -> pl.DataFrame:
    """All shops' rows at the version that readers open."""
    return home.lake.scan(table, version=home.readings.versions()[table]).collect()


def _key(shop: Shop) -> str:
    return f"built.{shop.id}"


def _basis(view: View) -> str:
    """What a build was made from and how, as it is noted on the tables that it made."""
    return json.dumps(
        {
            "method": f"sales {sales.VERSION}, kpis {kpis.VERSION}, {view.zone}",
            "as_of": view.as_of.isoformat(),
            "versions": {name: view.versions.get(name) for name in _SOURCES},
        }
    )


def _diffs_since_build(view: View, basis: str) -> dict[str, RowDiff] | None:
    """What changed since the last build; None where that is not known, so all is to be built."""
    notes = {read_note(view.home.lake, name, key=_key(view.shop)) for name in _BY_DAY}
    last = json.loads(notes.pop() or "{}") if len(notes) == 1 else {}
    if last.get("method") != json.loads(basis)["method"]:
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
    return {"sales_daily": sold, "kpis_daily": days, **point_in_time_tables(view, sold)}


def _sales_of(view: View, days: pl.Series) -> pl.DataFrame:
    """Sales of some days; an order and its lines lie in one partition."""
    lines = view.rows(OrderLine).filter(on_days("placed_at", days, view.zone)).collect()
    created = pl.col("created_date").is_in(lines["created_date"].unique().to_list())
    orders = view.rows(Order).filter(created)
    some = sales.sales_daily(
        cast("dy.LazyFrame[OrderLine]", lines.lazy()),
        cast("dy.LazyFrame[Order]", orders),
        view.zone,
    )
    return SalesDaily.validate(some.collect())


def _kpis_from(
    view: View, orders: dy.LazyFrame[Order], lines: dy.LazyFrame[OrderLine]
) -> dy.LazyFrame[KpisDaily]:
    return kpis.kpis_daily(
        orders,
        lines,
        refunds=view.whole(Refund),
        cases=view.rows(RefundCase),
        traffic=view.rows(TrafficDaily),
        quarantined_days=quarantined_days(view),
        time_zone=view.zone,
    )


def _kpis_after(view: View, changed: Mapping[str, RowDiff]) -> pl.DataFrame:
    """KPIs of the last build, with the days that changed since computed again."""
    orders = view.whole(Order)
    days = kpis.dirty_days(changed, orders, view.rows(RefundCase), time_zone=view.zone)
    placed = orders.filter(on_days("placed_at", days, view.zone))
    created = placed.select("created_date").unique().collect()["created_date"].to_list()
    lines = view.rows(OrderLine).filter(pl.col("created_date").is_in(created))
    now = _kpis_from(view, orders, cast("dy.LazyFrame[OrderLine]", lines)).collect()
    last = view.home.lake.scan("kpis_daily").filter(pl.col("shop_id") == view.shop.id).collect()
    return KpisDaily.validate(kpis.replace_days(last, now, days))
