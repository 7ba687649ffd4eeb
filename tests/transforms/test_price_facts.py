"""A price decision reads what was known at that moment, and only usable competitors."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from contracts.bundles import PIECES_SCHEMA
from contracts.economics import Confirmed
from contracts.tables import (
    CompetitorOffer,
    Coupon,
    Elasticity,
    Listing,
    Order,
    OrderLine,
    Price,
    PriceFact,
    RivalOffer,
    StockLevel,
    Velocity,
)
from transforms.bundles import NO_RATES
from transforms.pricing import price_facts, rival_offers

AS_OF = datetime(2026, 11, 20, 17, tzinfo=UTC)  # 2026-11-21 in Shanghai
KEY = {"shop_id": "s", "sku_id": "A"}
Row = dict[str, Any]
NO_COSTS = pl.LazyFrame(
    schema={
        "shop_id": pl.String,
        "sku_id": pl.String,
        "unit_cost_minor": pl.Int64,
        "cost_currency": pl.String,
        "cost_rate_date": pl.Date,
        "cost_fx_rate": pl.Float64,
        "unconfirmed_cost_minor": pl.Int64,
    }
)


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


def line(minor: int, **more: Any) -> Row:
    row = {"shop_id": "s", "order_id": "o", "listing_id": "L", "line_kind": "sale"}
    return {**row, "placed_at": ago(days=1), "unit_price_minor": minor, **more}


def facts(*, confirmed: Row | None = None, **rows: list[Row]) -> list[Row]:
    frame = price_facts(
        Listing.sample(overrides=rows.get("listings", [listing()])).lazy(),
        Price.sample(overrides=rows.get("prices", [price(1000)])).lazy(),
        costs=NO_COSTS,
        rivals=rival_offers(
            CompetitorOffer.sample(overrides=rows.get("offers", [])).lazy(), as_of=AS_OF
        ),
        stock_levels=StockLevel.sample(overrides=rows.get("stock", [])).lazy(),
        velocity=Velocity.sample(overrides=rows.get("velocity", [])).lazy(),
        elasticities=Elasticity.sample(overrides=rows.get("elasticities", [])).lazy(),
        lines=OrderLine.sample(overrides=rows.get("lines", [])).lazy(),
        orders=Order.sample(overrides=rows.get("orders", [])).lazy(),
        coupons=Coupon.sample(overrides=rows.get("coupons", [])).lazy(),
        as_of=AS_OF,
        confirmed=Confirmed(**confirmed or {}),
        pieces=pl.LazyFrame(rows.get("pieces", []), schema=PIECES_SCHEMA),
        alone=pl.LazyFrame(rows.get("alone", []), schema=NO_RATES.collect_schema()),
    )
    return PriceFact.validate(frame.collect()).sort("listing_id").to_dicts()


def order(shipping: int, **more: Any) -> Row:
    row = {"shop_id": "s", "placed_at": ago(days=1), "is_test": False}
    return {**row, "shipping_minor": shipping, **more}


def rivals(offers: list[Row]) -> list[Row]:
    given = CompetitorOffer.sample(overrides=offers).lazy()
    return RivalOffer.validate(rival_offers(given, as_of=AS_OF).collect()).to_dicts()


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
    assert (row["listing_id"], row["rival_observed_at"]) == ("L", ago(hours=1))


def test_the_latest_price_known_is_in_force() -> None:
    newer = price(900, observed_at=ago(hours=3), read_at=ago(hours=2))
    not_read_yet = price(800, observed_at=ago(hours=1), read_at=AS_OF + timedelta(minutes=1))
    (row,) = facts(prices=[price(1000), newer, not_read_yet])
    assert (row["price_minor"], row["price_observed_at"]) == (900, ago(hours=3))


def test_bounds_are_measured_from_a_persons_price_else_the_list_price_else_the_first_seen() -> None:
    """The anchor: none of our own writes, nor what the price became by them, moves it."""
    seen = [
        price(minor, observed_at=ago(days=day), read_at=ago(days=day))
        for day, minor in ((90, 1000), (60, 1500), (30, 2400))
    ]
    (row,) = facts(prices=seen)
    assert (row["price_minor"], row["anchor_minor"]) == (2400, 1000)
    (row,) = facts(prices=[one | {"list_price_minor": 1200} for one in seen])
    assert (row["anchor_minor"], row["low_anchor_minor"]) == (1200, 1000)
    (row,) = facts(prices=[one | {"list_price_minor": 800} for one in seen])
    assert (row["anchor_minor"], row["low_anchor_minor"]) == (800, 800)
    (row,) = facts(prices=seen, confirmed={"prices": {"A": 2000}})
    assert (row["anchor_minor"], row["low_anchor_minor"]) == (2000, 2000)
    dollars = price(300, observed_at=ago(days=99), read_at=ago(days=99), currency="EUR")
    (row,) = facts(prices=[dollars, *seen])
    assert row["anchor_minor"] == 1000


@pytest.mark.parametrize(
    ("change", "delivered"),
    [
        ({}, 900),
        ({"is_in_stock": False}, None),
        ({"observed_at": ago(hours=6)}, 900),
        ({"observed_at": ago(hours=6, seconds=1)}, None),
        ({"read_at": AS_OF + timedelta(seconds=1)}, None),
        ({"shipping_minor": 71}, 971),
    ],
)
def test_which_offers_of_competitors_can_be_bought(change: Row, delivered: int | None) -> None:
    found = rivals([{**offer(900), **change}])
    assert [one["delivered_minor"] for one in found] == ([delivered] if delivered else [])


def test_a_competitor_who_sold_out_is_not_remembered_with_the_older_offer() -> None:
    before = offer(900, observed_at=ago(hours=3))
    assert rivals([before, offer(900, is_in_stock=False)]) == []


def test_what_our_customer_usually_pays_for_shipping_is_what_half_of_the_orders_do() -> None:
    paid = [order(minor, order_id=str(number)) for number, minor in enumerate((0, 500, 500, 600))]
    ignored = [
        order(9000, order_id="old", placed_at=ago(days=28)),
        order(9000, order_id="test", is_test=True),
        order(9000, order_id="later", placed_at=AS_OF + timedelta(seconds=1)),
    ]
    (row,) = facts(orders=paid + ignored)
    assert row["charged_shipping_minor"] == 500
    (row,) = facts()
    assert row["charged_shipping_minor"] == 0


def test_the_usual_price_is_the_median_of_what_was_sold_in_28_days() -> None:
    sold = [line(minor, line_id=str(minor)) for minor in (1900, 2000, 2100, 2200)]
    ignored = [
        line(9000, line_id="old", placed_at=ago(days=28)),
        line(0, line_id="gift", line_kind="gift", total_minor=0),
        line(9000, line_id="deleted", listing_id=None),
    ]
    (row,) = facts(lines=sold + ignored)
    assert row["median_28d_minor"] == 2000


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


def test_age_counts_from_the_listing_and_what_never_sold_has_no_demand() -> None:
    old = listing(created_at=ago(days=200, hours=12), brand="Own")
    (never_sold,) = facts(listings=[old])
    assert (never_sold["age_days"], never_sold["brand"]) == (200.5, "Own")
    assert never_sold["clearance_floor_minor"] is None
    (ahead,) = facts(listings=[listing(created_at=AS_OF + timedelta(days=2))])
    assert ahead["age_days"] == 0
    fields = {"never": never_sold["has_demand"]}
    for name, daily in {"sells": 0.5, "not lately": 0.0, "unknown": None}.items():
        (one,) = facts(velocity=[{**KEY, "daily_units": daily}])
        fields[name] = one["has_demand"]
    assert fields == {"never": False, "sells": True, "not lately": False, "unknown": None}


def test_a_price_moves_what_is_sold_alone_while_bundles_empty_the_same_shelf() -> None:
    stock = {**KEY, "observed_at": ago(days=1), "read_at": ago(days=1), "available_units": 10}
    speed = {**KEY, "daily_units": 5.0}
    (row,) = facts(stock=[stock], velocity=[speed], alone=[{**KEY, "alone_rate": 0.4}])
    assert (row["daily_units"], row["cover_days"]) == (2.0, 2.0)
    (other,) = facts(stock=[stock], velocity=[speed], alone=[{**KEY, "sku_id": "B"}])
    assert other["daily_units"] == 5.0


def test_a_bundle_is_priced_on_the_stock_that_its_parts_allow() -> None:
    part = {**KEY, "sku_id": "B", "observed_at": ago(days=1), "read_at": ago(days=1)}
    held = {**KEY, "part_sku_id": "B", "part_units": 3}
    (row,) = facts(stock=[{**part, "available_units": 10}], pieces=[held])
    assert row["available_units"] == 3
