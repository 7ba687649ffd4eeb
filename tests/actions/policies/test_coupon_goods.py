"""What a code holds for: everything, or the goods that stay above their floor with it."""

import datetime as dt
from typing import Any

import polars as pl
import pytest

from actions.policies._coupons import MOST_NAMED, goods
from contracts.economics import Economics
from contracts.tables import PriceFact, StockFact

NOW = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
ECONOMICS = Economics(fee_rate=0.05, min_margin_rate=0.10)  # a cost of 500 has a floor of 589
PRICE: dict[str, Any] = {
    "shop_id": "s", "listing_id": "v1", "sku_id": "k1", "price_minor": 1_000,
    "unit_cost_minor": 500, "discount_rate": 0.0, "category": None, "available_units": 90,
    "cover_days": 30.0, "daily_units": 3.0,
}  # fmt: skip
LOW: dict[str, Any] = {"listing_id": "v2", "sku_id": "k2", "price_minor": 600}
STOCK: dict[str, Any] = {
    "shop_id": "s", "sku_id": "k1", "lead_time_days": 40.0, "next_inbound_date": None,
    "observed_at": NOW,
}  # fmt: skip


def found(
    *prices: dict[str, Any],
    stock: dict[str, Any] | None = None,
    off_minor: int | None = None,
    off_rate: float | None = 0.1,
    min_spend_minor: int | None = None,
) -> dict[str, Any]:
    terms = pl.LazyFrame(
        {"shop_id": ["s"], "off_minor": [off_minor], "off_rate": [off_rate]},
        schema={"shop_id": pl.String, "off_minor": pl.Int64, "off_rate": pl.Float64},
    )
    rows = [{**PRICE, **price} for price in prices]
    (one,) = (
        goods(
            terms,
            PriceFact.sample(overrides=rows).lazy(),
            StockFact.sample(overrides=[stock] if stock else []).lazy(),
            min_spend_minor=min_spend_minor,
            economics=ECONOMICS,
        )
        .collect()
        .to_dicts()
    )
    return one


def named(one: dict[str, Any]) -> tuple[Any, Any]:
    return one["listing_ids"], one["excluded_listing_ids"]


def test_where_everything_stands_it_nothing_is_named() -> None:
    assert named(found({}, {"listing_id": "v2", "sku_id": "k2"})) == (None, None)
    assert found({})["is_stood"]


def test_what_would_fall_below_its_floor_is_left_out_and_said_both_ways() -> None:
    one = found({}, LOW)
    assert named(one) == (["v1"], ["v2"])
    assert one["is_stood"]


@pytest.mark.parametrize(
    ("off", "price", "is_stood"),
    [
        ({}, 655, True),  # 589.5
        ({}, 654, False),  # 588.6
        ({"off_rate": None, "off_minor": 100, "min_spend_minor": 1_000}, 655, True),
        ({"off_rate": None, "off_minor": 100, "min_spend_minor": 1_000}, 654, False),
        ({"off_rate": None, "off_minor": 100}, 689, True),
        ({"off_rate": None, "off_minor": 100}, 688, False),
    ],
)
def test_the_floor_is_the_one_net_receipt_of_the_guard(
    off: dict[str, Any], price: int, is_stood: bool
) -> None:
    one = found({"price_minor": price}, **off)
    assert one["is_stood"] is is_stood
    assert (one["excluded_listing_ids"] is None) is is_stood


def test_a_code_that_names_its_goods_names_none_that_sells_out_or_has_no_cost() -> None:
    dear = {"listing_id": "v3", "sku_id": "k3"}
    assert named(found({}, LOW, dear, stock=STOCK))[0] == ["v3"]
    assert named(found({}, LOW, {**dear, "available_units": 0}))[0] == ["v1"]
    assert named(found({}, LOW, {**dear, "unit_cost_minor": None})) == (["v1"], ["v2"])
    soon = {**STOCK, "next_inbound_date": NOW.date() + dt.timedelta(days=5)}
    assert named(found({}, LOW, stock=soon))[0] == ["v1"]


def test_the_best_sellers_are_named_and_no_list_is_longer_than_a_platform_takes() -> None:
    many = [
        {"listing_id": f"w{n}", "sku_id": f"w{n}", "daily_units": float(n)}
        for n in range(MOST_NAMED + 2)
    ]
    one = found(*many, LOW)
    assert one["listing_ids"] == [f"w{n}" for n in range(MOST_NAMED + 1, 1, -1)]
    assert one["excluded_listing_ids"] == ["v2"]
    low = [{**row, "price_minor": 600} for row in many]
    assert found({}, *low)["excluded_listing_ids"] is None
