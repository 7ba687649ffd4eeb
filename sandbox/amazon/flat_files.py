"""Reports as tab-delimited text: order history, and all listings."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import polars as pl

from sandbox.amazon.account import Account
from sandbox.amazon.names import amazon_order_id, asin, decimals
from sandbox.amazon.order_shapes import FULFILMENT
from sandbox.world.world import instant

FlatFile = Callable[[Account, datetime | None, datetime], pl.DataFrame]
_STAMP: Final = "%Y-%m-%dT%H:%M:%S+00:00"
_STATUS: Final = {"SHIPPED": "Shipped", "CANCELLED": "Cancelled", "UNSHIPPED": "Unshipped"}
_CHANNEL: Final = {"AMAZON": "Amazon", "MERCHANT": "Merchant"}


def written(frame: pl.DataFrame) -> bytes:
    """The file: a heading, then a row per line of text, nothing quoted."""
    texts = pl.selectors.string().str.replace_all(r"[\t\r\n]", " ")
    text: str = frame.with_columns(texts).write_csv(separator="\t", quote_style="never")
    return text.encode()


def orders_by(column: str) -> FlatFile:
    """Order lines of the orders whose `column` lies in the span, oldest first."""

    def lines(account: Account, start: datetime | None, end: datetime) -> pl.DataFrame:
        wanted = pl.col(column) <= instant(end)
        if start is not None:
            wanted &= pl.col(column) >= instant(start)
        status, by = FULFILMENT
        orders = account.world.orders.filter(wanted).with_columns(
            fulfilment=status.replace_strict(_STATUS, return_dtype=pl.String),
            fulfilled_by=by.replace_strict(_CHANNEL, return_dtype=pl.String),
        )
        titles = account.world.products.select("product_id", "title")
        joined = (
            orders.drop("automatic_minor", "code_minor")
            .sort(column, "order_id")
            .join(account.world.lines, on="order_id", maintain_order="left_right")
            .filter(~pl.col("is_removed"))
            .join(titles, on="product_id", how="left", maintain_order="left")
        )
        return _order_lines(account, joined)

    return lines


def _order_lines(account: Account, joined: pl.DataFrame) -> pl.DataFrame:
    nothing, zero = pl.lit(""), _amount(account, pl.lit(0, dtype=pl.Int64))
    # Of what was cancelled no pieces are left and no amounts are told.
    is_cancelled = pl.col("fulfilment") == _STATUS["CANCELLED"]
    discount = pl.col("automatic_minor") + pl.col("code_minor")
    code = pl.when(pl.col("code_minor") > 0).then("code").fill_null("")
    columns = {
        "amazon-order-id": _named("order_id", amazon_order_id),
        "merchant-order-id": nothing,
        "purchase-date": pl.col("created_at").dt.strftime(_STAMP),
        "last-updated-date": pl.col("updated_at").dt.strftime(_STAMP),
        "order-status": pl.col("fulfilment"),
        "fulfillment-channel": pl.col("fulfilled_by"),
        "sales-channel": pl.lit(account.store_name),
        "order-channel": nothing,
        "ship-service-level": pl.lit("Standard"),
        "product-name": pl.col("title").fill_null(""),
        "sku": pl.col("product_id").cast(pl.String),
        "asin": _named("product_id", asin),
        "item-status": pl.col("fulfilment"),
        "quantity": pl.col("quantity"),
        "currency": pl.col("currency"),
        "item-price": _amount(account, pl.col("unit_minor") * pl.col("quantity")),
        "item-tax": zero,
        "shipping-price": zero,
        "shipping-tax": zero,
        "gift-wrap-price": zero,
        "gift-wrap-tax": zero,
        "item-promotion-discount": _amount(account, discount),
        "ship-promotion-discount": zero,
        "ship-city": pl.lit("Exampleton"),
        "ship-state": nothing,
        "ship-postal-code": (pl.col("household_id") % 100_000).cast(pl.String).str.zfill(5),
        "ship-country": pl.lit(account.country),
        "promotion-ids": code,
        "is-business-order": pl.lit("false"),
        "purchase-order-number": nothing,
        "price-designation": nothing,
    }
    amounts = ("currency", *(name for name in columns if name.endswith(("-price", "-tax"))))
    for name in (*amounts, "item-promotion-discount", "ship-promotion-discount"):
        columns[name] = pl.when(is_cancelled).then(nothing).otherwise(columns[name])
    columns["quantity"] = pl.when(is_cancelled).then(0).otherwise(columns["quantity"])
    return joined.select(expression.alias(name) for name, expression in columns.items())


def listings(account: Account, _start: datetime | None, _end: datetime) -> pl.DataFrame:
    """All listings as they are now; the span of the report does not matter."""
    columns = {
        "item-name": pl.col("title"),
        "listing-id": _named("product_id", asin),
        "seller-sku": pl.col("product_id").cast(pl.String),
        "price": _amount(account, pl.col("price_minor")),
        "quantity": pl.col("on_hand_units"),
        "open-date": pl.col("created_at").dt.strftime("%Y-%m-%d %H:%M:%S UTC"),
        "item-condition": pl.lit("11"),
        "asin1": _named("product_id", asin),
        "product-id": _named("product_id", asin),
        "fulfillment-channel": pl.lit("DEFAULT"),
        "status": pl.when(pl.col("on_hand_units") > 0)
        .then(pl.lit("Active"))
        .otherwise(pl.lit("Inactive")),
    }
    goods = account.world.products.sort("product_id")
    return goods.select(expression.alias(name) for name, expression in columns.items())


def _named(column: str, name: Callable[[int], str]) -> pl.Expr:
    return pl.col(column).map_elements(name, return_dtype=pl.String)


def _amount(account: Account, minor: pl.Expr) -> pl.Expr:
    places = decimals(account.world.currency)
    if not places:
        return minor.cast(pl.String)
    rest = (minor % 10**places).cast(pl.String).str.zfill(places)
    return pl.concat_str((minor // 10**places).cast(pl.String), pl.lit("."), rest)


FLAT_FILES: Final[dict[str, FlatFile]] = {
    "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL": orders_by("updated_at"),
    "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL": orders_by("created_at"),
    "GET_MERCHANT_LISTINGS_ALL_DATA": listings,
}
