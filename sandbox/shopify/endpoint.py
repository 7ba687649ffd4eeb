"""The GraphQL endpoint: documents are paid for, executed and answered."""

from functools import cache
from importlib.resources import files
from typing import Any

from graphql import GraphQLEnumType, GraphQLSchema, OperationType, build_schema

from sandbox.kit.graphql import cost
from sandbox.kit.graphql.documents import Documents, InvalidDocumentError
from sandbox.shopify import reads, writes
from sandbox.shopify.cost import MAX_QUERY_COST, MUTATION_COST
from sandbox.shopify.shop import Shop

Answer = dict[str, Any]


@cache
def build() -> GraphQLSchema:
    """The dialect's schema with its resolvers; it holds no state of a shop."""
    schema = build_schema(files("sandbox.shopify").joinpath("schema.graphql").read_text("utf-8"))
    reads.attach(schema)
    writes.attach(schema)
    # A planted status the schema does not know must reach the client as it is.
    status = schema.type_map["OrderDisplayFinancialStatus"]
    assert isinstance(status, GraphQLEnumType)
    vars(status)["coerce_output_value"] = lambda value: value
    return schema


class Endpoint:
    """Answers the documents of one shop."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._documents = Documents(build())

    def answer(self, text: str, variables: Answer | None, operation: str | None) -> Answer:
        """The body of the HTTP 200 answer, with `extensions.cost` once the cost is known."""
        shop = self._shop
        try:
            requested = self._documents.requested(text, variables, operation)
        except InvalidDocumentError as invalid:
            return invalid.answer
        is_query = requested.operation.operation == OperationType.QUERY
        root, sets = "QueryRoot" if is_query else "Mutation", [requested.operation.selection_set]
        fields = cost.priced(requested.document, root, sets)
        points = cost.requested(fields) if is_query else MUTATION_COST * len(fields)
        if is_query and points > MAX_QUERY_COST:
            return self._refused("MAX_COST_EXCEEDED", "Query cost exceeds the maximum", points)
        if shop.faults.spend("throttled") or not shop.bucket.take(points):
            return self._refused("THROTTLED", "Throttled", points)
        with shop.world.lock:
            answer = self._documents.executed(requested, shop)
        spent = cost.used(fields, answer.get("data")) if is_query else points
        shop.bucket.give_back(max(0, points - spent))
        return {**answer, "extensions": {"cost": self._cost(points, spent)}}

    def names(self, text: str, operation: str | None) -> frozenset[str]:
        """What a document may be called: its kind, its name and its root fields."""
        return self._documents.names(text, operation)

    def executed(self, given: Answer) -> None:
        """Execute what was requested, free of charge and without an answer."""
        requested = self._documents.requested(
            given["query"], given.get("variables"), given.get("operationName")
        )
        with self._shop.world.lock:
            self._documents.executed(requested, self._shop)

    def _cost(self, points: int, spent: int | None) -> Answer:
        return {
            "requestedQueryCost": points,
            "actualQueryCost": spent,
            "throttleStatus": self._shop.bucket.status(),
        }

    def _refused(self, code: str, message: str, points: int) -> Answer:
        error = {"message": message, "extensions": {"code": code}}
        return {"errors": [error], "extensions": {"cost": self._cost(points, None)}}
