"""How a shop did per day."""

from collections.abc import Sequence
from dataclasses import dataclass

import dataframely as dy
import polars as pl

from contracts.table_diffs import RowDiff, RowDiffs
from contracts.tables import KpisDaily, Order, OrderLine, Refund, RefundCase, TrafficDaily
from transforms.days import local_day, touched_days
from transforms.refunds import paid_back
from transforms.sales import counted_lines, member_number, of_orders, placed_orders

VERSION = 4
"""Raised when `kpis_daily` computes something else, so that the next build is a whole one."""
_KEY = ["shop_id", "kpi_date", "currency"]
_COUNTS = (
    "gmv_minor",
    "orders_count",
    "sold_units",
    "buyers_units",
    "new_buyers_units",
    "refunded_minor",
    "cancelled_units",
)


@dataclass(frozen=True, slots=True)
class Tally:
    """What some orders add to KPIs."""

    days: pl.LazyFrame
    """What adds up, per shop, day and currency; on several rows."""
    members: pl.LazyFrame
    """The members who ordered, as lists of numbers (`member`), by the same; guests are none."""


def tally(
    placed: pl.LazyFrame,
    counted: pl.LazyFrame,
    *,
    refunds: dy.LazyFrame[Refund],
    cases: dy.LazyFrame[RefundCase],
    time_zone: str,
    days: pl.Series | None = None,
    first_orders: pl.LazyFrame | None = None,
) -> Tally:
    """What `placed_orders`, with all of their `counted_lines`, add; refunds and cases may be of
    others too.

    `days`: what they add on these alone. For that the orders placed and refunded on them are
    enough, with their lines, and of their buyers all other orders, or the day of the first one
    (`first_orders`: shop_id, member_id, currency, kpi_date).
    """
    own = placed.rename({"ordered_date": "kpi_date", "order_currency": "currency"})
    is_some = pl.col("refunded_minor") > 0
    back = paid_back(refunds, cases).filter(is_some)
    back = back.with_columns(kpi_date=local_day("refunded_at", time_zone))
    is_guest = pl.col("member_id").is_null()
    parts = [
        own.select(
            *_KEY,
            gmv_minor="goods_minor",
            orders_count=pl.lit(1, pl.Int64),
            guests_units=is_guest.cast(pl.Int64),
            cancelled_units=pl.col("is_cancelled").cast(pl.Int64),
        ),
        counted.select("shop_id", "sold_units", kpi_date="ordered_date", currency="order_currency"),
        of_orders(back, placed.select("shop_id", "order_id")).select(*_KEY, "refunded_minor"),
    ]
    sums = [_on(part, days).group_by(_KEY).agg(pl.all().sum()) for part in parts]
    bought = own.filter(~is_guest).select(*_KEY, "member_id")
    if first_orders is not None:
        bought = pl.concat([bought, first_orders.select(*_KEY, "member_id")])
    if days is not None:
        bought = bought.join(_on(own, days), on="member_id", how="semi")
    members = bought.group_by(_KEY).agg(member=member_number())
    return Tally(pl.concat(sums, how="diagonal"), members)


def _on(rows: pl.LazyFrame, days: pl.Series | None) -> pl.LazyFrame:
    return rows if days is None else rows.filter(pl.col("kpi_date").is_in(days.implode()))


def kpis_daily(
    orders: dy.LazyFrame[Order],
    lines: dy.LazyFrame[OrderLine],
    *,
    refunds: dy.LazyFrame[Refund],
    cases: dy.LazyFrame[RefundCase],
    traffic: dy.LazyFrame[TrafficDaily],
    quarantined_days: pl.LazyFrame,
    time_zone: str,
) -> dy.LazyFrame[KpisDaily]:
    """`kpis_of` all orders at once."""
    placed = placed_orders(orders, time_zone)
    counted = counted_lines(lines, placed, time_zone)
    whole = tally(placed, counted, refunds=refunds, cases=cases, time_zone=time_zone)
    return kpis_of([whole], traffic=traffic, quarantined_days=quarantined_days)


def kpis_of(
    tallies: Sequence[Tally],
    *,
    traffic: dy.LazyFrame[TrafficDaily],
    quarantined_days: pl.LazyFrame,
    kept: pl.DataFrame | None = None,
) -> dy.LazyFrame[KpisDaily]:
    """One row per shop and day from its first order to its last order or refund, zeros included.

    `tallies` are of parts of all orders that share none; of other days than theirs `kept` says what
    an earlier table had (`without_days`). Counts what `counted_orders` lets through.
    A member is new on the day of the first order of all, so the parts are the whole history; a
    guest is a new buyer each time. Refunds, and cases that ended in one, count on the day they were
    paid back; visitors are summed over sources. `quarantined_days` has `shop_id` and `kpi_date`:
    days that miss a document. A shop with two currencies gets two rows a day, which validation
    refuses.
    """
    counts = _counts(tallies)
    if kept is not None:
        counts = pl.concat([kept.lazy().select(*_KEY, *_COUNTS), counts])
    visits = traffic.lazy().rename({"traffic_date": "kpi_date"})
    visits = visits.group_by("shop_id", "kpi_date").agg(pl.col("visitors_units").sum())
    incomplete = quarantined_days.select("shop_id", "kpi_date", is_complete=False).unique()
    return (
        _days(counts)
        .join(counts, on=_KEY, how="left")
        .with_columns(pl.col(_COUNTS).fill_null(0))
        .join(visits, on=["shop_id", "kpi_date"], how="left")
        .join(incomplete, on=["shop_id", "kpi_date"], how="left")
        .with_columns(**_rates(), is_complete=pl.col("is_complete").fill_null(value=True))
        .pipe(KpisDaily.cast)
    )


def without_days(last: pl.DataFrame, days: pl.Series) -> pl.DataFrame:
    """Rows of an earlier `kpis_daily` on other days than these, where there was anything."""
    is_other = ~pl.col("kpi_date").is_in(days.implode())
    return last.filter(is_other, (pl.col("orders_count") > 0) | (pl.col("refunded_minor") > 0))


def _counts(tallies: Sequence[Tally]) -> pl.LazyFrame:
    """Counts of the days on which there was anything. Grain: shop, day and currency."""
    sums = pl.concat(one.days for one in tallies).group_by(_KEY).agg(pl.all().sum())
    buyers = _members_by_day(pl.concat(one.members for one in tallies))
    guests = pl.col("guests_units")
    return (
        sums.join(buyers, on=_KEY, how="left")
        .with_columns(pl.col(*_COUNTS, "guests_units").fill_null(0).cast(pl.Int64))
        .with_columns(pl.col("buyers_units", "new_buyers_units") + guests)
        .select(*_KEY, *_COUNTS)
    )


def _members_by_day(members: pl.LazyFrame) -> pl.LazyFrame:
    """Buyers and those of them who are new, by `_KEY`; `members` as of a tally, on several rows.

    Days have numbers, in order, so that the first of a member is the least.
    """
    member, day = pl.col("member"), pl.col("day")
    numbered = members.with_columns(day=pl.struct("kpi_date", "shop_id", "currency").rank("dense"))
    ordered = numbered.select("day", "member").explode("member")
    buyers = ordered.group_by("day").agg(buyers_units=member.n_unique())
    new = ordered.group_by("member").agg(day.min()).group_by("day").agg(new_buyers_units=pl.len())
    days = numbered.select(*_KEY, "day").unique()
    return days.join(buyers, on="day").join(new, on="day", how="left").drop("day")


def _days(counts: pl.LazyFrame) -> pl.LazyFrame:
    day = pl.col("kpi_date")
    return (
        counts.group_by("shop_id", "currency")
        .agg(kpi_date=pl.date_range(day.min(), day.max()))
        .explode("kpi_date")
    )


def _rates() -> dict[str, pl.Expr]:
    orders, buyers = pl.col("orders_count"), pl.col("buyers_units")
    returning = buyers - pl.col("new_buyers_units")
    visitors = pl.col("visitors_units")
    # Polars rounds halves to even; sums below 2^53 divide correctly rounded.
    aov = (pl.col("gmv_minor") / orders).round().cast(pl.Int64, strict=False)
    return {
        "returning_buyers_units": returning,
        "aov_minor": pl.when(orders > 0).then(aov),
        "repurchase_rate": pl.when(buyers > 0).then(returning / buyers),
        "conversion_rate": pl.when((visitors > 0) & (buyers <= visitors)).then(buyers / visitors),
    }


def dirty_days(
    changes: RowDiffs, cases: dy.LazyFrame[RefundCase], *, moved_days: pl.Series, time_zone: str
) -> pl.Series:
    """Days of `kpis_daily` that changes dirty; `cases` are all there are now.

    Those of the orders, refunds and visitors that changed; those on which a case of an order that
    changed was paid back, since it counts if its order does; and `moved_days`, on which a member
    was new or is (`continued.moved_first_days`): an older order that comes late makes a buyer of a
    later day a returning one.
    """
    columns = {
        "orders": "placed_at",
        "refunds": "refunded_at",
        "refund_cases": "refunded_at",
        "traffic_daily": "traffic_date",
    }
    same = touched_days(changes, columns, time_zone)
    days_paid_back = _days_paid_back(changes["orders"], cases, time_zone)
    return pl.concat([same, days_paid_back, moved_days]).unique().sort()


def _days_paid_back(change: RowDiff, cases: dy.LazyFrame[RefundCase], time_zone: str) -> pl.Series:
    """Days on which cases of the orders that changed were paid back."""
    order = ["shop_id", "order_id"]
    changed = pl.concat([change.before.select(order), change.after.select(order)]).lazy()
    return (
        cases.lazy()
        .join(changed, on=order, how="semi")
        .select(local_day("refunded_at", time_zone).alias("day"))
        .drop_nulls()
        .collect()["day"]
    )
