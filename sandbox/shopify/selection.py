"""What a document asks of a type: aliases, arguments, fragments and conditions resolved."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLIncludeDirective,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SelectionSetNode,
    get_directive_values,
    is_abstract_type,
)
from graphql.execution.values import VariableValues, get_argument_values


@dataclass(frozen=True)
class Document:
    """A validated operation's fragments and the values of its variables."""

    schema: GraphQLSchema
    fragments: dict[str, FragmentDefinitionNode]
    variables: VariableValues | None


@dataclass(frozen=True)
class Selected:
    """One response key under a type; `inside` are the selection sets below it."""

    key: str
    name: str
    arguments: dict[str, Any]
    inside: tuple[SelectionSetNode, ...]
    nodes: tuple[FieldNode, ...]


def document_of(info: GraphQLResolveInfo[Any]) -> Document:
    """The document a resolver runs in."""
    return Document(info.schema, dict(info.fragments), info.variable_values)


def inside(info: GraphQLResolveInfo[Any]) -> tuple[SelectionSetNode, ...]:
    """The selection sets below the field a resolver answers."""
    return tuple(node.selection_set for node in info.field_nodes if node.selection_set)


def select(document: Document, type_name: str, sets: Sequence[SelectionSetNode]) -> list[Selected]:
    """The fields asked of a type, one per response key, in order of first use."""
    grouped: dict[str, list[FieldNode]] = {}
    for selection_set in sets:
        for node in _fields(document, type_name, selection_set):
            key = node.alias.value if node.alias else node.name.value
            grouped.setdefault(key, []).append(node)
    return [_selected(document, type_name, key, nodes) for key, nodes in grouped.items()]


def field_of(schema: GraphQLSchema, type_name: str, name: str) -> GraphQLField | None:
    """The definition of a field; of an abstract type, that of any possible type."""
    named = schema.type_map[type_name]
    owners: list[GraphQLObjectType | GraphQLInterfaceType] = []
    if isinstance(named, GraphQLObjectType | GraphQLInterfaceType):
        owners.append(named)
    if is_abstract_type(named):
        owners.extend(schema.get_possible_types(named))
    found: list[GraphQLField] = [own.fields[name] for own in owners if name in own.fields]
    return found[0] if found else None


def _selected(document: Document, type_name: str, key: str, nodes: list[FieldNode]) -> Selected:
    name = nodes[0].name.value
    definition = field_of(document.schema, type_name, name)
    arguments = get_argument_values(definition, nodes[0], document.variables) if definition else {}
    sets = tuple(node.selection_set for node in nodes if node.selection_set)
    return Selected(key, name, arguments, sets, tuple(nodes))


def _fields(
    document: Document, type_name: str, selection_set: SelectionSetNode
) -> Iterator[FieldNode]:
    for node in selection_set.selections:
        if not _included(document, node):
            continue
        if isinstance(node, FieldNode):
            yield node
            continue
        part: InlineFragmentNode | FragmentDefinitionNode
        if isinstance(node, FragmentSpreadNode):
            part = document.fragments[node.name.value]
        else:
            assert isinstance(node, InlineFragmentNode)
            part = node
        condition = part.type_condition
        if condition is None or _applies(document.schema, condition.name.value, type_name):
            yield from _fields(document, type_name, part.selection_set)


def _included(document: Document, node: Any) -> bool:
    skip = get_directive_values(GraphQLSkipDirective, node, document.variables)
    include = get_directive_values(GraphQLIncludeDirective, node, document.variables)
    return not (skip and skip["if"]) and not (include and not include["if"])


def _applies(schema: GraphQLSchema, condition: str, type_name: str) -> bool:
    if condition == type_name:
        return True
    wanted, own = schema.type_map[condition], schema.type_map[type_name]
    if is_abstract_type(wanted) and schema.is_sub_type(wanted, own):
        return True
    # An abstract type is projected as the union of its possible types' fields.
    return is_abstract_type(own) and schema.is_sub_type(own, wanted)
