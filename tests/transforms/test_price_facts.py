"""A price decision reads what was known at that moment, and only usable competitors."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from contracts.tables import (
    CompetitorOffer,
    Cost,
    Listing,
    OrderLine,
    Price,
    PriceFact,
    StockLevel,
    Velocity,
)
from transforms.pricing import price_facts

AS_OF = datetime(2026, 11, 20, 17, tzinfo=UTC)  # 2026-11-21 in Shanghai
KEY = {"shop_id": "s", "sku_id": "A"}
Row = dict[str, Any]


def ago(**span: float) -> datetime:
    return AS_OF - timedelta(**span)


def listing(**more: Any) -> Row:
    return {
        **KEY,
        "listing_id": "L",
        "product_id": "P",
        "listing_status": "active",
        "deleted_at": None,
        **more,
    }


def price(minor: int, **more: Any) -> Row:
    seen = {"observed_at": ago(days=2), "read_at": ago(days=1)}
    row = {"shop_id": "s", "listing_id": "L", "currency": "USD", "price_minor": minor}
    return {**row, "list_price_minor": None, **seen, **more}


def offer(minor: int, who: str = "c1", **more: Any) -> Row:
    seen = {"observed_at": ago(hours=1), "read_at": ago(minutes=5)}
    money = {"price_minor": minor, "shipping_minor": 0, "currency": "USD"}
    return {**KEY, "competitor_id": who, "is_in_stock": True, **money, **seen, **more}


def cost(minor: int, day: date, **more: Any) -> Row:
    return {**KEY, "valid_from": day, "unit_cost_minor": minor, "currency": "USD", **more}


def line(minor: int, **more: Any) -> Row:
    row = {"shop_id": "s", "order_id": "o", "listing_id": "L", "line_kind": "sale"}
    return {**row, "placed_at": ago(days=1), "unit_price_minor": minor, **more}


def facts(**rows: list[Row]) -> list[Row]:
    frame = price_facts(
        Listing.sample(overrides=rows.get("listings", [listing()])).lazy(),
        Price.sample(overrides=rows.get("prices", [price(1000)])).lazy(),
        costs=Cost.sample(overrides=rows.get("costs", [])).lazy(),
        offers=CompetitorOffer.sample(overrides=rows.get("offers", [])).lazy(),
        stock_levels=StockLevel.sample(overrides=rows.get("stock", [])).lazy(),
        velocity=Velocity.sample(overrides=rows.get("velocity", [])).lazy(),
        lines=OrderLine.sample(overrides=rows.get("lines", [])).lazy(),
        as_of=AS_OF,
        time_zone="Asia/Shanghai",
    )
    return PriceFact.validate(frame.collect()).sort("listing_id").to_dicts()


@pytest.mark.parametrize(
    "other",
    [
        listing(sku_id=None),
        listing(listing_status="draft"),
        listing(listing_status="archived"),
        listing(listing_id="without a price"),
    ],
)
def test_only_active_linked_listings_with_a_price_are_decided_on(other: Row) -> None:
    assert facts(listings=[other]) == []


def test_two_listings_under_one_code_are_not_decided_on_and_a_sisters_rival_moves_no_price() -> (
    None
):
    sister = listing(listing_id="M")
    prices = [price(1000), price(3000, listing_id="M")]
    assert facts(listings=[listing(), sister], prices=prices, offers=[offer(900)]) == []
    archived = {**sister, "listing_status": "archived"}
    (row,) = facts(listings=[listing(), archived], prices=prices, offers=[offer(900)])
    assert (row["listing_id"], row["rival_minor"]) == ("L", 900)


def test_the_latest_price_known_is_in_force() -> None:
    newer = price(900, observed_at=ago(hours=3), read_at=ago(hours=2))
    not_read_yet = price(800, observed_at=ago(hours=1), read_at=AS_OF + timedelta(minutes=1))
    (row,) = facts(prices=[price(1000), newer, not_read_yet])
    assert (row["price_minor"], row["price_observed_at"]) == (900, ago(hours=3))


def test_the_cost_is_the_one_valid_on_the_shops_day() -> None:
    days = (date(2026, 1, 1), date(2026, 11, 21), date(2026, 11, 22))
    (row,) = facts(costs=[cost(minor, day) for minor, day in zip((5, 6, 7), days, strict=True)])
    assert (row["unit_cost_minor"], row["cost_currency"]) == (6, "USD")
    (missing,) = facts(costs=[cost(7, days[2])])
    assert missing["unit_cost_minor"] is None


@pytest.mark.parametrize(
    ("change", "usable"),
    [
        ({}, True),
        ({"is_in_stock": False}, False),
        ({"observed_at": ago(hours=6)}, True),
        ({"observed_at": ago(hours=6, seconds=1)}, False),
        ({"read_at": AS_OF + timedelta(seconds=1)}, False),
        ({"currency": "EUR"}, False),
        ({"price_minor": 600}, True),
        ({"price_minor": 599}, False),
        ({"price_minor": 1670}, True),
        ({"price_minor": 1671}, False),
        ({"price_minor": 500, "shipping_minor": 100}, True),
        ({"price_minor": 1600, "shipping_minor": 71}, False),
    ],
)
def test_which_competitors_are_usable(change: Row, usable: bool) -> None:
    (row,) = facts(offers=[{**offer(900), **change}])
    assert (row["rivals_units"], row["rival_minor"] is not None) == (int(usable), usable)


def test_the_lowest_usable_competitor_counts_with_shipping() -> None:
    offers = [offer(900, "c1", shipping_minor=200), offer(950, "c2"), offer(100, "c3")]
    (row,) = facts(offers=offers)
    assert (row["rival_minor"], row["rivals_units"]) == (950, 2)


def test_a_competitor_who_sold_out_is_not_remembered_with_the_older_offer() -> None:
    before = offer(900, observed_at=ago(hours=3))
    (row,) = facts(offers=[before, offer(900, is_in_stock=False)])
    assert row["rivals_units"] == 0


def test_the_band_is_around_the_median_of_what_was_sold_in_28_days() -> None:
    sold = [line(minor, line_id=str(minor)) for minor in (1900, 2000, 2100, 2200)]
    ignored = [
        line(9000, line_id="old", placed_at=ago(days=28)),
        line(0, line_id="gift", line_kind="gift", total_minor=0),
        line(9000, line_id="deleted", listing_id=None),
    ]
    (row,) = facts(lines=sold + ignored, offers=[offer(1100, "c1"), offer(1300, "c2")])
    assert (row["median_28d_minor"], row["rival_minor"]) == (2000, 1300)


def test_cover_is_stock_over_velocity() -> None:
    stock = {**KEY, "observed_at": ago(days=1), "read_at": ago(days=1)}
    two = [
        {**stock, "warehouse_id": w, "available_units": units} for w, units in (("1", 4), ("2", 6))
    ]
    speed = {**KEY, "daily_units": 2.5}
    (row,) = facts(stock=two, velocity=[speed])
    assert (row["available_units"], row["cover_days"]) == (10, 4.0)
    (oversold,) = facts(stock=[{**two[0], "available_units": -3}], velocity=[speed])
    assert oversold["cover_days"] == 0
    (unknown,) = facts(velocity=[{**speed, "daily_units": None}], stock=two)
    assert unknown["cover_days"] is None
    (still,) = facts(velocity=[{**speed, "daily_units": 0.0}], stock=two)
    assert still["cover_days"] is None
