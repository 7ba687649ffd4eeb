"""Listings items: one by SKU, and a search that reaches a thousand of them."""

import re
from typing import Any, Final

import polars as pl

from sandbox.amazon.account import Account
from sandbox.amazon.call import Call
from sandbox.amazon.errors import denied, invalid, missing
from sandbox.amazon.names import (
    amount_number,
    amount_text,
    asin,
    instant_text,
    product_of_asin,
    product_of_sku,
)
from sandbox.amazon.query import Query
from sandbox.world.world import instant

INCLUDED: Final = (
    "summaries", "attributes", "issues", "offers", "fulfillmentAvailability", "procurement",
    "relationships", "productTypes",
)  # fmt: skip
MAX_PAGE: Final = 20
MAX_IDENTIFIERS: Final = 20
REACHED: Final = 1000
"""As many items can be paged through, however many were found."""
TOKEN_SECONDS: Final = 24 * 3600
CHANNEL_CODE: Final = "DEFAULT"
_IDENTIFIERS: Final = ("ASIN", "EAN", "FNSKU", "GTIN", "ISBN", "JAN", "MINSAN", "SKU", "UPC")
_SORTS: Final = {
    "sku": pl.col("product_id").cast(pl.String),
    "createdDate": pl.col("created_at"),
    "lastUpdatedDate": pl.col("updated_at"),
}
_SPANS: Final = {
    "createdAfter": ("created_at", True),
    "createdBefore": ("created_at", False),
    "lastUpdatedAfter": ("updated_at", True),
    "lastUpdatedBefore": ("updated_at", False),
}
_SETS: Final = ("identifiers", "variationParentSku", "packageHierarchySku")


def get_listings_item(account: Account, call: Call) -> dict[str, Any]:
    """One listing, with the datasets asked for."""
    included = _included(call.query)
    check_seller(account, call)
    product = product_of(account, call)
    if product is None:
        raise missing(f"SKU '{call.path['sku']}' not found.")
    return _shape(account, product, included)


def search_listings_items(account: Account, call: Call) -> dict[str, Any]:
    """A page of listings; a token keeps what was found when the first page was asked for."""
    query = call.query
    included = _included(query)
    size = query.number("pageSize", low=1, high=MAX_PAGE, default=10)
    token = query.text("pageToken")
    check_seller(account, call)
    if token is None:
        ids, start = _search(account, query), 0
    else:
        kind, ids, start = account.pages.get(token) or ("", [], 0)
        if kind != "listings":
            raise invalid("The pageToken is invalid or has expired.")
    end = start + size
    page = [account.world.product(product_id) for product_id in ids[start : min(end, REACHED)]]
    answer: dict[str, Any] = {
        "numberOfResults": len(ids),
        "items": [_shape(account, one, included) for one in page if one is not None],
    }
    links = {}
    if end < min(len(ids), REACHED):
        links["nextToken"] = _token(account, ids, end)
    if start > 0:
        links["previousToken"] = _token(account, ids, max(0, start - size))
    return answer | ({"pagination": links} if links else {})


def check_seller(account: Account, call: Call) -> None:
    """Refuse another seller's listings, and stores this seller does not sell in."""
    stores = call.query.texts("marketplaceIds", required=True)
    is_seller = call.path["sellerId"] == account.credentials.seller_id
    if not is_seller or not any(map(account.is_ours, stores)):
        raise denied()


def product_of(account: Account, call: Call) -> dict[str, Any] | None:
    """The product behind the SKU of the path, if there is one."""
    number = product_of_sku(call.path["sku"])
    return None if number is None else account.world.product(number)


def product_type(product: dict[str, Any]) -> str:
    """The platform's product type of a listing."""
    return re.sub(r"[^A-Z0-9]+", "_", (product["product_type"] or "GROCERY").upper()).strip("_")


def _token(account: Account, ids: list[int], start: int) -> str:
    return account.pages.put(("listings", ids, start), seconds=TOKEN_SECONDS)


def _included(query: Query) -> list[str]:
    return query.texts("includedData", choices=INCLUDED) or ["summaries"]


def _search(account: Account, query: Query) -> list[int]:
    wanted = _identified(query)
    for name, (column, is_start) in _SPANS.items():
        bound = query.instant(name)
        if bound is not None:
            edge, value = instant(bound), pl.col(column)
            wanted &= value >= edge if is_start else value <= edge
    wanted &= _statuses(account, query)
    by = _SORTS[query.text("sortBy", choices=_SORTS) or "lastUpdatedDate"]
    descending = query.text("sortOrder", choices=("ASC", "DESC")) != "ASC"
    found = account.world.products.filter(wanted)
    ids: list[int] = found.sort(by, "product_id", descending=descending)["product_id"].to_list()
    return ids


def _identified(query: Query) -> pl.Expr:
    given = [name for name in _SETS if name in query.names()]
    if len(given) > 1:
        raise invalid(f"{given[0]} cannot be combined with {given[1]}.")
    values = query.texts("identifiers", most=MAX_IDENTIFIERS)
    kind = query.text("identifiersType", choices=_IDENTIFIERS)
    if bool(values) != (kind is not None):
        raise invalid("identifiers and identifiersType must be given together.")
    if not given:
        return pl.lit(value=True)
    # There are no variations, packages or other numbers here: those find nothing.
    reads = {"SKU": product_of_sku, "ASIN": product_of_asin}.get(kind or "")
    ids = [reads(value) for value in values] if reads else []
    return pl.col("product_id").is_in([one for one in ids if one is not None])


def _statuses(account: Account, query: Query) -> pl.Expr:
    choices = ("BUYABLE", "DISCOVERABLE")
    having = query.texts("withStatus", choices=choices)
    without = query.texts("withoutStatus", choices=choices)
    severities = query.texts("withIssueSeverity", choices=("WARNING", "ERROR"))
    # Everything listed can be seen; what is in stock can be bought.
    is_buyable, wanted = pl.col("on_hand_units") > 0, pl.lit("DISCOVERABLE" not in without)
    if "BUYABLE" in having and "DISCOVERABLE" not in having:
        wanted &= is_buyable
    if "BUYABLE" in without:
        wanted &= ~is_buyable
    if severities:
        ids = [
            product_id
            for product_id, issues in account.issues.items()
            if any(issue["severity"] in severities for issue in issues)
        ]
        wanted &= pl.col("product_id").is_in(ids)
    return wanted


def _shape(account: Account, product: dict[str, Any], included: list[str]) -> dict[str, Any]:
    store, kind = account.credentials.marketplace_id, product_type(product)
    price, currency = product["price_minor"], account.world.currency
    can_be_bought = product["on_hand_units"] > 0
    summary = {
        "marketplaceId": store,
        "asin": asin(product["product_id"]),
        "productType": kind,
        "conditionType": "new_new",
        "status": ["BUYABLE", "DISCOVERABLE"] if can_be_bought else ["DISCOVERABLE"],
        "itemName": product["title"],
        "createdDate": instant_text(product["created_at"]),
        "lastUpdatedDate": instant_text(product["updated_at"]),
    }
    offer = {
        "marketplaceId": store,
        "offerType": "B2C",
        "price": {"currencyCode": currency, "amount": amount_text(price, currency)},
        "audience": {"value": "ALL", "displayName": "Sell on Amazon"},
    }
    stock = {"fulfillmentChannelCode": CHANNEL_CODE, "quantity": product["on_hand_units"]}
    datasets: dict[str, Any] = {
        "summaries": [summary],
        "attributes": _attributes(account, product),
        "issues": account.issues.get(product["product_id"], []),
        "offers": [offer],
        "fulfillmentAvailability": [stock],
        "procurement": [],
        "relationships": [{"marketplaceId": store, "relationships": []}],
        "productTypes": [{"marketplaceId": store, "productType": kind}],
    }
    sku: dict[str, Any] = {"sku": str(product["product_id"])}
    return sku | {name: datasets[name] for name in INCLUDED if name in included}


def _attributes(account: Account, product: dict[str, Any]) -> dict[str, Any]:
    """The attributes as they were submitted: money is a number here, and text among the offers."""
    store, currency = account.credentials.marketplace_id, account.world.currency
    amount = amount_number(product["price_minor"], currency)
    price = {
        "marketplace_id": store,
        "currency": currency,
        "audience": "ALL",
        "our_price": [{"schedule": [{"value_with_tax": amount}]}],
    }
    stock = {"fulfillment_channel_code": CHANNEL_CODE, "quantity": product["on_hand_units"]}
    return {
        "item_name": [{"value": product["title"], "marketplace_id": store}],
        "purchasable_offer": [price],
        "fulfillment_availability": [stock],
    }
