"""Amazon's offers and FBA inventory: numbers for money, tokens of half a minute."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from sandbox.amazon.names import asin, product_of_asin
from tests.sandbox.seller import JAPAN, OWN, STORE, Seller, amazon_world, opened

INVENTORY = "/fba/inventory/v1/summaries"
BATCH = "/batches/products/pricing/v0/itemOffers"
SUMMARY = "/products/pricing/2022-05-01/items/competitiveSummary"
OURS = {"granularityType": "Marketplace", "granularityId": STORE, "marketplaceIds": [STORE]}
LISTING = {"MarketplaceId": STORE, "ItemCondition": "New"}


@pytest.fixture(scope="module")
def open_seller() -> Iterator[Seller]:
    """One world for all tests that only read."""
    with opened(amazon_world()) as found:
        yield found


@pytest.fixture
def seller(open_seller: Seller) -> Seller:
    return open_seller.rested()


def offers_of(seller: Seller, sku: str, **query: str) -> dict[str, Any]:
    path = f"/products/pricing/v0/listings/{sku}/offers"
    return dict(seller.get(path, **(LISTING | query))["payload"])


def summary_of(seller: Seller, *requests: dict[str, Any]) -> list[dict[str, Any]]:
    answer = seller.call("POST", f"/batches{SUMMARY}", json={"requests": list(requests)})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["responses"])


def asked(item: str, **more: Any) -> dict[str, Any]:
    data = ["featuredBuyingOptions", "referencePrices", "lowestPricedOffers", "similarItems"]
    base = {"asin": item, "marketplaceId": STORE, "includedData": data, "method": "GET"}
    return base | {"uri": SUMMARY} | more


def test_rivals_and_our_own_offer_come_cheapest_first(seller: Seller) -> None:
    sku = seller.sku()
    found = offers_of(seller, sku)
    rivals = seller.world.offers.filter((pl.col("sku") == sku) & pl.col("in_stock"))
    assert found["Summary"]["TotalOfferCount"] == rivals.height + 1 == len(found["Offers"])
    landed = [one["ListingPrice"]["Amount"] + one["Shipping"]["Amount"] for one in found["Offers"]]
    assert landed == sorted(landed)
    [mine] = [one for one in found["Offers"] if one["MyOffer"]]
    assert mine["SellerId"] == OWN.seller_id
    assert isinstance(mine["ListingPrice"]["Amount"], float)
    assert [one["IsBuyBoxWinner"] for one in found["Offers"]].index(True) == 0
    assert found["Summary"]["BuyBoxPrices"][0]["sellerId"] == found["Offers"][0]["SellerId"]


def test_there_are_no_used_offers(seller: Seller) -> None:
    found = offers_of(seller, seller.sku(), ItemCondition="Used")
    assert (found["status"], found["Offers"]) == ("NoBuyableOffers", [])
    assert found["Summary"] == {"TotalOfferCount": 0}


def test_a_batch_answers_each_item_with_its_own_status(seller: Seller) -> None:
    good, bad = asin(int(seller.sku())), "B0ZZZZZZZZ"
    uri = "/products/pricing/v0/items/{}/offers"
    requests = [{"uri": uri.format(one), "method": "GET", **LISTING} for one in (good, bad)] + [
        {"uri": "/other", "method": "GET", **LISTING}
    ]
    answer = seller.call("POST", BATCH, json={"requests": requests})
    responses = answer.json()["responses"]
    assert [one["status"]["statusCode"] for one in responses] == [200, 404, 400]
    assert responses[0]["body"]["payload"]["ASIN"] == good
    assert responses[0]["request"] == {**LISTING, "Asin": good}
    assert responses[1]["body"]["errors"]


def test_a_batch_by_sku_tells_the_sku_of_every_answer(seller: Seller) -> None:
    sku = seller.sku()
    uris = [f"/products/pricing/v0/listings/{one}/offers" for one in (sku, "none")]
    requests = [{"uri": uri, "method": "GET", **LISTING} for uri in uris]
    answer = seller.call("POST", "/batches/products/pricing/v0/listingOffers", json={
        "requests": requests})  # fmt: skip
    good, bad = answer.json()["responses"]
    assert good["body"]["payload"]["SKU"] == good["request"]["SellerSKU"] == sku
    assert good["body"]["payload"]["Offers"] == offers_of(seller, sku)["Offers"]
    assert bad["status"]["statusCode"] == 404
    assert bad["request"]["SellerSKU"] == "none"


def test_a_batch_by_sku_tells_no_request_where_it_names_no_sku(seller: Seller) -> None:
    answer = seller.call("POST", "/batches/products/pricing/v0/listingOffers", json={
        "requests": [{"uri": "/other", "method": "GET", **LISTING}]})  # fmt: skip
    [told] = answer.json()["responses"]
    assert told["status"]["statusCode"] == 400
    assert "request" not in told


@pytest.mark.parametrize("count", [0, 21])
@pytest.mark.parametrize("path", [BATCH, f"/batches{SUMMARY}"])
def test_a_batch_takes_one_to_twenty(seller: Seller, path: str, count: int) -> None:
    uri = "/products/pricing/v0/items/B000000001/offers"
    one = {"uri": uri, "method": "GET", **LISTING} if path == BATCH else asked("B000000001")
    assert seller.call("POST", path, json={"requests": [one] * count}).status_code == 400


def test_the_competitive_summary_has_numbers_where_orders_have_text(seller: Seller) -> None:
    item = asin(int(seller.sku()))
    good, bad = summary_of(seller, asked(item), asked("11_AABB_123"))
    body = good["body"]
    [lowest] = body["lowestPricedOffers"]
    assert lowest["lowestPricedOffersInput"] == {"itemCondition": "New", "offerType": "Consumer"}
    prices = [one["listingPrice"]["amount"] for one in lowest["offers"]]
    assert all(isinstance(one, float) for one in prices)
    featured = body["featuredBuyingOptions"][0]["segmentedFeaturedOffers"][0]
    assert featured["sellerId"] == lowest["offers"][0]["sellerId"]
    assert {one["name"] for one in body["referencePrices"]} == {
        "WasPrice", "CompetitivePrice", "CompetitivePriceThreshold",
    }  # fmt: skip
    assert bad["status"]["statusCode"] == 400
    assert bad["body"]["errors"][0]["code"] == "INVALID_ASIN"


def test_only_what_was_asked_for_is_summarised(seller: Seller) -> None:
    item = asin(int(seller.sku()))
    used = [{"itemCondition": "Used", "offerType": "Consumer"}]
    [answer] = summary_of(
        seller, asked(item, includedData=["lowestPricedOffers"], lowestPricedOffersInputs=used)
    )
    assert answer["body"] == {"asin": item, "marketplaceId": STORE, "lowestPricedOffers": []}


@pytest.mark.parametrize(
    "change",
    [
        {"includedData": []},
        {"includedData": ["other"]},
        {"method": "FETCH"},
        {"uri": "x"},
        {"asin": 5},
        {"lowestPricedOffersInputs": [{"itemCondition": "New", "offerType": "Business"}]},
        {"lowestPricedOffersInputs": [{"itemCondition": "New", "offerType": "Consumer"}] * 6},
    ],
)
def test_a_summary_the_models_do_not_allow_is_400(seller: Seller, change: dict[str, Any]) -> None:
    body = {"requests": [asked("B000000001", **change)]}
    assert seller.call("POST", f"/batches{SUMMARY}", json=body).status_code == 400


def test_a_number_in_yen_is_whole() -> None:
    with opened(amazon_world(JAPAN)) as seller:
        sku = seller.sku()
        found = offers_of(seller, sku)
        [answer] = summary_of(seller, asked(asin(int(sku))))
    assert all(isinstance(one["ListingPrice"]["Amount"], int) for one in found["Offers"])
    money = [one["price"] for one in answer["body"]["referencePrices"]]
    assert all(isinstance(one["amount"], int) for one in money)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"MarketplaceId": STORE}, 400),
        ({"ItemCondition": "New"}, 400),
        ({"MarketplaceId": STORE, "ItemCondition": "new"}, 400),
        ({"MarketplaceId": STORE, "ItemCondition": "New", "CustomerType": "x"}, 400),
        ({"MarketplaceId": "A1PA6795UKMFR9", "ItemCondition": "New"}, 403),
    ],
)
def test_offers_need_a_store_and_a_condition(
    seller: Seller, query: dict[str, str], status: int
) -> None:
    path = f"/products/pricing/v0/listings/{seller.sku()}/offers"
    assert seller.call("GET", path, params=query).status_code == status
    item = f"/products/pricing/v0/items/{asin(int(seller.sku()))}/offers"
    assert seller.call("GET", item, params=query).status_code == status


def test_offers_for_what_is_not_sold_are_404(seller: Seller) -> None:
    for path in ("listings/1", "items/B000000001", "items/XYZ"):
        answer = seller.call("GET", f"/products/pricing/v0/{path}/offers", params=LISTING)
        assert answer.status_code == 404
        seller.rested()


def test_an_asin_is_ten_signs_and_stands_for_one_product(seller: Seller) -> None:
    names = [asin(product_id) for product_id in seller.world.products["product_id"]]
    assert {len(name) for name in names} == {10}
    back = [product_of_asin(name) for name in names]
    assert back == seller.world.products["product_id"].to_list()


def test_every_sku_comes_once_over_all_pages_of_inventory(seller: Seller) -> None:
    found: list[dict[str, Any]] = []
    query: dict[str, Any] = {**OURS, "details": "true"}
    while True:
        answer = seller.get(INVENTORY, **query)
        found.extend(answer["payload"]["inventorySummaries"])
        seller.clock.seconds += 0.5
        query["nextToken"] = answer.get("pagination", {}).get("nextToken")
        if query["nextToken"] is None:
            break
    stock = {str(row["product_id"]): row["on_hand_units"]
             for row in seller.world.products.iter_rows(named=True)}  # fmt: skip
    told = {one["sellerSku"]: one["inventoryDetails"]["fulfillableQuantity"] for one in found}
    assert told == stock
    assert len(found) == len(stock)
    inbound = seller.world.purchase_orders.filter(~pl.col("is_received"))["units"].sum()
    assert sum(one["inventoryDetails"]["inboundShippedQuantity"] for one in found) == inbound


def test_an_inventory_token_dies_after_half_a_minute(seller: Seller) -> None:
    token = seller.get(INVENTORY, **OURS)["pagination"]["nextToken"]
    seller.clock.seconds += 29
    assert seller.get(INVENTORY, **OURS, nextToken=token)
    seller.clock.seconds += 1
    late = seller.call("GET", INVENTORY, params=flat(nextToken=token))
    assert (late.status_code, late.json()["errors"][0]["code"]) == (400, "InvalidInput")


def flat(**more: Any) -> dict[str, Any]:
    return {
        "granularityType": "Marketplace",
        "granularityId": STORE,
        "marketplaceIds": STORE,
    } | more


def test_inventory_by_sku_and_by_change(seller: Seller) -> None:
    sku = seller.sku()
    [one] = seller.get(INVENTORY, **OURS, sellerSkus=[sku])["payload"]["inventorySummaries"]
    assert one["sellerSku"] == sku
    assert "inventoryDetails" not in one
    moment = seller.world.products["stock_updated_at"].max()
    assert seller.get(INVENTORY, **OURS, startDateTime=moment)["payload"]["inventorySummaries"]
    later = seller.rested().world.clock + timedelta(days=1)
    none = seller.get(INVENTORY, **OURS, startDateTime=later, sellerSkus=[sku])
    assert none["payload"]["inventorySummaries"] == []


@pytest.mark.parametrize(
    "change",
    [
        {"granularityType": ""},
        {"granularityType": "Country"},
        {"granularityId": "A1PA6795UKMFR9"},
        {"marketplaceIds": [STORE, "A1PA6795UKMFR9"]},
        {"details": "yes"},
        {"sellerSkus": ",".join(["1"] * 51)},
        {"startDateTime": "2025-01-01T00:00:00Z"},
        {"startDateTime": "2026-11-01"},
        {"nextToken": "never given"},
    ],
)
def test_inventory_the_models_do_not_allow_is_400(seller: Seller, change: dict[str, Any]) -> None:
    assert seller.call("GET", INVENTORY, params=flat(**change)).status_code == 400
