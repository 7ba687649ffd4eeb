"""A shop or an account on a platform: the world behind it, its clock, and the writes it kept."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from sandbox.kit.frames import Derived, Rows, grouped, of_values
from sandbox.world import aftersales
from sandbox.world.aftersales import Book
from sandbox.world.world import World


class Shop:
    """What the operations of a dialect work on; the world's lock is held while one runs.

    `clock` gives seconds that limits, tokens and jobs run on, further to the world's own time.
    """

    def __init__(
        self, world: World, channel: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.world, self.channel = world, channel
        self.derived = Derived()
        self._clock, self._ticks, self._begun = clock, clock(), world.clock

    @property
    def now(self) -> datetime:
        """The world's clock; it stands between two moves of the world."""
        return self.world.clock

    def instant(self) -> datetime:
        """The world's clock moved on by what has passed on the clock of limits."""
        return self.world.clock + timedelta(seconds=self._clock() - self._ticks)

    def seconds(self) -> float:
        """Seconds on the clock of limits, and what passed in the world since the beginning."""
        return self._clock() + (self.world.clock - self._begun).total_seconds()

    def book(self) -> Book:
        """The shop's orders and cases at the world's clock."""
        world = self.world
        frames = (world.orders, world.lines, world.refunds)
        return self.derived(_book, world, *frames, world.clock)

    def titled(self, frame: pl.DataFrame, *more: str) -> pl.DataFrame:
        """Rows with the title of their product, and more of its columns; None: it is gone."""
        goods = self.world.products.select("product_id", "title", *more)
        return frame.join(goods, on="product_id", how="left", maintain_order="left")

    def lines_of(self, orders: pl.DataFrame, *more: str) -> Mapping[int, Rows]:
        """The lines of some orders by the order's id, as `titled`; without those removed."""
        lines = of_values(self.world.lines, "order_id", orders["order_id"])
        return grouped(self.titled(lines.filter(~pl.col("is_removed")), *more), "order_id")

    def record(
        self, kind: str, target: object, after: Any, *, applied: bool = True, **more: Any
    ) -> dict[str, Any]:
        """Keep a write that was received; what is returned may be changed later."""
        write = {
            "at": self.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "channel": self.channel,
            "kind": kind,
            "target": str(target),
            "after": after,
            "applied": applied,
            **more,
        }
        self.world.writes.append(write)
        return write

    def set_price(self, product: Mapping[str, Any], minor: int) -> None:
        """Set the price of a product, and keep the write."""
        key = product["product_id"]
        self.world.set_product(key, price_minor=minor, updated_at=self.now)
        self.record("set_price", key, minor, before=product["price_minor"])

    def set_stock(self, product: Mapping[str, Any], units: int, **more: Any) -> None:
        """Set the pieces of a product, and keep the write."""
        key = product["product_id"]
        self.world.set_product(key, on_hand_units=units, stock_updated_at=self.now)
        self.record("set_stock", key, units, before=product["on_hand_units"], **more)

    def written(self, kind: str) -> list[dict[str, Any]]:
        """The writes of one kind that were kept, the oldest first."""
        return [
            write
            for write in self.world.writes
            if write.get("channel") == self.channel and write.get("kind") == kind
        ]


def _book(world: World, *_: object) -> Book:
    return aftersales.book(world)
