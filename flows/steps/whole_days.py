"""Sales and KPIs of all days of a shop, stretch by stretch, so that memory is bounded."""

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
from flows.steps.views import View
from transforms import kpis, sales
from transforms.days import local_day

LINES_AT_ONCE = 700_000


def whole_days(view: View) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`sales_daily` and `kpis_daily` of all days; an order and its lines lie in one partition."""
    sold, tallies, zone = [], [], view.zone
    refunds, cases = view.whole(Refund), view.rows(RefundCase)
    for stretch in view.stretches(OrderLine, LINES_AT_ONCE):
        placed = sales.placed_orders(view.rows(Order, within=stretch), zone)
        placed = placed.collect(engine="streaming").lazy()
        counted = sales.counted_lines(view.rows(OrderLine, within=stretch), placed, zone)
        # Polars would join the lines anew for each of the two that read them.
        counted = counted.collect(engine="streaming").lazy()
        own = cast("dy.LazyFrame[Refund]", refunds.filter(stretch))
        tally = kpis.tally(placed, counted, refunds=own, cases=cases, time_zone=zone)
        parts = [sales.sales_of(counted), tally.days, tally.members]
        some, days, members = pl.collect_all(parts, engine="streaming")
        sold.append(some)
        tallies.append(kpis.Tally(days.lazy(), members.lazy()))
    found = kpis.kpis_of(
        tallies, traffic=view.rows(TrafficDaily), quarantined_days=quarantined_days(view)
    )
    per_day = KpisDaily.validate(found.collect())
    # Frames that share no day share no key, and small ones are validated in less memory.
    return pl.concat(SalesDaily.validate(one) for one in sales.added_up(sold)), per_day


def quarantined_days(view: View) -> pl.LazyFrame:
    """Shop-local days of the orders in quarantine whose instant can be read."""
    quarantined = view.home.quarantine.open(shop_id=view.shop.id, table_name="orders")
    placed = pl.List(pl.Struct({"placed_at": pl.String}))
    return (
        quarantined.lazy()
        .select(
            "shop_id",
            pl.col("payload").str.json_decode(pl.Struct({"orders": placed})).struct.field("orders"),
        )
        .explode("orders")
        .select(
            "shop_id",
            pl.col("orders")
            .struct.field("placed_at")
            .str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False),
        )
        .drop_nulls()
        .select("shop_id", kpi_date=local_day("placed_at", view.zone))
    )
