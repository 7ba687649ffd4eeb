"""Listings items: one by SKU, and a search that reaches a thousand of them."""

import re
from typing import Any, Final

import polars as pl

from sandbox.amazon.account import Account
from sandbox.amazon.errors import ERRORS, over, wrong
from sandbox.amazon.names import asin, product_of_asin, product_of_sku
from sandbox.amazon.operations import OPERATIONS
from sandbox.kit.fields import (
    Document,
    Fields,
    Row,
    as_is,
    document,
    fixed,
    nested,
    singles,
    written,
)
from sandbox.kit.lists import within
from sandbox.kit.money import amount_number, amount_text, beside_currency
from sandbox.kit.parameters import moment, number, text, texts
from sandbox.kit.rest import JSON, Call
from sandbox.kit.values import utc_text

ROOTS: Final = {"/listings/2021-08-01": JSON}
ITEMS: Final = "/listings/2021-08-01/items/{sellerId}"
MAX_PAGE: Final = 20
MAX_IDENTIFIERS: Final = 20
REACHED: Final = 1000
"""As many items can be paged through, however many were found."""
TOKEN_SECONDS: Final = 24 * 3600
CHANNEL_CODE: Final = "DEFAULT"
_STORES: Final = texts(is_required=True)
_STATUSES: Final = texts("BUYABLE", "DISCOVERABLE")
_SORTS: Final = {
    "sku": pl.col("product_id").cast(pl.String),
    "createdDate": pl.col("created_at"),
    "lastUpdatedDate": pl.col("updated_at"),
}
_SETS: Final = ("identifiers", "variationParentSku", "packageHierarchySku")


def product_type(product: Row) -> str:
    """The platform's product type of a listing."""
    return re.sub(r"[^A-Z0-9]+", "_", (product["product_type"] or "GROCERY").upper()).strip("_")


_IS_OUR_STORE: Final = as_is(marketplaceId="store")
_SUMMARY: Final[Fields] = {
    **_IS_OUR_STORE,
    **written(asin, asin="product_id"),
    "productType": product_type,
    **fixed(conditionType="new_new"),
    # Everything listed can be seen; what is in stock can be bought.
    "status": lambda row: ["BUYABLE"] * (row["on_hand_units"] > 0) + ["DISCOVERABLE"],
    **as_is(itemName="title"),
    **written(utc_text, createdDate="created_at", lastUpdatedDate="updated_at"),
}
_OFFER: Final[Fields] = {
    **_IS_OUR_STORE,
    **beside_currency(amount_text, "amount", "currencyCode", price="price_minor"),
    **fixed(offerType="B2C", audience={"value": "ALL", "displayName": "Sell on Amazon"}),
}
# As they were submitted: money is a number here, and text among the offers.
_PRICE: Final[Fields] = {
    **as_is("currency", marketplace_id="store"),
    **fixed(audience="ALL"),
    "our_price": lambda row: [
        {"schedule": [{"value_with_tax": amount_number(row["price_minor"], row["currency"])}]}
    ],
}
_ATTRIBUTES: Final[Fields] = singles(
    item_name=as_is(value="title", marketplace_id="store"),
    purchasable_offer=_PRICE,
    fulfillment_availability={
        **fixed(fulfillment_channel_code=CHANNEL_CODE),
        **as_is(quantity="on_hand_units"),
    },
)
DATASETS: Final[Fields] = {
    **singles(
        summaries=_SUMMARY,
        offers=_OFFER,
        fulfillmentAvailability={
            **fixed(fulfillmentChannelCode=CHANNEL_CODE),
            **as_is(quantity="on_hand_units"),
        },
        relationships=_IS_OUR_STORE | fixed(relationships=[]),
        productTypes={**_IS_OUR_STORE, "productType": product_type},
    ),
    **nested(attributes=_ATTRIBUTES),
    **as_is("issues"),
    **fixed(procurement=[]),
}
_INCLUDED: Final = texts(*DATASETS)


@OPERATIONS(
    "GET", ITEMS + "/{sku}", 5, 10, query={"marketplaceIds": _STORES, "includedData": _INCLUDED}
)
def get_listings_item(account: Account, call: Call) -> Document:
    """One listing, with the datasets that are requested."""
    check_seller(account, call)
    product = product_of(account, call)
    if product is None:
        raise ERRORS("unknown", text=f"SKU '{call.path['sku']}' not found.")
    return _item(product, call)


@OPERATIONS(
    "GET", ITEMS, 5, 5,
    query={
        "marketplaceIds": _STORES,
        "includedData": _INCLUDED,
        "pageSize": number(1, MAX_PAGE, 10),
        "pageToken": text(),
        "sortBy": text(*_SORTS, default="lastUpdatedDate"),
        "sortOrder": text("ASC", "DESC", default="DESC"),
        "identifiers": texts(most=MAX_IDENTIFIERS),
        "identifiersType": text(
            "ASIN", "EAN", "FNSKU", "GTIN", "ISBN", "JAN", "MINSAN", "SKU", "UPC"
        ),
        "createdAfter": moment(),
        "createdBefore": moment(),
        "lastUpdatedAfter": moment(),
        "lastUpdatedBefore": moment(),
        "withStatus": _STATUSES,
        "withoutStatus": _STATUSES,
        "withIssueSeverity": texts("WARNING", "ERROR"),
    },
)  # fmt: skip
def search_listings_items(account: Account, call: Call) -> Document:
    """A page of listings; a token keeps what was found when the first page was requested."""
    size, token = call.query["pageSize"], call.query["pageToken"]
    check_seller(account, call)
    place = account.pages.place("listings", token, over("pageToken"))
    ids, start = place or (_found(account, call), 0)
    reached = min(len(ids), REACHED)
    page = [account.product(key) for key in ids[start : min(start + size, reached)]]
    places = {}
    if start + size < reached:
        places["nextToken"] = start + size
    if start > 0:
        places["previousToken"] = max(0, start - size)
    links = {
        name: account.pages.put("listings", (ids, place), seconds=TOKEN_SECONDS)
        for name, place in places.items()
    }
    return {
        "numberOfResults": len(ids),
        "items": [_item(one, call) for one in page if one is not None],
    } | ({"pagination": links} if links else {})


def check_seller(account: Account, call: Call) -> None:
    """Refuse another seller's listings, and stores this seller does not sell in."""
    is_seller = call.path["sellerId"] == account.credentials.seller_id
    account.check_store(*call.query["marketplaceIds"] if is_seller else ())


def product_of(account: Account, call: Call) -> dict[str, Any] | None:
    """The product behind the SKU of the path, if there is one."""
    return account.product(product_of_sku(call.path["sku"]))


def _item(product: Row, call: Call) -> Document:
    included = call.query["includedData"] or ["summaries"]
    return {"sku": str(product["product_id"]), **document(DATASETS, product, only=included)}


def _found(account: Account, call: Call) -> list[int]:
    query = call.query
    found = account.world.products.filter(
        _identified(call),
        within("created_at", query["createdAfter"], query["createdBefore"]),
        within("updated_at", query["lastUpdatedAfter"], query["lastUpdatedBefore"]),
        _has_status(query),
    )
    if severities := query["withIssueSeverity"]:
        ids = [
            key
            for key, issues in account.issues.items()
            if any(issue["severity"] in severities for issue in issues)
        ]
        found = found.filter(pl.col("product_id").is_in(ids))
    by, is_falling = _SORTS[query["sortBy"]], query["sortOrder"] == "DESC"
    return found.sort(by, "product_id", descending=is_falling)["product_id"].to_list()


def _identified(call: Call) -> pl.Expr:
    given = [name for name in _SETS if name in call.given]
    if len(given) > 1:
        raise wrong(f"{given[0]} cannot be combined with {given[1]}.")
    values, kind = call.query["identifiers"], call.query["identifiersType"]
    if bool(values) != (kind is not None):
        raise wrong("identifiers and identifiersType must be given together.")
    if not given:
        return pl.lit(value=True)
    # There are no variations, packages or other numbers here: those find nothing.
    read = {"SKU": product_of_sku, "ASIN": product_of_asin}.get(kind or "", lambda _: None)
    ids = [read(value) for value in values]
    return pl.col("product_id").is_in([key for key in ids if key is not None])


def _has_status(query: dict[str, Any]) -> pl.Expr:
    having, without = query["withStatus"], query["withoutStatus"]
    is_buyable, wanted = pl.col("on_hand_units") > 0, pl.lit("DISCOVERABLE" not in without)
    if set(having) == {"BUYABLE"}:
        wanted &= is_buyable
    if "BUYABLE" in without:
        wanted &= ~is_buyable
    return wanted
