"""Every request conforms to the platform's own models, and every code of theirs is known."""

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import msgspec
import polars as pl
import pytest
from jsonschema import Draft4Validator  # type: ignore[import-untyped]

from connectors.amazon import (
    codes,
    days,
    fetch,
    mapping,
    outbound,
    settlement_mapping,
    settlement_wire,
    settlements,
    shapes,
    wire,
)
from connectors.amazon.operations import OPERATIONS
from contracts.actions import Change, Live
from contracts.streams import Context
from tests.connectors.amazon.answered_days import DAY, stock
from tests.connectors.amazon.recorded import CONTEXT, READ_AT, listing, report_row
from tests.connectors.amazon.recorded_days import page, traffic_report
from tests.connectors.amazon.recorded_settlements import booked
from tests.connectors.amazon.test_amazon_days import CLOCK, DAYS, reports_of
from tests.connectors.amazon.test_amazon_fetch import orders, report_file, reported
from tests.connectors.amazon.test_amazon_outbound import (
    OFFERED,
    SENT,
    TAKEN,
    VALID,
    actions,
    answered_order,
    price,
    review,
)

MODELS = Path(__file__).parents[4] / "shared/specs/spapi"
FILES = (
    "orders_2026-01-01", "reports_2021-06-30", "listingsItems_2021-08-01", "fbaInventory",
    "productPricingV0", "sales", "solicitations", "finances_2024-06-19",
)  # fmt: skip
HEADERS = ("x-amz-access-token", "x-amz-date", "user-agent")
pytestmark = pytest.mark.skipif(
    not MODELS.exists(), reason="the platform's models lie outside the repository"
)


@cache
def model(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((MODELS / f"{name}.json").read_text("utf-8"))
    return found


@cache
def modelled() -> dict[str, tuple[str, str, dict[str, Any], dict[str, Any]]]:
    """Method, path, operation and model by the operation's name."""
    return {
        stated["operationId"]: (method.upper(), path, stated, model(name))
        for name in FILES
        for path, ways in model(name)["paths"].items()
        for method, stated in ways.items()
        if method in ("get", "post", "patch")
    }


def judge(request: httpx.Request) -> str:
    """The operation of a request, which has all that is required and nothing that is not stated."""
    raw = request.url.raw_path.decode().partition("?")[0]
    name = next(
        name
        for name, (method, path, _, _) in modelled().items()
        if method == request.method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), raw)
    )
    _, _, stated, whole = modelled()[name]
    stated_params = stated.get("parameters", [])
    declared = {one["name"]: one for one in stated_params if one["in"] == "query"}
    given = dict(request.url.params)
    assert len(given) == len(request.url.params.multi_items()), f"{name}: a parameter twice"
    assert set(given) <= set(declared), f"{name}: undeclared {set(given) - set(declared)}"
    required = {key for key, one in declared.items() if one.get("required")}
    assert required <= set(given), f"{name}: lacks {required - set(given)}"
    for key, text in given.items():
        Draft4Validator(schema_of(declared[key])).validate(value_of(text, declared[key]))
    bodies = [one for one in stated_params if one["in"] == "body"]
    assert bool(bodies) == bool(request.content), name
    for one in bodies:
        assert request.headers["content-type"] == "application/json"
        schema = one["schema"] | {"definitions": whole["definitions"]}
        Draft4Validator(schema).validate(json.loads(request.content))
    assert all(request.headers.get(header) for header in HEADERS), name
    return name


def schema_of(parameter: dict[str, Any]) -> dict[str, Any]:
    """A Swagger 2.0 parameter as the JSON schema that it nearly is."""
    words = ("type", "enum", "items", "minimum", "maximum", "minItems", "maxItems")
    return {word: parameter[word] for word in words if word in parameter}


def value_of(text: str, parameter: dict[str, Any]) -> Any:
    """The value of a query's text: lists are separated by commas unless something else is said."""
    kind = parameter["type"]
    if kind == "array":
        assert parameter.get("collectionFormat", "csv") == "csv"
        return text.split(",")
    if kind == "integer":
        return int(text)
    if kind == "boolean":
        return {"true": True, "false": False}[text]
    if parameter.get("format") == "date-time":
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", text)
    return text


def everything(opened: Callable[..., Any]) -> Iterator[httpx.Request]:
    """Every request that the connector can make."""
    listed = pl.DataFrame({"sku_id": ["A/B", "C D"], "daily_units": [1.0, None]})
    report = reported(report_file(report_row(1)))
    reads: list[tuple[dict[str, Any], Callable[[Any], Any]]] = [
        (
            report | {"/orders": [orders(1, "two"), orders(2, "three")]},
            lambda client: list(fetch.orders(client, DAY)),
        ),
        (
            {
                "items": [
                    {
                        "numberOfResults": 2,
                        "items": [listing("A")],
                        "pagination": {"nextToken": "2"},
                    },
                    {"numberOfResults": 2, "items": [listing("B")]},
                ]
            },
            lambda client: list(fetch.listings(client, DAY)),
        ),
        (
            {"summaries": [stock("A", "two"), stock("B")]},
            lambda client: list(fetch.inventory(client, DAY)),
        ),
        (
            {"listingOffers": [{"responses": [{"body": {}}, {"body": {}}]}]},
            lambda client: list(fetch.offers(client, DAY, listed)),
        ),
        (CLOCK, lambda client: client.now()),
        (
            CLOCK | {"orderMetrics": [{"payload": []}]},
            lambda client: list(days.totals(client, DAY)),
        ),
        (
            reports_of(*(traffic_report(day) for day in DAYS)),
            lambda client: list(days.traffic(client, DAY)),
        ),
        (
            {"transactions": [booked(following="two"), booked()]},
            lambda client: list(settlements.transactions(client, DAY)),
        ),
        (
            {"items": [listing("SKU-1"), VALID, TAKEN, listing("SKU-1")]},
            lambda client: (
                outbound.set_prices(client, [price()]),
                outbound.live_prices(client, [price()]),
            ),
        ),
        (
            {
                "solicitations/product": [SENT],
                "solicitations": [OFFERED, actions()],
                "/orders": [answered_order()],
            },
            lambda client: (
                outbound.request_reviews(client, [review()]),
                outbound.live_requests(client, [review()]),
            ),
        ),
    ]
    for script, call in reads:
        client, platform = opened(script, most_order_pages=2)
        call(client)
        yield from (one for one in platform.asked if one.url.host.startswith("sellingpartner"))


def test_every_request_conforms_to_its_model(opened: Callable[..., Any]) -> None:
    asked = {judge(request) for request in everything(opened)}
    assert asked == {one.name for one in OPERATIONS}


def test_methods_paths_and_usage_plans_are_the_models() -> None:
    for one in OPERATIONS:
        method, path, stated, _ = modelled()[one.name]
        plan = re.search(r"\|\s*([\d.]+)\s*\|\s*([\d.]+)\s*\|", stated["description"])
        assert plan is not None
        assert (one.method, one.path) == (method, path)
        assert (one.rate, one.burst) == (float(plan[1]), float(plan[2])), one.name


def enum(name: str, *path: str) -> set[str]:
    found: Any = model(name)["definitions"]
    for part in path:
        found = found[part]
    return set(found["enum"])


def test_every_code_of_the_models_is_mapped() -> None:
    orders_model = "orders_2026-01-01"
    assert set(codes.FULFILMENT) == enum(orders_model, "FulfillmentStatus")
    sent = enum(orders_model, "PackageStatus", "properties", "status")
    assert set(codes.PACKAGE_IS_SENT) == sent
    stands = enum("reports_2021-06-30", "Report", "properties", "processingStatus")
    assert set(codes.REPORT_ENDS) == stands
    summary = ("ItemSummaryByMarketplace", "properties", "status", "items")
    statuses = enum("listingsItems_2021-08-01", *summary)
    assert {word for one in codes.LISTING_STATUS for word in one.split()} == statuses
    available = ("DetailedShippingTimeType", "properties", "availabilityType")
    assert set(codes.IS_AVAILABLE) == enum("productPricingV0", *available)
    text = model(orders_model)["definitions"]["ItemProceedsBreakdown"]["properties"]["type"]
    assert set(codes.PROCEEDS) == set(re.findall(r"`([A-Z_]+)`", text["description"]))
    channels = model(orders_model)["definitions"]["SalesChannel"]["properties"]["channelName"]
    tips = model(orders_model)["definitions"]["OrderProceedsBreakdown"]["properties"]["status"]
    assert {codes.TIP, *codes.TIP_IS_CHARGED} == set(
        re.findall(r"`([A-Z_]+)`", tips["description"])
    )
    # What the older model calls a status, reports call it too.
    old = enum("ordersV0", "Order", "properties", "OrderStatus")
    assert old <= set(codes.REPORT_STATUS)
    assert set(codes.CHANNEL) == set(re.findall(r"`([A-Z_]+)`", channels["description"]))


def test_every_field_of_the_models_is_read_or_known_to_be_left() -> None:
    read: dict[str, dict[str, type[msgspec.Struct]]] = {
        "orders_2026-01-01": {
            "Order": wire.Order, "OrderItem": wire.OrderItem, "ItemProduct": wire.Product,
            "ItemProceeds": wire.ItemProceeds, "ItemProceedsBreakdown": wire.Breakdown,
            "OrderProceeds": wire.OrderProceeds, "OrderProceedsBreakdown": wire.OrderBreakdown,
            "OrderFulfillment": wire.OrderFulfillment,
            "OrderPackage": wire.Package, "PackageStatus": wire.PackageStatus,
            "SalesChannel": wire.SalesChannel, "Money": wire.Money, "DateTimeRange": wire.Span,
        },
        "listingsItems_2021-08-01": {
            "ItemSummaryByMarketplace": wire.Summary, "ItemOfferByMarketplace": wire.Offer,
            "Audience": wire.Audience,
        },
        "fbaInventory": {
            "InventorySummary": wire.InventorySummary, "InventoryDetails": wire.InventoryDetails,
            "ReservedQuantity": wire.Reserved,
        },
        "productPricingV0": {
            "OfferDetail": wire.RivalOffer, "GetOffersResult": wire.OffersResult,
            "SellerFeedbackType": wire.Feedback, "DetailedShippingTimeType": wire.ShippingTime,
        },
        "finances_2024-06-19": {
            "Transaction": settlement_wire.Transaction, "Item": settlement_wire.Item,
            "Breakdown": settlement_wire.Charge, "Currency": settlement_wire.Cash,
            "RelatedIdentifier": settlement_wire.Identifier,
            "MarketplaceDetails": settlement_wire.Marketplace,
            "ProductContext": settlement_wire.ItemContext,
        },
        "sales": {"OrderMetricsInterval": wire.Metrics, "Money": wire.Sales},
        "schemas/reports/sellerSalesAndTrafficReport": {
            "SalesAndTrafficByDate": wire.DayVisits, "SalesAndTrafficByAsin": wire.ProductVisits,
            "TrafficByDate": wire.Visits, "TrafficByAsin": wire.Visits,
        },
    }  # fmt: skip
    for name, structs in read.items():
        for definition, struct in structs.items():
            stated = set(model(name)["definitions"][definition]["properties"])
            ours = {field.encode_name for field in msgspec.structs.fields(struct)}
            left = stated - ours - shapes.IGNORED
            assert ours <= stated, f"{definition} has no {ours - stated}"
            assert left == set(), f"{definition}: {left}"


def examples(name: str, operation: str) -> list[Any]:
    """The model's own examples of successful answers."""
    stated = next(found for key, found in examples_of(name) if key == operation)
    return [
        one["response"]
        for status, response in stated["responses"].items()
        if status.startswith("2")
        for one in response.get("x-amzn-api-sandbox", {}).get("static", [])
    ]


def examples_of(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for ways in model(name)["paths"].values():
        for stated in ways.values():
            if isinstance(stated, dict):
                yield stated["operationId"], stated


def test_the_models_own_orders_are_mapped() -> None:
    found = examples("orders_2026-01-01", "searchOrders")
    assert found
    for one in found:
        currency = one["orders"][0]["proceeds"]["grandTotal"]["currencyCode"]
        context = Context("shop", currency, "UTC", READ_AT)
        mapped = mapping.orders([page(one, "orders")], context)
        assert mapped.rejects.is_empty()
        assert mapped.unknown_fields == ()
        frame = mapped.frames["orders"]
        assert frame.height == len(one["orders"])
        assert frame["goods_minor"].null_count() == 0


def test_the_models_own_listings_are_mapped() -> None:
    [found] = examples("listingsItems_2021-08-01", "searchListingsItems")
    kept = found["items"][0]
    kept["summaries"], kept["offers"] = kept["summaries"][:1], kept["offers"][:1]
    mapped = mapping.listings([page(found, "listings")], Context("s", "USD", "UTC", READ_AT))
    assert mapped.frames["prices"]["price_minor"].to_list() == [10_000]
    assert mapped.rejects.is_empty()


def test_the_models_own_bookings_are_mapped() -> None:
    [found] = examples("finances_2024-06-19", "listTransactions")
    # The example lacks what a booking is known by.
    found["payload"]["transactions"][0]["transactionId"] = "1"
    mapped = settlement_mapping.settlements([page(found, "transactions:ATIV93840DER")], CONTEXT)
    assert (mapped.rejects.is_empty(), mapped.unknown_fields) == (True, ())
    entry = mapped.frames["settlements"].row(0, named=True)
    assert (entry["order_id"], entry["amount_minor"]) == ("8129762527551", 1_000)


def test_the_models_own_actions_are_read(opened: Callable[..., Any]) -> None:
    [offered] = examples("solicitations", "getSolicitationActionsForOrder")
    client, _ = opened({"solicitations": [offered]})
    change = Change(
        action_id="1", target_id="123", parent_id=None, before=0, after=1, currency=None
    )
    assert outbound.live_requests(client, [change]) == {"123": Live(value=0, currency=None)}
