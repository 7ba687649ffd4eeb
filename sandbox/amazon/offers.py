"""Product pricing v0: the offers for an item, the lowest landed price first."""

import re
import uuid
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Annotated, Any, Final, Literal
from urllib.parse import unquote

import msgspec
import polars as pl
from msgspec import UNSET, Meta, UnsetType

from sandbox.amazon.account import Account
from sandbox.amazon.call import Call
from sandbox.amazon.errors import RefusedError, denied, invalid, missing
from sandbox.amazon.names import (
    amount_number,
    asin,
    product_of_asin,
    product_of_sku,
    seller_of,
)
from sandbox.amazon.query import body

Condition = Literal["New", "Used", "Collectible", "Refurbished", "Club"]
Customer = Literal["Consumer", "Business"]
Method = Literal["GET", "PUT", "PATCH", "DELETE", "POST"]
CONDITIONS: Final = ("New", "Used", "Collectible", "Refurbished", "Club")
CUSTOMERS: Final = ("Consumer", "Business")
SHOWN: Final = 20
_BY: Final = {
    "Asin": re.compile(r"/products/pricing/v0/items/([^/]+)/offers"),
    "SellerSKU": re.compile(r"/products/pricing/v0/listings/([^/]+)/offers"),
}
"""What the requests of a batch are named by, and their paths."""


class _Request(msgspec.Struct):
    """One request of a batch."""

    uri: str
    method: Method
    MarketplaceId: str
    ItemCondition: Condition
    CustomerType: Customer | UnsetType = UNSET
    headers: dict[str, str] | UnsetType = UNSET


class _Batch(msgspec.Struct):
    """The body of `getItemOffersBatch` and of `getListingOffersBatch`."""

    requests: Annotated[list[_Request], Meta(min_length=1, max_length=20)] | UnsetType = UNSET


@dataclass(frozen=True)
class Offer:
    """Somebody's offer for a new item; `is_fba` when the platform sends it."""

    seller_id: str
    is_mine: bool
    price_minor: int
    shipping_minor: int
    is_fba: bool
    ratings: int

    @property
    def landed_minor(self) -> int:
        """What the buyer pays."""
        return self.price_minor + self.shipping_minor


def offers_for(account: Account, product: dict[str, Any]) -> list[Offer]:
    """All offers that can be bought, the cheapest first; ours is one of them."""
    world = account.world
    rivals = world.offers.filter((pl.col("sku") == str(product["product_id"])) & pl.col("in_stock"))
    found = [
        Offer(
            seller_id=seller_of(row["competitor"]),
            is_mine=False,
            price_minor=row["price_minor"],
            shipping_minor=row["shipping_minor"],
            is_fba=row["fulfilment"] == "platform",
            ratings=row["rating_count"],
        )
        for row in rivals.iter_rows(named=True)
    ]
    if product["on_hand_units"] > 0:
        found.append(
            Offer(
                seller_id=account.credentials.seller_id,
                is_mine=True,
                price_minor=product["price_minor"],
                shipping_minor=0,
                is_fba=True,
                ratings=world.orders.height,
            )
        )
    return sorted(found, key=lambda offer: (offer.landed_minor, offer.seller_id))


def get_listing_offers(account: Account, call: Call) -> dict[str, Any]:
    """The offers for one of our SKUs."""
    return _asked_by(account, call, "SellerSKU")


def get_item_offers(account: Account, call: Call) -> dict[str, Any]:
    """The offers for an ASIN."""
    return _asked_by(account, call, "Asin")


def get_item_offers_batch(account: Account, call: Call) -> dict[str, Any]:
    """The offers for up to twenty ASINs; each has its own status."""
    return _batch(account, call, "Asin")


def get_listing_offers_batch(account: Account, call: Call) -> dict[str, Any]:
    """The offers for up to twenty of our SKUs; each has its own status."""
    return _batch(account, call, "SellerSKU")


def _batch(account: Account, call: Call, key: str) -> dict[str, Any]:
    asked = body(call.body, _Batch)
    # The model lets the only property be left out, in the request as in the answer.
    if asked.requests is UNSET:
        return {}
    return {"responses": [_batched(account, one, key) for one in asked.requests]}


def _asked_by(account: Account, call: Call, key: str) -> dict[str, Any]:
    query = call.query
    store = query.required("MarketplaceId")
    condition = query.required("ItemCondition", choices=CONDITIONS)
    query.text("CustomerType", choices=CUSTOMERS)
    if not account.is_ours(store):
        raise denied()
    return {"payload": _payload(account, key, call.path[key], condition)}


def _batched(account: Account, asked: _Request, key: str) -> dict[str, Any]:
    request = {"MarketplaceId": asked.MarketplaceId, "ItemCondition": asked.ItemCondition}
    match = _BY[key].fullmatch(asked.uri)
    status, reason = 200, "OK"
    content: dict[str, Any]
    try:
        if match is None or asked.method != "GET":
            raise invalid("The uri and the method must be those of the single operation.")
        named = unquote(match[1])
        request[key] = named
        if not account.is_ours(asked.MarketplaceId):
            raise invalid("Invalid MarketplaceId provided.")
        content = {"payload": _payload(account, key, named, asked.ItemCondition)}
    except RefusedError as error:
        status, reason, content = error.status, "Client Error", error.body()
    if asked.CustomerType is not UNSET:
        request["CustomerType"] = asked.CustomerType
    headers = {
        "Date": format_datetime(account.world.clock, usegmt=True),
        "x-amzn-RequestId": str(uuid.uuid4()),
    }
    line = {"statusCode": status, "reasonPhrase": reason}
    answer = {"headers": headers, "status": line, "body": content, "request": request}
    if key == "SellerSKU" and key not in request:
        # The model of this answer has no request without a SKU, that of an ASIN's has.
        del answer["request"]
    return answer


def _payload(account: Account, key: str, value: str, condition: str) -> dict[str, Any]:
    read = product_of_asin if key == "Asin" else product_of_sku
    number = read(value)
    product = None if number is None else account.world.product(number)
    if product is None:
        raise missing(f"The {key} was not found in the marketplace.")
    # Only new goods are sold here.
    offers = offers_for(account, product) if condition == "New" else []
    store, name = account.credentials.marketplace_id, asin(product["product_id"])
    own = {"ASIN": name} if key == "Asin" else {"SKU": value}
    identifier = {"ASIN": name} if key == "Asin" else {"SellerSKU": value}
    return {
        "marketplaceId": store,
        **own,
        "ItemCondition": condition,
        "status": "Success" if offers else "NoBuyableOffers",
        "Identifier": {"MarketplaceId": store, **identifier, "ItemCondition": condition},
        "Summary": _summary(account, offers),
        "Offers": [_offer(account, offer, offers[0]) for offer in offers[:SHOWN]],
    }


def _summary(account: Account, offers: list[Offer]) -> dict[str, Any]:
    summary: dict[str, Any] = {"TotalOfferCount": len(offers)}
    if not offers:
        return summary
    channels = {
        name: [offer for offer in offers if offer.is_fba is is_fba]
        for name, is_fba in (("Amazon", True), ("Merchant", False))
    }
    lowest = {name: own[0] for name, own in channels.items() if own}
    counts = [
        {"condition": "new", "fulfillmentChannel": name, "OfferCount": len(channels[name])}
        for name in lowest
    ]
    return summary | {
        "NumberOfOffers": counts,
        "LowestPrices": [
            {"condition": "new", "fulfillmentChannel": name, **_prices(account, offer)}
            for name, offer in lowest.items()
        ],
        "BuyBoxPrices": [
            {"condition": "New", **_prices(account, offers[0]), "sellerId": offers[0].seller_id}
        ],
        "BuyBoxEligibleOffers": counts,
    }


def _prices(account: Account, offer: Offer) -> dict[str, Any]:
    return {
        "LandedPrice": _money(account, offer.landed_minor),
        "ListingPrice": _money(account, offer.price_minor),
        "Shipping": _money(account, offer.shipping_minor),
    }


def _offer(account: Account, offer: Offer, winner: Offer) -> dict[str, Any]:
    return {
        "MyOffer": offer.is_mine,
        "SubCondition": "new",
        "SellerId": offer.seller_id,
        "SellerFeedbackRating": {
            "SellerPositiveFeedbackRating": 95.0,
            "FeedbackCount": offer.ratings,
        },
        "ShippingTime": {"minimumHours": 0, "maximumHours": 24, "availabilityType": "NOW"},
        "ListingPrice": _money(account, offer.price_minor),
        "Shipping": _money(account, offer.shipping_minor),
        "IsFulfilledByAmazon": offer.is_fba,
        "PrimeInformation": {"IsPrime": offer.is_fba, "IsNationalPrime": offer.is_fba},
        "IsBuyBoxWinner": offer is winner,
        "IsFeaturedMerchant": True,
    }


def _money(account: Account, minor: int) -> dict[str, Any]:
    currency = account.world.currency
    return {"CurrencyCode": currency, "Amount": amount_number(minor, currency)}
