"""Product pricing v0: the offers for an item, the lowest landed price first."""

import re
import uuid
from collections.abc import Sequence
from email.utils import format_datetime
from functools import partial
from typing import Annotated, Any, Final, Literal
from urllib.parse import unquote

import msgspec
import polars as pl
from msgspec import UNSET, Meta, UnsetType

from sandbox.amazon.account import Account
from sandbox.amazon.errors import ERRORS, in_batch, wrong
from sandbox.amazon.names import asin, product_of_asin, product_of_sku, seller_of
from sandbox.amazon.operations import OPERATIONS
from sandbox.kit.fields import Document, Fields, Row, as_is, document, documents, fixed, written
from sandbox.kit.money import amount_number, beside_currency
from sandbox.kit.parameters import text
from sandbox.kit.rest import JSON, Call

ROOTS: Final = {"/products/pricing": JSON}
PRICING: Final = "/products/pricing/v0"
Condition = Literal["New", "Used", "Collectible", "Refurbished", "Club"]
Method = Literal["GET", "PUT", "PATCH", "DELETE", "POST"]
SHOWN: Final = 20
_ITEM, _LISTING = f"{PRICING}/items/{{Asin}}/offers", f"{PRICING}/listings/{{SellerSKU}}/offers"
_BY: Final = {
    "Asin": (re.compile(_ITEM.replace("{Asin}", "([^/]+)")), product_of_asin),
    "SellerSKU": (re.compile(_LISTING.replace("{SellerSKU}", "([^/]+)")), product_of_sku),
}
"""What an item is named by: the path of its offers, and how the product is found."""
_QUERY: Final = {
    "MarketplaceId": text(is_required=True),
    "ItemCondition": text("New", "Used", "Collectible", "Refurbished", "Club", is_required=True),
    "CustomerType": text("Consumer", "Business"),
}
_price: Final = partial(beside_currency, amount_number, "Amount", "CurrencyCode")
_OWN_PRICES: Final = _price(ListingPrice="price_minor", Shipping="shipping_minor")
_PRICES: Final[Fields] = {**_OWN_PRICES, **_price(LandedPrice="landed_minor")}
OFFER: Final[Fields] = {
    **as_is(MyOffer="is_mine", SellerId="seller_id", IsFulfilledByAmazon="is_fba"),
    **as_is(IsBuyBoxWinner="is_first"),
    **_OWN_PRICES,
    **written(lambda yes: {"IsPrime": yes, "IsNationalPrime": yes}, PrimeInformation="is_fba"),
    **written(
        lambda count: {"SellerPositiveFeedbackRating": 95.0, "FeedbackCount": count},
        SellerFeedbackRating="ratings",
    ),
    **fixed(
        SubCondition="new",
        ShippingTime={"minimumHours": 0, "maximumHours": 24, "availabilityType": "NOW"},
        IsFeaturedMerchant=True,
    ),
}


class _Request(msgspec.Struct):
    """One request of a batch."""

    uri: str
    method: Method
    MarketplaceId: str
    ItemCondition: Condition
    CustomerType: Literal["Consumer", "Business"] | UnsetType = UNSET
    headers: dict[str, str] | UnsetType = UNSET


class _Batch(msgspec.Struct):
    """The body of `getItemOffersBatch` and of `getListingOffersBatch`."""

    requests: Annotated[list[_Request], Meta(min_length=1, max_length=20)] | UnsetType = UNSET


def offers_for(account: Account, product: Row) -> list[dict[str, Any]]:
    """All offers for a new item that can be bought, the cheapest first; ours is one of them.

    `is_fba` when the platform sends it, `landed_minor` is what the buyer pays.
    """
    world, seller = account.world, account.credentials.seller_id
    rivals = world.offers.filter((pl.col("sku") == str(product["product_id"])) & pl.col("in_stock"))
    of_rivals = rivals.select(
        "price_minor",
        "shipping_minor",
        seller_id=pl.col("competitor").map_elements(seller_of, return_dtype=pl.String),
        is_fba=pl.col("fulfilment") == "platform",
        ratings="rating_count",
    )
    own = pl.DataFrame(
        [(product["price_minor"], 0, seller, True, world.orders.height)],
        schema=of_rivals.schema,
        orient="row",
    )
    return (
        pl.concat([of_rivals, own.head(product["on_hand_units"] > 0)])
        .with_columns(
            landed_minor=pl.col("price_minor") + pl.col("shipping_minor"),
            is_mine=pl.col("seller_id") == seller,
            currency=pl.lit(world.currency),
        )
        .sort("landed_minor", "seller_id")
        .with_columns(is_first=pl.int_range(pl.len()) == 0)
        .to_dicts()
    )


@OPERATIONS("GET", _LISTING, 1, 2, query=_QUERY)
def get_listing_offers(account: Account, call: Call) -> Document:
    """The offers for one of our SKUs."""
    return _single(account, call, "SellerSKU")


@OPERATIONS("GET", _ITEM, 0.5, 1, query=_QUERY)
def get_item_offers(account: Account, call: Call) -> Document:
    """The offers for an ASIN."""
    return _single(account, call, "Asin")


@OPERATIONS("POST", f"/batches{PRICING}/itemOffers", 0.1, 1, body=_Batch)
def get_item_offers_batch(account: Account, call: Call) -> Document:
    """The offers for up to twenty ASINs; each has its own status."""
    return _batch(account, call, "Asin")


@OPERATIONS("POST", f"/batches{PRICING}/listingOffers", 0.5, 1, body=_Batch)
def get_listing_offers_batch(account: Account, call: Call) -> Document:
    """The offers for up to twenty of our SKUs; each has its own status."""
    return _batch(account, call, "SellerSKU")


def _single(account: Account, call: Call, key: str) -> Document:
    account.check_store(call.query["MarketplaceId"])
    return {"payload": _payload(account, key, call.path[key], call.query["ItemCondition"])}


def _batch(account: Account, call: Call, key: str) -> Document:
    # The model lets the only property be left out, in the request as in the answer.
    if call.body.requests is UNSET:
        return {}
    return {"responses": [_answered(account, one, key) for one in call.body.requests]}


def _answered(account: Account, wanted: _Request, key: str) -> Document:
    match = _BY[key][0].fullmatch(wanted.uri)
    value = unquote(match[1]) if match and wanted.method == "GET" else None

    def payload() -> Document:
        if value is None:
            raise wrong("The uri and the method must be those of the single operation.")
        if wanted.MarketplaceId != account.store:
            raise wrong("Invalid MarketplaceId provided.")
        return {"payload": _payload(account, key, value, wanted.ItemCondition)}

    line, body = in_batch(payload, "OK")
    date = format_datetime(account.now, usegmt=True)
    headers = {"Date": date, "x-amzn-RequestId": str(uuid.uuid4())}
    answer: Document = {"headers": headers, "status": line, "body": body}
    # The model of a SKU's answer has no request without the SKU, that of an ASIN's has.
    if value is not None or key == "Asin":
        request = {**msgspec.to_builtins(wanted), key: value}
        names = ("MarketplaceId", "ItemCondition", "CustomerType", key)
        answer["request"] = {name: request[name] for name in names if request.get(name) is not None}
    return answer


def _payload(account: Account, key: str, value: str, condition: str) -> Document:
    product = account.product(_BY[key][1](value))
    if product is None:
        raise ERRORS("unknown", text=f"The {key} was not found in the marketplace.")
    # Only new goods are sold here.
    offers = offers_for(account, product) if condition == "New" else []
    name, own = asin(product["product_id"]), {"ItemCondition": condition}
    identifier = {"ASIN": name} if key == "Asin" else {"SellerSKU": value}
    return {
        "marketplaceId": account.store,
        **({"ASIN": name} if key == "Asin" else {"SKU": value}),
        **own,
        "status": "Success" if offers else "NoBuyableOffers",
        "Identifier": {"MarketplaceId": account.store, **identifier, **own},
        "Summary": _summary(offers),
        "Offers": documents(OFFER, offers[:SHOWN]),
    }


def _summary(offers: Sequence[Row]) -> Document:
    if not offers:
        return {"TotalOfferCount": 0}
    lowest, counts = [], []
    for name, is_fba in (("Amazon", True), ("Merchant", False)):
        own = [offer for offer in offers if offer["is_fba"] is is_fba]
        channel = {"condition": "new", "fulfillmentChannel": name}
        counts += [channel | {"OfferCount": len(own)}] if own else []
        lowest += [channel | one for one in documents(_PRICES, own[:1])]
    winner = {"condition": "New", "sellerId": offers[0]["seller_id"]}
    return {
        "TotalOfferCount": len(offers),
        "NumberOfOffers": counts,
        "LowestPrices": lowest,
        "BuyBoxPrices": [winner | document(_PRICES, offers[0])],
        "BuyBoxEligibleOffers": counts,
    }
