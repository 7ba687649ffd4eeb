"""Orders from one file: a row per line, amounts of the order on each row or to be added up."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.rows import split
from connectors.base.mapping import Parsed
from connectors.files.cells import share
from connectors.files.columns import Column
from contracts.codes import QuarantineReason
from tests.connectors.files.exports import CONTEXT, mapped, page, reasons

MONEY = {"unit": "major"}
ORDERS: dict[str, Any] = {
    "stream": "exported_orders",
    "pattern": "orders_{yyyymmdd}.csv",
    "format": "csv",
    "instants": ["%Y-%m-%d %H:%M"],
    "known": {"case": ["", "refunded"]},
    "tables": {
        "orders": {
            "sum": ["stated_goods_minor", "shipping_minor", "total_minor", "refunded_minor"],
            "latest": ["completed_at"],
            "mixed": {"payment_status": {"paid+refunded": "partially_refunded"}},
            "columns": {
                "order_id": {"column": "order"},
                "member_id": {"column": "buyer"},
                "placed_at": {"column": "placed"},
                "completed_at": {"column": "done"},
                "payment_status": {
                    "constant": "refunded",
                    "when": {"case": ["refunded"]},
                    "otherwise": {"column": "state", "codes": {"paid": "paid", "new": "pending"}},
                },
                "fulfilment_status": {"constant": "fulfilled"},
                "is_test": {"constant": False},
                "stated_goods_minor": {"column": "paid", "minus": ["post"], **MONEY},
                "discount_minor": {"constant": 0},
                "shipping_minor": {"column": "post", "default": "0", **MONEY},
                "tax_minor": {"constant": 0},
                "total_minor": {"column": "paid", **MONEY},
                "refunded_minor": {
                    "column": "paid",
                    "when": {"case": ["refunded"]},
                    "otherwise": {"constant": 0},
                    **MONEY,
                },
            },
        },
        "order_lines": {
            "columns": {
                "order_id": {"column": "order"},
                "line_id": {"column": "order", "plus": ["sku"]},
                "sku_id": {"column": "sku"},
                "placed_at": {"column": "placed"},
                "line_kind": {
                    "constant": "gift",
                    "when_zero": "paid",
                    "otherwise": {"constant": "sale"},
                },
                "quantity_units": {"column": "units"},
                "current_units": {"column": "units"},
                "unit_price_minor": {"column": "paid", "minus": ["post"], "per": "units", **MONEY},
                "discount_minor": {"constant": 0},
                "total_minor": {"column": "paid", "minus": ["post"], **MONEY},
            },
        },
    },
}
HEADER = "order,sku,placed,done,state,case,paid,post,units,buyer\n"
FIRST = "1,A,2026-11-18 08:00,2026-11-19 08:00,paid,,10.00,1.00,2,nick\n"


def orders(*lines: str) -> Any:
    return mapped(page(ORDERS, HEADER + "".join(lines)))


def test_rows_of_an_order_add_up_and_agree_with_its_lines() -> None:
    second = "1,B,2026-11-18 08:00,2026-11-19 09:00,paid,refunded,5.00,,1,nick\n"
    result = orders(FIRST, second)
    assert split(result, CONTEXT).bad.to_dicts() == []
    order = result.frames["orders"].row(0, named=True)
    assert result.frames["orders"].height == 1
    assert (order["stated_goods_minor"], order["total_minor"], order["refunded_minor"]) == (
        1400,
        1500,
        500,
    )
    assert order["payment_status"] == "partially_refunded"
    assert str(order["completed_at"]) == "2026-11-19 14:00:00+00:00"
    assert result.frames["order_lines"]["line_id"].to_list() == ["1:A", "1:B"]


def test_order_is_not_complete_while_one_of_its_rows_is_not() -> None:
    result = orders(FIRST, "1,B,2026-11-18 08:00,,paid,,5.00,,1,nick\n")
    assert result.frames["orders"]["completed_at"].to_list() == [None]
    assert reasons(result) == []


def test_unreadable_completion_is_named_and_no_other() -> None:
    result = orders(FIRST, "1,B,2026-11-18 08:00,soon,paid,,5.00,,1,nick\n")
    assert reasons(result) == [("1", "unreadable_time", "completed_at")]


@pytest.mark.parametrize(
    ("old", "new", "column", "detail"),
    [
        ("paid,,10", "lost,,10", "payment_status", "lost"),
        ("paid,,10", "paid,disputed,10", "case", "disputed"),
    ],
)
def test_word_in_no_list_is_named_even_where_only_a_condition_asks(
    old: str, new: str, column: str, detail: str
) -> None:
    result = orders(FIRST.replace(old, new))
    told = {row[1:] for row in reasons(result)}
    assert ("unknown_code", column) in told
    assert set(result.rejects["detail"]) == {detail}


def test_states_whose_mix_has_no_name_are_an_unknown_code() -> None:
    result = orders(FIRST, "1,B,2026-11-18 08:00,,new,,5.00,,1,nick\n")
    assert set(reasons(result)) == {("1", "unknown_code", "payment_status")}
    assert set(result.rejects["detail"]) == {"paid+pending"}


def test_amount_that_is_taken_off_must_be_readable_too() -> None:
    result = orders(FIRST.replace("1.00", "one"))
    told = {row[2] for row in reasons(result)}
    assert told == {"stated_goods_minor", "shipping_minor", "total_minor", "unit_price_minor"}
    assert split(result, CONTEXT).good["orders"].is_empty()


@pytest.mark.parametrize(
    ("paid", "units", "each"),
    [("10.00", "3", 300), ("10.01", "2", 451), ("10.00", "0", None), ("1.00", "2", 0)],
)
def test_amount_per_piece_is_of_the_nearest_minor_unit(
    paid: str, units: str, each: int | None
) -> None:
    row = FIRST.replace("10.00,1.00,2", f"{paid},1.00,{units}")
    assert orders(row).frames["order_lines"]["unit_price_minor"].item() == each


def test_row_that_is_charged_nothing_is_a_gift() -> None:
    result = orders(FIRST, "1,B,2026-11-18 08:00,2026-11-19 08:00,paid,,¥0.00,,1,nick\n")
    assert result.frames["order_lines"]["line_kind"].to_list() == ["sale", "gift"]


@pytest.mark.parametrize(
    ("buyer", "member"), [("nick", "nick"), ("'nick", "nick"), ("张**", None), ("n***k", None)]
)
def test_masked_buyer_is_nobody(buyer: str, member: str | None) -> None:
    result = orders(FIRST.replace("nick", buyer))
    assert result.frames["orders"]["member_id"].item() == member
    assert reasons(result) == []


documents = st.lists(
    st.tuples(
        st.integers(-(10**9), 10**12),
        st.lists(st.decimals(0, 10**6, places=4), min_size=1, max_size=6),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=60, deadline=None)
@given(documents)
def test_shares_add_up_to_the_amount_and_none_is_a_minor_unit_off(held: list[Any]) -> None:
    rows = [
        (document, amount, f"{weight:f}", weight, sum(weights), len(weights))
        for document, (amount, weights) in enumerate(held)
        for weight in weights
    ]
    frame = pl.DataFrame({"d": [row[0] for row in rows], "a": [row[1] for row in rows]})
    frame = frame.with_columns(w=pl.Series([row[2] for row in rows], dtype=pl.String))
    amount = Parsed(pl.col("a"), pl.lit("a"), QuarantineReason.UNREADABLE_MONEY)
    column = Column(column="a", unit="minor", split=("w",))
    shared = frame.with_columns(share=share(column, amount, [pl.col("d")]).value)
    totals = shared.group_by("d").agg(pl.col("share").sum(), pl.col("a").first())
    assert totals["share"].to_list() == totals["a"].to_list()
    for (_, whole, _, weight, weights, size), part in zip(rows, shared["share"], strict=True):
        exact = whole * weight / weights if weights else whole / size
        assert abs(part - float(exact)) <= 1 + abs(whole) * 1e-12


@pytest.mark.parametrize("weight", ["", "many", "-1"])
def test_row_without_a_weight_leaves_its_order_without_shares(weight: str) -> None:
    frame = pl.DataFrame({"d": [1, 1, 2], "a": [10, 10, 7], "w": ["1", weight or None, "3"]})
    amount = Parsed(pl.col("a"), pl.lit("a"), QuarantineReason.UNREADABLE_MONEY)
    column = Column(column="a", unit="minor", split=("w",))
    shares = frame.select(share(column, amount, [pl.col("d")]).value).to_series()
    assert shares.to_list() == [None, None, 7]
