"""Amazon's account of days: what they came to, and who visited."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from jsonschema import Draft7Validator, FormatChecker  # type: ignore[import-untyped]

from sandbox.amazon import Manner
from sandbox.amazon.names import asin
from sandbox.amazon.sales_and_traffic import OPTIONS, REPORT_TYPE
from sandbox.world.backoffice import traffic
from sandbox.world.channels import AMAZON, Channel
from sandbox.world.world import SEED
from tests.sandbox.seller import JAPAN, OWN, STORE, Seller, amazon_world, opened
from tests.sandbox.test_sandbox_amazon_models import MODELS, closed, closed_definitions

REPORTS = "/reports/2021-06-30"
METRICS = "/sales/v1/orderMetrics"
SETTLED = date(2026, 11, 10)
PACIFIC = "America/Los_Angeles"


@pytest.fixture
def seller() -> Iterator[Seller]:
    with opened(amazon_world()) as found:
        yield found


def create(seller: Seller, first: date, last: date, **options: str) -> Any:
    asked = {
        "reportType": REPORT_TYPE,
        "marketplaceIds": [seller.own.marketplace_id],
        "dataStartTime": f"{first}T00:00:00Z",
        "dataEndTime": f"{last}T00:00:00Z",
        "reportOptions": options,
    }
    return seller.rested().call("POST", f"{REPORTS}/reports", json=asked)


def ended(seller: Seller, first: date, last: date, **options: str) -> dict[str, Any]:
    """A report of days, when it has ended."""
    made = create(seller, first, last, **options)
    assert made.status_code == 202, made.text
    seller.clock.seconds += 10
    return dict(seller.get(f"{REPORTS}/reports/{made.json()['reportId']}"))


def report(seller: Seller, first: date, last: date | None = None, **options: str) -> Any:
    """The file of a report of days."""
    done = ended(seller, first, last or first, **options)
    found = seller.get(f"{REPORTS}/documents/{done['reportDocumentId']}")
    content = seller.http.get(found["url"]).content
    is_zipped = found.get("compressionAlgorithm") == "GZIP"
    return json.loads(gzip.decompress(content) if is_zipped else content)


def ordered(seller: Seller, first: date, last: date | None = None) -> tuple[int, int, int]:
    """Orders, pieces and cents of local days as the world knows them, cancelled orders left out."""
    world = seller.world
    day = pl.col("created_at").dt.convert_time_zone(world.zone).dt.date()
    own = world.orders.filter(
        day.is_between(first, last or first), pl.col("cancelled_at").is_null()
    )
    lines = world.lines.filter(~pl.col("is_removed")).join(own.select("order_id"), on="order_id")
    units, minor = lines["quantity"].sum(), (lines["unit_minor"] * lines["quantity"]).sum()
    return lines["order_id"].n_unique(), int(units), int(minor)


_IS_CANCELLED = pl.col("cancelled_at").is_not_null()


@pytest.mark.skipif(not MODELS.exists(), reason="the platform's schema lies elsewhere")
@pytest.mark.parametrize("options", list(product(*OPTIONS.values())))
def test_a_report_is_valid_by_the_platforms_own_schema(
    seller: Seller, options: tuple[str, str]
) -> None:
    told = json.loads((MODELS / "schemas/reports/sellerSalesAndTrafficReport.json").read_text())
    schema = {**closed(told), "definitions": closed_definitions(told["definitions"])}
    found = report(
        seller, SETTLED, SETTLED + timedelta(days=8), **dict(zip(OPTIONS, options, strict=True))
    )
    Draft7Validator(schema, format_checker=FormatChecker()).validate(found)
    assert found["salesAndTrafficByDate"]
    assert found["salesAndTrafficByAsin"]


@pytest.mark.parametrize(
    ("channel", "store", "minor_per_unit"), [(AMAZON, STORE, 100), (JAPAN, "A1VC38T7YXB528", 1)]
)
def test_a_day_is_the_stores_own_and_both_ends_belong_to_the_span(
    channel: Channel, store: str, minor_per_unit: int
) -> None:
    world, own = amazon_world(channel), replace(OWN, marketplace_id=store)
    with opened(world, own=own, manner=Manner(compresses=True)) as seller:
        found = report(seller, SETTLED, SETTLED + timedelta(days=1))
        for place, told in enumerate(found["salesAndTrafficByDate"]):
            day = SETTLED + timedelta(days=place)
            _, units, minor = ordered(seller, day)
            sales = told["salesByDate"]
            assert (told["date"], sales["unitsOrdered"]) == (day.isoformat(), units)
            assert round(sales["orderedProductSales"]["amount"] * minor_per_unit) == minor


def test_products_are_added_up_over_the_whole_span(seller: Seller) -> None:
    days = [report(seller, SETTLED + timedelta(days=number)) for number in (0, 1)]
    both = report(seller, SETTLED, SETTLED + timedelta(days=1))
    sums = [
        sum(one["trafficByAsin"]["sessions"] for one in found["salesAndTrafficByAsin"])
        for found in (*days, both)
    ]
    assert sums[0] + sums[1] == sums[2] > 0


def test_by_sku_only_what_was_bought_is_told(seller: Seller) -> None:
    by_page = report(seller, SETTLED, asinGranularity="CHILD")["salesAndTrafficByAsin"]
    by_sku = report(seller, SETTLED, asinGranularity="SKU")["salesAndTrafficByAsin"]
    assert {one["childAsin"] for one in by_sku} < {one["childAsin"] for one in by_page}
    assert all(one["salesByAsin"]["unitsOrdered"] > 0 for one in by_sku)
    assert all(one["childAsin"] == asin(int(one["sku"])) for one in by_sku)


def test_a_week_begins_on_sunday_and_a_span_grows_to_whole_weeks(seller: Seller) -> None:
    found = report(seller, date(2026, 11, 11), date(2026, 11, 12), dateGranularity="WEEK")
    (week,) = found["salesAndTrafficByDate"]
    assert week["date"] == "2026-11-08"
    units = ordered(seller, date(2026, 11, 8), date(2026, 11, 14))[1]
    assert week["salesByDate"]["unitsOrdered"] == units
    assert found["reportSpecification"]["dataStartTime"] == "2026-11-11"


def visits(seller: Seller, day: date) -> int:
    world = seller.world
    drawn = traffic(world.orders, np.random.default_rng(SEED), world.zone)
    return int(drawn.filter(pl.col("date") == day)["visitors"].sum())


def test_visits_of_a_day_are_told_in_full_three_days_after_its_end(seller: Seller) -> None:
    today = seller.world.clock.astimezone(ZoneInfo(PACIFIC)).date()
    told = []
    for age in range(1, 6):
        day = today - timedelta(days=age)
        found = report(seller, day)["salesAndTrafficByDate"][0]["trafficByDate"]
        told.append(found["sessions"] / visits(seller, day))
    assert told[0] == pytest.approx(0.7, abs=0.05)
    assert told[:4] == sorted(told[:4])
    assert told[3:] == [1.0, 1.0]


def test_a_day_that_is_not_over_and_one_of_long_ago_have_no_report(seller: Seller) -> None:
    today = seller.world.clock.astimezone(ZoneInfo(PACIFIC)).date()
    for day in (today, today - timedelta(days=800)):
        assert ended(seller, day, day)["processingStatus"] == "CANCELLED"


@pytest.mark.parametrize(
    "options", [{"dateGranularity": "HOUR"}, {"asinGranularity": "sku"}, {"reportPeriod": "DAY"}]
)
def test_options_that_the_report_does_not_have_are_refused(
    seller: Seller, options: dict[str, str]
) -> None:
    assert create(seller, SETTLED, SETTLED, **options).status_code == 400


def test_a_report_without_its_days_is_refused(seller: Seller) -> None:
    asked = {"reportType": REPORT_TYPE, "marketplaceIds": [STORE]}
    assert seller.call("POST", f"{REPORTS}/reports", json=asked).status_code == 400


def test_an_application_without_the_role_is_refused() -> None:
    with opened(amazon_world(), manner=Manner(has_brand_analytics=False)) as seller:
        refused = create(seller, SETTLED, SETTLED)
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (403, "Unauthorized")


def metrics(seller: Seller, interval: str, granularity: str = "Day", **query: str) -> Any:
    asked = {
        "marketplaceIds": STORE, "interval": interval, "granularity": granularity,
        "granularityTimeZone": PACIFIC,
    }  # fmt: skip
    return seller.rested().call("GET", METRICS, params={**asked, **query})


FALL = "2026-10-31T00:00:00-07:00--2026-11-03T00:00:00-08:00"
"""Three days, the second of which has 25 hours."""


def test_totals_are_those_of_local_days_also_when_clocks_go_back(seller: Seller) -> None:
    found = metrics(seller, FALL).json()["payload"]
    assert [one["interval"] for one in found] == [
        "2026-10-31T00:00-07:00--2026-11-01T00:00-07:00",
        "2026-11-01T00:00-07:00--2026-11-02T00:00-08:00",
        "2026-11-02T00:00-08:00--2026-11-03T00:00-08:00",
    ]
    for one in found:
        orders, units, minor = ordered(seller, date.fromisoformat(one["interval"][:10]))
        assert (one["orderCount"], one["unitCount"]) == (orders, units)
        assert round(float(one["totalSales"]["amount"]) * 100) == minor


@pytest.mark.parametrize("granularity", ["Hour", "Week", "Month", "Year", "Total"])
def test_the_same_is_told_in_spans_of_any_length(seller: Seller, granularity: str) -> None:
    found = metrics(seller, FALL, granularity).json()["payload"]
    told = sum(one["orderCount"] for one in found)
    assert told == ordered(seller, date(2026, 10, 31), date(2026, 11, 2))[0] > 0
    assert len(found) == {"Hour": 73, "Week": 2, "Month": 2}.get(granularity, 1)


def test_one_sku_and_one_network_are_parts_of_all(seller: Seller) -> None:
    weeks = "2026-10-01T00:00:00-07:00--2026-11-10T00:00:00-08:00"

    def units(**query: str) -> int:
        return int(metrics(seller, weeks, "Total", **query).json()["payload"][0]["unitCount"])

    sku = str(seller.world.lines["product_id"].mode()[0])
    assert 0 < units(sku=sku) == units(asin=asin(int(sku))) < units()
    assert units(fulfillmentNetwork="AFN") + units(fulfillmentNetwork="MFN") == units()
    assert units(buyerType="B2B") == units(amazonProgram="AmazonHaul") == 0


@pytest.mark.parametrize(
    ("interval", "query"),
    [
        ("2026-11-01T00:00:00-08:00--2026-11-03T00:00:00-08:00", {}),
        ("2026-11-01T00:00:00Z--2026-11-03T00:00:00Z", {}),
        ("2026-11-01--2026-11-03", {}),
        ("2026-11-03T00:00:00-08:00--2026-11-02T00:00:00-08:00", {}),
        ("2023-11-03T00:00:00-07:00--2023-11-04T00:00:00-07:00", {}),
        (FALL, {"granularityTimeZone": "Mars/Olympus"}),
        (FALL, {"granularity": "Minute"}),
        (FALL, {"asin": "B000000001", "sku": "1"}),
    ],
)
def test_a_span_that_is_none_is_refused(
    seller: Seller, interval: str, query: dict[str, str]
) -> None:
    refused = metrics(seller, interval, **query)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "InvalidInput")
