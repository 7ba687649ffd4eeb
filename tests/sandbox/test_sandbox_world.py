"""The world: money adds up, time moves the same way twice, exports say what the world says."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.__main__ import export_all
from sandbox.taobao.ids import num_iid
from sandbox.world.backoffice import traffic
from sandbox.world.demand import advance
from sandbox.world.exports import write_exports
from sandbox.world.seed import load
from sandbox.world.world import World, build

NEW_YORK = ZoneInfo("America/New_York")


@given(today=st.dates(date(2020, 1, 1), date(2035, 12, 31)))
@settings(max_examples=5, deadline=None)
def test_the_last_local_day_is_the_latest_whole_week_before_today(today: date) -> None:
    seed = load(today, days=1, households=20)
    last = seed.clock.astimezone(NEW_YORK).date() - timedelta(days=1)
    assert today - timedelta(days=8) < last < today
    assert seed.clock.astimezone(NEW_YORK).hour == 0
    assert set(seed.baskets["created_at"].dt.convert_time_zone("America/New_York").dt.date()) <= {
        last
    }


def test_the_same_arguments_give_the_same_world(world: World) -> None:
    again = build(date(2026, 11, 22), days=7, households=60)
    for name in ("orders", "lines", "refunds", "products", "customers", "discounts", "offers"):
        assert getattr(world, name).equals(getattr(again, name)), name


def test_no_line_is_sold_below_nothing_and_discounts_never_exceed_the_price(world: World) -> None:
    money = world.lines.with_columns(paid=_paid())
    assert money.filter(pl.col("paid") < 0).is_empty()
    assert money.filter((pl.col("automatic_minor") < 0) | (pl.col("code_minor") < 0)).is_empty()
    assert money.filter(pl.col("quantity") < 1).is_empty()


def test_an_order_is_the_sum_of_its_lines(world: World) -> None:
    sums = world.lines.group_by("order_id").agg(paid=_paid().sum(), lines=pl.len())
    orders = world.orders.join(sums, on="order_id", how="full", coalesce=True)
    of_order = pl.col("original_minor") - pl.col("automatic_minor") - pl.col("code_minor")
    assert orders.filter(of_order.ne_missing(pl.col("paid"))).is_empty()
    assert orders.filter(pl.col("line_count") != pl.col("lines")).is_empty()


def test_nothing_happens_after_the_clock(world: World) -> None:
    for frame in (world.orders, world.products, world.customers):
        assert frame.filter(pl.col("updated_at") >= world.clock).is_empty()
        assert frame.filter(pl.col("updated_at") < pl.col("created_at")).is_empty()
    assert world.refunds.filter(pl.col("created_at") >= world.clock).is_empty()


def test_a_refund_moves_the_order_and_never_exceeds_what_was_paid() -> None:
    world = build(date(2026, 11, 22), days=90, households=300)
    found = world.refunds.join(world.orders, on="order_id", suffix="_order")
    assert found.height > 20
    paid = pl.col("original_minor") - pl.col("automatic_minor") - pl.col("code_minor")
    assert found.filter(pl.col("updated_at") < pl.col("created_at")).is_empty()
    assert found.filter(pl.col("amount_minor") > paid).is_empty()
    assert set(found["financial_status"]) == {"REFUNDED", "PARTIALLY_REFUNDED"}


def test_time_passes_the_same_way_in_one_step_or_in_many(world: World) -> None:
    other = build(date(2026, 11, 22), days=7, households=60)
    advance(world, 30)
    for _ in range(30):
        advance(other, 1)
    assert world.orders.equals(other.orders)
    assert world.lines.equals(other.lines)
    assert world.clock == other.clock


def test_what_is_sold_costs_the_price_in_force_and_leaves_the_shelf(world: World) -> None:
    best = world.products.sort("hourly_rate", "product_id").row(-1, named=True)
    key = best["product_id"]
    lower = best["price_minor"] - 1
    world.set_product(key, price_minor=lower, on_hand_units=10_000, hourly_rate=1.0)
    before, clock = world.lines.height, world.clock
    advance(world, 72)
    sold = world.lines.slice(before).filter(pl.col("product_id") == key)
    assert sold.height > 0
    assert set(sold["unit_minor"]) == {lower}
    after = world.product(key)
    assert after is not None
    assert after["on_hand_units"] == 10_000 + _received(world, key, clock) - sold["quantity"].sum()
    assert world.orders.tail(1)["created_at"].item() < world.clock == clock + timedelta(hours=72)


def test_nothing_is_sold_that_is_not_in_stock(world: World) -> None:
    world.products = world.products.with_columns(on_hand_units=pl.lit(0, dtype=pl.Int64))
    world.purchase_orders = world.purchase_orders.clear()
    orders = world.orders.height
    advance(world, 48)
    assert world.orders.height == orders
    out = world.stockouts.filter(pl.col("date") >= date(2026, 11, 16))
    assert out.height >= 2 * world.products.filter(pl.col("hourly_rate") > 0).height


def test_a_lower_price_sells_more(world: World) -> None:
    dear = build(date(2026, 11, 22), days=7, households=60)
    for shop, factor in ((world, 1), (dear, 3)):
        shop.products = shop.products.with_columns(
            price_minor=pl.col("price_minor") * factor,
            on_hand_units=pl.lit(10_000, dtype=pl.Int64),
        )
    sold = []
    for shop in (world, dear):
        before = shop.lines.height
        advance(shop, 72)
        sold.append(shop.lines.slice(before)["quantity"].sum())
    assert sold[0] > 2 * sold[1]


def test_supplies_arrive_when_they_are_due(world: World) -> None:
    key = world.products["product_id"][0]
    world.set_product(key, hourly_rate=0.0, on_hand_units=0)
    world.purchase_orders = pl.DataFrame(
        [{"product_id": key, "units": 24, "due_at": world.clock + timedelta(hours=2),
          "is_received": False}],
        schema=world.purchase_orders.schema,
    )  # fmt: skip
    levels = []
    for _ in range(4):
        product = world.product(key)
        assert product is not None
        levels.append(product["on_hand_units"])
        advance(world, 1)
    assert levels == [0, 0, 0, 24]


@pytest.fixture
def exported(world: World, tmp_path: Path) -> Path:
    write_exports(world, tmp_path)
    return tmp_path


def test_the_later_cost_export_overlaps_the_earlier_and_corrects_it(
    world: World, exported: Path
) -> None:
    earlier, later = (_csv(path) for path in sorted(exported.glob("erp/成本_*.csv")))
    both = earlier.join(later, on="商家编码")
    assert 0 < both.height < earlier.height
    assert both.filter(pl.col("成本价") != pl.col("成本价_right")).height > 0
    known = world.products.filter(pl.col("unit_cost_minor").is_not_null())
    assert earlier.height == known.height < world.products.height
    true = known.select(pl.col("product_id").cast(pl.String).alias("商家编码"), "unit_cost_minor")
    costs = later.join(true, on="商家编码").select(
        (pl.col("成本价").cast(pl.Float64) * 100).round().cast(pl.Int64)
        == pl.col("unit_cost_minor")
    )
    assert costs.to_series().all()


def test_the_supply_plan_names_open_orders_and_terms(world: World, exported: Path) -> None:
    book = openpyxl.load_workbook(next(exported.glob("erp/采购_*.xlsx")))
    head, *rows = book.worksheets[0].iter_rows(values_only=True)
    assert head == (
        "商家编码", "供应商", "在途数量", "预计到货日期",
        "平均交期(天)", "交期标准差(天)", "起订量", "装箱数",
    )  # fmt: skip
    open_orders = {
        str(key): units for key, units in world.purchase_orders.select("product_id", "units").rows()
    }
    assert rows
    assert {row[0]: row[2] for row in rows} == {
        row[0]: open_orders.get(str(row[0]), 0) for row in rows
    }


def test_offers_carry_an_offset_and_traffic_has_thousands_separators(exported: Path) -> None:
    offers = pl.read_csv(next(exported.glob("rivals/*.csv")), infer_schema=False)
    assert offers["observed_at"].str.contains(r"^2026-11-1\dT[\d:]{8}-05:00$").all()
    assert set(offers["currency"]) == {"USD"}
    assert offers.filter(pl.col("in_stock") == "false").height > 0
    visits = _csv(next(exported.glob("sycm/流量_*.csv")))
    assert visits.columns == ["日期", "来源", "访客数", "浏览量", "平均停留时长", "跳失率"]
    assert visits["浏览量"].str.contains(r"^\d,\d{3}$").any()


def test_reports_number_products_as_their_platform_does(world: World, tmp_path: Path) -> None:
    export_all({"shopify": world, "taobao": world}, tmp_path)
    known = world.products["product_id"].to_list()
    numbers = {"shopify": known, "taobao": [num_iid(key) for key in known]}
    for name, platforms in numbers.items():
        items = _csv(next((tmp_path / name).glob("sycm/商品_*.csv")))
        assert items.height > 0
        assert set(items["商品ID"]) <= set(map(str, platforms))
        assert next((tmp_path / name).glob("erp/缺货_*.csv")).exists()


def test_people_look_on_days_on_which_nobody_orders() -> None:
    placed = [datetime(2026, 11, day, 12, tzinfo=UTC) for day in (1, 1, 1, 1, 1, 4)]
    orders = pl.DataFrame({"created_at": placed})
    visits = traffic(orders, np.random.default_rng(1), "UTC")
    daily = visits.group_by("date").agg(pl.col("visitors").sum()).sort("date")
    assert daily.height == 4
    assert min(daily["visitors"]) >= 3 * 14


def test_a_day_without_stock_is_a_day_without_sales(world: World, exported: Path) -> None:
    listed = _csv(next(exported.glob("erp/缺货_*.csv"))).with_columns(
        pl.col("日期").str.to_date(), pl.col("商家编码").cast(pl.Int64)
    )
    local = pl.col("created_at").dt.convert_time_zone("America/New_York").dt.date()
    sold = world.lines.join(world.orders.select("order_id", 日期=local), on="order_id")
    assert listed.height > 0
    both = listed.join(sold, left_on=["商家编码", "日期"], right_on=["product_id", "日期"])
    assert both.is_empty()


def _csv(path: Path) -> pl.DataFrame:
    return pl.read_csv(path.read_bytes().decode("gb18030").encode(), infer_schema=False)


def _paid() -> pl.Expr:
    listed = pl.col("unit_minor") * pl.col("quantity")
    return listed - pl.col("automatic_minor") - pl.col("code_minor")


def _received(world: World, key: int, since: datetime) -> int:
    assert since.tzinfo == UTC
    own = (pl.col("product_id") == key) & pl.col("is_received")
    return int(world.purchase_orders.filter(own)["units"].sum())
