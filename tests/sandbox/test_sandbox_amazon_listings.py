"""Amazon's listings: previewed, accepted, and changed some seconds later, or not at all."""

from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest

from tests.sandbox.seller import JAPAN, OWN, STORE, Seller, amazon_world, opened

PATH = f"/listings/2021-08-01/items/{OWN.seller_id}"
ALL = ["summaries", "attributes", "issues", "offers", "fulfillmentAvailability"]


@pytest.fixture
def seller() -> Iterator[Seller]:
    with opened(amazon_world()) as found:
        yield found


def priced(amount: Any, **more: Any) -> dict[str, Any]:
    """A patch that sets the regular price."""
    offer = {
        "marketplace_id": STORE,
        "currency": "USD",
        "our_price": [{"schedule": [{"value_with_tax": amount}]}],
    } | more
    offer = {name: value for name, value in offer.items() if value is not None}
    return {"op": "replace", "path": "/attributes/purchasable_offer", "value": [offer]}


def stocked(quantity: Any, channel: str = "DEFAULT") -> dict[str, Any]:
    """A patch that sets the quantity."""
    value = [{"fulfillment_channel_code": channel, "quantity": quantity}]
    return {"op": "replace", "path": "/attributes/fulfillment_availability", "value": value}


def patch(
    seller: Seller, sku: str, *patches: dict[str, Any], preview: bool = False, **more: Any
) -> dict[str, Any]:
    """The answer to a patch."""
    query = {"marketplaceIds": STORE} | ({"mode": "VALIDATION_PREVIEW"} if preview else {})
    body = {"productType": "PRODUCT", "patches": list(patches)} | more
    answer = seller.call("PATCH", f"{PATH}/{sku}", params=query, json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def item(seller: Seller, sku: str) -> dict[str, Any]:
    """The listing as it is told."""
    return dict(seller.get(f"{PATH}/{sku}", marketplaceIds=[STORE], includedData=ALL))


def price_of(seller: Seller, sku: str) -> str:
    """The price as it is told."""
    return str(item(seller, sku)["offers"][0]["price"]["amount"])


def minor(seller: Seller, sku: str) -> int:
    """The price in the world."""
    product = seller.world.product(int(sku))
    assert product is not None
    return int(product["price_minor"])


def test_a_new_price_shows_only_after_some_seconds(seller: Seller) -> None:
    sku = seller.sku()
    before, after = minor(seller, sku), minor(seller, sku) + 7
    answer = patch(seller, sku, priced(after / 100))
    assert (answer["status"], answer["issues"], answer["sku"]) == ("ACCEPTED", [], sku)
    assert price_of(seller, sku) == f"{before // 100}.{before % 100:02d}"
    [write] = seller.world.writes
    assert write == {
        "at": "2026-11-16T05:00:00Z", "channel": "amazon", "kind": "set_price", "target": sku,
        "after": after, "applied": False,
    }  # fmt: skip
    seller.clock.seconds += 1
    assert price_of(seller, sku) == f"{after // 100}.{after % 100:02d}"
    assert minor(seller, sku) == after
    assert seller.world.writes[0]["applied"] is True


def test_a_preview_changes_nothing(seller: Seller) -> None:
    sku = seller.sku()
    before = minor(seller, sku)
    assert patch(seller, sku, priced((before + 100) / 100), preview=True)["status"] == "VALID"
    seller.clock.seconds += 60
    assert minor(seller, sku) == before
    assert price_of(seller, sku) == f"{before // 100}.{before % 100:02d}"
    assert seller.world.writes == []


@pytest.mark.parametrize(
    ("change", "category"),
    [
        (priced(0), "INVALID_PRICE"),
        (priced(-1.5), "INVALID_PRICE"),
        (priced("1.50"), "INVALID_PRICE"),
        (priced(1.505), "INVALID_PRICE"),
        (priced(1e300), "INVALID_PRICE"),
        (priced(True), "INVALID_PRICE"),
        (priced(2, currency="EUR"), "INVALID_ATTRIBUTE"),
        (priced(2, currency=None), "MISSING_ATTRIBUTE"),
        (priced(2, marketplace_id="A1PA6795UKMFR9"), "INVALID_ATTRIBUTE"),
        (priced(2, audience="B2B"), "INVALID_ATTRIBUTE"),
        (priced(2, our_price=None), "MISSING_ATTRIBUTE"),
        (priced(2, our_price=7), "INVALID_PRICE"),
        (priced(2, discounted_price=[]), "INVALID_ATTRIBUTE"),
        (
            priced(2, minimum_seller_allowed_price=[{"schedule": [{"value_with_tax": 3}]}]),
            "INVALID_PRICE",
        ),
        (stocked(-1), "INVALID_ATTRIBUTE"),
        (stocked(1.5), "INVALID_ATTRIBUTE"),
        (stocked(None), "MISSING_ATTRIBUTE"),
        (stocked(4, "AMAZON_NA"), "INVALID_ATTRIBUTE"),
        ({"op": "delete", "path": "/attributes/purchasable_offer"}, "INVALID_ATTRIBUTE"),
        ({"op": "add", "path": "/attributes/item_name", "value": [{}]}, "INVALID_ATTRIBUTE"),
        ({"op": "add", "path": "/attributes/purchasable_offer"}, "MISSING_ATTRIBUTE"),
    ],
)
@pytest.mark.parametrize("preview", [True, False])
def test_a_patch_that_is_wrong_is_invalid_and_changes_nothing(
    seller: Seller, change: dict[str, Any], category: str, preview: bool
) -> None:
    sku = seller.sku()
    before = seller.world.product(int(sku))
    answer = patch(seller, sku, change, preview=preview)
    assert answer["status"] == "INVALID"
    assert answer["issues"][0]["categories"] == [category]
    assert answer["issues"][0]["severity"] == "ERROR"
    seller.clock.seconds += 60
    assert item(seller, sku)["issues"] == []
    assert seller.world.product(int(sku)) == before
    assert not any(write["applied"] for write in seller.world.writes)


def test_another_product_type_is_invalid(seller: Seller) -> None:
    sku = seller.sku()
    own = item(seller, sku)["summaries"][0]["productType"]
    assert patch(seller, sku, stocked(5), productType="SHOES", preview=True)["status"] == "INVALID"
    assert patch(seller, sku, stocked(5), productType=own, preview=True)["status"] == "VALID"


@pytest.mark.parametrize("factor", [100, 1000])
def test_a_price_that_looks_wrong_passes_and_is_held_back_with_an_issue(
    seller: Seller, factor: int
) -> None:
    sku = seller.sku()
    before = minor(seller, sku)
    change = priced(before * factor / 100)
    assert patch(seller, sku, change, preview=True)["status"] == "VALID"
    assert patch(seller, sku, change)["status"] == "ACCEPTED"
    seller.clock.seconds += 1
    assert item(seller, sku)["issues"] == []
    seller.clock.seconds += 1
    [issue] = item(seller, sku)["issues"]
    assert issue["enforcements"]["actions"] == [{"action": "ATTRIBUTE_SUPPRESSED"}]
    assert minor(seller, sku) == before
    assert seller.world.writes[0]["applied"] is False
    # The next price that is published ends the issue.
    patch(seller, sku, priced((before + 1) / 100))
    seller.clock.seconds += 1
    assert item(seller, sku)["issues"] == []


def test_a_planted_rejection_holds_an_ordinary_price_back(seller: Seller) -> None:
    sku = seller.sku()
    before = minor(seller, sku)
    seller.faults.rejected = 1
    assert patch(seller, sku, priced((before + 1) / 100))["status"] == "ACCEPTED"
    seller.clock.seconds += 60
    assert len(item(seller, sku)["issues"]) == 1
    assert minor(seller, sku) == before
    found = seller.get(PATH, marketplaceIds=[STORE], withIssueSeverity=["ERROR"])
    assert [one["sku"] for one in found["items"]] == [sku]


def test_price_and_stock_change_together_and_merge_keeps_what_it_does_not_name(
    seller: Seller,
) -> None:
    sku = seller.sku()
    price = minor(seller, sku) + 1
    merged = priced(1, our_price=None) | {"op": "merge"}
    patch(seller, sku, priced(price / 100), stocked(41), merged)
    seller.clock.seconds += 1
    found = item(seller, sku)
    assert found["fulfillmentAvailability"] == [
        {"fulfillmentChannelCode": "DEFAULT", "quantity": 41}
    ]
    assert minor(seller, sku) == price
    assert [write["kind"] for write in seller.world.writes] == ["set_price", "set_stock"]


def test_the_last_of_two_prices_stays(seller: Seller) -> None:
    sku = seller.sku()
    price = minor(seller, sku)
    for more in (1, 2):
        patch(seller, sku, priced((price + more) / 100))
    seller.clock.seconds += 1
    item(seller, sku)
    assert minor(seller, sku) == price + 2


def test_a_price_in_yen_takes_no_decimals() -> None:
    with opened(amazon_world(JAPAN)) as seller:
        sku = seller.sku()
        price = minor(seller, sku)
        half, whole = (priced(price + more, currency="JPY") for more in (0.5, 1))
        assert patch(seller, sku, half, preview=True)["status"] == "INVALID"
        assert patch(seller, sku, whole)["status"] == "ACCEPTED"
        seller.clock.seconds += 1
        assert price_of(seller, sku) == str(price + 1)
        attribute = item(seller, sku)["attributes"]["purchasable_offer"][0]
        assert attribute["our_price"] == [{"schedule": [{"value_with_tax": price + 1}]}]


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ({}, {"productType": "PRODUCT", "patches": [stocked(1)]}),
        ({"marketplaceIds": STORE}, {"productType": "PRODUCT", "patches": []}),
        ({"marketplaceIds": STORE}, {"productType": "PRODUCT"}),
        ({"marketplaceIds": STORE}, {"productType": 1, "patches": [stocked(1)]}),
        ({"marketplaceIds": STORE}, {"productType": "PRODUCT", "patches": [{"op": "add"}]}),
        ({"marketplaceIds": STORE}, {"productType": "P", "patches": [stocked(1) | {"op": "x"}]}),
        (
            {"marketplaceIds": STORE},
            {"productType": "P", "patches": [stocked(1) | {"path": "/attributes/a/0"}]},
        ),
        (
            {"marketplaceIds": STORE, "mode": "PREVIEW"},
            {"productType": "P", "patches": [stocked(1)]},
        ),
        (
            {"marketplaceIds": STORE, "includedData": "identifiers"},
            {"productType": "P", "patches": [stocked(1)]},
        ),
    ],
)
def test_a_patch_the_models_do_not_allow_is_400(
    seller: Seller, query: dict[str, str], body: dict[str, Any]
) -> None:
    answer = seller.call("PATCH", f"{PATH}/{seller.sku()}", params=query, json=body)
    assert answer.status_code == 400


def test_an_unknown_sku_is_404_to_read_and_400_to_patch(seller: Seller) -> None:
    query = {"marketplaceIds": STORE}
    body = {"productType": "PRODUCT", "patches": [stocked(1)]}
    for sku in ("1", "abc", "01", "9" * 40):
        assert seller.call("GET", f"{PATH}/{sku}", params=query).status_code == 404
        assert seller.call("PATCH", f"{PATH}/{sku}", params=query, json=body).status_code == 400


def test_a_search_pages_forwards_and_back_over_what_it_found(seller: Seller) -> None:
    base = {"marketplaceIds": [STORE], "pageSize": 20, "sortBy": "sku", "sortOrder": "ASC"}
    first = seller.get(PATH, **base)
    second = seller.get(PATH, **base, pageToken=first["pagination"]["nextToken"])
    back = seller.get(PATH, **base, pageToken=second["pagination"]["previousToken"])
    assert first["numberOfResults"] == seller.world.products.height
    assert back["items"] == first["items"]
    skus = [one["sku"] for one in first["items"] + second["items"]]
    assert skus == sorted(seller.world.products["product_id"].cast(pl.String))[:40]


def test_only_a_thousand_items_can_be_reached() -> None:
    world = amazon_world()
    again = world.products.with_columns(pl.col("product_id") + 10**9)
    world.products = pl.concat([world.products, again])
    with opened(world) as seller:
        query: dict[str, Any] = {"marketplaceIds": [STORE], "pageSize": 20}
        reached = 0
        while True:
            answer = seller.get(PATH, **query)
            reached += len(answer["items"])
            seller.clock.seconds += 1
            query["pageToken"] = answer["pagination"].get("nextToken")
            if query["pageToken"] is None:
                break
    assert answer["numberOfResults"] == world.products.height > 1000
    assert reached == 1000


def test_a_search_by_sku_by_asin_and_by_change(seller: Seller) -> None:
    sku = seller.sku()
    base = {"marketplaceIds": [STORE], "includedData": ["summaries"]}
    [by_sku] = seller.get(PATH, **base, identifiers=[sku, "x"], identifiersType="SKU")["items"]
    asin = by_sku["summaries"][0]["asin"]
    [by_asin] = seller.get(PATH, **base, identifiers=[asin], identifiersType="ASIN")["items"]
    assert by_asin == by_sku
    assert seller.get(PATH, **base, identifiers=[asin], identifiersType="EAN")["items"] == []
    patch(seller, sku, priced(minor(seller, sku) / 100))
    seller.clock.seconds += 1
    since = seller.world.clock
    changed = seller.get(PATH, marketplaceIds=[STORE], lastUpdatedAfter=since)
    assert [one["sku"] for one in changed["items"]] == [sku]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"marketplaceIds": STORE, "pageSize": "21"},
        {"marketplaceIds": STORE, "identifiers": "1"},
        {"marketplaceIds": STORE, "identifiersType": "SKU"},
        {"marketplaceIds": STORE, "identifiers": ",".join("1" * 21), "identifiersType": "SKU"},
        {"marketplaceIds": STORE, "variationParentSku": "1", "packageHierarchySku": "1"},
        {"marketplaceIds": STORE, "sortBy": "price"},
        {"marketplaceIds": STORE, "includedData": "prices"},
        {"marketplaceIds": STORE, "pageToken": "never given"},
    ],
)
def test_a_search_the_models_do_not_allow_is_400(seller: Seller, query: dict[str, str]) -> None:
    assert seller.call("GET", PATH, params=query).status_code == 400


def test_what_is_out_of_stock_is_not_buyable(seller: Seller) -> None:
    sku = seller.sku()
    seller.world.set_product(int(sku), on_hand_units=0)
    assert item(seller, sku)["summaries"][0]["status"] == ["DISCOVERABLE"]
    base = {"marketplaceIds": [STORE], "identifiers": [sku], "identifiersType": "SKU"}
    assert seller.get(PATH, **base, withStatus=["BUYABLE"])["items"] == []
    assert len(seller.get(PATH, **base, withoutStatus=["BUYABLE"])["items"]) == 1
