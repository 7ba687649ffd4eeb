"""A shop's tables as they were known at one moment."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, cast

import dataframely as dy
import polars as pl

from contracts.tables import TABLES, Order, Refund, table_of
from flows.steps.home import Home, SchemaT
from flows.steps.shop import Shop
from warehouse.files import rows_per_day

_OF_ALL_TIMES: Final[Mapping[type[dy.Schema], tuple[str, ...]]] = {
    Order: (
        "shop_id", "order_id", "member_id", "placed_at", "created_date", "payment_status",
        "cancelled_at", "is_test", "currency", "goods_minor", "goods_units",
    ),
    Refund: (
        "shop_id", "order_id", "created_date", "refunded_at", "currency", "refunded_minor",
    ),
}  # fmt: skip
"""What buyers and days are counted by, of which any may have changed."""


@dataclass(frozen=True, slots=True)
class View:
    """A shop's tables at fixed versions, as they were known at one moment."""

    home: Home
    shop: Shop
    as_of: dt.datetime
    versions: Mapping[str, int]
    asked: set[str] = field(default_factory=set)
    """Names of the tables that were read."""
    notes: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    """What a build is to note on the tables that it makes, by table and key."""
    is_anew: bool = True
    """Nothing that the last build noted stands in for computing it."""
    _read: dict[str, pl.DataFrame] = field(default_factory=dict)

    @classmethod
    def of(cls, home: Home, shop: Shop, as_of: dt.datetime, *, is_anew: bool = True) -> "View":
        """At the recorded versions; what was never recorded is read at its newest."""
        recorded = home.readings.versions()
        others = [name for name in TABLES if name not in recorded]
        versions = {**home.lake.versions(others), **recorded}
        return cls(home, shop, as_of, versions, is_anew=is_anew)

    @property
    def zone(self) -> str:
        """Of the shop."""
        return self.shop.settings.time_zone

    @property
    def today(self) -> dt.date:
        """The shop-local day of the moment."""
        return self.as_of.astimezone(self.shop.zone).date()

    def rows(
        self,
        schema: type[SchemaT],
        *,
        with_deleted: bool = False,
        within: pl.Expr | None = None,
    ) -> dy.LazyFrame[SchemaT]:
        """The shop's rows of a table; `with_deleted`: those that are gone too.

        `within`: only those of one of the `stretches`.
        """
        name = table_of(schema).name
        self.asked.add(name)
        rows = self.home.lake.scan(
            name, version=self.versions.get(name), as_of=self.as_of, with_deleted=with_deleted
        )
        own = pl.col("shop_id") == self.shop.id
        some = rows.filter(own if within is None else own & within)
        return cast("dy.LazyFrame[SchemaT]", some)

    def last(self, schema: type[SchemaT]) -> dy.LazyFrame[SchemaT]:
        """The shop's rows of a derived table as the last build left them.

        At its newest version, recorded or not, as are the notes that say what they rest on: a build
        may have ended between writing and recording.
        """
        rows = self.home.lake.scan(table_of(schema).name)
        return cast("dy.LazyFrame[SchemaT]", rows.filter(pl.col("shop_id") == self.shop.id))

    def stretches(self, schema: type[SchemaT], most: int) -> list[pl.Expr]:
        """Parts of a table by its partition, each of about `most` rows, or of one day.

        They hold any day, so that other tables of the same partition can be parted alike.
        """
        table = table_of(schema)
        days = rows_per_day(self.home.lake, table.name, version=self.versions.get(table.name))
        part = pl.col("rows").cum_sum() // most
        starts = days.group_by(part, maintain_order=True).agg(pl.col("day").first())["day"]
        edges = [dt.date.min, *starts[1:], dt.date.max]
        day = pl.col(table.partition or "")
        return [(day >= since) & (day < until) for since, until in pairwise(edges)]

    def slim(self, schema: type[SchemaT]) -> dy.LazyFrame[SchemaT]:
        """`rows` with the columns in `_OF_ALL_TIMES` alone."""
        return cast("dy.LazyFrame[SchemaT]", self.rows(schema).select(_OF_ALL_TIMES[schema]))

    def whole(self, schema: type[SchemaT]) -> dy.LazyFrame[SchemaT]:
        """`slim`, read once and kept: a table of a file a day costs most to open."""
        name = table_of(schema).name
        rows = self.slim(schema)
        if name not in self._read:
            self._read[name] = rows.collect()
        return cast("dy.LazyFrame[SchemaT]", self._read[name].lazy())
