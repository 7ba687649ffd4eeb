"""The state of the merchant's world: what is true at its clock, and every change to it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from sandbox.world import backoffice
from sandbox.world.ads import ads
from sandbox.world.channels import WHOLE, Channel
from sandbox.world.contacts import contacts
from sandbox.world.orders import order_book
from sandbox.world.parcels import parcel_events, parcels, voyages
from sandbox.world.reviews import reviews
from sandbox.world.seed import INSTANT, Seed, load

SEED: Final = 20_170_101
SHOP_NAME: Final = "Demo Grocer"
LOCATION_ID: Final = 1
ORDER, LINE, PRODUCT, DISCOUNT = "order_id", "line_id", "product_id", "discount_id"
REVIEW, HOUSEHOLD = "review_id", "household_id"


@dataclass
class World:
    """Frames of what exists; one lock guards them, `version` grows with every change.

    Grains: `orders` order, `lines` line of an order (`line_start`, `line_count` of its order point
    here), `refunds` refund, `products` product with its only variant, `customers` household,
    `discounts` code, `purchase_orders` open order at a supplier, `offers` rival x product,
    `stockouts` product x day, `reviews` line of a delivered order, `contacts` household. `parcels`,
    `parcel_events` and `ads` follow from these and the clock, and cannot be set. `writes` are what
    came over the API, `spoiled` the orders tampered with; reviews and contacts have followed time
    until `followed_until`.
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
    reviews: pl.DataFrame
    contacts: pl.DataFrame
    dropped_lines: int
    followed_until: datetime
    channel: Channel = WHOLE
    writes: list[dict[str, Any]] = field(default_factory=list)
    spoiled: list[int] = field(default_factory=list)
    version: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)
    _views: dict[str, tuple[object, object, pl.DataFrame]] = field(
        default_factory=dict, init=False, repr=False
    )

    @property
    def currency(self) -> str:
        """The currency of all amounts."""
        return self.channel.currency

    @property
    def zone(self) -> str:
        """The zone of the shop's days."""
        return self.channel.zone

    @property
    def voyages(self) -> pl.DataFrame:
        """Parcels with their fate: what the world knows and no platform tells."""
        return self._view(
            "voyages", self.orders, self.clock, lambda: voyages(self.orders, until=self.clock)
        )

    @property
    def parcels(self) -> pl.DataFrame:
        """Grain: parcel, as it is at the clock; see `sandbox.world.parcels`."""
        return self._view(
            "parcels", self.orders, self.clock, lambda: parcels(self.voyages, until=self.clock)
        )

    @property
    def parcel_events(self) -> pl.DataFrame:
        """Grain: event of a parcel that happened before the clock."""
        return self._view(
            "parcel_events", self.orders, self.clock,
            lambda: parcel_events(self.voyages, until=self.clock),
        )  # fmt: skip

    @property
    def ads(self) -> pl.DataFrame:
        """Final values of all whole local days; `ads_seen` is what a platform shows."""
        last = self.clock.astimezone(ZoneInfo(self.zone)).date() - timedelta(days=1)
        return self._view("ads", None, last, lambda: self._ads(last))

    def _ads(self, last: date) -> pl.DataFrame:
        first: datetime = self.orders.select(pl.col("created_at").min()).item()
        return ads(
            self.products,
            self.channel,
            first=first.astimezone(ZoneInfo(self.zone)).date(),
            last=last,
        )

    def _view(
        self, name: str, of: object, when: object, make: Callable[[], pl.DataFrame]
    ) -> pl.DataFrame:
        """A frame that follows from others: made when asked for, and kept until they change."""
        with self.lock:
            kept = self._views.get(name)
            if kept is None or kept[0] is not of or kept[1] != when:
                kept = self._views[name] = (of, when, make())
            return kept[2]

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

    def set_review(self, review_id: int, **values: object) -> None:
        """Change columns of one review."""
        self.reviews = _assign(self.reviews, REVIEW, review_id, values)
        self.version += 1

    def set_contact(self, household_id: int, **values: object) -> None:
        """Change columns of one contact."""
        self.contacts = _assign(self.contacts, HOUSEHOLD, household_id, values)
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


def row_of(frame: pl.DataFrame, key: str, value: int) -> dict[str, Any] | None:
    """The first row whose `key` equals `value`, or None."""
    place = frame[key].index_of(value)
    return None if place is None else frame.row(place, named=True)


def _assign(frame: pl.DataFrame, key: str, value: int, changes: dict[str, object]) -> pl.DataFrame:
    """The frame with the columns of one row changed; the frame itself is never altered."""
    place = frame[key].index_of(value)
    if place is None:
        return frame
    return frame.with_columns(
        frame[column].clone().scatter(place, pl.Series([new], dtype=frame.schema[column]))
        for column, new in changes.items()
    )


def build(
    today: date,
    *,
    days: int | None = None,
    households: int | None = None,
    channel: Channel | None = None,
) -> World:
    """Build the world that ends before `today`; the same arguments give the same world.

    Args:
        days: the last days only.
        households: the first households only.
        channel: one platform's part of the merchant; all households on one when not given.
    """
    return grown(load(today, days=days, households=households, channel=channel or WHOLE))


def grown(seed: Seed) -> World:
    """The world that follows from what was sold."""
    rng = np.random.default_rng(SEED)
    book = order_book(seed, rng)
    goods = backoffice.products(seed, rng)
    members = backoffice.customers(seed, rng)
    sent = parcels(voyages(book.orders, until=seed.clock), until=seed.clock)
    return World(
        clock=seed.clock,
        orders=book.orders,
        lines=book.lines.select(
            "line_id", "order_id", "product_id", "quantity", "current_quantity",
            "unit_minor", "automatic_minor", "code_minor", "is_removed",
        ),
        refunds=book.refunds,
        products=goods,
        customers=members,
        discounts=backoffice.discounts(seed, book.orders),
        purchase_orders=backoffice.purchase_orders(goods, rng, seed.clock),
        stockouts=backoffice.stockouts(seed, goods, rng),
        offers=backoffice.competitor_offers(
            goods, book.lines, rng, minor_per_cent=seed.channel.minor_per_cent
        ),
        reviews=reviews(
            sent, book.orders, book.lines, until=seed.clock, language=seed.channel.language
        ),
        contacts=contacts(members, seed.channel, until=seed.clock),
        dropped_lines=seed.dropped_lines,
        followed_until=seed.clock,
        channel=seed.channel,
    )  # fmt: skip


def instant(value: datetime) -> pl.Expr:
    """A literal of the one instant type of the world."""
    return pl.lit(value, dtype=INSTANT)
