"""Listings, prices, stock and rivals as rows."""

from typing import Any

import pytest

from connectors.amazon.mapping import inventory, listings, offers
from contracts.streams import Context
from tests.connectors.amazon.recorded import (
    CONTEXT,
    READ_AT,
    inventory_page,
    listing,
    listings_page,
    money,
    offers_answer,
    offers_page,
    rival,
    summary,
)
from tests.connectors.amazon.recorded_days import STORE


@pytest.mark.parametrize(
    ("status", "ours"),
    [
        (("BUYABLE", "DISCOVERABLE"), "active"),
        (("DISCOVERABLE", "BUYABLE"), "active"),
        (("BUYABLE",), "active"),
        (("DISCOVERABLE",), "unlisted"),
        ((), "archived"),
    ],
)
def test_a_listing_can_be_bought_when_it_is_buyable(status: tuple[str, ...], ours: str) -> None:
    found = listings([listings_page(listing("SKU-1", status))], CONTEXT).frames["listings"]
    assert found["listing_status"].to_list() == [ours]


def test_our_price_is_the_one_that_every_buyer_pays() -> None:
    told = listing("SKU-1")
    told["offers"] = [
        {"marketplaceId": STORE, "offerType": "B2B", "price": money("9.00")},
        {
            "marketplaceId": STORE,
            "offerType": "B2C",
            "price": money("8.00"),
            "audience": {"value": "B2C_MEMBERS"},
        },
        {"marketplaceId": STORE, "offerType": "B2C", "price": money("12.3")},
    ]
    prices = listings([listings_page(told)], CONTEXT).frames["prices"]
    assert prices.select("listing_id", "price_minor").rows() == [("SKU-1", 1230)]


def test_two_versions_of_a_listing_keep_their_own_prices() -> None:
    newer = listing("SKU-1")
    newer["summaries"][0]["lastUpdatedDate"] = "2026-11-21T00:00:00Z"
    newer["offers"][0]["price"] = money("13.00")
    found = listings([listings_page(listing("SKU-1")), listings_page(newer)], CONTEXT)
    prices = found.frames["prices"].sort("observed_at")
    assert prices["price_minor"].to_list() == [1230, 1300]
    assert prices["observed_at"].n_unique() == 2


def test_a_listing_of_another_store_or_without_offer_has_no_price() -> None:
    bare, other = listing("SKU-1"), listing("SKU-2")
    bare["offers"], other["summaries"] = [], []
    found = listings([listings_page(bare, other)], CONTEXT)
    assert found.frames["listings"]["listing_id"].to_list() == ["SKU-1"]
    assert found.frames["prices"].is_empty()


def test_stock_is_what_can_be_sold_and_what_is_reserved() -> None:
    found = inventory([inventory_page(summary("SKU-1"))], CONTEXT).frames["stock_levels"]
    columns = ("sku_id", "warehouse_id", "available_units", "on_hand_units", "committed_units")
    assert found.select(columns).rows() == [("SKU-1", "AFN", 7, 10, 2)]


def test_stock_of_which_no_instant_is_told_is_as_of_the_reading() -> None:
    told = summary("SKU-1") | {"lastUpdatedTime": ""}
    found = inventory([inventory_page(told)], CONTEXT).frames["stock_levels"]
    assert found["observed_at"].to_list() == [READ_AT]


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [(12.3, "USD", 1230), (0.1, "USD", 10), (5980, "JPY", 5980), (1234567.89, "USD", 123456789)],
)
def test_a_number_is_read_as_the_decimals_it_is_written_in(
    amount: float, currency: str, minor: int
) -> None:
    price = {"CurrencyCode": currency, "Amount": amount}
    free = {"CurrencyCode": currency, "Amount": 0}
    told = offers_page(offers_answer("SKU-1", rival("A1", 0, ListingPrice=price, Shipping=free)))
    context = Context("shop", currency, "UTC", READ_AT)
    found = offers([told], context).frames["competitor_offers"]
    assert found.select("price_minor", "shipping_minor").rows() == [(minor, 0)]


def test_rivals_are_told_by_our_sku_and_our_own_offer_is_none() -> None:
    answers: list[dict[str, Any]] = [
        offers_answer(
            "SKU-1",
            rival("A1OURSELVES", 1.0, MyOffer=True),
            rival("A1RIVAL", 2.0, ShippingTime={"availabilityType": "FUTURE_WITHOUT_DATE"}),
            rival("A2RIVAL", 3.0, IsFulfilledByAmazon=False, SellerFeedbackRating=None),
        ),
        offers_answer("SKU-2", status=404),
    ]
    found = offers([offers_page(*answers)], CONTEXT).frames["competitor_offers"]
    columns = ("sku_id", "competitor_id", "is_in_stock", "fulfilment", "ratings_units")
    assert found.select(columns).rows() == [
        ("SKU-1", "A1RIVAL", False, "platform", 120),
        ("SKU-1", "A2RIVAL", True, "seller", None),
    ]
    assert found["observed_at"].to_list() == [READ_AT] * 2
