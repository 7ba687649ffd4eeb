"""What a document requests of a type: aliases, arguments, fragments and conditions resolved."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLIncludeDirective,
    GraphQLNamedType,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SelectionSetNode,
    get_directive_values,
    get_named_type,
    is_abstract_type,
)
from graphql.execution.values import VariableValues, get_argument_values

Sets = Sequence[SelectionSetNode]


@dataclass(frozen=True)
class Selected:
    """One response key under a type; `inside` are the selection sets below it.

    `definition` is None for `__typename`.
    """

    key: str
    name: str
    definition: GraphQLField | None
    arguments: dict[str, Any]
    inside: tuple[SelectionSetNode, ...]

    @property
    def named_type(self) -> GraphQLNamedType | None:
        """The type of the field without its lists and its demands."""
        return get_named_type(self.definition.type) if self.definition else None


@dataclass(frozen=True)
class Document:
    """A validated operation's fragments and the values of its variables."""

    schema: GraphQLSchema
    fragments: dict[str, FragmentDefinitionNode]
    variables: VariableValues | None

    @staticmethod
    def of(info: GraphQLResolveInfo[Any]) -> "Document":
        """The document a resolver runs in."""
        return Document(info.schema, dict(info.fragments), info.variable_values)

    def select(self, type_name: str, sets: Sets) -> list[Selected]:
        """The fields requested of a type, one per response key, in order of first use."""
        grouped: dict[str, list[FieldNode]] = {}
        for selection_set in sets:
            for node in self._fields(type_name, selection_set):
                key = node.alias.value if node.alias else node.name.value
                grouped.setdefault(key, []).append(node)
        return [self._selected(type_name, key, nodes) for key, nodes in grouped.items()]

    def below(self, type_name: str, sets: Sets, name: str) -> Sets:
        """The selection sets below one field, under all its response keys."""
        chosen = self.select(type_name, sets)
        return [inner for item in chosen if item.name == name for inner in item.inside]

    def of_nodes(self, type_name: str, sets: Sets) -> Sets:
        """What is requested of a connection's nodes, by `nodes` and by `edges { node }`."""
        connection = f"{type_name}Connection"
        edges = self.below(connection, sets, "edges")
        nodes = self.below(connection, sets, "nodes")
        return [*self.below(f"{type_name}Edge", edges, "node"), *nodes]

    def _selected(self, type_name: str, key: str, nodes: list[FieldNode]) -> Selected:
        name = nodes[0].name.value
        definition = field_of(self.schema, type_name, name)
        given = get_argument_values(definition, nodes[0], self.variables) if definition else {}
        return Selected(key, name, definition, given, inside(nodes))

    def _fields(self, type_name: str, selection_set: SelectionSetNode) -> Iterator[FieldNode]:
        for node in selection_set.selections:
            if not self._is_included(node):
                continue
            if isinstance(node, FieldNode):
                yield node
                continue
            part = self.fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
            assert isinstance(part, FragmentDefinitionNode | InlineFragmentNode)
            condition = part.type_condition
            if condition is None or self._applies(condition.name.value, type_name):
                yield from self._fields(type_name, part.selection_set)

    def _is_included(self, node: Any) -> bool:
        skip = get_directive_values(GraphQLSkipDirective, node, self.variables)
        include = get_directive_values(GraphQLIncludeDirective, node, self.variables)
        return not (skip and skip["if"]) and not (include and not include["if"])

    def _applies(self, condition: str, type_name: str) -> bool:
        if condition == type_name:
            return True
        wanted, own = self.schema.type_map[condition], self.schema.type_map[type_name]
        if is_abstract_type(wanted) and self.schema.is_sub_type(wanted, own):
            return True
        # An abstract type is projected as the union of its possible types' fields.
        return is_abstract_type(own) and self.schema.is_sub_type(own, wanted)


def inside(nodes: Sequence[FieldNode]) -> tuple[SelectionSetNode, ...]:
    """The selection sets below the nodes of one field."""
    return tuple(node.selection_set for node in nodes if node.selection_set)


def field_of(schema: GraphQLSchema, type_name: str, name: str) -> GraphQLField | None:
    """The definition of a field; of an abstract type, that of any possible type."""
    named = schema.type_map[type_name]
    owners: list[Any] = [named]
    if is_abstract_type(named):
        owners.extend(schema.get_possible_types(named))
    fields = (getattr(owner, "fields", {}).get(name) for owner in owners)
    return next((field for field in fields if field is not None), None)
