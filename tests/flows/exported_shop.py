"""A shop that is known by its exports alone: rows become files, and the files a home's tables."""

import csv
import datetime as dt
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from flows.steps.build import build
from flows.steps.home import Home
from flows.steps.opening import open_home
from flows.steps.pull import pull
from tests.flows.conftest import KEYS

ZONE = "America/New_York"
_MOST_ROWS = 200_000
_HOME = '[keys]\ndata = "env:DATA"\nmembers = "env:MEMBERS"\n'
_SHOP = """
name = "Exports"
currency = "USD"
time_zone = "{zone}"
history_from = {first}

[sources.files]
folder = "inbox"
mappings = ["exports.toml"]
time_zone = "UTC"
quiet_seconds = 0
as_of = {as_of}

[economics]
fee_rate = 0.03
min_margin_rate = 0.1
"""
_DESCRIPTION = """
[[file]]
stream = "exported_orders"
pattern = "orders_*_{yyyymmdd}.csv"
format = "csv"
instants = ["%Y-%m-%dT%H:%M:%S"]

[file.tables.orders.columns]
order_id = { column = "order" }
member_id = { column = "member" }
placed_at = { column = "placed" }
payment_status = { column = "state", codes = { "paid" = "paid", "open" = "pending" } }
fulfilment_status = { constant = "fulfilled" }
is_test = { constant = false }
discount_minor = { constant = 0 }
shipping_minor = { constant = 0 }
tax_minor = { constant = 0 }
total_minor = { column = "charged", unit = "minor" }
refunded_minor = { constant = 0 }

[file.tables.order_lines.columns]
order_id = { column = "order" }
line_id = { column = "line" }
sku_id = { column = "sku" }
listing_id = { column = "sku" }
placed_at = { column = "placed" }
line_kind = { constant = "gift", when_zero = "total", otherwise = { constant = "sale" } }
quantity_units = { column = "pieces" }
current_units = { column = "pieces" }
unit_price_minor = { column = "price", unit = "minor" }
discount_minor = { column = "off", unit = "minor" }
total_minor = { column = "total", unit = "minor" }

[[file]]
stream = "exported_cases"
pattern = "cases_*_{yyyymmdd}.csv"
format = "csv"
instants = ["%Y-%m-%dT%H:%M:%S"]

[file.tables.refund_cases.columns]
case_id = { column = "case" }
order_id = { column = "order" }
requested_at = { column = "asked" }
refunded_at = { column = "paid_back" }
asked_minor = { column = "amount", unit = "minor" }
reason = { constant = "-" }
has_return = { constant = false }
case_status = { constant = "refunded" }

[[file]]
stream = "traffic"
pattern = "visits_*_{yyyymmdd}.csv"
format = "csv"

[file.tables.traffic_daily.columns]
traffic_date = { column = "day" }
traffic_source = { column = "source" }
visitors_units = { column = "visitors" }
views_units = { column = "visitors" }
"""

Row = Mapping[str, Any]
"""A row of an export, by its columns."""


def exported(
    folder: Path,
    patch: pytest.MonkeyPatch,
    *,
    until: dt.date,
    first: dt.date,
    campaigns: str = "",
    **files: Iterable[Row],
) -> Home:
    """A home with the shop `exports`, pulled and built; `files` are orders, cases and visits.

    Days are those of `ZONE`, instants in the files UTC; `until` is the day of the export.
    """
    patch.setenv("DATA", KEYS["data"])
    patch.setenv("MEMBERS", KEYS["members"])
    for name in ("shops", "inbox", "policies"):
        (folder / name).mkdir(parents=True)
    (folder / "shopkeeper.toml").write_text(_HOME + campaigns)
    (folder / "exports.toml").write_text(_DESCRIPTION)
    as_of = f"{until}T12:00:00Z"
    (folder / "shops" / "exports.toml").write_text(
        _SHOP.format(zone=ZONE, first=first, as_of=as_of)
    )
    for name, rows in files.items():
        for number, part in enumerate(_parts(list(rows))):
            _write(folder / "inbox" / f"{name}_{number}_{until:%Y%m%d}.csv", part)
    home = open_home(folder)
    assert all(not one.blocked for one in pull(home))
    build(home)
    return home


def _parts(rows: Sequence[Row]) -> Iterable[Sequence[Row]]:
    """Files of a size that is read; a document, named by the first column, is in one of them."""
    count = len(rows) // _MOST_ROWS + 1
    parts: list[list[Row]] = [[] for _ in range(count)]
    for row in rows:
        document = str(next(iter(row.values())))
        parts[zlib.crc32(document.encode()) % count].append(row)
    return filter(None, parts)


def _write(path: Path, rows: Sequence[Row]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
