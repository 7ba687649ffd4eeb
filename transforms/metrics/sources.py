"""What facts are made from: a shop's tables, and what its goods cost on each day."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from typing import Final, cast, get_args, get_origin, get_type_hints

import dataframely as dy
import polars as pl

from contracts.economics import Economics
from contracts.fx import with_rates
from contracts.metrics import Dimension
from contracts.tables import (
    ActiveUsers,
    AdsDaily,
    Cart,
    Cost,
    FunnelDaily,
    Listing,
    ListingTrafficDaily,
    MemberFact,
    Order,
    OrderLine,
    Parcel,
    Refund,
    RefundCase,
    Review,
    Settlement,
    Shipment,
    ShopRating,
    SlotTrafficDaily,
    StockFact,
    Target,
    Ticket,
    TrafficDaily,
    TrafficHourly,
    VisitEvent,
)

DATE: Final = "date"
_SKU: Final = ["shop_id", "sku_id"]
_DAY: Final = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """A shop's tables, as they were known at one moment, and what a sale costs there."""

    orders: dy.LazyFrame[Order]
    lines: dy.LazyFrame[OrderLine]
    refunds: dy.LazyFrame[Refund]
    cases: dy.LazyFrame[RefundCase]
    traffic: dy.LazyFrame[TrafficDaily]
    ads: dy.LazyFrame[AdsDaily]
    costs: dy.LazyFrame[Cost]
    listings: dy.LazyFrame[Listing]
    shipments: dy.LazyFrame[Shipment]
    parcels: dy.LazyFrame[Parcel]
    reviews: dy.LazyFrame[Review]
    stock: dy.LazyFrame[StockFact]
    members: dy.LazyFrame[MemberFact]
    hours: dy.LazyFrame[TrafficHourly]
    listing_traffic: dy.LazyFrame[ListingTrafficDaily]
    slots: dy.LazyFrame[SlotTrafficDaily]
    active_users: dy.LazyFrame[ActiveUsers]
    visit_events: dy.LazyFrame[VisitEvent]
    funnel: dy.LazyFrame[FunnelDaily]
    carts: dy.LazyFrame[Cart]
    tickets: dy.LazyFrame[Ticket]
    ratings: dy.LazyFrame[ShopRating]
    targets: dy.LazyFrame[Target]
    settlements: dy.LazyFrame[Settlement] | None
    """None: no statement of account was ever read."""
    economics: Economics
    currency: str
    time_zone: str
    fx: pl.DataFrame
    known_until: dt.date
    """The last whole day of the shop."""
    placed: dy.LazyFrame[Order] | None = None
    """Orders of the days of `within`; None: all."""

    def within(self, first: dt.date, last: dt.date) -> "Sources":
        """With lines of orders of some days alone, and those orders as `placed`.

        A day more on each side holds the shop's own days in any zone; files of other days are not
        opened. Whoever looks at earlier orders too has `orders`.
        """
        since, until = (
            dt.datetime.combine(day, dt.time(), dt.UTC) for day in (first - _DAY, last + 2 * _DAY)
        )
        is_near = (pl.col("placed_at") >= since) & (pl.col("placed_at") < until)
        lines, placed = self.lines.filter(is_near), self.orders.filter(is_near)
        return replace(
            self,
            lines=cast("dy.LazyFrame[OrderLine]", lines),
            placed=cast("dy.LazyFrame[Order]", placed),
        )

    @property
    def orders_of_lines(self) -> dy.LazyFrame[Order]:
        """The orders that the lines belong to."""
        return self.orders if self.placed is None else self.placed

    @property
    def known_at(self) -> pl.Expr:
        """The instant with which that day ended."""
        midnight = pl.lit(self.known_until + dt.timedelta(days=1)).cast(pl.Datetime("us"))
        return midnight.dt.replace_time_zone(
            self.time_zone, ambiguous="earliest", non_existent="null"
        ).dt.convert_time_zone("UTC")


def _tables() -> Iterator[tuple[str, type[dy.Schema]]]:
    hints = get_type_hints(Sources)
    for one in fields(Sources):
        hint = hints[one.name]
        for part in (hint, *get_args(hint)):
            if get_origin(part) is dy.LazyFrame and one.default is MISSING:
                yield one.name, get_args(part)[0]


TABLES: Final[Mapping[str, type[dy.Schema]]] = dict(_tables())
"""What of `Sources` is a table, by its field: its schema."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One fact table: lazy rows of one shop with `date`, its dimensions by their names, measures.

    `rows` is given the dimensions requested: of what a platform reports at several levels,
    such as ads, it picks the one that has them. `is_whole`: a day without rows had none; otherwise
    it is unknown. `is_daily`: every day is read by itself, so a period that lacks one has no value.
    """

    rows: Callable[[Sources, frozenset[Dimension]], pl.LazyFrame]
    dimensions: frozenset[Dimension] = frozenset()
    is_whole: bool = False
    is_daily: bool = False


def with_costs(rows: pl.LazyFrame, of: Sources) -> pl.LazyFrame:
    """Rows of SKUs on days with `piece_cost`, in fractions of the minor unit of the shop's
    currency; null where it is not known."""
    costs = of.costs.lazy().with_columns(price_currency=pl.lit(of.currency))
    rated = with_rates(costs, of.fx, of="currency", to="price_currency").select(
        *_SKU, "valid_from", piece_cost=pl.col("unit_cost_minor") * pl.col("fx_rate")
    )
    return rows.sort(DATE).join_asof(
        rated.sort("valid_from"),
        left_on=DATE,
        right_on="valid_from",
        by=_SKU,
        check_sortedness=False,
    )
