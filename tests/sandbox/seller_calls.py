"""Calls of the Amazon dialect that succeed, one for every operation."""

from typing import Any

from sandbox.amazon.names import amazon_order_id, asin
from tests.sandbox.seller import OWN, STORE, Seller

LISTED = f"/listings/2021-08-01/items/{OWN.seller_id}"
SINCE = "2026-10-01T00:00:00Z"


def good_calls(seller: Seller) -> dict[str, tuple[str, dict[str, Any]]]:
    """A call that succeeds for every operation: its path, and what goes with it."""
    sku = seller.sku()
    order = amazon_order_id(int(seller.world.orders["order_id"][60]))
    offers = {"MarketplaceId": STORE, "ItemCondition": "New"}
    item = f"/products/pricing/v0/items/{asin(int(sku))}/offers"
    listed = f"/products/pricing/v0/listings/{sku}/offers"
    summary = "/products/pricing/2022-05-01/items/competitiveSummary"
    data = ["featuredBuyingOptions", "referencePrices", "lowestPricedOffers", "similarItems"]
    asked = {"asin": asin(int(sku)), "marketplaceId": STORE, "includedData": data}
    datasets = ",".join(
        ("summaries", "attributes", "issues", "offers", "fulfillmentAvailability", "procurement",
         "relationships", "productTypes")
    )  # fmt: skip
    everything = ",".join(
        ("BUYER", "RECIPIENT", "PROCEEDS", "EXPENSE", "PROMOTION", "CANCELLATION", "FULFILLMENT",
         "PACKAGES", "TAX", "PAYMENT", "FULFILLMENT_ORDERS")
    )  # fmt: skip
    price = {"marketplace_id": STORE, "currency": "USD",
             "our_price": [{"schedule": [{"value_with_tax": 1.5}]}]}  # fmt: skip
    patch = {"op": "replace", "path": "/attributes/purchasable_offer", "value": [price]}
    preview = {"marketplaceIds": STORE, "mode": "VALIDATION_PREVIEW", "includedData": "identifiers"}
    report = {
        "reportType": "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL",
        "marketplaceIds": [STORE],
        "dataStartTime": SINCE,
    }
    made = seller.call("POST", "/reports/2021-06-30/reports", json=report).json()["reportId"]
    seller.clock.seconds += 150_001
    queued = seller.call("POST", "/reports/2021-06-30/reports", json=report).json()["reportId"]
    done = seller.get(f"/reports/2021-06-30/reports/{made}")["reportDocumentId"]
    store, solicited = {"marketplaceIds": STORE}, f"/solicitations/v1/orders/{order}"
    start = seller.world.clock.replace(day=10)
    seller.world.set_order(
        int(seller.world.orders["order_id"][60]), deliver_from_at=start, deliver_by_at=start
    )
    return {
        # First, while its report is in the queue.
        "cancelReport": (f"/reports/2021-06-30/reports/{queued}", {}),
        "searchOrders": ("/orders/2026-01-01/orders", {"params": {
            "createdAfter": SINCE, "maxResultsPerPage": 100, "includedData": everything}}),
        "getOrder": (f"/orders/2026-01-01/orders/{order}", {"params": {
            "includedData": everything}}),
        "getReports": ("/reports/2021-06-30/reports", {"params": {
            "reportTypes": report["reportType"]}}),
        "createReport": ("/reports/2021-06-30/reports", {"json": report}),
        "getReport": (f"/reports/2021-06-30/reports/{made}", {}),
        "getReportDocument": (f"/reports/2021-06-30/documents/{done}", {}),
        "getOrderMetrics": ("/sales/v1/orderMetrics", {"params": store | {
            "interval": "2026-11-01T00:00:00-07:00--2026-11-08T00:00:00-08:00",
            "granularity": "Day", "granularityTimeZone": "America/Los_Angeles"}}),
        "listTransactions": ("/finances/2024-06-19/transactions", {"params": {
            "postedAfter": SINCE}}),
        "searchListingsItems": (LISTED, {"params": store | {"includedData": datasets}}),
        "getListingsItem": (f"{LISTED}/{sku}", {"params": store | {"includedData": datasets}}),
        "patchListingsItem": (f"{LISTED}/{sku}", {"params": preview, "json": {
            "productType": "PRODUCT", "patches": [patch]}}),
        "getInventorySummaries": ("/fba/inventory/v1/summaries", {"params": store | {
            "granularityType": "Marketplace", "granularityId": STORE, "details": "true"}}),
        "getListingOffers": (f"/products/pricing/v0/listings/{sku}/offers", {"params": offers}),
        "getItemOffers": (item, {"params": offers}),
        "getItemOffersBatch": ("/batches/products/pricing/v0/itemOffers", {"json": {
            "requests": [{"uri": item, "method": "GET", **offers}]}}),
        "getListingOffersBatch": ("/batches/products/pricing/v0/listingOffers", {"json": {
            "requests": [{"uri": listed, "method": "GET", **offers}]}}),
        "getCompetitiveSummary": (f"/batches{summary}", {"json": {
            "requests": [asked | {"uri": summary, "method": "GET"}]}}),
        "getSolicitationActionsForOrder": (solicited, {"params": store}),
        "createProductReviewAndSellerFeedbackSolicitation": (
            f"{solicited}/solicitations/productReviewAndSellerFeedback", {"params": store}),
    }  # fmt: skip
