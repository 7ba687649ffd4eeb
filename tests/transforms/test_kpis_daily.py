"""How a day is counted."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

import dataframely as dy
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.tables import KpisDaily, Order, OrderLine, Refund, RefundCase, TrafficDaily
from transforms.kpis import kpis_daily
from transforms.sales import sales_daily

DAY = date(2026, 11, 10)
NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
Row = dict[str, Any]
S = TypeVar("S", bound=dy.Schema)


def order(number: int, **more: Any) -> Row:
    row = {"shop_id": "s", "order_id": str(number), "member_id": "m1", "placed_at": NOON}
    states = {"payment_status": "paid", "is_test": False, "currency": "CNY", "goods_minor": 100}
    return {**row, **states, "cancelled_at": None, "goods_units": 1, **more}


def later(days: int) -> datetime:
    return NOON + timedelta(days=days)


def run(
    orders: list[Row],
    *,
    lines: list[Row] | None = None,
    refunds: list[Row] | None = None,
    cases: list[Row] | None = None,
    traffic: list[Row] | None = None,
    quarantined: list[date] | None = None,
) -> pl.DataFrame:
    bad = pl.DataFrame({"kpi_date": quarantined or []}, schema={"kpi_date": pl.Date})
    daily = kpis_daily(
        Order.sample(overrides=orders).lazy(),
        OrderLine.sample(overrides=lines or []).lazy(),
        refunds=Refund.sample(overrides=refunds or []).lazy(),
        cases=RefundCase.sample(overrides=cases or []).lazy(),
        traffic=TrafficDaily.sample(overrides=traffic or []).lazy(),
        quarantined_days=bad.lazy().with_columns(shop_id=pl.lit("s")),
        time_zone="UTC",
    )
    return KpisDaily.validate(daily.collect()).sort("shop_id", "kpi_date")


def test_gmv_counts_cancelled_and_refunded_orders_before_refunds() -> None:
    orders = [
        order(1),
        order(2, cancelled_at=NOON, payment_status="refunded"),
        order(3, payment_status="pending"),
        order(4, is_test=True),
    ]
    back = {"shop_id": "s", "order_id": "2", "refunded_at": later(1), "refunded_minor": 100}
    first, second = run(orders, refunds=[{**back, "currency": "CNY"}]).to_dicts()
    assert (first["gmv_minor"], first["orders_count"], first["cancelled_units"]) == (200, 2, 1)
    assert (first["refunded_minor"], second["refunded_minor"]) == (0, 100)
    assert (second["kpi_date"], second["gmv_minor"]) == (date(2026, 11, 11), 0)


def test_a_case_counts_as_a_refund_once_the_money_went_back() -> None:
    case: Row = {"shop_id": "s", "order_id": "1", "currency": "CNY", "asked_minor": 40}
    cases = [
        {**case, "case_id": "1", "case_status": "refunded", "refunded_at": later(1)},
        {**case, "case_id": "2", "case_status": "returning", "refunded_at": None},
        {**case, "case_id": "3", "case_status": "refunded", "order_id": "9", "refunded_at": NOON},
    ]
    days = run([order(1)], cases=cases)
    assert days["refunded_minor"].to_list() == [0, 40]


def test_a_member_is_new_once_and_a_guest_each_time() -> None:
    orders = [
        order(1, member_id="m1"),
        order(2, member_id="m1"),
        order(3, member_id=None),
        order(4, member_id=None),
        order(5, member_id="m1", placed_at=later(1)),
        order(6, member_id="m2", placed_at=later(1)),
        order(7, member_id="m3", placed_at=later(1), payment_status="voided"),
    ]
    first, second = run(orders).to_dicts()
    columns = ("buyers_units", "new_buyers_units", "returning_buyers_units", "repurchase_rate")
    assert [first[name] for name in columns] == [3, 3, 0, 0.0]
    assert [second[name] for name in columns] == [2, 1, 1, 0.5]


def test_the_same_member_id_in_two_shops_is_two_members() -> None:
    orders = [order(1), order(1, shop_id="t", placed_at=later(1))]
    assert run(orders)["new_buyers_units"].to_list() == [1, 1]


@pytest.mark.parametrize(
    ("amounts", "aov"), [([100, 101], 100), ([101, 102], 102), ([100, 100, 102], 101)]
)
def test_aov_rounds_halves_to_even(amounts: list[int], aov: int) -> None:
    orders = [order(i, goods_minor=amount) for i, amount in enumerate(amounts)]
    assert run(orders)["aov_minor"].item() == aov


def test_units_include_gifts() -> None:
    line = {"shop_id": "s", "order_id": "1", "quantity_units": 2, "line_kind": "sale"}
    gift = {**line, "line_id": "g", "line_kind": "gift", "total_minor": 0, "quantity_units": 1}
    assert run([order(1)], lines=[{**line, "line_id": "1"}, gift])["sold_units"].item() == 3


def test_a_price_difference_paid_by_itself_is_no_order_and_no_buyer() -> None:
    link = {"shop_id": "s", "order_id": "2", "line_id": "1", "quantity_units": 1}
    difference = {**link, "line_kind": "difference", "total_minor": 1}
    alone = order(2, member_id="m2", goods_minor=0, goods_units=0)
    day = run([order(1), alone], lines=[difference]).row(0, named=True)
    assert (day["orders_count"], day["buyers_units"], day["sold_units"]) == (1, 1, 0)
    assert day["aov_minor"] == 100


def test_days_without_orders_are_zero_rows_and_not_missing() -> None:
    daily = run([order(1), order(2, placed_at=later(3))])
    assert daily["kpi_date"].to_list() == [DAY + timedelta(days=n) for n in range(4)]
    assert daily["orders_count"].to_list() == [1, 0, 0, 1]
    assert daily["aov_minor"].to_list() == [100, None, None, 100]


def test_a_day_with_a_document_in_quarantine_is_incomplete() -> None:
    daily = run([order(1), order(2, placed_at=later(1))], quarantined=[DAY, DAY])
    assert daily["is_complete"].to_list() == [False, True]


def test_visitors_are_summed_over_sources_and_unknown_where_no_export_covers_the_day() -> None:
    visit = {"shop_id": "s", "traffic_date": DAY, "visitors_units": 10}
    rows = [{**visit, "traffic_source": source} for source in ("search", "ads")]
    daily = run([order(1), order(2, placed_at=later(1))], traffic=rows)
    assert daily["visitors_units"].to_list() == [20, None]
    assert daily["conversion_rate"].to_list() == [0.05, None]


def test_more_buyers_than_visitors_is_no_conversion_rate() -> None:
    visit = {"shop_id": "s", "traffic_date": DAY, "traffic_source": "ads", "visitors_units": 1}
    orders = [order(1), order(2, member_id="m2")]
    assert run(orders, traffic=[visit])["conversion_rate"].item() is None


def test_two_currencies_are_never_summed_but_refused() -> None:
    with pytest.raises(Exception, match="primary_key"):
        run([order(1), order(2, currency="USD")])


_LINES = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 3), st.integers(0, 9), st.integers(0, 10_000)),
    min_size=1,
    max_size=12,
)


@given(sold=_LINES)
def test_sales_per_sku_and_kpis_per_day_tell_the_same_story(
    sold: list[tuple[int, int, int, int]],
) -> None:
    frame = pl.DataFrame(
        sold, schema=["order", "sku", "quantity_units", "total_minor"], orient="row"
    )
    frame = frame.with_columns(
        pl.lit("s").alias("shop_id"),
        pl.lit("CNY").alias("currency"),
        pl.lit("sale").alias("line_kind"),
        pl.lit(0).alias("unit_price_minor"),
        pl.lit(None, dtype=pl.String).alias("listing_id"),
        order_id=pl.col("order").cast(pl.String),
        sku_id=pl.col("sku").cast(pl.String),
        placed_at=pl.lit(NOON) + pl.duration(days=pl.col("order") % 3),
    )
    lines = _filled(OrderLine, frame)
    goods = frame.group_by("shop_id", "currency", "order_id", "placed_at").agg(
        goods_minor=pl.col("total_minor").sum()
    )
    status = goods.with_columns(payment_status=pl.lit("paid"), is_test=pl.lit(value=False))
    orders = _filled(Order, status)
    per_sku = sales_daily(lines, orders, "UTC").collect()
    per_day = kpis_daily(
        orders,
        lines,
        refunds=Refund.create_empty().lazy(),
        cases=RefundCase.create_empty().lazy(),
        traffic=TrafficDaily.create_empty().lazy(),
        quarantined_days=pl.LazyFrame(schema={"shop_id": pl.String, "kpi_date": pl.Date}),
        time_zone="UTC",
    ).collect()
    summed = per_sku.group_by("sales_date").agg(pl.col("gmv_minor", "sold_units").sum())
    compared = per_day.join(summed, left_on="kpi_date", right_on="sales_date", how="left")
    compared = compared.with_columns(pl.col("gmv_minor_right", "sold_units_right").fill_null(0))
    assert compared["gmv_minor"].equals(compared["gmv_minor_right"])
    assert compared["sold_units"].equals(compared["sold_units_right"])
    assert per_day["gmv_minor"].sum() == frame["total_minor"].sum()


def _filled(schema: type[S], frame: pl.DataFrame) -> dy.LazyFrame[S]:
    """The frame with the schema's other columns null."""
    missing = [pl.lit(None).alias(name) for name in schema.columns() if name not in frame.columns]
    return frame.lazy().with_columns(missing).pipe(schema.cast)
