"""Reports as tab-delimited text: order history, and all listings."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import polars as pl

from sandbox.amazon.account import Account
from sandbox.amazon.names import amazon_order_id, asin
from sandbox.amazon.order_shapes import FULFILLED_BY, FULFILMENT
from sandbox.kit.frames import first_of
from sandbox.kit.lists import within
from sandbox.kit.money import amount_column, decimals

FlatFile = Callable[[Account, datetime | None, datetime], pl.DataFrame]
Columns = dict[str, pl.Expr | str]
_STAMP: Final = "%Y-%m-%dT%H:%M:%S+00:00"
_STATUS: Final = {"SHIPPED": "Shipped", "CANCELLED": "Cancelled", "UNSHIPPED": "Unshipped"}
_CHANNEL: Final = {"AMAZON": "Amazon", "MERCHANT": "Merchant"}
_AMOUNTS: Final = ("price", "-tax", "-discount")
"""How the names of amounts end."""


def _named(column: str, name: Callable[[int], str]) -> pl.Expr:
    return pl.col(column).map_elements(name, return_dtype=pl.String)


def _told(value: pl.Expr, otherwise: object = None) -> pl.Expr:
    """What is told of an order that was not cancelled."""
    return pl.when(FULFILMENT == "CANCELLED").then(pl.lit(otherwise)).otherwise(value)


_NOTHING: Final = pl.lit("")
_ZERO: Final = _told(pl.lit(0, dtype=pl.Int64))
ORDER_LINES: Final[Columns] = {
    "amazon-order-id": _named("order_id", amazon_order_id),
    "merchant-order-id": _NOTHING,
    "purchase-date": pl.col("created_at").dt.strftime(_STAMP),
    "last-updated-date": pl.col("updated_at").dt.strftime(_STAMP),
    "order-status": FULFILMENT.replace_strict(_STATUS, return_dtype=pl.String),
    "fulfillment-channel": FULFILLED_BY.replace_strict(_CHANNEL, return_dtype=pl.String),
    "sales-channel": "store_name",
    "order-channel": _NOTHING,
    "ship-service-level": pl.lit("Standard"),
    "product-name": pl.col("title").fill_null(""),
    "sku": pl.col("product_id").cast(pl.String),
    "asin": _named("product_id", asin),
    "item-status": FULFILMENT.replace_strict(_STATUS, return_dtype=pl.String),
    "quantity": _told(pl.col("quantity"), 0),
    "currency": _told(pl.col("currency"), ""),
    "item-price": _told(pl.col("unit_minor") * pl.col("quantity")),
    "item-tax": _ZERO,
    "shipping-price": _ZERO,
    "shipping-tax": _ZERO,
    "gift-wrap-price": _ZERO,
    "gift-wrap-tax": _ZERO,
    "item-promotion-discount": _told(pl.col("automatic_minor") + pl.col("code_minor")),
    "ship-promotion-discount": _ZERO,
    "ship-city": pl.lit("Exampleton"),
    "ship-state": _NOTHING,
    "ship-postal-code": (pl.col("household_id") % 100_000).cast(pl.String).str.zfill(5),
    "ship-country": "country",
    "promotion-ids": pl.when(pl.col("code_minor") > 0).then("code").fill_null(""),
    "is-business-order": pl.lit("false"),
    "purchase-order-number": _NOTHING,
    "price-designation": _NOTHING,
}
LISTINGS: Final[Columns] = {
    "item-name": "title",
    "listing-id": _named("product_id", asin),
    "seller-sku": pl.col("product_id").cast(pl.String),
    "price": "price_minor",
    "quantity": "on_hand_units",
    "open-date": pl.col("created_at").dt.strftime("%Y-%m-%d %H:%M:%S UTC"),
    "item-condition": pl.lit("11"),
    "asin1": _named("product_id", asin),
    "product-id": _named("product_id", asin),
    "fulfillment-channel": pl.lit("DEFAULT"),
    "status": first_of((pl.col("on_hand_units") > 0, "Active"), otherwise="Inactive"),
}


def as_file(frame: pl.DataFrame) -> bytes:
    """The file: a heading, then a row per line of text, nothing quoted."""
    texts = pl.selectors.string().str.replace_all(r"[\t\r\n]", " ")
    text: str = frame.with_columns(texts).write_csv(separator="\t", quote_style="never")
    return text.encode()


def orders_by(column: str) -> FlatFile:
    """Order lines of the orders whose `column` lies in the span, oldest first."""

    def lines(account: Account, start: datetime | None, end: datetime) -> pl.DataFrame:
        world = account.world
        found = (
            world.orders.filter(within(column, start, end))
            .drop("automatic_minor", "code_minor")
            .sort(column, "order_id")
            .join(world.lines, on="order_id", maintain_order="left_right")
            .filter(~pl.col("is_removed"))
        )
        return _columns(account, account.titled(found), ORDER_LINES)

    return lines


def listings(account: Account, _start: datetime | None, _end: datetime) -> pl.DataFrame:
    """All listings as they are now; the span of the report does not matter."""
    return _columns(account, account.world.products.sort("product_id"), LISTINGS)


def _columns(account: Account, rows: pl.DataFrame, columns: Columns) -> pl.DataFrame:
    own: dict[str, Any] = {"store_name": account.store_name, "country": account.country}
    places = decimals(account.world.currency)
    told = rows.with_columns(**{name: pl.lit(value) for name, value in own.items()})
    found = told.select(**columns)
    return found.with_columns(
        amount_column(pl.col(name), places=places).fill_null("")
        for name in found.columns
        if name.endswith(_AMOUNTS)
    )


FLAT_FILES: Final[dict[str, FlatFile]] = {
    "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL": orders_by("updated_at"),
    "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL": orders_by("created_at"),
    "GET_MERCHANT_LISTINGS_ALL_DATA": listings,
}
