"""Rows of any canonical table, drawn from its declaration; few ids, so that tables meet."""

import datetime as dt
from random import Random
from typing import Any

import dataframely as dy
import polars as pl

from contracts.tables import TABLES, Table, TableKind
from warehouse.merge import family, root

FIRST_DAY = dt.datetime(2026, 10, 1, tzinfo=dt.UTC)
SPAN = dt.timedelta(days=45)
"""What has a date lies within it."""
_IDS, _ORDERS = 4, 12
"""Different ids of a kind, and orders."""
_ABSENT = 0.35
_USUAL_CODES = {
    "payment_status": "paid",
    "line_kind": "sale",
    "listing_status": "active",
    "review_result": "bad",
    "parcel_status": "in_transit",
    "consent_status": "granted",
    "purpose": "marketing",
    "channel": "email",
}
"""What most rows say, else little of what was read would count."""
_USUAL = 0.85
_STEMS = ("sku", "listing", "order", "shipment", "campaign", "coupon", "product")
_OF_DOCUMENT = ("source_updated_at", "content_hash", "created_date", "placed_at")


def any_rows(
    table: Table, draw: Random, *, shop_id: str, currency: str, read_at: dt.datetime
) -> dict[str, pl.DataFrame]:
    """A reading of a table: some rows, or of a versioned one some documents with their families."""
    maker = _Maker(draw, shop_id=shop_id, currency=currency, read_at=read_at)
    if table.kind is not TableKind.VERSIONED:
        return {table.name: maker.frame(table, [{} for _ in range(draw.randint(2, 12))])}
    names = family(table)
    top = TABLES[root(names)]
    heads = maker.frame(top, [maker.document(top) for _ in range(draw.randint(2, 8))])
    shared = [*top.document, *_OF_DOCUMENT]
    children = [
        {name: value for name, value in head.items() if name in shared}
        for head in heads.to_dicts()
        for _ in range(draw.randint(0, 3))
    ]
    others = {name: maker.frame(TABLES[name], children) for name in names if name != top.name}
    return {top.name: heads, **others}


class _Maker:
    """A value for any column, by its kind."""

    def __init__(self, draw: Random, *, shop_id: str, currency: str, read_at: dt.datetime) -> None:
        self._draw, self._currency, self._read_at = draw, currency, read_at
        self._number = 0
        self._usual: dict[str, Any] = {
            "shop_id": shop_id,
            "read_at": read_at,
            "mapping_version": 1,
            "deleted_at": None,
        }

    def document(self, top: Table) -> dict[str, Any]:
        """Values that all rows of a document have in common; its day is its own for ever."""
        absent = self._draw.random() < _ABSENT
        changed = self._read_at - dt.timedelta(minutes=self._draw.randrange(600))
        values: dict[str, Any] = {
            # Of another content it is another one: no two versions of a document are the same.
            "content_hash": self._draw.randrange(2**60),
            "source_updated_at": None if absent else changed,
        }
        if top.partition is None:
            return values
        number = self._draw.randrange(_ORDERS)
        placed = FIRST_DAY + number * dt.timedelta(days=3, hours=7)
        return {
            **values,
            "order_id": f"order-{number}",
            "placed_at": placed,
            "created_date": placed.date(),
        }

    def frame(self, table: Table, given: list[dict[str, Any]]) -> pl.DataFrame:
        """A row for each of `given`, whose values stand; the first of each key, if it is valid."""
        columns = table.schema.columns()
        rows = []
        for one in given:
            self._number = self._draw.randrange(_IDS)
            drawn = {name: self._value(name, column) for name, column in columns.items()}
            rows.append(drawn | {name: one[name] for name in one if name in columns})
        types = {name: column.dtype for name, column in columns.items()}
        frame = pl.DataFrame(rows, schema=types)
        frame = frame.unique(table.key, keep="first", maintain_order=True)
        good, _ = table.schema.filter(frame)
        return good

    def _value(self, name: str, column: dy.Column) -> Any:
        if name in self._usual:
            return self._usual[name]
        if column.nullable and self._draw.random() < _ABSENT:
            return None
        about = column.metadata or {}
        of_kind = getattr(self, f"_any_{about['kind']}", self._any_count)
        return of_kind(name, about)

    def _any_identifier(self, name: str, _about: object) -> str:
        stem = next((one for one in _STEMS if one in name), name)
        if stem == "order":
            return f"{stem}-{self._draw.randrange(_ORDERS)}"
        is_usual = self._draw.random() < _USUAL
        return f"{stem}-{self._number if is_usual else self._draw.randrange(_IDS)}"

    def _any_member(self, _name: str, _about: object) -> str:
        return f"member-{self._draw.randrange(_IDS)}"

    def _any_text(self, _name: str, _about: object) -> str:
        return f"text {self._draw.randrange(2)}"

    def _any_code(self, name: str, about: dict[str, Any]) -> str:
        is_usual = name in _USUAL_CODES and self._draw.random() < _USUAL
        return _USUAL_CODES[name] if is_usual else self._draw.choice(about["codes"])

    def _any_currency(self, _name: str, _about: object) -> str:
        return self._currency

    def _any_instant(self, name: str, _about: object) -> dt.datetime:
        if name != "observed_at":
            return FIRST_DAY + SPAN * self._draw.random()
        longest = self._draw.choice([dt.timedelta(hours=5), SPAN / 2])
        return self._read_at - longest * self._draw.random()

    def _any_day(self, _name: str, _about: object) -> dt.date:
        return (FIRST_DAY + SPAN * self._draw.random()).date()

    def _any_month_day(self, _name: str, _about: object) -> str:
        return "02-29"

    def _any_flag(self, _name: str, _about: object) -> bool:
        return self._draw.random() > _USUAL

    def _any_rate(self, _name: str, _about: object) -> float:
        return self._draw.random()

    def _any_number(self, _name: str, _about: object) -> float:
        return float(self._draw.randrange(1, 40))

    def _any_count(self, _name: str, _about: object) -> int:
        return self._draw.randrange(1, 10)
