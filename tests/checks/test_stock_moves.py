"""Stock is less by what was sold; where most of it is not, it is told how."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.stock import stock_moves
from contracts.bundles import NO_PIECES, PIECES_SCHEMA
from contracts.checks import CheckResult
from contracts.tables import Order, OrderLine, StockLevel
from tests.checks.conftest import LINE, ORDER, READ_AT, frame

DAY = dt.timedelta(days=1)
SINCE = READ_AT - 3 * DAY
SKUS = 12
Level = tuple[int, int, dt.datetime]
"""SKU, pieces that can be sold, and since when."""


def levels(found: Sequence[Level], *, warehouse: str = "w") -> pl.DataFrame:
    rows = [
        {"shop_id": "demo", "source_updated_at": at, "read_at": max(at, SINCE),
         "mapping_version": 1, "content_hash": number, "sku_id": f"s{sku}",
         "warehouse_id": warehouse, "observed_at": at, "on_hand_units": units,
         "available_units": units, "committed_units": 0}
        for number, (sku, units, at) in enumerate(found)
    ]  # fmt: skip
    return frame(StockLevel, rows)


def moved(*moves: int) -> list[Level]:
    """A hundred pieces each five days ago, and what they moved to an hour ago."""
    first = [(sku, 100, READ_AT - 5 * DAY) for sku in range(len(moves))]
    hour = READ_AT - dt.timedelta(hours=1)
    last = [(sku, 100 + move, hour) for sku, move in enumerate(moves) if move]
    return [*first, *last]


def sold(units: int = 4, skus: int = SKUS, **change: Any) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """An order of each SKU, placed a day ago."""
    at = {"placed_at": READ_AT - DAY, "paid_at": READ_AT - DAY}
    ids = [{"order_id": str(sku), **at, **change} for sku in range(skus)]
    lines = [
        {**LINE, "order_id": str(sku), "sku_id": f"s{sku}", "quantity_units": units,
         "current_units": units, "placed_at": {**at, **change}["placed_at"]}
        for sku in range(skus)
    ]  # fmt: skip
    orders = frame(Order, [{**ORDER, **one} for one in ids])
    return orders.lazy(), frame(OrderLine, lines).lazy()


def judged(
    stock: pl.DataFrame, orders: tuple[pl.LazyFrame, pl.LazyFrame], pieces: pl.LazyFrame = NO_PIECES
) -> CheckResult:
    (result,) = stock_moves(
        "demo", stock.lazy(), *orders, until=READ_AT, checked_at=READ_AT, pieces=pieces
    )
    return result


@pytest.mark.parametrize(
    ("move", "cause", "passed", "is_blocking"),
    [
        (-4, "as_sold", True, False),
        (-5, "as_sold", True, False),
        (96, "received", True, False),
        (-40, "unknown", False, False),
        (0, "unmoved", False, False),
        (4, "opposite", False, True),
    ],
)
def test_how_most_stock_moved_is_told_by_cause(
    move: int, cause: str, passed: bool, is_blocking: bool
) -> None:
    result = judged(levels(moved(*[move] * SKUS)), sold())
    assert result.measured == f"{SKUS} SKUs that sold: {cause} {SKUS}"
    assert (result.passed, result.is_blocking) == (passed, is_blocking)


@given(st.lists(st.sampled_from([-40, 0, 4]), max_size=SKUS // 2))
def test_any_half_of_the_skus_may_move_in_any_way(odd: list[int]) -> None:
    moves = [*odd, *[-4] * (SKUS - len(odd))]
    assert judged(levels(moved(*moves)), sold()).passed


def test_a_few_skus_say_nothing() -> None:
    assert judged(levels(moved(*[0] * 9)), sold(skus=9)).passed


@pytest.mark.parametrize(
    "change",
    [
        {"payment_status": "pending", "paid_at": None},
        {"placed_at": READ_AT - 9 * DAY, "paid_at": READ_AT - DAY},
    ],
    ids=["not paid so far", "a balance paid"],
)
@pytest.mark.parametrize("move", [0, -4])
def test_stock_may_fall_when_it_is_ordered_or_when_it_is_paid(
    change: dict[str, Any], move: int
) -> None:
    assert "as_sold" in judged(levels(moved(*[move] * SKUS)), sold(**change)).measured


def test_parts_of_bundles_that_sold_are_less() -> None:
    pieces = pl.LazyFrame(
        [("demo", f"s{sku}", f"s{sku + SKUS}", 3) for sku in range(SKUS)],
        schema=PIECES_SCHEMA,
        orient="row",
    )
    stock = levels(moved(*[0] * SKUS, *[-12] * SKUS)).filter(
        pl.col("sku_id").is_in([f"s{sku + SKUS}" for sku in range(SKUS)])
    )
    assert judged(stock, sold(), pieces).measured == f"{SKUS} SKUs that sold: as_sold {SKUS}"


def test_a_sku_that_came_to_another_warehouse_is_not_judged() -> None:
    new = levels([(sku, 50, READ_AT - DAY) for sku in range(SKUS)], warehouse="v")
    assert judged(pl.concat([levels(moved(*[-4] * SKUS)), new]), sold()).rows == 0


def test_half_a_day_of_stock_says_nothing() -> None:
    young = levels([(1, 5, READ_AT - DAY / 3)]).with_columns(read_at=pl.col("observed_at"))
    assert stock_moves("demo", young.lazy(), *sold(), until=READ_AT, checked_at=READ_AT) == []
    none = young.clear().lazy()
    assert stock_moves("demo", none, *sold(), until=READ_AT, checked_at=READ_AT) == []
