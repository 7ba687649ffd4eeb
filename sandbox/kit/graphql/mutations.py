"""Mutations whose payload lists what is wrong beside what was done."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema, get_named_type

from sandbox.kit.graphql.documents import Plain

Given = dict[str, Any]


@dataclass(frozen=True)
class WriteRefusedError(Exception):
    """A write is refused with an entry of the payload's errors; nothing of it was applied."""

    code: str
    message: str
    field: tuple[str, ...] = ()

    def entry(self) -> Plain:
        """The entry in the list of errors."""
        return Plain(code=self.code, message=self.message, field=list(self.field) or None)


def refuse_if(condition: object, code: str, message: str, *place: str) -> None:
    """Refuse a write when something is wrong in a place of its input.

    Raises:
        WriteRefusedError: the condition holds.
    """
    if condition:
        raise WriteRefusedError(code, message, place)


@dataclass(frozen=True)
class Done:
    """What became of a write: the payload's fields, what was applied, and what was refused.

    `is_repeated` when it was answered again without being done again.
    """

    payload: dict[str, Any] = field(default_factory=dict)
    applied: list[Any] = field(default_factory=list)
    errors: list[Plain] = field(default_factory=list)
    is_repeated: bool = False


Write = Callable[[GraphQLResolveInfo[Any], Given], Done]
Keep = Callable[[GraphQLResolveInfo[Any], str, Given, Done], None]


def attach(schema: GraphQLSchema, writes: Mapping[str, Write], *, errors: str, keep: Keep) -> None:
    """Give the mutation type its resolvers; a payload's other fields are None when refused.

    Args:
        errors: the payload's field that lists what is wrong.
        keep: called after each write with its name, its arguments and what became of it.
    """
    assert schema.mutation_type is not None
    for name, definition in schema.mutation_type.fields.items():
        payload = get_named_type(definition.type)
        assert isinstance(payload, GraphQLObjectType)
        nothing = dict.fromkeys(payload.fields)
        definition.resolve = _resolver(name, writes[name], nothing, errors=errors, keep=keep)


def _resolver(
    name: str, write: Write, nothing: Given, *, errors: str, keep: Keep
) -> Callable[..., Plain]:
    def resolve(_: object, info: GraphQLResolveInfo[Any], **given: Any) -> Plain:
        try:
            done = write(info, given)
        except WriteRefusedError as refused:
            done = Done(errors=[refused.entry()])
        keep(info, name, given, done)
        return Plain({**nothing, **done.payload, errors: done.errors})

    return resolve
