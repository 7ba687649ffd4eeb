"""What changed of a shop since its last build, and the histories of its members after it."""

from dataclasses import dataclass
from typing import cast

import dataframely as dy
import polars as pl

from contracts.codes import OPEN_CASES
from contracts.table_diffs import RowDiffs
from contracts.tables import CouponGrant, MemberFact, Order, OrderCoupon, Refund, RefundCase
from flows.steps.views import View
from transforms import sales
from transforms.continued import continued, first_orders_before, moved_first_days
from transforms.histories import as_declared, disputing, histories


@dataclass(frozen=True, slots=True)
class SinceBuild:
    """Changes since a build, as a view sees them."""

    changes: RowDiffs
    resold: pl.Series
    """Days of `sales_daily` that they dirty."""
    histories: pl.DataFrame
    """Of all members (`transforms.histories`)."""
    moved_days: pl.Series
    """Days on which a member was new or is, who is new on another day now."""

    @classmethod
    def of(cls, view: View, changes: RowDiffs, *, is_ahead: bool) -> "SinceBuild":
        """Go on with the histories of the last build.

        `is_ahead`: `member_facts` may hold some of the changes already, as after a `rebuild` or a
        build that was interrupted, and others that are undone; histories are made anew then.
        """
        now, moved_days = _anew(view, changes) if is_ahead else _gone_on(view, changes)
        return cls(changes, sales.dirty_days(changes, view.zone), now, moved_days)


def _anew(view: View, changes: RowDiffs) -> tuple[pl.DataFrame, pl.Series]:
    """Histories from all orders, and `moved_days`."""
    orders = view.whole(Order).collect()
    before, now = first_orders_before(changes, orders, view.zone), _histories(view, orders)
    return now, moved_first_days(before, now, view.zone)


def _gone_on(view: View, changes: RowDiffs) -> tuple[pl.DataFrame, pl.Series]:
    """Histories from those of the last build, and `moved_days`."""
    last = as_declared(view.last(MemberFact).lazy()).collect()
    unclear, owners = _cases(view, changes)
    found = continued(
        changes,
        last,
        unclear=unclear,
        disputing=disputing(owners.lazy(), view.rows(RefundCase)).collect(),
        grants=view.rows(CouponGrant),
        time_zone=view.zone,
    )
    touched = pl.concat([found.unknown, found.known["member_id"]])
    is_touched = pl.col("member_id").is_in(touched.implode())
    theirs = pl.concat([found.known, _histories(view, _orders_of(view, found.unknown))])
    moved_days = moved_first_days(last.filter(is_touched), theirs, view.zone)
    return pl.concat([last.filter(~is_touched), theirs]), moved_days


def _cases(view: View, changes: RowDiffs) -> tuple[pl.Series, pl.DataFrame]:
    """Members whose cases may have changed, and the orders of those cases and of the open ones."""
    cases = view.rows(RefundCase)
    ids = cases.select("order_id", is_open=pl.col("case_status").is_in(OPEN_CASES)).collect()
    changed = pl.concat([rows["order_id"] for rows in changes["refund_cases"].both])
    is_theirs = pl.col("order_id").is_in(pl.concat([changed, ids["order_id"]]).implode())
    theirs = [rows.filter(is_theirs)["member_id"] for rows in changes["orders"].both]
    wanted = pl.concat([changed, ids.filter("is_open")["order_id"]]).unique()
    owners = orders_by_id(view, wanted).filter(~pl.col("is_test"))
    of_changed = owners.filter(pl.col("order_id").is_in(changed.implode()))["member_id"]
    return pl.concat([*theirs, of_changed]).drop_nulls().unique(), owners.drop_nulls("member_id")


def _orders_of(view: View, members: pl.Series) -> pl.DataFrame:
    """All orders of some members."""
    if members.is_empty():
        return view.slim(Order).limit(0).collect()
    return view.whole(Order).filter(pl.col("member_id").is_in(members.implode())).collect()


def _histories(view: View, orders: pl.DataFrame) -> pl.DataFrame:
    """Histories of members from all of their orders."""
    if orders.is_empty():
        return as_declared(MemberFact.create_empty().lazy()).collect()
    created = pl.col("created_date").is_in(orders["created_date"].unique().implode())
    found = histories(
        cast("dy.LazyFrame[Order]", orders.lazy()),
        refunds=cast("dy.LazyFrame[Refund]", view.slim(Refund).filter(created)),
        cases=view.rows(RefundCase),
        order_coupons=cast("dy.LazyFrame[OrderCoupon]", view.rows(OrderCoupon).filter(created)),
        grants=view.rows(CouponGrant),
        time_zone=view.zone,
    )
    return found.collect()


def orders_by_id(view: View, ids: pl.Series, *, created: pl.Series | None = None) -> pl.DataFrame:
    """Orders by their ids (`View.slim`), of some days of creation where they are known."""
    if ids.is_empty():
        return view.slim(Order).limit(0).collect()
    is_one = pl.col("order_id").is_in(ids.implode())
    if created is None:
        return view.whole(Order).filter(is_one).collect()
    return (
        view.slim(Order).filter(pl.col("created_date").is_in(created.implode()), is_one).collect()
    )
