"""Rows for the warehouse's tests: what a test does not name is filled with something legal."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import dataframely as dy
import polars as pl

from contracts.actions import Judged
from contracts.tables import Order, OrderCoupon, OrderLine, Refund, Shipment

NOON = dt.datetime(2026, 11, 11, 12, tzinfo=dt.UTC)
_ANYTHING: dict[pl.DataType, Any] = {
    pl.String(): "x",
    pl.Int64(): 1,
    pl.Float64(): 1.0,
    pl.Boolean(): False,
    pl.Date(): NOON.date(),
    pl.Datetime("us", "UTC"): NOON,
    pl.List(pl.Int32): [],
}
_CODES = {
    "payment_status": "paid",
    "fulfilment_status": "fulfilled",
    "line_kind": "sale",
    "listing_status": "active",
    "write_kind": "set_price",
    "currency": "USD",
    "shop_id": "demo",
    "state": "proposed",
    "numbers": "{}",
    "evidence": "{}",
}


def hour(number: int) -> dt.datetime:
    """An instant, later for a greater number."""
    return NOON + dt.timedelta(hours=number)


def rows(schema: type[dy.Schema], given: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """A frame of a table; columns that may be null are null unless given."""
    columns = schema.columns()
    default = {
        name: None if column.nullable else _CODES.get(name, _ANYTHING[column.dtype])
        for name, column in columns.items()
    }
    types = {name: column.dtype for name, column in columns.items()}
    return pl.DataFrame([{**default, **row} for row in given], schema=types)


def version_rows(
    order_id: str = "1",
    *,
    lines: Mapping[str, int] | Sequence[str] = ("a",),
    refunds: Sequence[str] = (),
    coupons: Sequence[str] = (),
    parcels: Sequence[str] = (),
    **version: Any,
) -> dict[str, list[dict[str, Any]]]:
    """One version of one order, by table; `lines` maps a line to its pieces."""
    pieces = lines if isinstance(lines, Mapping) else dict.fromkeys(lines, 1)
    head = {"order_id": order_id, "source_updated_at": NOON, "read_at": NOON, **version}
    return {
        "orders": [head],
        "order_lines": [
            {**head, "line_id": line, "quantity_units": units} for line, units in pieces.items()
        ],
        "order_coupons": [{**head, "coupon_code": coupon} for coupon in coupons],
        "refunds": [{**head, "refund_id": refund} for refund in refunds],
        "shipments": [{**head, "shipment_id": parcel} for parcel in parcels],
    }


def batch(versions: Sequence[Mapping[str, list[dict[str, Any]]]]) -> dict[str, pl.DataFrame]:
    """Several versions in one reading, as frames."""
    schemas = {
        "orders": Order,
        "order_lines": OrderLine,
        "order_coupons": OrderCoupon,
        "refunds": Refund,
        "shipments": Shipment,
    }
    return {
        name: rows(schema, [row for version in versions for row in version[name]])
        for name, schema in schemas.items()
    }


def document(order_id: str = "1", **version: Any) -> dict[str, pl.DataFrame]:
    """A reading of one version of one order."""
    return batch([version_rows(order_id, **version)])


def proposal(target_id: str = "v1", **given: Any) -> dict[str, Any]:
    """A judged proposal: 100 becomes 90 within the day that starts at noon."""
    return {
        "policy": "repricing",
        "target_id": target_id,
        "before_value": 100,
        "after_value": 90,
        "window_start": NOON,
        "expires_at": hour(24),
        **given,
    }


def judged(*proposals: Mapping[str, Any]) -> pl.DataFrame:
    """Proposals after the guard."""
    return rows(Judged, proposals)
