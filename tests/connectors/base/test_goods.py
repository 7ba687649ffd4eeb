"""Goods of an order are what its lines of goods come to, whatever else stands on it."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base.mapping import Mapper
from contracts.codes import GOODS, LineKind
from contracts.streams import Context
from contracts.tables import Order, OrderLine

AT = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
CONTEXT = Context("s", "USD", "UTC", AT)
Line = tuple[str, LineKind, int, int]


def mapped(lines: list[Line], *, orders: tuple[str, ...] = ("1", "2")) -> pl.DataFrame:
    types = {"order": pl.String, "kind": pl.String, "pieces": pl.Int64, "total": pl.Int64}
    raw = pl.DataFrame(lines, schema=types, orient="row")
    mapper = Mapper(CONTEXT).add(
        Order,
        pl.DataFrame({"order": orders}),
        order_id=pl.col("order"),
        stated_goods_minor=pl.lit(7),
    )
    mapper.add(
        OrderLine,
        raw.with_row_index(),
        order_id=pl.col("order"),
        line_id=pl.col("index"),
        line_kind=pl.col("kind"),
        quantity_units=pl.col("pieces"),
        total_minor=pl.col("total"),
    )
    return mapper.done().frames["orders"].sort("order_id")


def test_a_tip_is_no_goods() -> None:
    orders = mapped([("1", LineKind.SALE, 2, 2000), ("1", LineKind.TIP, 1, 300)])
    assert orders["goods_minor"].to_list() == [2000, 0]
    assert orders["goods_units"].to_list() == [2, None]
    assert orders["stated_goods_minor"].to_list() == [7, 7]


@pytest.mark.parametrize("kind", list(LineKind))
def test_an_order_of_one_kind(kind: LineKind) -> None:
    orders = mapped([("1", kind, 3, 0)])
    assert orders["goods_units"][0] == (3 if kind in GOODS else 0)


_LINE = st.tuples(
    st.sampled_from(["1", "2"]), st.sampled_from(LineKind), st.integers(0, 9), st.integers(0, 999)
)


@given(st.lists(_LINE, max_size=12))
def test_goods_and_the_rest_are_all_lines(lines: list[Line]) -> None:
    rest = sum(total for _, kind, _, total in lines if kind not in GOODS)
    assert mapped(lines)["goods_minor"].sum() + rest == sum(line[3] for line in lines)
