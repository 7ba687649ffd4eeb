"""The GraphQL endpoint: documents parsed once, paid for, executed, answered."""

from collections import OrderedDict
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLSchema,
    OperationType,
    build_schema,
    execute_sync,
    get_operation_ast,
    parse,
    validate,
)
from graphql.execution.values import VariableValues, get_variable_values

from sandbox.kit.graphql.selection import Document
from sandbox.shopify import cost, reads, writes
from sandbox.shopify.errors import Plain
from sandbox.shopify.shop import Info, Shop

KEPT_DOCUMENTS: Final = 256
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
        self._schema = build()
        self._documents: OrderedDict[str, DocumentNode | list[GraphQLError]] = OrderedDict()

    def answer(self, text: str, variables: Answer | None, operation: str | None) -> Answer:
        """The body of the HTTP 200 answer, with `extensions.cost` once the cost is known."""
        tree = self._parsed(text)
        if isinstance(tree, list):
            return _failed(tree)
        chosen = get_operation_ast(tree, operation)
        if chosen is None:
            return _failed([GraphQLError("An operation name is required")])
        values = get_variable_values(
            self._schema, chosen.variable_definitions or (), variables or {}
        )
        if not isinstance(values, VariableValues):
            return _failed(values)
        is_query = chosen.operation == OperationType.QUERY
        fields = cost.priced(
            Document(self._schema, _fragments(tree), values),
            "QueryRoot" if is_query else "Mutation",
            [chosen.selection_set],
        )
        points = cost.requested(fields) if is_query else cost.MUTATION_COST * len(fields)
        if is_query and points > cost.MAX_QUERY_COST:
            return self._refused("MAX_COST_EXCEEDED", "Query cost exceeds the maximum", points)
        if self._shop.faults.spend("throttled") or not self._shop.bucket.take(points):
            return self._refused("THROTTLED", "Throttled", points)
        answer = self._executed(tree, variables, operation)
        spent = cost.used(fields, answer.get("data")) if is_query else points
        self._shop.bucket.give_back(max(0, points - spent))
        return {**answer, "extensions": {"cost": self._cost(points, spent)}}

    def names(self, text: str, operation: str | None) -> frozenset[str]:
        """What a document may be called: its kind, its name and its root fields."""
        tree = self._parsed(text)
        chosen = None if isinstance(tree, list) else get_operation_ast(tree, operation)
        if chosen is None:
            return frozenset()
        fields = (one for one in chosen.selection_set.selections if isinstance(one, FieldNode))
        own = [chosen.name.value] if chosen.name else []
        return frozenset([chosen.operation.value, *own, *(one.name.value for one in fields)])

    def executed(self, given: Answer) -> None:
        """Execute what was requested, free of charge and without an answer."""
        tree = self._parsed(given["query"])
        assert isinstance(tree, DocumentNode)
        self._executed(tree, given.get("variables"), given.get("operationName"))

    def _parsed(self, text: str) -> DocumentNode | list[GraphQLError]:
        """The document, or what is wrong with it."""
        known = self._documents.get(text)
        if known is None:
            try:
                tree = parse(text)
                known = validate(self._schema, tree) or tree
            except GraphQLError as error:
                known = [error]
            self._documents[text] = known
            if len(self._documents) > KEPT_DOCUMENTS:
                self._documents.popitem(last=False)
        return known

    def _executed(
        self, tree: DocumentNode, variables: Answer | None, operation: str | None
    ) -> Answer:
        with self._shop.world.lock:
            result = execute_sync(
                self._schema,
                tree,
                context_value=self._shop,
                variable_values=variables,
                operation_name=operation,
                field_resolver=_resolve,
            )
        answer: Answer = {"data": result.data}
        if result.errors:
            answer["errors"] = [error.formatted for error in result.errors]
        return answer

    def _cost(self, points: int, spent: int | None) -> Answer:
        return {
            "requestedQueryCost": points,
            "actualQueryCost": spent,
            "throttleStatus": self._shop.bucket.status(),
        }

    def _refused(self, code: str, message: str, points: int) -> Answer:
        error = {"message": message, "extensions": {"code": code}}
        return {"errors": [error], "extensions": {"cost": self._cost(points, None)}}


def _resolve(source: Answer, info: Info, **_: object) -> Any:
    return source[info.field_name] if isinstance(source, Plain) else source[str(info.path.key)]


def _fragments(tree: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    return {d.name.value: d for d in tree.definitions if isinstance(d, FragmentDefinitionNode)}


def _failed(errors: Sequence[GraphQLError]) -> Answer:
    return {"errors": [error.formatted for error in errors]}
