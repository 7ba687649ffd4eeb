"""The state of the merchant's world: what is true at its clock, and every change to it."""

import threading
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

import numpy as np
import polars as pl

from sandbox.world import backoffice
from sandbox.world.orders import order_book
from sandbox.world.seed import CURRENCY, INSTANT, ZONE, load

SEED: Final = 20_170_101
SHOP_NAME: Final = "Demo Grocer"
LOCATION_ID: Final = 1
ORDER, LINE, PRODUCT, DISCOUNT = "order_id", "line_id", "product_id", "discount_id"


@dataclass
class World:
    """Frames of what exists; one lock guards them, `version` grows with every change.

    Grains: `orders` order, `lines` line of an order (`line_start`, `line_count` of its order point
    here), `refunds` refund, `products` product with its only variant, `customers` household,
    `discounts` code, `purchase_orders` open order at a supplier, `offers` rival x product,
    `stockouts` product x day. `writes` are what came over the API, `spoiled` the orders tampered
    with.
    """

    clock: datetime
    orders: pl.DataFrame
    lines: pl.DataFrame
    refunds: pl.DataFrame
    products: pl.DataFrame
    customers: pl.DataFrame
    discounts: pl.DataFrame
    purchase_orders: pl.DataFrame
    stockouts: pl.DataFrame
    offers: pl.DataFrame
    dropped_lines: int
    currency: str = CURRENCY
    zone: str = ZONE
    writes: list[dict[str, Any]] = field(default_factory=list)
    spoiled: list[int] = field(default_factory=list)
    version: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)

    def set_product(self, product_id: int, **values: object) -> None:
        """Change columns of one product."""
        self.products = _assign(self.products, PRODUCT, product_id, values)
        self.version += 1

    def set_order(self, order_id: int, **values: object) -> None:
        """Change columns of one order."""
        self.orders = _assign(self.orders, ORDER, order_id, values)
        self.version += 1

    def set_line(self, line_id: int, **values: object) -> None:
        """Change columns of one line; the order's sums follow."""
        self.lines = _assign(self.lines, LINE, line_id, values)
        order_id = self.lines.row(by_predicate=pl.col(LINE) == line_id, named=True)[ORDER]
        own = self.lines.filter((pl.col(ORDER) == order_id) & ~pl.col("is_removed"))
        sums = own.select(
            original_minor=(pl.col("unit_minor") * pl.col("quantity")).sum(),
            automatic_minor=pl.col("automatic_minor").sum(),
            code_minor=pl.col("code_minor").sum(),
        ).row(0, named=True)
        self.set_order(order_id, **sums)

    def set_discount(self, discount_id: int, **values: object) -> None:
        """Change columns of one discount."""
        self.discounts = _assign(self.discounts, DISCOUNT, discount_id, values)
        self.version += 1

    def add_discount(self, **values: object) -> int:
        """Add a discount code and return its id."""
        newest = self.discounts["discount_id"].max()
        discount_id = int(newest) + 1 if isinstance(newest, int) else 700_001
        row = pl.DataFrame(
            [{**dict.fromkeys(self.discounts.columns), "discount_id": discount_id, **values}],
            schema=self.discounts.schema,
        )
        self.discounts = pl.concat([self.discounts, row])
        self.version += 1
        return discount_id

    def product(self, product_id: int) -> dict[str, Any] | None:
        """The product's row, or None."""
        return row_of(self.products, PRODUCT, product_id)

    def order(self, order_id: int) -> dict[str, Any] | None:
        """The order's row, or None."""
        return row_of(self.orders, ORDER, order_id)


def row_of(frame: pl.DataFrame, key: str, value: object) -> dict[str, Any] | None:
    """The first row whose `key` equals `value`, or None."""
    found = frame.filter(pl.col(key) == value)
    return found.row(0, named=True) if found.height else None


def _assign(frame: pl.DataFrame, key: str, value: int, changes: dict[str, object]) -> pl.DataFrame:
    hit = pl.col(key) == value
    return frame.with_columns(
        pl.when(hit).then(pl.lit(new, dtype=frame.schema[column])).otherwise(column).alias(column)
        for column, new in changes.items()
    )


def build(today: date, *, days: int | None = None, households: int | None = None) -> World:
    """Build the world that ends before `today`; the same arguments give the same world."""
    seed = load(today, days=days, households=households)
    rng = np.random.default_rng(SEED)
    book = order_book(seed, rng)
    goods = backoffice.products(seed, rng)
    return World(
        clock=seed.clock,
        orders=book.orders,
        lines=book.lines.select(
            "line_id", "order_id", "product_id", "quantity", "current_quantity",
            "unit_minor", "automatic_minor", "code_minor", "is_removed",
        ),
        refunds=book.refunds,
        products=goods,
        customers=backoffice.customers(seed, rng),
        discounts=backoffice.discounts(seed, book.orders),
        purchase_orders=backoffice.purchase_orders(goods, rng, seed.clock),
        stockouts=backoffice.stockouts(seed, goods, rng),
        offers=backoffice.competitor_offers(goods, book.lines, rng),
        dropped_lines=seed.dropped_lines,
    )  # fmt: skip


def instant(value: datetime) -> pl.Expr:
    """A literal of the one instant type of the world."""
    return pl.lit(value, dtype=INSTANT)
