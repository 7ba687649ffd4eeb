"""The frames a type's columns come from."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import polars as pl

from sandbox.world.world import LOCATION_ID, World


class Tables:
    """Frames as the dialect sees them, kept until the world changes."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._kept: dict[str, tuple[tuple[object, ...], pl.DataFrame]] = {}

    def get(self, name: str) -> pl.DataFrame:
        """The rows of a type by its table's name; those without a view are the world's own."""
        if name not in _VIEWS:
            own: pl.DataFrame = getattr(self._world, name)
            return own
        inputs, make = _VIEWS[name]
        # A frame is replaced, never altered: the same inputs give the same view. They are kept, as
        # a frame that was dropped may leave its identity to another one.
        state = tuple(getattr(self._world, source) for source in inputs)
        kept = self._kept.get(name)
        if kept is None or any(old is not new for old, new in zip(kept[0], state, strict=True)):
            kept = self._kept[name] = (state, make(self._world))
        return kept[1]

    def snapshot(self) -> "Tables":
        """The tables of this moment, and what is made of them already."""
        # Frames are replaced, never altered: a shallow copy is the world of this moment.
        tables = Tables(replace(self._world))
        tables._kept = dict(self._kept)
        return tables


def paid() -> pl.Expr:
    """What was paid for an order or a line: its price without what was taken off."""
    return pl.col("original_minor") - pl.col("automatic_minor") - pl.col("code_minor")


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
    kept = (paid() - pl.col("refunded_minor")).filter(pl.col("cancelled_at").is_null())
    spent = world.orders.group_by("household_id").agg(order_count=pl.len(), spent_minor=kept.sum())
    return world.customers.join(
        spent, on="household_id", how="left", maintain_order="left"
    ).with_columns(
        pl.col("order_count", "spent_minor").fill_null(0), currency=pl.lit(world.currency)
    )


def _discounts(world: World) -> pl.DataFrame:
    return world.discounts.with_columns(
        currency=pl.lit(world.currency),
        clock=pl.lit(world.clock, dtype=pl.Datetime("us", "UTC")),
    )


def _locations(_: World) -> pl.DataFrame:
    return pl.DataFrame({"location_id": [LOCATION_ID], "name": ["Main Street"]})


_VIEWS: Final[dict[str, tuple[tuple[str, ...], Callable[[World], pl.DataFrame]]]] = {
    # Parcels follow from the orders and the clock.
    "orders": (("orders", "clock"), _orders),
    "products": (("products", "purchase_orders"), _products),
    "customers": (("customers", "orders"), _customers),
    "discounts": (("discounts", "clock"), _discounts),
    "locations": ((), _locations),
}
