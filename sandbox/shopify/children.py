"""The children of a frame of parents: an order's lines, a line's discounts, a stock's states.

Each function gives them with their `PARENT`, in order of parent and id.
"""

from typing import Any, Final

import numpy as np
import polars as pl

from sandbox.kit.graphql.sources import PARENT, Tables
from sandbox.shopify.errors import not_emulated
from sandbox.shopify.search import found_by
from sandbox.shopify.tables import paid

Arguments = dict[str, Any]
COMPANIES: Final = {
    "yuantong": "YTO Express",
    "zhongtong": "ZTO Express",
    "shunfeng": "SF Express",
    "jd": "JD Logistics",
    "ems": "EMS",
}
"""A carrier of the world to the name a merchant types."""
TRACKING_PAGE: Final = "https://demo-grocer.example/track/"
# A state of stock to the column of its units; the world has none in the others.
_UNITS: Final = {
    "available": "on_hand_units",
    "on_hand": "on_hand_units",
    "incoming": "incoming_units",
} | dict.fromkeys(("committed", "reserved", "damaged", "safety_stock", "quality_control"))


def itself(_: Tables, parents: pl.DataFrame, __: Arguments) -> pl.DataFrame:
    """One child over the same columns."""
    return parents


def none(_: Tables, parents: pl.DataFrame, __: Arguments) -> pl.DataFrame:
    """No child: the world has nothing of the kind."""
    return parents.clear()


def lines(tables: Tables, orders: pl.DataFrame, _: Arguments) -> pl.DataFrame:
    """The lines that were not edited out of an order."""
    counts = orders["line_count"].to_numpy()
    starts = orders["line_start"].to_numpy()
    offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    rows = np.repeat(starts, counts) + offsets
    of_order = np.repeat(np.arange(orders.height), counts)
    own = orders.select(PARENT, "currency", "code")[of_order]
    found: pl.DataFrame = tables.get("lines")[rows].with_columns(own)
    titles = tables.get("products").select("product_id", "title", "vendor")
    return found.filter(~pl.col("is_removed")).join(
        titles, on="product_id", how="left", maintain_order="left"
    )


def refunds(tables: Tables, orders: pl.DataFrame, _: Arguments) -> pl.DataFrame:
    """The refunds of an order, with its columns that their lines need."""
    keys = orders.select("order_id", "currency", "code", "line_start", "line_count", PARENT)
    return tables.get("refunds").join(keys, on="order_id").sort(PARENT, "refund_id")


def refund_lines(tables: Tables, refunded: pl.DataFrame, _: Arguments) -> pl.DataFrame:
    """All lines of a full refund, the one line of another."""
    of_refund = refunded.select(PARENT, "is_full", only_line_id="line_id")
    found = lines(tables, refunded, {}).join(of_refund, on=PARENT, maintain_order="left")
    return found.filter(pl.col("is_full") | (pl.col("line_id") == pl.col("only_line_id")))


def transactions(tables: Tables, orders: pl.DataFrame, _: Arguments) -> pl.DataFrame:
    """The sale of an order that was not cancelled, and its refunds."""
    columns = (PARENT, "transaction_id", "kind", "amount_minor", "created_at", "currency")
    sales = orders.filter(pl.col("cancelled_at").is_null()).with_columns(
        transaction_id="order_id", kind=pl.lit("SALE"), amount_minor=paid()
    )
    returned = refunds(tables, orders, {}).with_columns(
        transaction_id="refund_id", kind=pl.lit("REFUND")
    )
    both = pl.concat([sales.select(columns), returned.select(columns)])
    return both.sort(PARENT, "created_at", maintain_order=True)


def fulfillments(_: Tables, orders: pl.DataFrame, arguments: Arguments) -> pl.DataFrame:
    """The parcel of an order once it was sent; an order has one at most."""
    sent = orders.filter(pl.col("shipped_at").is_not_null()).with_columns(
        created_at="shipped_at", updated_at=pl.max_horizontal("shipped_at", "delivered_at")
    )
    return found_by(sent, "Fulfillment", arguments.get("query"))


def tracking(_: Tables, parcels: pl.DataFrame, __: Arguments) -> pl.DataFrame:
    """The one waybill of a parcel, with the page the merchant gives for it."""
    return parcels.with_columns(
        company=pl.col("carrier").replace_strict(COMPANIES, return_dtype=pl.String),
        url=pl.concat_str(pl.lit(TRACKING_PAGE), "number"),
    )


def allocations(_: Tables, parents: pl.DataFrame, __: Arguments) -> pl.DataFrame:
    """What was taken off a line: by the member price, and by the order's code."""
    automatic = pl.col("automatic_minor") > 0
    by_member = parents.filter(automatic).with_columns(
        application=pl.lit("AutomaticDiscountApplication"),
        index=pl.lit(0),
        minor="automatic_minor",
    )
    by_code = parents.filter(pl.col("code_minor") > 0).with_columns(
        application=pl.lit("DiscountCodeApplication"),
        index=automatic.cast(pl.Int32),
        minor="code_minor",
    )
    return pl.concat([by_member, by_code]).sort(PARENT, maintain_order=True)


def quantities(_: Tables, levels: pl.DataFrame, arguments: Arguments) -> pl.DataFrame:
    """The stock under each name requested.

    Raises:
        GraphQLError: the dialect knows no such state of stock.
    """
    names: list[str] = arguments["names"]
    unknown = sorted(set(names) - set(_UNITS))
    if unknown:
        raise not_emulated(f"stock in the state {unknown[0]}")
    states = pl.DataFrame({"quantity_name": names}, schema={"quantity_name": pl.String})
    units = pl.lit(0, dtype=pl.Int64)
    for name, column in _UNITS.items():
        if column is not None:
            units = pl.when(pl.col("quantity_name") == name).then(column).otherwise(units)
    found = levels.join(states, how="cross").with_columns(units=units)
    return found.sort(PARENT, maintain_order=True)


def buyers(_: Tables, discounts: pl.DataFrame, __: Arguments) -> pl.DataFrame:
    """The one customer a code is for."""
    one = discounts.filter(pl.col("buyer_id").is_not_null())
    return one.with_columns(household_id="buyer_id")
