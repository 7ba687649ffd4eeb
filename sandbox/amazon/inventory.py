"""FBA inventory: one summary per SKU, paged with tokens that live for half a minute."""

from datetime import timedelta
from typing import Any, Final

import polars as pl

from sandbox.amazon.account import Account
from sandbox.amazon.errors import over, wrong
from sandbox.amazon.names import asin
from sandbox.amazon.operations import OPERATIONS
from sandbox.kit.fields import Document, Fields, as_is, documents, fixed, nested, written
from sandbox.kit.frames import with_incoming
from sandbox.kit.lists import among
from sandbox.kit.parameters import flag, moment, text, texts
from sandbox.kit.rest import JSON, Call
from sandbox.kit.values import utc_text
from sandbox.world.world import instant

ROOTS: Final = {"/fba/inventory/v1": JSON}
PAGE: Final = 50
TOKEN_SECONDS: Final = 30
MAX_SKUS: Final = 50
OLDEST: Final = timedelta(days=548)
"""18 months."""
_DETAILS: Final[Fields] = {
    **as_is(fulfillableQuantity="on_hand_units", inboundShippedQuantity="incoming_units"),
    **fixed(
        inboundWorkingQuantity=0,
        inboundReceivingQuantity=0,
        reservedQuantity={"totalReservedQuantity": 0},
        researchingQuantity={"totalResearchingQuantity": 0},
        unfulfillableQuantity={"totalUnfulfillableQuantity": 0},
    ),
}
SUMMARY: Final[Fields] = {
    **written(asin, asin="product_id"),
    **written(lambda key: "X00" + asin(key)[3:], fnSku="product_id"),
    **written(str, sellerSku="product_id"),
    **fixed(condition="NewItem"),
    **written(utc_text, lastUpdatedTime="stock_updated_at"),
    **as_is(productName="title", totalQuantity="total_units"),
}
DETAILED: Final[Fields] = {**SUMMARY, **nested(inventoryDetails=_DETAILS)}


@OPERATIONS(
    "GET", "/fba/inventory/v1/summaries", 2, 2,
    query={
        "granularityType": text("Marketplace", is_required=True),
        "granularityId": text(is_required=True),
        "marketplaceIds": texts(most=1, is_required=True),
        "startDateTime": moment(),
        "sellerSku": text(),
        "sellerSkus": texts(most=MAX_SKUS),
        "nextToken": text(),
        "details": flag(),
    },
)  # fmt: skip
def get_inventory_summaries(account: Account, call: Call) -> Document:
    """A page of summaries.

    All the world's stock lies with the platform. `startDateTime` goes before `sellerSkus`, and
    those before `sellerSku`.
    """
    query, token = call.query, call.query["nextToken"]
    account.check_store(*query["marketplaceIds"])
    if query["granularityId"] != account.store:
        raise wrong("granularityId must be the marketplace in marketplaceIds.")
    after = account.pages.place("inventory", token, over("nextToken")) or 0
    rest = _found(account, query).filter(pl.col("product_id") > after).sort("product_id")
    page = rest.head(PAGE)
    fields = DETAILED if query["details"] else SUMMARY
    answer: Document = {
        "payload": {
            "granularity": {"granularityType": "Marketplace", "granularityId": account.store},
            "inventorySummaries": documents(fields, page.iter_rows(named=True)),
        }
    }
    if rest.height > PAGE:
        last = int(page["product_id"][-1])
        following = account.pages.put("inventory", last, seconds=TOKEN_SECONDS)
        answer["pagination"] = {"nextToken": following}
    return answer


def _found(account: Account, query: dict[str, Any]) -> pl.DataFrame:
    world, since, one = account.world, query["startDateTime"], query["sellerSku"]
    goods = with_incoming(world.products, world.purchase_orders).with_columns(
        total_units=pl.col("on_hand_units") + pl.col("incoming_units")
    )
    if since is not None and since < world.clock - OLDEST:
        raise wrong("startDateTime must not be more than 18 months ago.")
    if since is not None:
        return goods.filter(pl.col("stock_updated_at") >= instant(since))
    skus = query["sellerSkus"] or ([one] if one else [])
    return goods.with_columns(sku=pl.col("product_id").cast(pl.String)).filter(among("sku", skus))
