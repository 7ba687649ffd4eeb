"""Which orders count, and on which day."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from contracts.codes import GOODS, LineKind
from contracts.tables import Order, OrderLine, SalesDaily
from transforms.sales import added_up, member_number, sales_daily

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
DAYS = st.dates(date(2026, 11, 1), date(2026, 11, 4))
PIECES = st.integers(1, 9)


def order(**more: Any) -> dict[str, Any]:
    row = {"shop_id": "s", "order_id": "o1", "payment_status": "paid", "is_test": False}
    return {**row, "fulfilment_status": "fulfilled", "currency": "CNY", "goods_units": 1, **more}


def line(**more: Any) -> dict[str, Any]:
    row = {"shop_id": "s", "order_id": "o1", "line_id": "1", "sku_id": "A", "line_kind": "sale"}
    amounts = {"quantity_units": 2, "unit_price_minor": 500, "total_minor": 900, "currency": "CNY"}
    return {**row, **amounts, "placed_at": NOON, **more}


def run(
    lines: list[dict[str, Any]], orders: list[dict[str, Any]], zone: str = "Asia/Shanghai"
) -> pl.DataFrame:
    sold = OrderLine.sample(overrides=lines).lazy()
    placed = Order.sample(overrides=orders).lazy()
    return SalesDaily.validate(sales_daily(sold, placed, zone).collect()).sort("sku_id")


@pytest.mark.parametrize(
    ("zone", "day"), [("UTC", date(2026, 11, 10)), ("Asia/Shanghai", date(2026, 11, 11))]
)
def test_an_order_after_16_utc_counts_for_the_next_day_in_shanghai(zone: str, day: date) -> None:
    late = datetime(2026, 11, 10, 16, 1, tzinfo=UTC)
    assert run([line(placed_at=late)], [order()], zone)["sales_date"].to_list() == [day]


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        ({"payment_status": "paid"}, True),
        ({"payment_status": "refunded"}, True),
        ({"payment_status": "partially_refunded", "cancelled_at": NOON}, True),
        ({"payment_status": "pending"}, False),
        ({"payment_status": "authorized"}, False),
        ({"payment_status": "voided"}, False),
        ({"is_test": True}, False),
    ],
)
def test_money_received_decides_whether_an_order_counts(
    change: dict[str, Any], counts: bool
) -> None:
    assert bool(run([line()], [order(**change)]).height) is counts


def test_a_gift_leaves_the_stock_but_earns_nothing() -> None:
    gift = line(line_id="2", line_kind=str(LineKind.GIFT), total_minor=0, quantity_units=1)
    row = run([line(), gift], [order()]).row(0, named=True)
    assert (row["sold_units"], row["gift_units"], row["orders_count"]) == (3, 1, 1)
    assert (row["gmv_minor"], row["list_minor"]) == (900, 1000)


@pytest.mark.parametrize("kind", [kind for kind in LineKind if kind not in GOODS])
def test_what_is_no_goods_sells_nothing(kind: LineKind) -> None:
    other = line(line_id="2", line_kind=str(kind), total_minor=300, quantity_units=1)
    row = run([line(), other], [order()]).row(0, named=True)
    assert (row["sold_units"], row["gmv_minor"], row["list_minor"]) == (2, 900, 1000)


def test_lines_without_a_sku_still_add_up_to_the_shop() -> None:
    rows = [
        line(),
        line(line_id="2", sku_id=None, listing_id="L9"),
        line(line_id="3", sku_id=None, listing_id=None),
    ]
    daily = run(rows, [order()])
    assert daily["sku_id"].to_list() == ["(unlinked)", "A", "L9"]
    assert daily["gmv_minor"].sum() == 2700


def test_an_order_id_of_another_shop_is_another_order() -> None:
    daily = run([line(), line(shop_id="t")], [order(), order(shop_id="t", is_test=True)])
    assert daily["shop_id"].to_list() == ["s"]


def test_two_currencies_are_never_summed_but_refused() -> None:
    dollars = line(line_id="2", currency="USD")
    with pytest.raises(Exception, match="primary_key"):
        run([line(), dollars], [order()])


def test_no_orders_give_no_rows() -> None:
    assert run([], []).is_empty()


@settings(max_examples=25)
@given(st.lists(st.dictionaries(st.tuples(st.sampled_from("AB"), DAYS), PIECES), min_size=1))
def test_sales_of_parts_of_the_orders_add_up_day_by_day(
    parts: list[dict[tuple[str, date], int]],
) -> None:
    """Each part has some pieces per SKU and day; days lie in one part or in several."""
    frames = list(added_up([as_sales(part) for part in parts]))
    days = [day for frame in frames for day in frame["sales_date"].unique()]
    assert len(days) == len(set(days))
    found = pl.concat(frames)
    pieces: Counter[tuple[str, date]] = Counter()
    for part in parts:
        pieces.update(part)
    key = ["sku_id", "sales_date"]
    assert_frame_equal(found.sort(key), as_sales(pieces).sort(key))


def as_sales(pieces: Mapping[tuple[str, date], int]) -> pl.DataFrame:
    return SalesDaily.cast(
        pl.DataFrame(
            [
                ("s", sku, day, "CNY", n, 2 * n, 3 * n, 4 * n, 5 * n)
                for (sku, day), n in pieces.items()
            ],
            schema=SalesDaily.create_empty().schema,
            orient="row",
        )
    )


def test_members_of_parts_that_are_read_one_after_the_other_keep_their_numbers() -> None:
    def numbers(*members: tuple[str, str]) -> list[int]:
        some = pl.LazyFrame(members, schema=["shop_id", "member_id"], orient="row")
        found: list[int] = (
            some.select(member_number()).collect(engine="streaming").to_series().to_list()
        )
        return found

    first = numbers(("s", "m1"), ("s", "m2"), ("t", "m1"))
    assert len(set(first)) == 3
    assert numbers(("s", "m2"), ("t", "m1"), ("s", "m1")) == [first[1], first[2], first[0]]


def test_both_halves_of_a_members_number_count() -> None:
    """Of half a million members hardly a pair shares the last 20 bits of both; of one, 10^5 do."""
    bits = 2**20
    shared = (
        pl.LazyFrame({"number": range(500_000)})
        .select(shop_id=pl.lit("s"), member_id=pl.format("m-{}", "number"))
        .select(number=member_number())
        .select(low=pl.col("number") % bits, high=pl.col("number") // 2**64 % bits)
        .collect()
    )
    assert shared.height - shared.n_unique() < 5
    assert shared.height - shared["low"].n_unique() > 50_000
    assert shared.height - shared["high"].n_unique() > 50_000
