"""What changed of a shop since its last build, and the orders of the members whom that concerns."""

from dataclasses import dataclass
from typing import cast

import dataframely as dy
import polars as pl

from contracts.table_diffs import RowDiffs
from contracts.tables import Order
from flows.steps.views import View
from transforms import sales
from transforms.histories import touched_members


@dataclass(frozen=True, slots=True)
class SinceBuild:
    """Changes since a build, as a view sees them."""

    changes: RowDiffs
    resold: pl.Series
    """Days of `sales_daily` that they dirty."""
    members: pl.Series
    """Members of whom a document changed; what is known of the others stands."""
    orders: pl.DataFrame
    """All orders of these members, and those of the cases that changed (`View.slim`)."""

    @classmethod
    def of(cls, view: View, changes: RowDiffs) -> "SinceBuild":
        """Look up whom changes concern."""
        cases = [changes["refund_cases"].before, changes["refund_cases"].after]
        owners = orders_by_id(view, pl.concat([one["order_id"] for one in cases]))
        members = touched_members(changes, owners)
        theirs = view.slim(Order).filter(pl.col("member_id").is_in(members.implode())).collect()
        return cls(
            changes,
            sales.dirty_days(changes, view.zone),
            members,
            pl.concat([theirs, owners]).unique("order_id", keep="any"),
        )

    def lazy_orders(self) -> dy.LazyFrame[Order]:
        """`orders`, as transforms take them."""
        return cast("dy.LazyFrame[Order]", self.orders.lazy())


def orders_by_id(view: View, ids: pl.Series, *, created: pl.Series | None = None) -> pl.DataFrame:
    """Orders by their ids (`View.slim`), of some days of creation where they are known."""
    rows = view.slim(Order)
    if ids.is_empty():
        return rows.limit(0).collect()
    if created is not None:
        rows = cast(
            "dy.LazyFrame[Order]", rows.filter(pl.col("created_date").is_in(created.implode()))
        )
    return rows.filter(pl.col("order_id").is_in(ids.implode())).collect()
