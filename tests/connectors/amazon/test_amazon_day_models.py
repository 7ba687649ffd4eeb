"""Whatever the platform's own schema of the report allows is read, and so are its examples."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator  # type: ignore[import-untyped]

from connectors.amazon import day_mapping
from contracts.streams import Context, Mapped, Page
from tests.connectors.amazon.recorded import CONTEXT, READ_AT
from tests.connectors.amazon.recorded_days import page
from tests.connectors.amazon.test_amazon_models import MODELS, examples, model

REPORT = "schemas/reports/sellerSalesAndTrafficReport"
pytestmark = pytest.mark.skipif(
    not MODELS.exists(), reason="the platform's models lie outside the repository"
)


def mapped(report: Any) -> Mapped:
    return day_mapping.traffic([page(report, "traffic:2026-11-17")], CONTEXT)


def test_the_schemas_own_reports_are_mapped() -> None:
    for report in model(REPORT)["examples"]:
        found = mapped(report)
        assert found.rejects.is_empty()
        told = {one["date"]: one["trafficByDate"]["sessions"] for one in by_date(report)}
        frame = found.frames["traffic_daily"]
        assert {str(day): units for day, units in frame.select(_VISITS).iter_rows()} == told


_VISITS = ("traffic_date", "visitors_units")


def by_date(report: Any) -> list[Any]:
    found: list[Any] = report["salesAndTrafficByDate"]
    return found


def of(schema: Any) -> st.SearchStrategy[Any]:
    """Values that a schema allows: members that are not required may be missing."""
    if "$ref" in schema:
        return of(model(REPORT)["definitions"][schema["$ref"].rpartition("/")[2]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kind, least = schema["type"], schema.get("minimum", -(10**6))
    if kind == "object":
        members = {name: of(one) for name, one in schema["properties"].items()}
        required = {name: members.pop(name) for name in schema.get("required", ())}
        return st.fixed_dictionaries(required, optional=members)
    if kind == "array":
        return st.lists(of(schema["items"]), max_size=2)
    if kind == "string":
        return st.dates().map(str) if schema.get("format") == "date" else st.text(max_size=5)
    whole = st.integers(least, schema.get("maximum", 10**6))
    return whole | whole.map(float) if kind == "integer" else whole | whole.map(lambda one: one / 8)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_every_report_that_the_schema_allows_is_read_whole(data: st.DataObject) -> None:
    report = data.draw(of(model(REPORT)))
    Draft7Validator(model(REPORT)).validate(report)
    found = mapped(report)
    assert found.rejects.is_empty()
    told = sum(one["trafficByDate"]["sessions"] for one in by_date(report))
    days = found.frames["traffic_daily"].unique("traffic_date")
    dates = [one["date"] for one in by_date(report)]
    if len(set(dates)) == len(dates):
        assert days["visitors_units"].sum() == told
    products = sum(one["trafficByAsin"]["sessions"] for one in report["salesAndTrafficByAsin"])
    assert found.frames["listing_traffic_daily"]["visitors_units"].sum() == products


def test_the_models_own_totals_are_mapped() -> None:
    context = Context("shop", "USD", "America/Los_Angeles", READ_AT)
    answers = [json.dumps(one).encode() for one in examples("sales", "getOrderMetrics")]
    found = [day_mapping.totals([Page(body, "totals")], context) for body in answers]
    assert all(one.rejects.is_empty() and one.unknown_fields == () for one in found)
    assert sum(one.frames["daily_totals"]["gmv_minor"].sum() for one in found) == 2295
