"""Every GraphQL document that is sent is valid by the platform's own schema."""

import gzip
import json
import re
from pathlib import Path

import pytest
from graphql import (
    GraphQLSchema,
    NoDeprecatedCustomRule,
    build_client_schema,
    parse,
    specified_rules,
    validate,
)

from connectors.shopify import codes, queries

SPEC = Path(__file__).parents[4] / "shared/specs/shopify/admin_2026-10.json.gz"
PERSONAL = r"\b(\w*[nN]ame|email\w*|phone\w*|\w*[aA]ddress\w*|note|clientIp|customerLocale)\b"


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    if not SPEC.exists():
        pytest.skip("the platform's introspection lies outside the repository")
    with gzip.open(SPEC) as file:
        return build_client_schema(json.load(file)["data"], assume_valid=True)


@pytest.mark.parametrize("document", queries.documents(), ids=lambda text: text[:32])
def test_a_document_is_valid_and_uses_nothing_deprecated(
    schema: GraphQLSchema, document: str
) -> None:
    rules = [*specified_rules, NoDeprecatedCustomRule]
    assert validate(schema, parse(document), rules) == []


@pytest.mark.parametrize(
    ("enum", "mapped"),
    [
        ("OrderDisplayFinancialStatus", codes.PAYMENT_STATUS),
        ("OrderDisplayFulfillmentStatus", codes.FULFILMENT_STATUS),
        ("ProductStatus", codes.LISTING_STATUS),
        ("DiscountStatus", codes.COUPON_STATUS),
    ],
)
def test_every_code_of_the_platform_is_mapped(
    schema: GraphQLSchema, enum: str, mapped: dict[str, str]
) -> None:
    assert set(mapped) == set(schema.type_map[enum].values)  # type: ignore[attr-defined]


def test_no_personal_field_is_asked_for() -> None:
    for source in queries.SOURCES:
        selected = source.fields
        asked = set(re.findall(PERSONAL, selected.replace("{ name quantity }", "")))
        assert asked <= {"__typename"}, source.root


def test_a_bulk_document_names_no_variable_and_keeps_the_search() -> None:
    text = queries.bulk_document(queries.ORDERS, "updated_at:>='2026-11-01T00:00:00Z'")
    assert "$" not in text
    assert "(query: \"updated_at:>='2026-11-01T00:00:00Z'\")" in text
