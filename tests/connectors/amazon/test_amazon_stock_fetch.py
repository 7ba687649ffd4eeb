"""How stock and offers are read: tokens that die, and listings twenty at a time."""

import polars as pl
import pytest

from connectors.amazon import fetch
from contracts.errors import (
    SourceRejectedError,
    TransientSourceError,
)
from tests.connectors.amazon.answered_days import DAY, Opened, stock
from tests.connectors.amazon.recorded import (
    offers_answer,
    refused,
    rival,
)


def test_stock_is_read_from_the_start_again_when_a_token_died(opened: Opened) -> None:
    died = refused(400, "InvalidInput", details="The nextToken has expired.")
    script = {"summaries": [stock("A", "two"), died, stock("A", "two"), stock("B")]}
    client, platform = opened(script)
    assert len(list(fetch.inventory(client, DAY))) == 2
    tokens = [one.url.params.get("nextToken") for one in platform.asked]
    assert tokens == [None, "two", None, "two"]
    assert platform.asked[0].url.params["details"] == "true"


def test_all_pages_of_stock_are_asked_for_before_the_first_is_handed_on(opened: Opened) -> None:
    client, platform = opened({"summaries": [stock("A", "two"), stock("B")]})
    next(fetch.inventory(client, DAY))
    assert len(platform.asked) == 2


def test_stock_whose_tokens_always_die_ends_the_reading(opened: Opened) -> None:
    died = refused(400, "InvalidInput")
    script = {"summaries": [stock("A", "two"), died] * 3}
    client, _ = opened(script)
    with pytest.raises(TransientSourceError, match="dies"):
        list(fetch.inventory(client, DAY))


def test_a_wrong_request_for_stock_is_no_dead_token(opened: Opened) -> None:
    client, _ = opened({"summaries": [refused(400, "InvalidInput")]})
    with pytest.raises(SourceRejectedError):
        list(fetch.inventory(client, DAY))


def listed(*skus: str) -> pl.DataFrame:
    daily = [float(len(skus) - place) for place in range(len(skus))]
    return pl.DataFrame({"sku_id": skus, "daily_units": daily})


def test_offers_are_asked_for_twenty_at_a_time_best_sellers_first(opened: Opened) -> None:
    skus = [f"SKU-{number}" for number in range(25)]
    answers = [offers_answer(sku, rival("A1", 1.0)) for sku in skus]
    script = {"listingOffers": [{"responses": answers[:20]}, {"responses": answers[20:]}]}
    client, platform = opened(script)
    rows = listed(*skus).sort("sku_id", descending=True)
    assert len(list(fetch.offers(client, DAY, rows))) == 2
    first, second = (body["requests"] for body in platform.bodies())
    assert [len(first), len(second)] == [20, 5]
    assert first[0] == {
        "uri": "/products/pricing/v0/listings/SKU-0/offers",
        "method": "GET",
        "MarketplaceId": "ATVPDKIKX0DER",
        "ItemCondition": "New",
    }


def test_no_listings_no_offers(opened: Opened) -> None:
    client, platform = opened({"listingOffers": [{"responses": []}]})
    empty = pl.DataFrame(schema={"sku_id": pl.String, "daily_units": pl.Float64})
    assert list(fetch.offers(client, DAY, empty)) == []
    assert platform.asked == []


def test_as_many_offers_as_the_settings_say(opened: Opened) -> None:
    client, platform = opened(
        {"listingOffers": [{"responses": [offers_answer("A")]}]}, most_offers=1
    )
    list(fetch.offers(client, DAY, listed("A", "B", "C")))
    assert len(platform.bodies()[0]["requests"]) == 1


def test_a_listing_for_which_the_platform_is_busy_is_asked_for_again(opened: Opened) -> None:
    both = [offers_answer("A", rival("A1", 1.0)), offers_answer("B", status=429)]
    again = [offers_answer("B", rival("A1", 2.0))]
    client, platform = opened({"listingOffers": [{"responses": both}, {"responses": again}]})
    assert len(list(fetch.offers(client, DAY, listed("A", "B")))) == 2
    assert [len(body["requests"]) for body in platform.bodies()] == [2, 1]


def test_a_platform_that_stays_busy_ends_the_reading(opened: Opened) -> None:
    busy = {"responses": [offers_answer("A", status=503)]}
    client, _ = opened({"listingOffers": [busy]})
    with pytest.raises(TransientSourceError, match="busy"):
        list(fetch.offers(client, DAY, listed("A")))


def test_a_listing_that_is_not_known_is_left_out(opened: Opened) -> None:
    client, platform = opened({"listingOffers": [{"responses": [offers_answer("A", status=404)]}]})
    assert len(list(fetch.offers(client, DAY, listed("A")))) == 1
    assert len(platform.asked) == 1
