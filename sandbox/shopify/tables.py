"""The frames a type's columns come from."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

import polars as pl

from sandbox.kit.frames import Derived, with_incoming
from sandbox.world.seed import INSTANT
from sandbox.world.world import LOCATION_ID, World


class Tables:
    """Frames as the dialect sees them, kept until the world changes."""

    def __init__(self, world: World) -> None:
        self._world, self._derived = world, Derived()

    def get(self, name: str) -> pl.DataFrame:
        """The rows of a type by its table's name; those without a view are the world's own."""
        if name not in _VIEWS:
            own: pl.DataFrame = getattr(self._world, name)
            return own
        inputs, make = _VIEWS[name]
        return self._derived(make, *(getattr(self._world, one) for one in inputs))

    def snapshot(self) -> "Tables":
        """The tables of this moment."""
        # Frames are replaced, never altered: a shallow copy is the world of this moment.
        return Tables(replace(self._world))


def paid() -> pl.Expr:
    """What was paid for an order: its price without what was taken off."""
    return pl.col("original_minor") - pl.col("automatic_minor") - pl.col("code_minor")


def _orders(orders: pl.DataFrame, parcels: pl.DataFrame) -> pl.DataFrame:
    """Orders with the columns of their parcel; sending and delivering one changes its order."""
    return orders.join(
        parcels.drop("household_id"), on="order_id", how="left", maintain_order="left"
    ).with_columns(updated_at=pl.max_horizontal("updated_at", "shipped_at", "delivered_at"))


def _products(products: pl.DataFrame, purchases: pl.DataFrame, currency: str) -> pl.DataFrame:
    return with_incoming(products, purchases).with_columns(currency=pl.lit(currency))


def _customers(customers: pl.DataFrame, orders: pl.DataFrame, currency: str) -> pl.DataFrame:
    kept = (paid() - pl.col("refunded_minor")).filter(pl.col("cancelled_at").is_null())
    spent = orders.group_by("household_id").agg(order_count=pl.len(), spent_minor=kept.sum())
    return customers.join(spent, on="household_id", how="left", maintain_order="left").with_columns(
        pl.col("order_count", "spent_minor").fill_null(0), currency=pl.lit(currency)
    )


def _discounts(discounts: pl.DataFrame, currency: str, clock: datetime) -> pl.DataFrame:
    return discounts.with_columns(currency=pl.lit(currency), clock=pl.lit(clock, dtype=INSTANT))


def _locations() -> pl.DataFrame:
    return pl.DataFrame({"location_id": [LOCATION_ID], "name": ["Main Street"]})


_VIEWS: Final[dict[str, tuple[tuple[str, ...], Callable[..., pl.DataFrame]]]] = {
    "orders": (("orders", "parcels"), _orders),
    "products": (("products", "purchase_orders", "currency"), _products),
    "customers": (("customers", "orders", "currency"), _customers),
    "discounts": (("discounts", "currency", "clock"), _discounts),
    "locations": ((), _locations),
}
