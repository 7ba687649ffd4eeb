"""Visits: distinct visitors, hours, places of the shop, what is sold, carts."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.metrics import Dimension
from tests.transforms.metrics.shop import ZONE, at, on, shop
from transforms.metrics.measure import Period, measure

Row = dict[str, Any]


def value(name: str, of: Any, *, first: int = 0, last: int = 0) -> float | str:
    """A metric of some days in one figure; where it has none, why."""
    row: Row = measure([name], of, first=on(first), last=on(last)).row(0, named=True)
    found: float | str = row[f"{name}_gap"] if row[name] is None else round(row[name], 6)
    return found


def by(name: str, dimension: Dimension, of: Any, **span: Any) -> dict[Any, float | None]:
    days = {"first": on(0), "last": on(0), **span}
    return dict(measure([name], of, **days, by=[dimension]).select(dimension, name).rows())


def test_stay_and_bounces_are_means_over_visitors_of_whom_they_are_reported() -> None:
    visits = [
        {"traffic_date": on(0), "traffic_source": "search", "visitors_units": 30,
         "dwell_seconds": 3000.0, "bounced_units": 3},
        {"traffic_date": on(0), "traffic_source": "ads", "visitors_units": 70},
        {"traffic_date": on(1), "traffic_source": "search", "visitors_units": 10,
         "dwell_seconds": 200.0, "bounced_units": 9},
    ]  # fmt: skip
    of = shop(traffic=visits)
    assert (value("dwell", of), value("bounce_rate", of)) == (100, 0.1)
    assert (value("dwell", of, last=1), value("bounce_rate", of, last=1)) == (80, 0.3)
    bare = shop(traffic=[{**visits[0], "dwell_seconds": None, "bounced_units": None}])
    assert value("dwell", bare) == value("bounce_rate", bare) == "no_data"


def test_visitors_of_an_hour_and_clicks_of_a_place_are_told_by_it() -> None:
    hour = {"traffic_date": on(0), "traffic_source": "ads"}
    place = {"traffic_date": on(0), "slot_id": "banner"}
    of = shop(
        hours=[{**hour, "hour": 9, "visitors_units": 4}, {**hour, "hour": 10, "visitors_units": 6}],
        slots=[
            {**place, "impressions_units": 200, "clicks_units": 5},
            {**place, "slot_id": "corner", "impressions_units": 0, "clicks_units": 0},
            {**place, "slot_id": "odd", "impressions_units": 1, "clicks_units": 2},
        ],
    )
    assert by("hourly_visitors", Dimension.HOUR, of) == {9: 4, 10: 6}
    assert by("hourly_visitors", Dimension.SOURCE, of) == {"ads": 10}
    assert by("slot_click_rate", Dimension.SLOT, of) == {
        "banner": 0.025,
        "corner": None,
        "odd": None,
    }
    gaps = measure(["slot_click_rate"], of, first=on(0), last=on(0), by=[Dimension.SLOT])
    assert gaps["slot_click_rate_gap"].to_list() == [None, "no_base", "above_one"]


def test_distinct_visitors_are_the_platforms_own_where_it_tells_them() -> None:
    told = {"active_window": "week", "active_units": 50}
    log = [{"session_id": "s", "visited_at": at(day), "page_kind": "home", "member_id": "ann"}
           for day in range(8)]  # fmt: skip
    of = shop(active_users=[{"traffic_date": on(7), **told}], visit_events=log)
    assert (value("wau", of, first=7, last=7), value("wau", of, first=6, last=6)) == (50, 1)
    assert value("wau", of, first=6, last=7) == 25.5
    assert value("wau", of, first=5, last=5) == value("mau", of) == "no_data"
    nameless = shop(visit_events=[*log, {**log[0], "session_id": "t", "member_id": None}])
    assert value("dau", nameless) == "no_data"


@settings(max_examples=40, deadline=None)
@given(
    seen=st.lists(
        st.tuples(st.sampled_from(["ann", "bob", "cy", "di"]), st.integers(0, 19 * 24)),
        min_size=1,
        max_size=25,
    )
)
def test_distinct_visitors_of_a_week_equal_a_count_day_by_day(seen: list[tuple[str, int]]) -> None:
    log: list[Row] = [
        {"session_id": who, "visited_at": at(0) + dt.timedelta(hours=hour), "page_kind": "home",
         "member_id": who}
        for who, hour in seen
    ]  # fmt: skip
    days = {(one["member_id"], one["visited_at"].astimezone(ZoneInfo(ZONE)).date()) for one in log}
    begun, ended = min(day for _, day in days), max(day for _, day in days)
    frame = measure(["wau"], shop(visit_events=log), first=on(0), last=on(20), period=Period.DAY)
    for row in frame.to_dicts():
        end = row["period"]
        start = end - dt.timedelta(days=6)
        is_known = begun <= start and end <= ended
        expected = len({who for who, day in days if start <= day <= end}) if is_known else None
        assert row["wau"] == expected


LISTINGS: list[Row] = [
    {"listing_id": "a1", "product_id": "A", "sku_id": "A-red"},
    {"listing_id": "a2", "product_id": "A", "sku_id": "A-blue"},
    {"listing_id": "b", "product_id": "B", "sku_id": "B"},
    {"listing_id": "c", "product_id": "C", "sku_id": None},
]


def seen(product: str, visitors: int, day: int = 0, listing: str = "-", **more: Any) -> Row:
    return {
        "traffic_date": on(day), "product_id": product, "listing_id": listing,
        "visitors_units": visitors, "views_units": visitors, **more,
    }  # fmt: skip


def bought(number: int, listing: str, day: int = 0, **more: Any) -> tuple[Row, Row]:
    head = {"order_id": str(number), "placed_at": at(day)}
    order = {"member_id": f"m{number}", "payment_status": "paid", **head, **more}
    return order, {**head, "line_id": "1", "listing_id": listing, "line_kind": "sale"}


def sold(*visits: Row, orders: list[tuple[Row, Row]]) -> Any:
    return shop(
        listings=LISTINGS,
        listing_traffic=list(visits),
        orders=[order for order, _ in orders],
        lines=[line for _, line in orders],
    )


def test_conversion_of_a_product_is_of_its_visitors_to_an_order_and_to_a_payment() -> None:
    orders = [
        bought(1, "a1"), bought(2, "a2", payment_status="pending"), bought(3, "b"),
        bought(4, "b", is_test=True), bought(5, "c"),
    ]  # fmt: skip
    of = sold(seen("A", 40), seen("B", 10, carted_units=4), orders=orders)
    assert by("order_conversion", Dimension.PRODUCT, of) == {"A": 0.05, "B": 0.1}
    assert by("paid_conversion", Dimension.PRODUCT, of) == {"A": 0.025, "B": 0.1}
    # Nobody knows how many saw C, so its buyer is in no conversion.
    assert (value("order_conversion", of), value("paid_conversion", of)) == (0.06, 0.04)
    assert value("cart_add_rate", of) == 0.4
    # Of a product that is counted as a whole, each SKU has its visitors.
    assert by("order_conversion", Dimension.SKU, of) == {"A-red": 0.025, "A-blue": 0.025, "B": 0.1}


def test_visits_of_a_variant_are_its_skus_alone() -> None:
    of = sold(seen("A", 40, listing="a1"), seen("A", 10, listing="a2"), orders=[bought(1, "a2")])
    assert by("order_conversion", Dimension.SKU, of) == {"A-red": 0, "A-blue": 0.1}
    assert by("listing_visitors", Dimension.PRODUCT, of) == {"A": 50}


@pytest.mark.parametrize(
    ("order", "paid", "placed"),
    [
        ({"payment_status": "partially_paid"}, "presale", 0.5),
        ({"payment_status": "partially_paid", "cancelled_at": at(1)}, 0.0, 0.5),
        ({"payment_status": "paid"}, 0.5, 0.5),
    ],
)
def test_paid_conversion_of_a_pre_sale_is_withheld_until_balances_are_paid(
    order: Row, paid: float | str, placed: float
) -> None:
    of = sold(seen("B", 2), orders=[bought(1, "b", **order)])
    assert (value("paid_conversion", of), value("order_conversion", of)) == (paid, placed)


def test_more_buyers_than_visitors_are_no_conversion_and_a_missing_day_neither() -> None:
    crowd = [bought(number, "b") for number in range(3)]
    assert value("order_conversion", sold(seen("B", 2), orders=crowd)) == "above_one"
    assert value("order_conversion", sold(seen("B", 0), orders=[])) == "no_base"
    assert value("order_conversion", sold(seen("B", 9), orders=crowd), last=1) == "days_missing"


@settings(max_examples=30, deadline=None)
@given(
    visits=st.lists(
        st.tuples(st.sampled_from("ABC"), st.integers(0, 2), st.integers(1, 50)),
        min_size=1, max_size=8, unique_by=lambda one: one[:2],
    ),
    orders=st.lists(
        st.tuples(
            st.sampled_from(["a1", "a2", "b", "c"]), st.integers(0, 2),
            st.sampled_from(["m1", "m2", "m3"]), st.sampled_from(["paid", "pending"]),
        ),
        max_size=12,
    ),
)  # fmt: skip
def test_buyers_among_visitors_equal_a_count_by_hand(
    visits: list[tuple[str, int, int]], orders: list[tuple[str, int, str, str]]
) -> None:
    placed = [
        bought(number, listing, day, member_id=who, payment_status=status)
        for number, (listing, day, who, status) in enumerate(orders)
    ]
    of = sold(*(seen(product, units, day) for product, day, units in visits), orders=placed)
    product_of = {one["listing_id"]: one["product_id"] for one in LISTINGS}
    known = {(product, day) for product, day, _ in visits}
    buyers = {(product_of[listing], day, who) for listing, day, who, _ in orders}
    paying = {(product_of[one], day, who) for one, day, who, status in orders if status == "paid"}
    names = ["listing_visitors", "ordering_buyers", "paying_buyers"]
    frame = measure(names, of, first=on(0), last=on(2), period=Period.DAY, by=[Dimension.PRODUCT])
    assert frame.select(*names).sum().row(0) == (
        sum(units for _, _, units in visits),
        sum((product, day) in known for product, day, _ in buyers),
        sum((product, day) in known for product, day, _ in paying),
    )


@pytest.mark.parametrize(
    ("ordered_after", "begun", "expected"),
    [((1, 25, None, 24), 0, 0.5), ((None,), 19, 1.0), ((1,), 20, "censored"), ((), 0, "no_data")],
)
def test_a_cart_is_abandoned_that_is_not_ordered_within_24_hours(
    ordered_after: tuple[int | None, ...], begun: int, expected: float | str
) -> None:
    carts = [
        {"cart_id": str(number), "carted_at": at(begun),
         "ordered_at": None if hours is None else at(begun) + dt.timedelta(hours=hours)}
        for number, hours in enumerate(ordered_after)
    ]  # fmt: skip
    assert value("cart_abandonment", shop(carts=carts), first=begun, last=begun) == expected
    assert value("carts", shop(carts=carts), first=begun, last=begun) == (len(carts) or "no_data")
