"""Orders of goods that were approved, as files: one per supplier."""

import datetime as dt
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from contracts.actions import Action
from contracts.errors import ConfigurationError
from contracts.money import format_minor
from flows.steps.clock import machine_now
from flows.steps.export import inert, readable, texts
from flows.steps.files import write_atomically
from flows.steps.holders import person
from flows.steps.home import Home
from flows.steps.on_order import live_orders
from flows.steps.shop import Shop
from flows.steps.workbooks import write_workbook
from warehouse.event_chain import Events
from warehouse.events import LedgerEvent

_NO_NAME: Final = "no supplier"
_UNFIT: Final = re.compile(r"[^\w-]+")
_COLUMNS: Final = {
    "order_id": pl.String,
    "supplier": pl.String,
    "sku_id": pl.String,
    "title": pl.String,
    "units": pl.Int64,
    "case_pack_units": pl.Int64,
    "cases": pl.Int64,
    "unit_cost": pl.String,
    "cost": pl.String,
    "currency": pl.String,
    "expected_date": pl.Date,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseOrder:
    """What was written for one supplier."""

    shop_id: str
    supplier: str
    skus: int
    units: int
    files: tuple[str, ...]


def purchase_orders(
    home: Home, *, out: Path, shop_id: str | None = None, day: dt.date | None = None
) -> list[PurchaseOrder]:
    """Write the approved orders of a shop-local day, the newest if none is given, per supplier.

    Each as XLSX and CSV, in which no text is a formula.

    Raises:
        ConfigurationError: no such shop or folder.
    """
    if not out.is_dir():
        raise ConfigurationError(f"--out: the folder {out} does not exist")
    written = [order for shop in home.select(shop_id) for order in _written(home, shop, out, day)]
    details = {"files": [file for order in written for file in order.files]}
    exported = LedgerEvent(
        kind="export", subject="purchase_orders", by=person(None), at=machine_now(), details=details
    )
    Events(home.database).append([exported])
    return written


def _written(home: Home, shop: Shop, out: Path, day: dt.date | None) -> list[PurchaseOrder]:
    actions = live_orders(home, shop)
    days = [action.decided_at.astimezone(shop.zone).date() for action in actions]
    wanted = day or max(days, default=None)
    chosen = [one for one, its_day in zip(actions, days, strict=True) if its_day == wanted]
    lines = _lines(home, shop, chosen)
    written: list[PurchaseOrder] = []
    for (supplier,), rows in lines.group_by("supplier", maintain_order=True):
        name = f"{shop.id}-{wanted}-{_UNFIT.sub('-', str(supplier)).strip('-') or len(written)}"
        taken = {file for order in written for file in order.files}
        if str(out / f"{name}.csv") in taken:
            name = f"{name}-{len(written)}"
        written.append(
            PurchaseOrder(
                shop_id=shop.id,
                supplier=str(supplier),
                skus=rows.height,
                units=int(rows["units"].sum()),
                files=_files(rows, out / name),
            )
        )
    return written


def _lines(home: Home, shop: Shop, actions: Sequence[Action]) -> pl.DataFrame:
    """One row per ordered SKU, by supplier and code."""
    frame = pl.DataFrame([_line(shop, action) for action in actions], schema=_COLUMNS, orient="row")
    listings = readable(home, home.scan("listings", shop).collect(), "listings")
    titles = listings.select("sku_id", listed_title="title").unique("sku_id", keep="first")
    return (
        frame.join(titles, on="sku_id", how="left")
        .with_columns(title=pl.col("listed_title").fill_null(""))
        .drop("listed_title")
        .sort("supplier", "sku_id")
    )


def _line(shop: Shop, action: Action) -> dict[str, Any]:
    facts, numbers = json.loads(action.evidence), json.loads(action.numbers)
    cost, currency, units = facts["unit_cost_minor"], facts["currency"], action.after_value
    case = max(facts["case_pack_units"] or 1, 1)
    days = dt.timedelta(days=-(-numbers["lead_time_days"] // 1))
    is_costed = cost is not None and currency is not None
    return {
        "order_id": action.action_id[:8],
        "supplier": facts["supplier"] or _NO_NAME,
        "sku_id": action.target_id,
        "title": "",
        "units": units,
        "case_pack_units": case,
        "cases": units // case,
        "unit_cost": format_minor(cost, currency) if is_costed else "",
        "cost": format_minor(cost * units, currency) if is_costed else "",
        "currency": currency if is_costed else "",
        "expected_date": action.decided_at.astimezone(shop.zone).date() + days,
    }


def _files(rows: pl.DataFrame, stem: Path) -> tuple[str, ...]:
    safe = rows.with_columns(inert(name) for name in texts(rows))
    csv, xlsx = (stem.with_name(f"{stem.name}.{ending}") for ending in ("csv", "xlsx"))
    with write_atomically(csv) as draft:
        # The mark by which spreadsheets know that it is UTF-8.
        safe.write_csv(draft, include_bom=True)
    write_workbook({"order": rows}, xlsx)
    return str(csv), str(xlsx)
