"""Exports in memory: a description, bytes and an export instant become a page."""

import datetime as dt
from typing import Any

import polars as pl

from connectors.files.layout import STREAMS, Export, FileLayout, Limits
from connectors.files.mapping import canonical
from contracts.streams import Context, Mapped, Page

EXPORTED = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
CONTEXT = Context("shop", "USD", "America/New_York", dt.datetime(2026, 11, 22, tzinfo=dt.UTC))

COSTS: dict[str, Any] = {
    "stream": "costs",
    "pattern": "costs_{yyyymmdd}.csv",
    "format": "csv",
    "tables": {
        "costs": {
            "columns": {
                "sku_id": {"column": "sku"},
                "valid_from": {"column": "from"},
                "unit_cost_minor": {"column": "cost", "unit": "major"},
            }
        }
    },
}
TRAFFIC: dict[str, Any] = {
    "stream": "traffic",
    "pattern": "traffic_{yyyymmdd}.csv",
    "format": "csv",
    "tables": {
        "traffic_daily": {
            "columns": {
                "traffic_date": {"column": "day"},
                "traffic_source": {"column": "source"},
                "visitors_units": {"column": "visitors"},
                "views_units": {"constant": 0},
            }
        }
    },
}
PURCHASING: dict[str, Any] = {
    "stream": "purchasing",
    "pattern": "orders_{yyyymmdd}.csv",
    "format": "csv",
    "tables": {
        "inbound": {
            "skip_when": {"due": ["", "-"]},
            "sum": ["inbound_units"],
            "columns": {
                "sku_id": {"column": "sku"},
                "expected_date": {"column": "due"},
                "inbound_units": {"column": "units"},
            },
        }
    },
}
OFFERS: dict[str, Any] = {
    "stream": "offers",
    "pattern": "offers_{yyyymmddThhmm}.csv",
    "format": "csv",
    "tables": {
        "competitor_offers": {
            "columns": {
                "sku_id": {"column": "sku"},
                "competitor_id": {"column": "rival"},
                "observed_at": {"column": "seen", "format": "%Y-%m-%d %H:%M"},
                "price_minor": {"column": "price", "unit": "major"},
                "shipping_minor": {"constant": 0},
                "is_in_stock": {"column": "stock", "codes": {"有": True, "无": False}},
                "fulfilment": {"column": "by", "codes": {"自营": "platform", "商家": "seller"}},
            }
        }
    },
}


def page(
    layout: dict[str, Any],
    body: str | bytes,
    *,
    at: dt.datetime = EXPORTED,
    limits: Limits | None = None,
) -> Page:
    """A landed export, described as `layout` says."""
    export = Export(
        file="export.csv",
        exported_at=at,
        time_zone="America/New_York",
        layout=FileLayout.model_validate(layout),
        limits=limits or Limits(),
    )
    return Page(body.encode() if isinstance(body, str) else body, export.model_dump_json())


def mapped(*pages: Page) -> Mapped:
    """The pages of one stream, mapped."""
    stream = Export.model_validate_json(pages[0].part).layout.stream
    return canonical(pages, CONTEXT, tables=STREAMS[stream])


def changed(layout: dict[str, Any], target: str, /, **options: Any) -> dict[str, Any]:
    """The description with other options for one column of its only table."""
    ((name, table),) = layout["tables"].items()
    columns = table["columns"] | {target: table["columns"].get(target, {}) | options}
    return layout | {"tables": {name: table | {"columns": columns}}}


def reasons(result: Mapped) -> list[tuple[str, str, str | None]]:
    """Document, reason and column of each reject."""
    return result.rejects.select("document_id", "reason", "column").sort(pl.all()).rows()
