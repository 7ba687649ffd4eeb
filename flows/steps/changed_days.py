"""Sales and KPIs of the days of a shop that changed since its last build."""

from typing import cast

import dataframely as dy
import polars as pl

from contracts.tables import (
    KpisDaily,
    Order,
    OrderLine,
    Refund,
    RefundCase,
    SalesDaily,
    TrafficDaily,
)
from flows.steps.since_build import SinceBuild, orders_by_id
from flows.steps.views import View
from flows.steps.whole_days import quarantined_days
from transforms import kpis, sales
from transforms.days import local_day, on_days


def sales_of(view: View, days: pl.Series) -> pl.DataFrame:
    """`sales_daily` of some days; an order and its lines lie in one partition."""
    lines = view.rows(OrderLine).filter(on_days("placed_at", days, view.zone)).collect()
    created = pl.col("created_date").is_in(lines["created_date"].unique().to_list())
    orders = view.rows(Order).filter(created)
    some = sales.sales_daily(
        cast("dy.LazyFrame[OrderLine]", lines.lazy()),
        cast("dy.LazyFrame[Order]", orders),
        view.zone,
    )
    return SalesDaily.validate(some.collect())


def kpis_after(view: View, since: SinceBuild) -> pl.DataFrame:
    """`kpis_daily` of the last build, with the days that changed since computed again."""
    cases, moved = view.rows(RefundCase), since.moved_days
    days = kpis.dirty_days(since.changes, cases, moved_days=moved, time_zone=view.zone)
    placed = view.slim(Order).filter(on_days("placed_at", days, view.zone)).collect()
    created = placed["created_date"].unique().to_list()
    lines = view.rows(OrderLine).filter(pl.col("created_date").is_in(created))
    refunds = view.slim(Refund).filter(on_days("refunded_at", days, view.zone)).collect()
    ended = cases.filter(on_days("refunded_at", days, view.zone)).collect()
    known = pl.concat([placed, *_orders_of(view, placed, refunds, ended)])
    orders = cast("dy.LazyFrame[Order]", known.unique("order_id", keep="any").lazy())
    counted_orders = sales.placed_orders(orders, view.zone)
    tally = kpis.tally(
        counted_orders,
        sales.counted_lines(cast("dy.LazyFrame[OrderLine]", lines), counted_orders, view.zone),
        refunds=cast("dy.LazyFrame[Refund]", refunds.lazy()),
        cases=cast("dy.LazyFrame[RefundCase]", ended.lazy()),
        time_zone=view.zone,
        days=days,
        first_orders=_first_orders(view, placed, since),
    )
    found = kpis.kpis_of(
        [tally],
        traffic=view.rows(TrafficDaily),
        quarantined_days=quarantined_days(view),
        kept=kpis.without_days(view.last(KpisDaily).collect(), days),
    )
    return KpisDaily.validate(found.collect())


def _orders_of(
    view: View, known: pl.DataFrame, refunds: pl.DataFrame, cases: pl.DataFrame
) -> list[pl.DataFrame]:
    """Orders of refunds, which lie with their order, and of cases, unless they are known."""
    unknown = refunds.join(known, on="order_id", how="anti")
    of_refunds = orders_by_id(view, unknown["order_id"], created=unknown["created_date"].unique())
    others = cases.join(pl.concat([known, of_refunds]), on="order_id", how="anti")
    return [of_refunds, orders_by_id(view, others["order_id"])]


def _first_orders(view: View, placed: pl.DataFrame, since: SinceBuild) -> pl.LazyFrame:
    """The first day of these orders' buyers."""
    buyers = placed["member_id"].drop_nulls().unique()
    theirs = since.histories.lazy().filter(pl.col("member_id").is_in(buyers.implode()))
    first = local_day("first_order_at", view.zone)
    return theirs.select("shop_id", "member_id", "currency", kpi_date=first)
