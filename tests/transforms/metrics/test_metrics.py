"""Every metric is declared once and whole; what it comes to is what a slow recomputation says."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.codes import RECEIVED
from contracts.metrics import Dimension, Gap, Metric, Unit
from tests.transforms.metrics.shop import ZONE, at, on, shop
from transforms.metrics.catalogue import METRICS, dimensions_of, needed
from transforms.metrics.measure import Period, measure

Row = dict[str, Any]
WEEK: Any = {"first": on(0), "last": on(6)}


def order(number: int, day: int = 0, **more: Any) -> Row:
    return {
        "order_id": str(number), "member_id": "ann", "placed_at": at(day), "goods_minor": 1000,
        "goods_units": 1, "payment_status": "paid", **more,
    }  # fmt: skip


def line(number: int, day: int = 0, **more: Any) -> Row:
    return {
        "order_id": str(number), "line_id": "1", "sku_id": "A", "listing_id": "a",
        "line_kind": "sale", "placed_at": at(day), "quantity_units": 1, "total_minor": 1000,
        "unit_price_minor": 1000, **more,
    }  # fmt: skip


def value(name: str, of: Any, **how: Any) -> float | str:
    """A metric of a week in one figure; where it has none, why."""
    row: Row = measure([name], of, **{**WEEK, **how}).row(0, named=True)
    found: float | str = row[f"{name}_gap"] if row[name] is None else round(row[name], 6)
    return found


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda one: one.name)
def test_a_metric_is_named_and_defined_in_both_languages(metric: Metric) -> None:
    for text in (metric.title, metric.definition):
        assert text.en.isascii()
        assert any("\u4e00" <= sign <= "\u9fff" for sign in text.zh) or text.zh.startswith("1 ÷")
    assert not metric.definition.en.endswith(".")


def test_no_two_metrics_are_called_the_same() -> None:
    for language in ("en", "zh"):
        titles = [one.title.in_(language) for one in METRICS.values()]
        assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_of_a_shop_without_data_is_zero_or_says_why_there_is_none(name: str) -> None:
    found = measure([name], shop(), **WEEK).row(0, named=True)
    is_count = found[name] == 0 and found[f"{name}_gap"] is None
    assert is_count or (found[name] is None and found[f"{name}_gap"] in set(Gap))


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_can_be_told_by_each_dimension_that_it_names(name: str) -> None:
    for one in dimensions_of(name):
        assert measure([name], shop(), **WEEK, by=[one]).columns[:2] == ["period", one]


def test_inputs_come_before_what_is_computed_from_them() -> None:
    names = [one.name for one in needed(["ad_roi"])]
    assert names.index("contribution_rate") < names.index("ad_roi")
    assert names.index("costed_gmv") < names.index("contribution")


def test_an_order_counts_on_the_shops_day() -> None:
    late = shop(orders=[order(1, placed_at=at(1, 0) - dt.timedelta(minutes=1))])
    daily = measure(["gmv"], late, **WEEK, period=Period.DAY)
    assert dict(daily.select("period", "gmv").rows())[on(0)] == 1000
    assert daily.height == 7


@pytest.mark.parametrize(
    ("orders", "expected"),
    [
        ([order(1), order(2, 1)], {"buyers": 1, "new_buyers": 1, "returning_buyers": 1}),
        ([order(1, -9), order(2, 1)], {"buyers": 1, "new_buyers": 0, "returning_gmv": 1000}),
        (
            [order(1, member_id=None), order(2, member_id=None)],
            {"buyers": 2, "new_buyers": 2, "returning_orders": 0},
        ),
        ([order(1), order(2, payment_status="pending")], {"orders": 1, "gmv": 1000, "aov": 1000}),
        ([order(1, is_test=True)], {"orders": 0, "aov": "no_base", "repurchase_rate": "no_base"}),
        ([order(1, cancelled_at=at(2))], {"gmv": 1000, "cancelled_orders": 1}),
    ],
)
def test_who_buys(orders: Sequence[Row], expected: dict[str, float | str]) -> None:
    assert {name: value(name, shop(orders=orders)) for name in expected} == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        # Ann comes back after 7 days, Bob after 9, Cy never; guests are nobody in particular.
        ({"ann": (0, 7), "bob": (1, 10), "cy": (2,), None: (0, 7)}, (1 / 3, 2 / 3)),
        ({"ann": (0, 6)}, (0, 0)),
        ({"ann": (-9, 5)}, ("no_base", "no_base")),
        # By the last whole day, a week after the 14th has not passed.
        ({"ann": (0, 7), "bob": (14,)}, ("censored", "censored")),
    ],
)
def test_retention_is_of_those_who_first_ordered_in_the_span(
    days: dict[str | None, tuple[int, ...]], expected: tuple[float | str, float | str]
) -> None:
    pairs = [(who, day) for who, some in days.items() for day in some]
    of = shop(orders=[order(n, day, member_id=who) for n, (who, day) in enumerate(pairs)])
    last = on(14) if expected[0] == "censored" else on(6)
    found = tuple(value(f"{kind}retention_d7", of, last=last) for kind in ("", "rolling_"))
    assert found == tuple(round(one, 6) if isinstance(one, float) else one for one in expected)


def test_a_conversion_above_one_is_withheld() -> None:
    visits = [{"traffic_date": on(0), "traffic_source": "all", "visitors_units": 4}]
    assert value("conversion", shop(orders=[order(1)], traffic=visits), last=on(0)) == 0.25
    crowd = [order(number, member_id=f"m{number}") for number in range(5)]
    assert value("conversion", shop(orders=crowd, traffic=visits), last=on(0)) == "above_one"
    assert value("conversion", shop(orders=crowd)) == "no_data"


def test_a_period_of_whose_days_one_was_not_read_has_no_visitors_and_no_conversion() -> None:
    visits = [
        {"traffic_date": on(day), "traffic_source": source, "visitors_units": 10}
        for day, source in ((0, "search"), (0, "ads"), (1, "search"), (3, "search"))
    ]
    of = shop(orders=[order(1)], traffic=visits)
    assert value("visitors", of, last=on(1)) == 30
    assert (
        value("visitors", of, last=on(3)) == value("conversion", of, last=on(3)) == "days_missing"
    )
    daily = measure(["visitors"], of, first=on(0), last=on(3), period=Period.DAY)
    assert daily["visitors"].to_list() == [20, 10, None, 10]
    assert daily["visitors_gap"].to_list() == [None, None, "no_data", None]
    # A source without visitors on a day had none: the day was read.
    sources = measure(["visitors"], of, first=on(0), last=on(1), by=[Dimension.SOURCE])
    assert sources.select("source", "visitors").rows() == [("ads", 10), ("search", 20)]
    months = measure(["visitors"], of, first=on(0), last=on(1), period=Period.MONTH)
    assert months["visitors"].to_list() == [30]


def test_conversion_of_a_week_is_that_of_its_days_together() -> None:
    # The platform counts a visitor anew each day, so a buyer of two days is counted twice too.
    visits = [
        {"traffic_date": on(day), "traffic_source": "all", "visitors_units": 10} for day in (0, 1)
    ]
    of = shop(orders=[order(1), order(2, 1), order(3, 1)], traffic=visits)
    assert (value("buyers", of), value("buyer_days", of)) == (1, 2)
    assert value("conversion", of, last=on(1)) == 0.1


def test_margins_are_of_costs_of_the_day_and_withheld_where_too_few_are_known() -> None:
    sold = {"orders": [order(1), order(2, 3)], "lines": [line(1), line(2, 3, quantity_units=2)]}
    costs = [
        {"sku_id": "A", "valid_from": on(-9), "unit_cost_minor": 300},
        {"sku_id": "A", "valid_from": on(2), "unit_cost_minor": 400},
    ]
    of = shop(**sold, costs=costs)
    assert value("cost_of_goods", of) == 300 + 2 * 400
    assert value("gross_margin", of) == 2000 - 1100
    # Fees take a tenth, shipping 50 for each of three pieces.
    assert value("contribution", of) == 2000 * 0.9 - 3 * 50 - 1100
    other = shop(
        orders=sold["orders"],
        lines=[line(1), line(2, 3, sku_id="B", total_minor=200)],
        costs=costs,
    )
    assert value("cost_coverage", other) == round(1000 / 1200, 6)
    assert value("contribution", other) == "cost_missing"
    assert value("break_even_roas", other) == "cost_missing"


def test_a_day_without_a_sale_lacks_no_cost_and_its_ads_still_cost() -> None:
    ad = {"ad_date": on(0), "campaign_id": "1", "ad_level": "campaign", "spend_minor": 100}
    of_sku = {**ad, "ad_level": "sku", "listing_id": "a"}
    of = shop(
        ads=[ad, of_sku, {**of_sku, "listing_id": "b"}],
        listings=[{"listing_id": one, "sku_id": one.upper()} for one in "ab"],
        orders=[order(1, 1)],
        lines=[line(1, 1, sku_id="B", listing_id="b")],
    )
    found = {
        name: value(name, of, last=on(0))
        for name in ("contribution", "gross_margin", "contribution_after_ads", "newcomers")
    }
    assert found == {
        "contribution": 0, "gross_margin": 0, "contribution_after_ads": -100, "newcomers": 0
    }  # fmt: skip
    for name in ("contribution_rate", "contribution_per_order", "break_even_roas", "ad_roi"):
        assert value(name, of, last=on(0)) == "no_base"
    # Of B something was sold whose cost is not known; A was advertised and sold nothing.
    by_sku = measure(["contribution_after_ads"], of, **WEEK, by=[Dimension.SKU])
    rows = by_sku.sort("sku").drop("period").rows()
    assert rows == [("A", -100, None), ("B", None, "cost_missing")]


def test_a_gift_costs_what_it_costs() -> None:
    # Nothing was charged, so nothing of GMV lacks a cost.
    of = shop(
        orders=[order(1, goods_minor=0)],
        lines=[line(1, line_kind="gift", total_minor=0)],
        costs=[{"sku_id": "A", "valid_from": on(-9), "unit_cost_minor": 300}],
    )
    assert (value("cost_of_goods", of), value("gross_margin", of)) == (300, -300)


def test_ads_are_added_up_within_one_level_alone() -> None:
    ad = {
        "ad_date": on(0), "ad_channel": "zhitongche", "campaign_id": "1", "keyword_id": "-",
        "listing_id": "-", "spend_minor": 100, "impressions_units": 1000, "clicks_units": 20,
        "orders_count": 1, "revenue_minor": 450,
    }  # fmt: skip
    of = shop(
        ads=[
            {**ad, "ad_level": "campaign"},
            {**ad, "ad_level": "keyword", "keyword_id": "7", "keyword": "cup", "spend_minor": 60},
            {**ad, "ad_level": "sku", "listing_id": "a", "spend_minor": 100},
        ],
        listings=[{"listing_id": "a", "sku_id": "A"}],
        orders=[order(1)],
    )
    assert (value("ad_spend", of), value("roas", of), value("ctr", of)) == (100, 4.5, 0.02)
    assert (value("cpc", of), value("cac", of)) == (5, 100)
    by_word = measure(["ad_spend"], of, **WEEK, by=[Dimension.KEYWORD])
    assert by_word.select("keyword", "ad_spend").rows() == [("cup", 60)]
    by_sku = measure(["roas"], of, **WEEK, by=[Dimension.SKU])
    assert by_sku.select("sku", "roas").rows() == [("A", 4.5)]


def test_service_is_told_in_medians_and_shares() -> None:
    parcel = {"promised_at": at(5), "carrier_code": "zto"}
    of = shop(
        orders=[order(number, paid_at=at(0)) for number in (1, 2, 3)],
        shipments=[
            {**parcel, "order_id": "1", "shipped_at": at(0, 14), "delivered_at": at(4)},
            {**parcel, "order_id": "2", "shipped_at": at(0, 16), "delivered_at": at(6)},
            {**parcel, "order_id": "3", "shipped_at": at(1, 12), "delivered_at": None},
        ],
        reviews=[
            {"review_result": "bad", "stars_units": 1, "reviewed_at": at(1), "replied_at": at(2)},
            {"review_result": "good", "stars_units": 5, "reviewed_at": at(2), "review_id": "2"},
        ],
        refunds=[{"order_id": "1", "refunded_at": at(3), "refunded_minor": 300}],
    )  # fmt: skip
    assert (value("ship_hours", of), value("late_rate", of)) == (4, 0.5)
    assert (value("bad_review_rate", of), value("stars", of)) == (0.5, 3)
    assert value("reply_hours", of) == 24
    assert value("refund_rate", of) == 0.1


def test_how_many_parcels_are_late_is_told_of_those_that_arrived_not_of_those_that_left() -> None:
    # All left on Monday; what is fast is there on Tuesday, what is late on Thursday.
    left = {"promised_at": at(2), "carrier_code": "zto", "shipped_at": at(0)}
    of = shop(
        orders=[order(number, deliver_by_at=at(2)) for number in (1, 2, 3, 4)],
        shipments=[
            {**left, "order_id": "1", "shipment_id": "zto:1", "delivered_at": at(1)},
            {**left, "order_id": "2", "shipment_id": "zto:2", "delivered_at": at(3)},
            # The platform knows neither arrival nor promise: the carrier and the order do.
            {**left, "order_id": "3", "shipment_id": "zto:3", "promised_at": None},
            {**left, "order_id": "4", "shipment_id": "zto:4"},
        ],
        parcels=[{"shipment_id": "zto:3", "parcel_status": "delivered", "delivered_at": at(3)}],
    )
    days = measure(["late_rate"], of, **WEEK, period=Period.DAY)
    assert days["late_rate"].to_list() == [None, 0, None, 1, None, None, None]
    assert value("late_rate", of) == round(2 / 3, 6)


def test_a_parcel_that_is_paid_at_the_door_is_as_old_as_its_order() -> None:
    sent = {"order_id": "1", "shipped_at": at(0, 20)}
    for paid_at in (None, at(3)):
        of = shop(orders=[order(1, paid_at=paid_at)], shipments=[sent])
        assert value("ship_hours", of) == 8


def test_what_is_of_an_order_that_tests_the_shop_counts_nowhere() -> None:
    sent = {"order_id": "1", "shipped_at": at(0), "delivered_at": at(2), "promised_at": at(1)}
    asked = {"order_id": "1", "requested_at": at(1)}
    told = {
        is_test: shop(orders=[order(1, is_test=is_test)], shipments=[sent], cases=[asked])
        for is_test in (False, True)
    }
    names = ("ship_hours", "late_rate", "complaints")
    assert [value(name, told[False]) for name in names] == [0, 1, 1]
    assert [value(name, told[True]) for name in names] == ["no_data", "no_data", 0]


PEOPLE = st.sampled_from(["ann", "bob", "cy", None])
ORDERS = st.lists(
    st.fixed_dictionaries(
        {
            "member_id": PEOPLE,
            "placed_at": st.datetimes(
                at(-8).replace(tzinfo=None), at(15).replace(tzinfo=None), timezones=st.just(dt.UTC)
            ),
            "goods_minor": st.integers(0, 10**7),
            "payment_status": st.sampled_from(["paid", "pending", "partially_refunded"]),
            "is_test": st.booleans(),
        }
    ),
    max_size=25,
)


def slowly(orders: Sequence[Row], first: dt.date, last: dt.date) -> dict[str, float]:
    """The metrics of a span, order by order, as a person with paper would."""
    met: dict[str, dt.date] = {}
    totals: dict[str, float] = defaultdict(float)
    buyers, returning, new = set(), set(), set()
    for number, one in sorted(enumerate(orders), key=lambda pair: pair[1]["placed_at"]):
        if one["is_test"] or one["payment_status"] not in {str(status) for status in RECEIVED}:
            continue
        day = one["placed_at"].astimezone(ZoneInfo(ZONE)).date()
        who = one["member_id"] or f"guest {number}"
        since = met.setdefault(who, day)
        if not first <= day <= last:
            continue
        totals["gmv"] += one["goods_minor"]
        totals["orders"] += 1
        buyers.add(who)
        if since < day:
            returning.add(who)
            totals["returning_orders"] += 1
            totals["returning_gmv"] += one["goods_minor"]
        else:
            new.add(who)
    counts = {"buyers": buyers, "returning_buyers": returning, "new_buyers": new}
    return {**dict.fromkeys(("gmv", "orders", "returning_orders", "returning_gmv"), 0.0),
            **totals, **{name: float(len(found)) for name, found in counts.items()}}  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(orders=ORDERS, start=st.integers(-5, 5), days=st.integers(1, 14))
def test_sales_equal_a_slow_recomputation_to_the_last_minor_unit(
    orders: list[Row], start: int, days: int
) -> None:
    placed = [{**order(number), **one} for number, one in enumerate(orders)]
    first, last = on(start), on(start + days - 1)
    expected = slowly(orders, first, last)
    found = measure(list(expected), shop(orders=placed), first=first, last=last)
    assert {name: found[name].item() for name in expected} == expected


def additive(metric: Metric) -> bool:
    """Whether its values of days add up to the span's."""
    is_counted_once = {"buyers", "buyer_days", "new_buyers", "returning_buyers"}
    return bool(metric.fact) and metric.unit in (Unit.MONEY, Unit.COUNT) and (
        metric.name not in is_counted_once
    )  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(orders=ORDERS)
def test_days_weeks_months_and_dimensions_add_up_to_the_span(orders: list[Row]) -> None:
    placed = [{**order(number), **one} for number, one in enumerate(orders)]
    of = shop(orders=placed)
    names = [one.name for one in METRICS.values() if one.fact == "orders" and additive(one)]
    ways: list[dict[str, Any]] = [
        {},
        *({"period": one} for one in Period),
        {"by": [Dimension.HOUR]},
        {"by": [Dimension.BUYER], "period": Period.WEEK},
    ]
    sums = [
        measure(names, of, first=on(-8), last=on(14), **how).select(pl.col(names).sum())
        for how in ways
    ]
    assert all(one.equals(sums[0]) for one in sums)


def test_gmv_by_sku_adds_up_to_gmv() -> None:
    of = shop(
        orders=[order(1, goods_minor=1700), order(2, goods_minor=10)],
        lines=[
            line(1), line(1, line_id="2", sku_id="B", total_minor=700),
            line(2, sku_id=None, listing_id=None, total_minor=10),
            line(2, line_id="2", line_kind="tip", total_minor=500),
        ],
    )  # fmt: skip
    by_sku = measure(["goods_gmv"], of, **WEEK, by=[Dimension.SKU])
    assert by_sku.select("sku", "goods_gmv").rows() == [("(unlinked)", 10), ("A", 1000), ("B", 700)]
    assert value("gmv", of) == value("goods_gmv", of) == 1710
