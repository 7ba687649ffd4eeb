"""Documents of one schema: parsed and validated once, executed for a shop."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    execute_sync,
    get_operation_ast,
    parse,
    validate,
)
from graphql.execution.values import VariableValues, get_variable_values

from sandbox.kit.graphql.selection import Document

KEPT: Final = 256
Answer = dict[str, Any]


class Plain(dict[str, object]):
    """An answer keyed by field name; rows from a projection are keyed as the document says."""


class InvalidDocumentError(Exception):
    """A document that cannot be executed, with all that is wrong with it."""

    def __init__(self, *errors: GraphQLError) -> None:
        super().__init__(errors[0].message)
        self.answer: Answer = {"errors": [error.formatted for error in errors]}


@dataclass(frozen=True)
class Requested:
    """One operation of a valid document with the values of its variables."""

    tree: DocumentNode
    operation: OperationDefinitionNode
    document: Document
    variables: Answer | None


class Documents:
    """Reads and executes documents; those used last are kept parsed."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._kept: OrderedDict[str, DocumentNode] = OrderedDict()

    def requested(self, text: str, variables: Answer | None, operation: str | None) -> Requested:
        """The operation of a document that is meant.

        Raises:
            InvalidDocumentError: the document or a variable is wrong, or no operation is meant.
        """
        tree = self._parsed(text)
        chosen = get_operation_ast(tree, operation)
        if chosen is None:
            raise InvalidDocumentError(GraphQLError("An operation name is required"))
        given = variables or {}
        values = get_variable_values(self._schema, chosen.variable_definitions or (), given)
        if not isinstance(values, VariableValues):
            raise InvalidDocumentError(*values)
        parts = {d.name.value: d for d in tree.definitions if isinstance(d, FragmentDefinitionNode)}
        return Requested(tree, chosen, Document(self._schema, parts, values), variables)

    def executed(self, requested: Requested, context: object) -> Answer:
        """The data and the errors of an operation."""
        name = requested.operation.name
        result = execute_sync(
            self._schema,
            requested.tree,
            context_value=context,
            variable_values=requested.variables,
            operation_name=name.value if name else None,
            field_resolver=_resolve,
        )
        answer: Answer = {"data": result.data}
        if result.errors:
            answer["errors"] = [error.formatted for error in result.errors]
        return answer

    def names(self, text: str, operation: str | None) -> frozenset[str]:
        """What a document may be called: its kind, its name and its root fields; none if wrong."""
        try:
            chosen = get_operation_ast(self._parsed(text), operation)
        except InvalidDocumentError:
            chosen = None
        if chosen is None:
            return frozenset()
        selections = chosen.selection_set.selections
        fields = {one.name.value for one in selections if isinstance(one, FieldNode)}
        own = {chosen.name.value} if chosen.name else set()
        return frozenset({chosen.operation.value} | own | fields)

    def _parsed(self, text: str) -> DocumentNode:
        if text not in self._kept:
            try:
                tree = parse(text)
            except GraphQLError as error:
                raise InvalidDocumentError(error) from error
            if errors := validate(self._schema, tree):
                raise InvalidDocumentError(*errors)
            self._kept[text] = tree
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return self._kept[text]


def _resolve(source: Answer, info: GraphQLResolveInfo[Any], **_: object) -> Any:
    return source[info.field_name] if isinstance(source, Plain) else source[str(info.path.key)]
