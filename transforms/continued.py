"""Histories gone on with: what changed of members' documents is added to what was known of them."""

from dataclasses import dataclass
from typing import Final, cast

import dataframely as dy
import polars as pl

from contracts.table_diffs import RowDiffs
from contracts.tables import CouponGrant, MemberFact, Order
from transforms.days import local_day
from transforms.histories import (
    MEMBER,
    ORDER,
    as_declared,
    bought,
    granted,
    members_orders,
    of_gaps,
    paid_back,
    redeemed,
)

_PLACED: Final = [*MEMBER, "order_id", "currency", "placed_at"]
"""What makes it the same order to a history, whatever it is worth by now."""
_GAPS: Final = MemberFact.columns()["order_gaps_days"].dtype
_EVENTS: Final = {"last_coupon_at": "coupon", "last_refunded_at": "refund"}


@dataclass(frozen=True, slots=True)
class Continued:
    """What changes make of members; who is in neither part stands as before."""

    known: pl.DataFrame
    """Histories (`transforms.histories`) of those whose documents went on."""
    unknown: pl.Series
    """Members who lost something, or of whom something older came: all of theirs is needed."""


def continued(
    changes: RowDiffs,
    last: pl.DataFrame,
    *,
    unclear: pl.Series,
    disputing: pl.DataFrame,
    grants: dy.LazyFrame[CouponGrant],
    time_zone: str,
) -> Continued:
    """Histories after changes of a shop, from the `last` of all its members.

    Added are orders that come after all others of a member, other amounts of those that were there,
    and later coupons and refunds. `unclear` are the members whose cases may have changed,
    `disputing` (as `histories.disputing`) those who have an open one now.
    """
    was, now = (_counted(rows) for rows in (changes["orders"].before, changes["orders"].after))
    gone, new = was.join(now, on=_PLACED, how="anti"), now.join(was, on=_PLACED, how="anti")
    added = bought(new.lazy(), time_zone).collect()
    first = local_day("first_order_at", time_zone)
    before = last.with_columns(first_order_date=first)
    others = added.join(before, on=MEMBER, how="anti")
    given = granted(grants).join(others.lazy(), on=MEMBER, how="semi").collect()
    extra = [_amounts(was, now, before, time_zone), *_happened(changes, was, now, given)]
    lost_all = [unclear, gone["member_id"], added.filter(_is_double())["member_id"]]
    rows = pl.concat([added.select(MEMBER), *(one.select(MEMBER) for one in extra)]).unique()
    rows = rows.join(before, on=MEMBER, how="left")
    for frame in (added, *extra):
        rows = rows.join(frame, on=MEMBER, how="left", suffix="_new")
    is_unknown = _is_older() | _is_lost() | pl.col("member_id").is_in(pl.concat(lost_all).implode())
    unknown = pl.concat([*lost_all, rows.filter(is_unknown)["member_id"]]).unique()
    is_buyer = pl.any_horizontal(pl.col("orders_count", "orders_count_new").is_not_null())
    is_disputing = pl.col("member_id").is_in(disputing["member_id"].implode())
    known = (
        rows.filter(is_buyer, ~is_unknown)
        .with_columns(**_sums(), has_open_case=is_disputing)
        .with_columns(of_gaps())
    )
    return Continued(as_declared(known.lazy()).collect(), unknown)


def moved_first_days(before: pl.DataFrame, after: pl.DataFrame, time_zone: str) -> pl.Series:
    """Old and new first day of the members whose first day is another one now."""
    day = local_day("first_order_at", time_zone)
    then, now = (rows.select(*MEMBER, day=day) for rows in (before, after))
    both = then.join(now, on=MEMBER, how="full", suffix="_now")
    moved = both.filter(pl.col("day").ne_missing(pl.col("day_now")))
    return pl.concat([moved["day"], moved["day_now"]]).drop_nulls()


def first_orders_before(changes: RowDiffs, orders: pl.DataFrame, time_zone: str) -> pl.DataFrame:
    """What members had bought before changes, from all `orders` now (`histories.bought`)."""
    change = changes["orders"]
    stood = orders.join(change.after, on=ORDER, how="anti")
    columns = [*_PLACED, "goods_minor"]
    then = pl.concat([_counted(stood).select(columns), _counted(change.before).select(columns)])
    return bought(then.lazy(), time_zone).collect()


def _counted(orders: pl.DataFrame) -> pl.DataFrame:
    counted = members_orders(cast("dy.LazyFrame[Order]", orders.lazy()))
    return counted.select(*_PLACED, "goods_minor").collect()


def _amounts(
    was: pl.DataFrame, now: pl.DataFrame, before: pl.DataFrame, time_zone: str
) -> pl.DataFrame:
    """What orders that were there are worth more than before. Grain: member."""
    more, is_later = pl.col("goods_minor") - pl.col("goods_minor_was"), pl.col("is_later")
    return (
        now.join(was, on=_PLACED, suffix="_was")
        .join(before.select(*MEMBER, "first_order_date"), on=MEMBER)
        .with_columns(is_later=local_day("placed_at", time_zone) > pl.col("first_order_date"))
        .group_by(MEMBER)
        .agg(more_minor=more.sum(), more_later_minor=more.filter(is_later).sum())
    )


def _happened(
    changes: RowDiffs, was: pl.DataFrame, now: pl.DataFrame, given: pl.DataFrame
) -> list[pl.DataFrame]:
    """The last time that a coupon was `gained` or `lost`, and that a refund was. Grain: member.

    An order changes with all of its rows in other tables, so these are in the changes too.
    """

    def coupons(side: str, counted: pl.DataFrame) -> pl.LazyFrame:
        used, grants = (
            getattr(changes[name], side).lazy() for name in ("order_coupons", "coupon_grants")
        )
        return pl.concat([redeemed(used, counted.lazy()), granted(grants)])

    def refunds(side: str, counted: pl.DataFrame) -> pl.LazyFrame:
        return paid_back(getattr(changes["refunds"], side).lazy(), counted.lazy())

    found = []
    for name, events, more in (("coupon", coupons, [given]), ("refund", refunds, [])):
        then, since = events("before", was).collect(), events("after", now).collect()
        lost = then.join(since, on=[*MEMBER, "at"], how="anti")
        gained = pl.concat([since, *more])
        both = [
            rows.group_by(MEMBER).agg(pl.col("at").max().alias(f"{kind}_{name}_at"))
            for kind, rows in (("lost", lost), ("gained", gained))
        ]
        found.append(both[0].join(both[1], on=MEMBER, how="full", coalesce=True))
    return found


def _is_double() -> pl.Expr:
    """Who bought in two currencies, which no history can say."""
    return pl.col("member_id").is_duplicated()


def _is_older() -> pl.Expr:
    """Something new lies before something known, or is of another currency."""
    is_before = pl.col("first_order_at_new") < pl.col("last_order_at")
    is_foreign = pl.col("currency_new") != pl.col("currency")
    return (is_before | is_foreign).fill_null(value=False)


def _is_lost() -> pl.Expr:
    """The last of its kind may be gone, and nothing later came."""
    found = []
    for column, name in _EVENTS.items():
        lost, gained = pl.col(f"lost_{name}_at"), pl.col(f"gained_{name}_at")
        may_be_last = (lost >= pl.col(column)).fill_null(value=False)
        found.append(may_be_last & (gained < lost).fill_null(value=True))
    return pl.any_horizontal(found)


def _sums() -> dict[str, pl.Expr]:
    """A history and what came after it."""
    new = "_new"
    bridge = (pl.col("first_order_date_new") - pl.col("last_order_date")).dt.total_days()
    between = pl.when(bridge > 0).then(pl.concat_list(bridge.cast(pl.Int32)))
    gaps = (pl.col("order_gaps_days"), between, pl.col("order_gaps_days_new"))
    nothing = pl.lit([], dtype=_GAPS)
    is_first_day = pl.col("first_order_date").is_null() | (
        pl.col("first_order_date") == pl.col("first_order_date_new")
    )
    later = pl.when(is_first_day).then("later_minor_new").otherwise("spent_minor_new")
    return {
        **{name: pl.coalesce(name, name + new) for name in ("currency", "first_order_at")},
        **{name: pl.coalesce(name + new, name) for name in ("last_order_at", "last_order_date")},
        "orders_count": pl.sum_horizontal("orders_count", "orders_count_new"),
        "order_gaps_days": pl.concat_list(one.cast(_GAPS).fill_null(nothing) for one in gaps),
        "spent_minor": pl.sum_horizontal("spent_minor", "spent_minor_new", "more_minor"),
        "later_minor": pl.sum_horizontal("later_minor", later, "more_later_minor"),
        **{
            column: pl.max_horizontal(column, f"gained_{name}_at")
            for column, name in _EVENTS.items()
        },
    }
