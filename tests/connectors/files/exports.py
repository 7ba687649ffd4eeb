"""Exports in memory: a description, bytes and an export instant become a page."""

import datetime as dt
import zlib
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from connectors.files.layout import STREAMS, Described, Export, FileLayout, Limits, Part
from connectors.files.mapping import canonical
from contracts.streams import PART, Context, Mapped, Page

EXPORTED = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
ZONE = "America/New_York"
LIMITS = Limits()
CONTEXT = Context("shop", "USD", ZONE, dt.datetime(2026, 11, 22, tzinfo=dt.UTC))

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
TOTALS: dict[str, Any] = {
    "stream": "daily_totals",
    "pattern": "totals_{yyyymmdd}.csv",
    "format": "csv",
    "tables": {
        "daily_totals": {
            "columns": {
                "total_date": {"column": "day"},
                "orders_count": {"column": "orders"},
                "gmv_minor": {"column": "amount", "unit": "major"},
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


_DESCRIBED: dict[str, tuple[FileLayout, Limits]] = {}
"""How each file that a test has written is described, by its name."""


def export(
    layout: dict[str, Any], *, at: dt.datetime = EXPORTED, limits: Limits = LIMITS
) -> Export:
    """An export of that instant, under a name that no other description fits."""
    given = FileLayout.model_validate(layout)
    kind = zlib.crc32(f"{layout}{limits}".encode())
    pattern = f"{given.stream}_{kind}_{{yyyymmddThhmmss}}.{given.format}"
    described = given.model_copy(update={"pattern": pattern})
    stamp = f"{at.astimezone(ZoneInfo(given.time_zone or ZONE)):%Y%m%dT%H%M%S}"
    file = pattern.replace("{yyyymmddThhmmss}", stamp)
    _DESCRIBED[file] = described, limits
    (found,) = described_by(file).exports(file)
    return found


def page(
    layout: dict[str, Any],
    body: str | bytes,
    *,
    at: dt.datetime = EXPORTED,
    limits: Limits = LIMITS,
) -> Page:
    """A landed export, described as `layout` says."""
    part = Part(file=export(layout, at=at, limits=limits).file)
    return Page(body.encode() if isinstance(body, str) else body, part.model_dump_json())


def file_of(page: Page) -> str:
    return Part.model_validate_json(page.part).file


def described_by(*files: str) -> Described:
    """What the settings say of these files."""
    layouts = {_DESCRIBED[file][0].pattern: _DESCRIBED[file][0] for file in files}
    return Described(tuple(layouts.values()), ZONE, _DESCRIBED[files[0]][1])


def mapped(*pages: Page, described: Described | None = None) -> Mapped:
    """The pages of one stream, mapped."""
    told = described or described_by(*(file_of(one) for one in pages if file_of(one)))
    tables = STREAMS[told.layouts[0].stream]
    return canonical(pages, CONTEXT, tables=tables, described=told)


def refusal(*pages: Page) -> str:
    """Why the only file that is refused is; nothing else of it is in the tables."""
    (row,) = mapped(*pages).rejects.to_dicts()
    assert row["document_id"] in {f"{PART}{file_of(one)}" for one in pages}
    return str(row["detail"])


def changed(layout: dict[str, Any], target: str, /, **options: Any) -> dict[str, Any]:
    """The description with other options for one column of its only table."""
    ((name, table),) = layout["tables"].items()
    columns = table["columns"] | {target: table["columns"].get(target, {}) | options}
    return layout | {"tables": {name: table | {"columns": columns}}}


def reasons(result: Mapped) -> list[tuple[str, str, str | None]]:
    """Document, reason and column of each reject."""
    return result.rejects.select("document_id", "reason", "column").sort(pl.all()).rows()
