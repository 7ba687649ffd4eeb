"""FBA inventory: one summary per SKU, paged with tokens that live for half a minute."""

from datetime import timedelta
from typing import Any, Final

import polars as pl

from sandbox.amazon.account import Account
from sandbox.amazon.call import Call
from sandbox.amazon.errors import denied, invalid
from sandbox.amazon.names import asin, instant_text
from sandbox.amazon.query import Query
from sandbox.world.world import instant

PAGE: Final = 50
TOKEN_SECONDS: Final = 30
MAX_SKUS: Final = 50
OLDEST: Final = timedelta(days=548)
"""18 months."""


def get_inventory_summaries(account: Account, call: Call) -> dict[str, Any]:
    """A page of summaries.

    All the world's stock lies with the platform. `startDateTime` goes before `sellerSkus`, and
    those before `sellerSku`.
    """
    query = call.query
    query.required("granularityType", choices=("Marketplace",))
    store = query.required("granularityId")
    [named] = query.texts("marketplaceIds", most=1, required=True)
    if not account.is_ours(named):
        raise denied()
    if named != store:
        raise invalid("granularityId must be the marketplace in marketplaceIds.")
    found = _found(account, query)
    after = _after(account, query)
    rest = found.filter(pl.col("product_id") > after).sort("product_id")
    page = rest.head(PAGE)
    has_details = query.flag("details")
    answer: dict[str, Any] = {
        "payload": {
            "granularity": {"granularityType": "Marketplace", "granularityId": store},
            "inventorySummaries": [
                _summary(row, has_details=has_details) for row in page.iter_rows(named=True)
            ],
        }
    }
    if rest.height > PAGE:
        last = ("inventory", int(page["product_id"][-1]))
        token = account.pages.put(last, seconds=TOKEN_SECONDS)
        answer["pagination"] = {"nextToken": token}
    return answer


def _after(account: Account, query: Query) -> int:
    token = query.text("nextToken")
    if token is None:
        return 0
    kind, after = account.pages.get(token) or ("", 0)
    if kind != "inventory":
        raise invalid("The nextToken is invalid or has expired.")
    return int(after)


def _found(account: Account, query: Query) -> pl.DataFrame:
    world = account.world
    since, one = query.instant("startDateTime"), query.text("sellerSku")
    several = query.texts("sellerSkus", most=MAX_SKUS)
    inbound = (
        world.purchase_orders.filter(~pl.col("is_received"))
        .group_by("product_id")
        .agg(inbound_units=pl.col("units").sum())
    )
    goods = world.products.join(inbound, on="product_id", how="left", maintain_order="left")
    goods = goods.with_columns(pl.col("inbound_units").fill_null(0))
    if since is not None:
        if since < world.clock - OLDEST:
            raise invalid("startDateTime must not be more than 18 months ago.")
        return goods.filter(pl.col("stock_updated_at") >= instant(since))
    if several or one:
        wanted = several or ([one] if one else [])
        return goods.filter(pl.col("product_id").cast(pl.String).is_in(wanted))
    return goods


def _summary(row: dict[str, Any], *, has_details: bool) -> dict[str, Any]:
    name = asin(row["product_id"])
    summary: dict[str, Any] = {
        "asin": name,
        "fnSku": "X00" + name[3:],
        "sellerSku": str(row["product_id"]),
        "condition": "NewItem",
        "lastUpdatedTime": instant_text(row["stock_updated_at"]),
        "productName": row["title"],
        "totalQuantity": row["on_hand_units"] + row["inbound_units"],
    }
    if has_details:
        summary["inventoryDetails"] = {
            "fulfillableQuantity": row["on_hand_units"],
            "inboundWorkingQuantity": 0,
            "inboundShippedQuantity": row["inbound_units"],
            "inboundReceivingQuantity": 0,
            "reservedQuantity": {"totalReservedQuantity": 0},
            "researchingQuantity": {"totalResearchingQuantity": 0},
            "unfulfillableQuantity": {"totalUnfulfillableQuantity": 0},
        }
    return summary
