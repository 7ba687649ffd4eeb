"""Tables as a shop's platforms would fill them, from what markets show."""

import datetime as dt
from collections.abc import Sequence
from typing import Final

import dataframely as dy
import numpy as np
import numpy.typing as npt
import polars as pl

from contracts.tables import SalesDaily

AS_OF: Final = dt.datetime(2026, 6, 1, 4, tzinfo=dt.UTC)
"""Morning of day 0."""
DAY: Final = dt.timedelta(days=1)
Grid = npt.NDArray[np.int64]
"""A number by shop and SKU."""


def padded(schema: type[dy.Schema], frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with every other column of the schema: null, or the least that is valid."""
    missing = {
        name: pl.lit(None if column.nullable else _least(name, column), dtype=column.dtype)
        for name, column in schema.columns().items()
        if name not in frame.columns
    }
    return frame.with_columns(**missing).select(schema.column_names())


def _least(name: str, column: dy.Column) -> object:
    if column.dtype == pl.String:
        return "USD" if "currency" in name else "x"
    if column.dtype == pl.Boolean:
        return False
    if isinstance(column.dtype, pl.Datetime):
        return AS_OF
    return AS_OF.date() if column.dtype == pl.Date else 0


def ids(grid: npt.NDArray[np.generic]) -> pl.DataFrame:
    """`shop_id` and `sku_id` of each place of a grid, in the order of its numbers."""
    shops, skus = grid.shape
    shop, sku = np.repeat(np.arange(shops), skus), np.tile(np.arange(skus), shops)
    text = pl.DataFrame({"shop_id": shop, "sku_id": sku})
    return text.select(pl.all().cast(pl.String))


def articles(grid: npt.NDArray[np.generic]) -> pl.DataFrame:
    """The same with the listing and the product that each SKU is."""
    return ids(grid).with_columns(listing_id="sku_id", product_id="sku_id")


def sales_daily(sold: Sequence[tuple[Grid, Grid]], *, day: int) -> pl.DataFrame:
    """`sales_daily` of what was sold (prices, pieces) on the days that end before `day`."""
    names = ids(sold[0][0])
    frames = [
        names.with_columns(
            sold_units=pl.Series(units.ravel()),
            gmv_minor=pl.Series((units * prices).ravel()),
            sales_date=pl.lit((AS_OF + (day - ago) * DAY).date()),
        ).filter(pl.col("sold_units") > 0)
        for ago, (prices, units) in enumerate(reversed(sold), start=1)
    ]
    rows = pl.concat(frames).with_columns(
        currency=pl.lit("USD"), orders_count="sold_units", list_minor="gmv_minor"
    )
    return padded(SalesDaily, rows)
