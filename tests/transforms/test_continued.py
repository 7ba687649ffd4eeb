"""Going on with members' histories says what reading all of their documents again says."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, cast

import dataframely as dy
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from contracts.table_diffs import RowDiff
from contracts.tables import CouponGrant, Order, OrderCoupon, Refund, RefundCase
from tests.warehouse.rows import batch, hour, rows, version_rows
from transforms.continued import Continued, continued
from transforms.histories import disputing, histories

ZONE = "Asia/Shanghai"
Row = Mapping[str, Any]
Tables = Mapping[str, pl.DataFrame]
World = tuple[Mapping[str, Row], Mapping[str, Row]]
"""Orders and grants by their ids."""

an_order = st.fixed_dictionaries(
    {
        "placed_at": st.integers(0, 200).map(hour),
        "member_id": st.sampled_from(["m", "n", "o", None]),
        "payment_status": st.sampled_from(["paid", "paid", "paid", "pending"]),
        "is_test": st.sampled_from([False, False, False, True]),
        "goods_minor": st.integers(0, 3),
        "goods_units": st.sampled_from([1, 1, 0]),
        "has_coupon": st.booleans(),
        "refunded_at": st.one_of(st.none(), st.integers(0, 300).map(hour)),
    }
)
a_grant = st.fixed_dictionaries(
    {
        "member_id": st.sampled_from(["m", "n", "o", None]),
        "grant_status": st.sampled_from(["available", "unassigned"]),
        "granted_at": st.one_of(st.none(), st.integers(0, 300).map(hour)),
    }
)
worlds = st.tuples(
    st.dictionaries(st.sampled_from("123456789"), an_order, max_size=6),
    st.dictionaries(st.sampled_from("abc"), a_grant, max_size=3),
)


def order(placed: int, **more: Any) -> Row:
    plain: dict[str, Any] = {
        "placed_at": hour(placed),
        "member_id": "m",
        "payment_status": "paid",
        "is_test": False,
        "goods_minor": 100,
        "goods_units": 1,
        "has_coupon": False,
        "refunded_at": None,
    }
    return plain | more


def tables_of(world: World) -> dict[str, pl.DataFrame]:
    """An order that differs is read again whole: its content is its hash."""
    orders, grants = world
    read = [_read(order_id, one) for order_id, one in orders.items()]
    given = [{"grant_id": name, **one, "read_at": hour(0)} for name, one in grants.items()]
    return {**batch(read), "coupon_grants": rows(CouponGrant, given)}


def _read(order_id: str, one: Row) -> dict[str, list[dict[str, Any]]]:
    told = dict(one)
    coupons = ("c",) if told.pop("has_coupon") else ()
    refunded_at = told.pop("refunded_at")
    version = version_rows(
        order_id,
        coupons=coupons,
        refunds=() if refunded_at is None else ("r",),
        content_hash=hash(tuple(one.values())),
    )
    version["orders"] = [row | told for row in version["orders"]]
    version["refunds"] = [row | {"refunded_at": refunded_at} for row in version["refunds"]]
    return version


def whole(tables: Tables) -> pl.DataFrame:
    found = histories(
        cast("dy.LazyFrame[Order]", tables["orders"].lazy()),
        refunds=cast("dy.LazyFrame[Refund]", tables["refunds"].lazy()),
        cases=RefundCase.create_empty().lazy(),
        order_coupons=cast("dy.LazyFrame[OrderCoupon]", tables["order_coupons"].lazy()),
        grants=cast("dy.LazyFrame[CouponGrant]", tables["coupon_grants"].lazy()),
        time_zone=ZONE,
    )
    return found.collect()


def gone_on(before: World, after: World) -> Continued:
    then, now = tables_of(before), tables_of(after)
    diffs = {
        name: RowDiff(
            then[name].join(now[name], on=now[name].columns, how="anti", nulls_equal=True),
            now[name].join(then[name], on=now[name].columns, how="anti", nulls_equal=True),
        )
        for name in now
    }
    return continued(
        diffs,
        whole(then),
        unclear=pl.Series([], dtype=pl.String),
        disputing=pl.DataFrame(schema={"member_id": pl.String}),
        grants=cast("dy.LazyFrame[CouponGrant]", now["coupon_grants"].lazy()),
        time_zone=ZONE,
    )


@given(worlds, worlds, st.booleans())
@settings(max_examples=150, deadline=None)
def test_histories_gone_on_with_are_those_of_all_documents(
    before: World, more: World, is_replaced: bool
) -> None:
    """Changed in part, added to, or replaced by others."""
    after = more if is_replaced else ({**before[0], **more[0]}, {**before[1], **more[1]})
    found = gone_on(before, after)
    last, now = whole(tables_of(before)), whole(tables_of(after))
    left = ~pl.col("member_id").is_in(
        pl.concat([found.unknown, found.known["member_id"]]).implode()
    )
    is_unknown = pl.col("member_id").is_in(found.unknown.implode())
    went_on = pl.concat([last.filter(left), found.known, now.filter(is_unknown)])
    assert_frame_equal(went_on, now, check_row_order=False)


LAST: World = ({"1": order(0, has_coupon=True), "2": order(30, refunded_at=hour(40))}, {})


@pytest.mark.parametrize(
    ("what", "more"),
    [
        ("an order later on the same day", {"3": order(31)}),
        ("two orders on later days", {"3": order(80), "4": order(300, has_coupon=True)}),
        ("the first order of another member", {"3": order(5, member_id="n")}),
        ("a later refund", {"2": order(30, refunded_at=hour(50))}),
        ("a refund of an older order", {"1": order(0, has_coupon=True, refunded_at=hour(90))}),
        (
            "a coupon noted on the last order",
            {"2": order(30, has_coupon=True, refunded_at=hour(40))},
        ),
        ("another amount of an old order", {"1": order(0, goods_minor=7, has_coupon=True)}),
        ("a later order that is then paid for", {"3": order(60, payment_status="pending")}),
    ],
)
def test_what_is_only_added_needs_no_earlier_document(what: str, more: Mapping[str, Row]) -> None:
    assert gone_on(LAST, ({**LAST[0], **more}, {})).unknown.to_list() == [], what


@pytest.mark.parametrize(
    ("what", "more"),
    [
        ("an older order", {"3": order(20)}),
        ("an order that is a test after all", {"2": order(30, is_test=True)}),
        ("an order of somebody else after all", {"2": order(30, member_id="n")}),
        ("the last coupon was none", {"1": order(0)}),
        ("the last refund was none", {"2": order(30)}),
        ("the last refund was earlier", {"2": order(30, refunded_at=hour(35))}),
    ],
)
def test_of_whom_something_is_lost_or_older_all_is_needed(
    what: str, more: Mapping[str, Row]
) -> None:
    assert gone_on(LAST, ({**LAST[0], **more}, {})).unknown.to_list() == ["m"], what


def test_a_member_with_a_new_order_and_an_open_case_disputes() -> None:
    then, now = tables_of(LAST), tables_of(({**LAST[0], "3": order(80)}, {}))
    cases = rows(RefundCase, [{"case_id": "c", "order_id": "3", "case_status": "requested"}])
    open_ones = disputing(now["orders"].lazy(), cast("dy.LazyFrame[RefundCase]", cases.lazy()))
    empty = {name: RowDiff(frame.clear(), frame.clear()) for name, frame in now.items()}
    orders = now["orders"].filter(pl.col("order_id") == "3")
    found = continued(
        {**empty, "orders": RowDiff(orders.clear(), orders)},
        whole(then),
        unclear=pl.Series([], dtype=pl.String),
        disputing=open_ones.collect(),
        grants=CouponGrant.create_empty().lazy(),
        time_zone=ZONE,
    )
    assert found.known.select("member_id", "has_open_case").rows() == [("m", True)]
    assert found.known["order_gaps_days"].to_list() == [[2, 2]]


def test_days_of_gaps_are_the_shops() -> None:
    evening = dt.datetime(2026, 11, 11, 17, tzinfo=dt.UTC)  # the 12th in Shanghai
    after: World = ({"1": order(0), "2": order(0, placed_at=evening)}, {})
    found = gone_on(({"1": order(0)}, {}), after).known
    assert found["order_gaps_days"].to_list() == [[1]]
