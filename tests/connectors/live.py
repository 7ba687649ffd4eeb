"""How a connector is judged against its emulated platform: changes of the world, and writes.

An entry says which shop of the stage the connector reads, what changes of the world it must tell of
and how each of its writes is tried. What a platform truly cannot tell is said with the reason,
which the suite shows as a skip; what is not said at all fails.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from contracts.actions import Change
from contracts.codes import WriteKind
from contracts.payloads import CouponTerms, encode
from sandbox.amazon.names import amazon_order_id
from sandbox.jd.shop import order_text
from sandbox.taobao import ids
from sandbox.world.reviews import REVIEW_IDS
from sandbox.world.world import World
from tests.connectors.stage import Stage

MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)
LATE = 5 * MINUTE
"""A change that the platform lists later is dated so long before the end of the reading before."""
PASSED = dt.timedelta(hours=26)
"""How much time passes between two readings."""
KINDS: Final = ("payment", "refund", "parcel", "price", "stock", "undated")
"""What every connector is asked about; `undated` is a child that does not date its parent."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What the lake must hold of one thing, `...` for anything; without `value`: it is gone."""

    table: str
    key: Mapping[str, Any]
    value: Mapping[str, Any] | None

    def holds(self, frame: pl.DataFrame) -> bool:
        """Whether the newest row of the thing says so."""
        found = frame.filter(**self.key)
        if "deleted_at" in found.columns:
            found = found.filter(pl.col("deleted_at").is_null())
        if self.value is None or found.is_empty():
            return self.value is None and found.is_empty()
        dates = [name for name in ("observed_at", "valid_from") if name in found.columns]
        if dates:
            found = found.sort(dates)
        row = found.row(-1, named=True)
        return all(
            row[name] is not None if value is ... else row[name] == value
            for name, value in self.value.items()
        )


Told = Callable[[Stage], Demand]
"""Changes the world as the platform would date it, and says what must be told of it."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """How one connector is judged."""

    shop_id: str
    changes: Mapping[str, Told | str]
    writes: Mapping[WriteKind, Callable[[Stage], Change]] = field(default_factory=dict)
    prepare: Callable[[Stage], None] | None = None
    """What stands there before the first reading."""
    idle: Mapping[str, str] = field(default_factory=dict)
    """Streams that rightly yield nothing at first, and why."""
    dated: tuple[str, str, Callable[[Stage, int, dt.datetime], str]] | str = ""
    """Stream, key column and how its n-th document is dated: judges the edges of windows."""


# ---- orders -------------------------------------------------------------------------------------

PENDING, UNPAID_TRADE = "PENDING", "WAIT_BUYER_PAY"
PAYMENT, REFUND, PARCEL, UNDATED, FIRST, SECOND, DRIFT = range(7)
"""Which of the shop's plain orders is taken for what."""
_ODD_TRADES = (3, 8, 13, 18)


def order_of(world: World, place: int) -> int:
    """One of the orders that nothing happens to by itself; the place says which."""
    plain = world.orders.filter(
        (pl.col("line_count") >= 2) & ~(pl.col("order_id") % 25).is_in(_ODD_TRADES)
    ).sort("order_id")
    # Amazon tells of parcels that the merchant sends itself: every fourth order's.
    own = plain.filter(pl.col("order_id") % 4 == 0)["order_id"].to_list()
    others = plain.filter(pl.col("order_id") % 4 != 0)["order_id"].to_list()
    return int(own[0] if place == PARCEL else others[place])


NUMBERS: Final[Mapping[str, Callable[[int], str]]] = {
    "shopify": str,
    "woocommerce": str,
    "taobao": lambda key: str(ids.tid(key)),
    "amazon": amazon_order_id,
    "jd": order_text,
}


def ship(
    world: World, key: int, at: dt.datetime, *, within: dt.timedelta = dt.timedelta(days=4)
) -> None:
    """Move an order in time: its parcel leaves at that instant and is promised within a span."""
    voyage = world.voyages.filter(pl.col("order_id") == key).row(0, named=True)
    order = world.order(key)
    assert order is not None
    placed = at - (voyage["shipped_at"] - order["created_at"])
    world.set_order(
        key,
        created_at=placed,
        updated_at=placed + MINUTE,
        deliver_from_at=at,
        deliver_by_at=at + within,
    )


def scene(shop_id: str) -> Callable[[Stage], None]:
    """An order that is not paid yet, one that is sent an hour after the first reading."""

    def prepare(stage: Stage) -> None:
        world = stage.world(shop_id)
        unpaid = UNPAID_TRADE if shop_id == "taobao" else PENDING
        if shop_id != "amazon":
            world.set_order(order_of(world, PAYMENT), financial_status=unpaid)
        ship(world, order_of(world, PARCEL), world.clock + HOUR)

    return prepare


def paid(shop_id: str) -> Told:
    """A payment that the platform lists late."""

    def change(stage: Stage) -> Demand:
        world = stage.world(shop_id)
        key = order_of(world, PAYMENT)
        at = world.clock - PASSED - LATE
        world.set_order(key, financial_status="PAID", updated_at=at)
        return Demand("orders", {"order_id": NUMBERS[shop_id](key)}, {"payment_status": "paid"})

    return change


def cancelled(shop_id: str) -> Told:
    """A cancellation of what was to be paid, listed late."""

    def change(stage: Stage) -> Demand:
        world = stage.world(shop_id)
        key, at = order_of(world, PAYMENT), world.clock - PASSED - LATE
        world.set_order(
            key, cancelled_at=at, updated_at=at, cancel_reason="CUSTOMER",
            financial_status="VOIDED", fulfillment_status="UNFULFILLED",
        )  # fmt: skip
        return Demand("orders", {"order_id": NUMBERS[shop_id](key)}, {"payment_status": "voided"})

    return change


def pay_back(world: World, key: int, at: dt.datetime) -> int:
    """Pay a whole order back; the amount."""
    order = world.order(key)
    assert order is not None
    amount = int(order["original_minor"] - order["automatic_minor"] - order["code_minor"])
    line = world.lines.row(order["line_start"], named=True)
    row = {
        "refund_id": 950_000 + world.refunds.height, "order_id": key, "line_id": line["line_id"],
        "is_full": True, "created_at": at, "amount_minor": amount,
    }  # fmt: skip
    world.refunds = pl.concat([world.refunds, pl.DataFrame([row], schema=world.refunds.schema)])
    world.set_order(key, financial_status="REFUNDED", refunded_minor=amount, updated_at=at)
    return amount


def refunded(shop_id: str) -> Told:
    """Money paid back at the very instant that the reading before ended with."""

    def change(stage: Stage) -> Demand:
        world = stage.world(shop_id)
        key = order_of(world, REFUND)
        amount = pay_back(world, key, world.clock - PASSED)
        number = NUMBERS[shop_id](key)
        if shop_id == "amazon":  # its account tells of it, and not the order
            return Demand("refund_cases", {"order_id": number}, {"case_status": "refunded"})
        return Demand(
            "orders",
            {"order_id": number},
            {"payment_status": "refunded"}
            | ({} if shop_id == "taobao" else {"refunded_minor": amount}),
        )

    return change


def sent(shop_id: str) -> Told:
    """A parcel that left after the first reading."""

    def change(stage: Stage) -> Demand:
        world = stage.world(shop_id)
        key = order_of(world, PARCEL)
        parcel = world.parcels.filter(pl.col("order_id") == key).row(0, named=True)
        if shop_id == "amazon":  # there an order's state dates it, which sending changes
            world.set_order(key, updated_at=parcel["shipped_at"])
        number = {"order_id": NUMBERS[shop_id](key), "tracking_number": parcel["number"]}
        return Demand("shipments", number, {})

    return change


def _dated(stage: Stage, shop_id: str, place: int, at: dt.datetime) -> str:
    key = order_of(stage.world(shop_id), place)
    stage.world(shop_id).set_order(key, updated_at=at)
    return NUMBERS[shop_id](key)


def orders_of(shop_id: str) -> tuple[str, str, Callable[[Stage, int, dt.datetime], str]]:
    """Orders are dated by hand."""
    return "orders", "order_id", lambda stage, place, at: _dated(stage, shop_id, place, at)


def reviewed(stage: Stage, shop_id: str) -> None:
    """Two reviews, of a week ago, that nobody answered."""
    world = stage.world(shop_id)
    lines = world.lines.filter(pl.col("order_id") == order_of(world, UNDATED)).head(2)
    order = world.order(order_of(world, UNDATED))
    assert order is not None
    at = world.clock - dt.timedelta(days=3)
    rows = [
        {
            "review_id": REVIEW_IDS + line["line_id"], "order_id": line["order_id"],
            "line_id": line["line_id"], "product_id": line["product_id"],
            "household_id": order["household_id"], "stars": 2, "text": "late", "created_at": at,
            "updated_at": at, "reply": None, "replied_at": None,
        }
        for line in lines.iter_rows(named=True)
    ]  # fmt: skip
    new = pl.DataFrame(rows, schema=world.reviews.schema)
    world.reviews = pl.concat([world.reviews, new])


# ---- goods --------------------------------------------------------------------------------------


def product_of(world: World, place: int = 0) -> dict[str, Any]:
    """A product in stock that costs something."""
    found = world.products.filter((pl.col("price_minor") > 300) & (pl.col("on_hand_units") > 5))
    return found.sort("product_id").row(place, named=True)


def listing_of(stage: Stage, shop_id: str, sku: str) -> dict[str, Any]:
    """Our row of the listing that a SKU is sold by."""
    frame = stage.held[-1][(shop_id, "listings")].filter(sku_id=sku)
    return frame.row(0, named=True)


def repriced(shop_id: str) -> Told:
    """A price that changed an hour ago."""

    def change(stage: Stage) -> Demand:
        world = stage.world(shop_id)
        one = product_of(world)
        price = one["price_minor"] + 100
        world.set_product(one["product_id"], price_minor=price, updated_at=world.clock - HOUR)
        listing = listing_of(stage, shop_id, str(one["product_id"]))["listing_id"]
        return Demand("prices", {"listing_id": listing}, {"price_minor": price})

    return change


def restocked(shop_id: str) -> Told:
    """A stock level that changed an hour ago, which dates no product."""

    def change(stage: Stage) -> Demand:
        world = stage.world(shop_id)
        one = product_of(world, 1)
        units = one["on_hand_units"] + 3
        at = world.clock - HOUR
        world.set_product(one["product_id"], on_hand_units=units, stock_updated_at=at)
        key = {"sku_id": str(one["product_id"])}
        return Demand("stock_levels", key, {"available_units": units})

    return change


def set_price(shop_id: str) -> Callable[[Stage], Change]:
    """A price that is ten cents, or fen, higher."""

    def change(stage: Stage) -> Change:
        world = stage.world(shop_id)
        one = product_of(world, 2)
        listing = listing_of(stage, shop_id, str(one["product_id"]))
        return change_of(
            listing["listing_id"], one["price_minor"], one["price_minor"] + 10,
            currency=world.currency, parent_id=listing["product_id"],
        )  # fmt: skip

    return change


def set_stock(shop_id: str) -> Callable[[Stage], Change]:
    """Four pieces more."""

    def change(stage: Stage) -> Change:
        one = product_of(stage.world(shop_id), 3)
        sku, units = str(one["product_id"]), one["on_hand_units"]
        level = stage.held[-1][(shop_id, "stock_levels")].filter(sku_id=sku).row(-1, named=True)
        return change_of(sku, units, units + 4, parent_id=level["warehouse_id"])

    return change


def create_coupon(shop_id: str, code: str = "JUDGED-1") -> Callable[[Stage], Change]:
    """A code with all its terms."""

    def change(stage: Stage) -> Change:
        now = stage.world(shop_id).clock.replace(microsecond=0)
        terms = CouponTerms(
            title="Come back", starts_at=now, ends_at=now + dt.timedelta(days=7), usage_limit=1
        )
        return change_of(code, None, 1500, payload=encode(terms))

    return change


def change_of(target: str, before: int | None, after: int, **more: Any) -> Change:
    given: dict[str, Any] = {"parent_id": None, "currency": None, **more}
    return Change(action_id="a" * 32, target_id=target, before=before, after=after, **given)
