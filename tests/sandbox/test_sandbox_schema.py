"""The dialect's schema is a part of the platform's own, so answers cannot drift."""

import gzip
import json
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    build_client_schema,
)

from sandbox.shopify.endpoint import build
from sandbox.shopify.fields import TYPES
from sandbox.shopify.selection import field_of

SPEC = Path(__file__).parents[3] / "shared/specs/shopify/admin_2026-10.json.gz"
OURS = build()
NAMES = sorted(name for name in OURS.type_map if not name.startswith("__"))


@pytest.fixture(scope="module")
def official() -> GraphQLSchema:
    if not SPEC.exists():
        pytest.skip("the platform's introspection is not here")
    with gzip.open(SPEC) as file:
        return build_client_schema(json.load(file)["data"], assume_valid=True)


def _signature(named: GraphQLNamedType) -> set[str]:
    """Every part of a type as text, with its type."""
    if isinstance(named, GraphQLObjectType | GraphQLInterfaceType):
        fields = {f"{name}: {field.type}" for name, field in named.fields.items()}
        arguments = {
            f"{name}({argument}: {given.type})"
            for name, field in named.fields.items()
            for argument, given in field.args.items()
        }
        return fields | arguments | {f"implements {part.name}" for part in named.interfaces}
    if isinstance(named, GraphQLInputObjectType):
        return {f"{name}: {field.type}" for name, field in named.fields.items()}
    if isinstance(named, GraphQLEnumType):
        return set(named.values)
    if isinstance(named, GraphQLUnionType):
        return {part.name for part in named.types}
    return set()


@pytest.mark.parametrize("name", NAMES)
def test_every_part_of_a_type_is_in_the_official_schema(name: str, official: GraphQLSchema) -> None:
    assert type(OURS.type_map[name]) is type(official.type_map[name])
    assert _signature(OURS.type_map[name]) <= _signature(official.type_map[name])


def test_the_idempotent_directive_is_the_official_one(official: GraphQLSchema) -> None:
    ours, theirs = OURS.get_directive("idempotent"), official.get_directive("idempotent")
    assert ours is not None
    assert theirs is not None
    assert ours.locations == theirs.locations
    assert {k: str(v.type) for k, v in ours.args.items()} == {
        k: str(v.type) for k, v in theirs.args.items()
    }


@pytest.mark.parametrize("type_name", sorted(TYPES))
def test_every_expression_answers_a_field_of_the_schema_and_none_is_missing(
    type_name: str,
) -> None:
    named = OURS.type_map[type_name]
    written = {name for name in TYPES[type_name] if not name.startswith("__")}
    assert {name for name in written if field_of(OURS, type_name, name) is None} == set()
    if isinstance(named, GraphQLObjectType):
        expressed = written | {"discountedTotalSet"}
        assert set(named.fields) <= expressed
