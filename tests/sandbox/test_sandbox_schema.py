"""The dialect's schema is a part of the platform's own, so answers cannot drift."""

import gzip
import json
import re
from pathlib import Path
from typing import Any

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
    get_named_type,
    introspection_from_schema,
)

from sandbox.kit.graphql.selection import field_of
from sandbox.shopify.endpoint import build
from sandbox.shopify.fields import TYPES
from sandbox.shopify.search import FILTERS

SPEC = Path(__file__).parents[3] / "shared/specs/shopify/admin_2026-10.json.gz"
OURS = build()
assert OURS.query_type is not None
ROOTS = OURS.query_type.fields
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


@pytest.fixture(scope="module")
def introspected() -> dict[str, Any]:
    if not SPEC.exists():
        pytest.skip("the platform's introspection is not here")
    with gzip.open(SPEC) as file:
        found: dict[str, Any] = json.load(file)["data"]
    return found


def _inputs(told: Any) -> dict[str, dict[str, Any]]:
    """Each argument and input field of a schema by its place, with all that is said of it."""
    found: dict[str, dict[str, Any]] = {}
    for named in told["__schema"]["types"]:
        for field in named["fields"] or ():
            for given in field["args"]:
                found[f"{named['name']}.{field['name']}({given['name']})"] = given
        for given in named["inputFields"] or ():
            found[f"{named['name']}.{given['name']}"] = given
    return found


def test_arguments_and_inputs_have_the_official_defaults(introspected: dict[str, Any]) -> None:
    ours = _inputs(introspection_from_schema(OURS))
    theirs = _inputs(introspected)
    wrong = {
        place: (given["defaultValue"], theirs[place]["defaultValue"])
        for place, given in ours.items()
        if not place.startswith("__") and given["defaultValue"] != theirs[place]["defaultValue"]
    }
    assert wrong == {}


def test_what_the_platform_demands_is_demanded(introspected: dict[str, Any]) -> None:
    ours = _inputs(introspection_from_schema(OURS))
    owners = {place.rpartition("(")[0] or place.rpartition(".")[0] for place in ours}
    owners |= {
        f"{name}.{field}" for name in NAMES for field in getattr(OURS.type_map[name], "fields", {})
    }
    missing = {
        place
        for place, given in _inputs(introspected).items()
        if given["type"]["kind"] == "NON_NULL"
        and given["defaultValue"] is None
        and (place.rpartition("(")[0] or place.rpartition(".")[0]) in owners
        and place not in ours
    }
    assert missing == set()


@pytest.mark.parametrize("type_name", sorted(FILTERS))
def test_a_search_is_by_names_that_the_platform_documents(
    type_name: str, official: GraphQLSchema
) -> None:
    assert official.query_type is not None
    roots = official.query_type.fields
    connection = f"{type_name}Connection"
    owners = [name for name, root in ROOTS.items() if get_named_type(root.type).name == connection]
    if owners:
        query = roots[owners[0]].args["query"]
    else:
        query = official.type_map["Order"].fields["fulfillments"].args["query"]  # type: ignore[attr-defined]
    documented = set(re.findall(r"(\w+):|^\s*\| (\w+) \|", query.description, re.MULTILINE))
    assert set(FILTERS[type_name]) <= {name for pair in documented for name in pair}


@pytest.mark.parametrize("type_name", sorted(TYPES))
def test_every_expression_answers_a_field_of_the_schema_and_none_is_missing(
    type_name: str,
) -> None:
    named = OURS.type_map[type_name]
    written = {name for name in TYPES[type_name] if not name.startswith("__")}
    assert {name for name in written if field_of(OURS, type_name, name) is None} == set()
    if isinstance(named, GraphQLObjectType):
        assert set(named.fields) <= written
