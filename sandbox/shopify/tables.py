"""The frames a type's columns come from, and the children of one."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl

from sandbox.world.world import LOCATION_ID, World

PARENT: Final = "__parent"


class Tables:
    """Frames as the dialect sees them, kept until the world changes."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._kept: dict[str, tuple[tuple[object, ...], pl.DataFrame]] = {}

    def get(self, name: str) -> pl.DataFrame:
        """One row per object of a root type: orders, products, customers, discounts, locations."""
        inputs, make = _VIEWS[name]
        # A frame is replaced, never altered: the same inputs give the same view. They are held, as
        # a frame that was dropped may leave its identity to another one.
        state = tuple(getattr(self._world, source) for source in inputs)
        kept = self._kept.get(name)
        if kept is None or any(old is not new for old, new in zip(kept[0], state, strict=True)):
            kept = (state, make(self._world))
            self._kept[name] = kept
        return kept[1]

    def snapshot(self) -> "Tables":
        """The tables of this moment, and what is made of them already."""
        # Frames are replaced, never altered: a shallow copy is the world of this moment.
        tables = Tables(replace(self._world))
        tables._kept = dict(self._kept)
        return tables

    def children(self, name: str, parents: pl.DataFrame) -> pl.DataFrame:
        """The children of `parents`, with the parent's `__parent`, in order of parent and id."""
        return _CHILDREN[name](self._world, parents)


def _orders(world: World) -> pl.DataFrame:
    """Orders with the columns of their parcel; sending and delivering one changes its order."""
    return world.orders.join(
        world.parcels.drop("household_id"), on="order_id", how="left", maintain_order="left"
    ).with_columns(updated_at=pl.max_horizontal("updated_at", "shipped_at", "delivered_at"))


def _products(world: World) -> pl.DataFrame:
    incoming = (
        world.purchase_orders.filter(~pl.col("is_received"))
        .group_by("product_id")
        .agg(incoming_units=pl.col("units").sum())
    )
    return world.products.join(
        incoming, on="product_id", how="left", maintain_order="left"
    ).with_columns(pl.col("incoming_units").fill_null(0), currency=pl.lit(world.currency))


def _customers(world: World) -> pl.DataFrame:
    paid = pl.col("original_minor") - pl.col("automatic_minor") - pl.col("code_minor")
    spent = world.orders.group_by("household_id").agg(
        order_count=pl.len(),
        spent_minor=(paid - pl.col("refunded_minor"))
        .filter(pl.col("cancelled_at").is_null())
        .sum(),
    )
    return world.customers.join(
        spent, on="household_id", how="left", maintain_order="left"
    ).with_columns(
        pl.col("order_count").fill_null(0),
        pl.col("spent_minor").fill_null(0),
        currency=pl.lit(world.currency),
    )


def _discounts(world: World) -> pl.DataFrame:
    return world.discounts.with_columns(
        currency=pl.lit(world.currency),
        clock=pl.lit(world.clock, dtype=pl.Datetime("us", "UTC")),
    )


def _locations(world: World) -> pl.DataFrame:
    return pl.DataFrame({"location_id": [LOCATION_ID], "name": ["Main Street"]})


_VIEWS: Final[dict[str, tuple[tuple[str, ...], Callable[[World], pl.DataFrame]]]] = {
    # Parcels follow from the orders and the clock.
    "orders": (("orders", "clock"), _orders),
    "products": (("products", "purchase_orders"), _products),
    "customers": (("customers", "orders"), _customers),
    "discounts": (("discounts", "clock"), _discounts),
    "locations": ((), _locations),
}


def _lines(world: World, orders: pl.DataFrame) -> pl.DataFrame:
    counts = orders["line_count"].to_numpy()
    starts = orders["line_start"].to_numpy()
    offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    rows = np.repeat(starts, counts) + offsets
    of_order = np.repeat(np.arange(orders.height), counts)
    own = orders.select(PARENT, "currency", "code")[of_order]
    lines: pl.DataFrame = world.lines[rows].with_columns(own)
    titles = world.products.select("product_id", "title", "vendor")
    return lines.filter(~pl.col("is_removed")).join(
        titles, on="product_id", how="left", maintain_order="left"
    )


def _refunds(world: World, orders: pl.DataFrame) -> pl.DataFrame:
    keys = orders.select("order_id", "currency", "code", "line_start", "line_count", PARENT)
    return world.refunds.join(keys, on="order_id").sort(PARENT, "refund_id")


def _refund_lines(world: World, refunds: pl.DataFrame) -> pl.DataFrame:
    lines = _lines(world, refunds)
    of_refund = refunds.select(PARENT, "is_full", only_line_id="line_id")
    kept = lines.join(of_refund, on=PARENT, maintain_order="left")
    return kept.filter(pl.col("is_full") | (pl.col("line_id") == pl.col("only_line_id")))


def _transactions(world: World, orders: pl.DataFrame) -> pl.DataFrame:
    paid = pl.col("original_minor") - pl.col("automatic_minor") - pl.col("code_minor")
    columns = (PARENT, "transaction_id", "kind", "amount_minor", "created_at", "currency")
    sales = orders.filter(pl.col("cancelled_at").is_null()).select(
        PARENT,
        transaction_id=pl.col("order_id"),
        kind=pl.lit("SALE"),
        amount_minor=paid,
        created_at="created_at",
        currency="currency",
    )
    refunds = _refunds(world, orders).with_columns(
        transaction_id=pl.col("refund_id"), kind=pl.lit("REFUND")
    )
    both = pl.concat([sales.select(columns), refunds.select(columns)])
    return both.sort(PARENT, "created_at", maintain_order=True)


_CHILDREN: Final[dict[str, Callable[[World, pl.DataFrame], pl.DataFrame]]] = {
    "lines": _lines,
    "refunds": _refunds,
    "refund_lines": _refund_lines,
    "transactions": _transactions,
}
