"""Errors of a mutation, as the platform lists them."""

from dataclasses import dataclass

from graphql import GraphQLError

from sandbox.kit.graphql.documents import Plain


@dataclass(frozen=True)
class WriteRefusedError(Exception):
    """A write is refused with a `userErrors` entry; nothing of it was applied."""

    code: str
    message: str
    field: tuple[str, ...] = ()

    def entry(self) -> Plain:
        """The entry of `userErrors`."""
        return Plain(code=self.code, message=self.message, field=list(self.field) or None)


def refuse_if(condition: object, code: str, message: str, *field: str) -> None:
    """Refuse a write when something is wrong with a field of its input.

    Raises:
        WriteRefusedError: the condition holds.
    """
    if condition:
        raise WriteRefusedError(code, message, field)


def not_emulated(what: str) -> GraphQLError:
    """The error for what the platform has and the dialect does not: an answer would be a guess."""
    return GraphQLError(f"Not emulated: {what}.", extensions={"code": "NOT_EMULATED"})
