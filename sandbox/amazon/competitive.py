"""Product pricing 2022-05-01: the competitive summary of up to twenty items."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Final, Literal

import msgspec
import polars as pl
from msgspec import UNSET, Meta, UnsetType

from sandbox.amazon.account import Account
from sandbox.amazon.errors import ERRORS, in_batch
from sandbox.amazon.names import asin, product_of_asin
from sandbox.amazon.offers import Condition, Method, offers_for
from sandbox.amazon.operations import OPERATIONS
from sandbox.kit.fields import Document, Fields, Row, as_is, document, documents, fixed, singles
from sandbox.kit.money import amount_number, beside_currency
from sandbox.kit.rest import JSON, Call

ROOTS: Final = {"/batches/products/pricing": JSON}
URI: Final = "/products/pricing/2022-05-01/items/competitiveSummary"
LOWEST: Final = 20
SIMILAR: Final = 3
_price: Final = partial(beside_currency, amount_number, "amount", "currencyCode")
_SHIPPING: Final = {**fixed(shippingOptionType="DEFAULT"), **_price(price="shipping_minor")}
_OFFER: Final[Fields] = {
    **as_is(sellerId="seller_id"),
    **fixed(condition="New", subCondition="New"),
    "fulfillmentType": lambda offer: "AFN" if offer["is_fba"] else "MFN",
    **_price(listingPrice="price_minor"),
    **singles(shippingOptions=_SHIPPING),
    "primeDetails": lambda offer: {"eligibility": "NATIONAL" if offer["is_fba"] else "NONE"},
}
_SEGMENT: Final = {"customerMembership": "DEFAULT", "segmentDetails": {}}
_FEATURED: Final[Fields] = {**_OFFER, **fixed(featuredOfferSegments=[_SEGMENT])}
Datasets = Literal["featuredBuyingOptions", "referencePrices", "lowestPricedOffers", "similarItems"]


class _Lowest(msgspec.Struct, rename="camel"):
    """Which lowest priced offers are requested."""

    item_condition: Condition
    offer_type: Literal["Consumer"]


class _Request(msgspec.Struct, rename="camel"):
    """One request of a batch."""

    asin: str
    marketplace_id: str
    included_data: Annotated[list[Datasets], Meta(min_length=1)]
    method: Method
    uri: Annotated[str, Meta(min_length=6, max_length=512)]
    lowest_priced_offers_inputs: Annotated[list[_Lowest], Meta(max_length=5)] | UnsetType = UNSET


class _Batch(msgspec.Struct):
    """The body of `getCompetitiveSummary`."""

    requests: Annotated[list[_Request], Meta(min_length=1, max_length=20)]


@OPERATIONS("POST", f"/batches{URI}", 0.033, 1, body=_Batch)
def get_competitive_summary(account: Account, call: Call) -> Document:
    """Featured and lowest offers, reference prices and similar items; each item has its status."""
    responses = []
    for wanted in call.body.requests:
        line, body = in_batch(partial(_summary, account, wanted), "Success")
        own = {"asin": wanted.asin, "marketplaceId": wanted.marketplace_id}
        responses.append({"status": line, "body": own | body})
    return {"responses": responses}


def _summary(account: Account, wanted: _Request) -> Document:
    if wanted.uri != URI or wanted.method != "GET":
        raise ERRORS("uri")
    if wanted.marketplace_id != account.store:
        raise ERRORS("store")
    product = account.product(product_of_asin(wanted.asin))
    if product is None:
        raise ERRORS("asin", asin=wanted.asin)
    offers = offers_for(account, product)
    inputs = wanted.lowest_priced_offers_inputs or [_Lowest("New", "Consumer")]
    featured = documents(_FEATURED, offers[:1])
    datasets = {
        "featuredBuyingOptions": [
            {"buyingOptionType": "New", "segmentedFeaturedOffers": [one]} for one in featured
        ],
        "referencePrices": _references(product, offers),
        # An entry per input that finds offers: there are only new goods.
        "lowestPricedOffers": [
            {
                "lowestPricedOffersInput": msgspec.to_builtins(one),
                "offers": documents(_OFFER, offers[:LOWEST]),
            }
            for one in inputs
            if offers and one.item_condition == "New"
        ],
        "similarItems": _similar(account, product),
    }
    return {name: found for name, found in datasets.items() if name in wanted.included_data}


def _references(product: Row, offers: Sequence[Row]) -> list[Document]:
    prices = {"WasPrice": product["seed_price_minor"]}
    rivals = [offer["landed_minor"] for offer in offers if not offer["is_mine"]]
    if rivals:
        prices |= {"CompetitivePriceThreshold": min(rivals), "CompetitivePrice": min(rivals)}
    row = {**product, **prices}
    return [{"name": name, **document(_price(price=name), row)} for name in prices]


def _similar(account: Account, product: Row) -> list[Document]:
    is_similar = pl.col("product_type") == product["product_type"]
    is_other = pl.col("product_id") != product["product_id"]
    goods = account.world.products.filter(is_similar & is_other)["product_id"].head(SIMILAR)
    return [{"items": [{"asin": asin(one)} for one in goods]}]
