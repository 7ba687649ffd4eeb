"""Product pricing 2022-05-01: the competitive summary of up to twenty items."""

from typing import Annotated, Any, Final, Literal

import msgspec
import polars as pl
from msgspec import UNSET, Meta, UnsetType

from sandbox.amazon.account import Account
from sandbox.amazon.call import Call
from sandbox.amazon.errors import RefusedError
from sandbox.amazon.names import amount_number, asin, product_of_asin
from sandbox.amazon.offers import Condition, Method, Offer, offers_for
from sandbox.amazon.query import body

URI: Final = "/products/pricing/2022-05-01/items/competitiveSummary"
LOWEST: Final = 20
SIMILAR: Final = 3


class _Lowest(msgspec.Struct):
    """Which lowest priced offers are asked for."""

    itemCondition: Condition  # noqa: N815 the platform's names
    offerType: Literal["Consumer"]  # noqa: N815


class _Request(msgspec.Struct):
    """One request of a batch."""

    asin: str
    marketplaceId: str  # noqa: N815
    includedData: Annotated[  # noqa: N815
        list[Literal["featuredBuyingOptions", "referencePrices", "lowestPricedOffers",
                     "similarItems"]], Meta(min_length=1)]  # fmt: skip
    method: Method
    uri: Annotated[str, Meta(min_length=6, max_length=512)]
    lowestPricedOffersInputs: Annotated[list[_Lowest], Meta(max_length=5)] | UnsetType = UNSET  # noqa: N815


class _Batch(msgspec.Struct):
    """The body of `getCompetitiveSummary`."""

    requests: Annotated[list[_Request], Meta(min_length=1, max_length=20)]


def get_competitive_summary(account: Account, call: Call) -> dict[str, Any]:
    """Featured and lowest offers, reference prices and similar items; each item has its status."""
    asked = body(call.body, _Batch)
    return {"responses": [_answered(account, one) for one in asked.requests]}


def _answered(account: Account, asked: _Request) -> dict[str, Any]:
    own = {"asin": asked.asin, "marketplaceId": asked.marketplaceId}
    try:
        content = own | _summary(account, asked)
        line = {"statusCode": 200, "reasonPhrase": "Success"}
    except RefusedError as error:
        content = own | error.body()
        line = {"statusCode": error.status, "reasonPhrase": "Client Error"}
    return {"status": line, "body": content}


def _summary(account: Account, asked: _Request) -> dict[str, Any]:
    if asked.uri != URI or asked.method != "GET":
        raise RefusedError(400, "INVALID_REQUEST", "The uri and the method are not this API's.")
    if not account.is_ours(asked.marketplaceId):
        raise RefusedError(400, "INVALID_MARKETPLACE", "The marketplaceId is not valid here.")
    number = product_of_asin(asked.asin)
    product = None if number is None else account.world.product(number)
    if product is None:
        raise RefusedError(400, "INVALID_ASIN", f"{asked.asin} is not a valid ASIN")
    offers = offers_for(account, product)
    inputs = asked.lowestPricedOffersInputs or [_Lowest("New", "Consumer")]
    datasets = {
        "featuredBuyingOptions": lambda: _featured(account, offers),
        "referencePrices": lambda: _references(account, product, offers),
        "lowestPricedOffers": lambda: _lowest(account, offers, inputs),
        "similarItems": lambda: _similar(account, product),
    }
    return {name: datasets[name]() for name in datasets if name in asked.includedData}


def _featured(account: Account, offers: list[Offer]) -> list[dict[str, Any]]:
    if not offers:
        return []
    segment = {"customerMembership": "DEFAULT", "segmentDetails": {}}
    featured = _offer(account, offers[0]) | {"featuredOfferSegments": [segment]}
    return [{"buyingOptionType": "New", "segmentedFeaturedOffers": [featured]}]


def _references(
    account: Account, product: dict[str, Any], offers: list[Offer]
) -> list[dict[str, Any]]:
    prices = {"WasPrice": product["seed_price_minor"]}
    rivals = [offer.landed_minor for offer in offers if not offer.is_mine]
    if rivals:
        prices |= {"CompetitivePriceThreshold": min(rivals), "CompetitivePrice": min(rivals)}
    return [{"name": name, "price": _money(account, minor)} for name, minor in prices.items()]


def _lowest(account: Account, offers: list[Offer], inputs: list[_Lowest]) -> list[dict[str, Any]]:
    """An entry per input that finds offers: there are only new goods."""
    shown = [_offer(account, offer) for offer in offers[:LOWEST]]
    return [
        {"lowestPricedOffersInput": msgspec.to_builtins(one), "offers": shown}
        for one in inputs
        if shown and one.itemCondition == "New"
    ]


def _similar(account: Account, product: dict[str, Any]) -> list[dict[str, Any]]:
    goods = account.world.products.filter(
        (pl.col("product_type") == product["product_type"])
        & (pl.col("product_id") != product["product_id"])
    )
    return [{"items": [{"asin": asin(one)} for one in goods["product_id"].head(SIMILAR)]}]


def _offer(account: Account, offer: Offer) -> dict[str, Any]:
    shipping = {"shippingOptionType": "DEFAULT", "price": _money(account, offer.shipping_minor)}
    return {
        "sellerId": offer.seller_id,
        "condition": "New",
        "subCondition": "New",
        "fulfillmentType": "AFN" if offer.is_fba else "MFN",
        "listingPrice": _money(account, offer.price_minor),
        "shippingOptions": [shipping],
        "primeDetails": {"eligibility": "NATIONAL" if offer.is_fba else "NONE"},
    }


def _money(account: Account, minor: int) -> dict[str, Any]:
    currency = account.world.currency
    return {"amount": amount_number(minor, currency), "currencyCode": currency}
