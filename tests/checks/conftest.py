import datetime as dt
from collections.abc import Callable
from typing import Any

import dataframely as dy
import polars as pl
import pytest

from contracts.streams import Context
from contracts.tables import Order, OrderLine

READ_AT = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
PLACED = dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)
KIT = {
    "shop_id": "demo",
    "source_updated_at": PLACED,
    "read_at": READ_AT,
    "mapping_version": 1,
    "content_hash": 1,
    "deleted_at": None,
    "created_date": PLACED.date(),
    "order_id": "1",
    "placed_at": PLACED,
    "currency": "USD",
    "discount_minor": 0,
}
ORDER = {
    **KIT,
    "member_id": "m1",
    "paid_at": PLACED,
    "cancelled_at": None,
    "payment_status": "paid",
    "fulfilment_status": "fulfilled",
    "is_test": False,
    "goods_minor": 1000,
    "stated_goods_minor": 1000,
    "goods_units": 2,
    "shipping_minor": 0,
    "tax_minor": 0,
    "total_minor": 1000,
    "refunded_minor": 0,
    "deliver_from_at": None,
    "deliver_by_at": None,
    "completed_at": None,
}
LINE = {
    **KIT,
    "line_id": "1-1",
    "listing_id": "v1",
    "sku_id": "s1",
    "line_kind": "sale",
    "quantity_units": 2,
    "current_units": 2,
    "unit_price_minor": 500,
    "total_minor": 1000,
}
Rows = Callable[..., pl.DataFrame]


def frame(schema: type[dy.Schema], rows: list[dict[str, Any]]) -> pl.DataFrame:
    types = {name: column.dtype for name, column in schema.columns().items()}
    return pl.DataFrame([{name: row[name] for name in types} for row in rows], schema=types)


@pytest.fixture
def orders() -> Rows:
    """Orders that pass, each changed by one dictionary."""
    return lambda *changes: frame(Order, [{**ORDER, **change} for change in changes or ({},)])


@pytest.fixture
def lines() -> Rows:
    """Lines that pass, each changed by one dictionary."""
    return lambda *changes: frame(OrderLine, [{**LINE, **change} for change in changes or ({},)])


@pytest.fixture
def context() -> Context:
    return Context("demo", "USD", "America/New_York", READ_AT)
