"""Errors of a mutation, as the platform lists them."""

from dataclasses import dataclass

from graphql import GraphQLError


class Plain(dict[str, object]):
    """An answer keyed by field name; rows from a projection are keyed as the document asks."""


@dataclass(frozen=True)
class WriteRefusedError(Exception):
    """A write is refused with a `userErrors` entry; nothing of it was applied."""

    code: str
    message: str
    field: tuple[str, ...] = ()

    def entry(self) -> Plain:
        """The entry of `userErrors`."""
        return Plain(code=self.code, message=self.message, field=list(self.field) or None)


def not_emulated(what: str) -> GraphQLError:
    """The error for what the platform has and the dialect does not: an answer would be a guess."""
    return GraphQLError(f"Not emulated: {what}.", extensions={"code": "NOT_EMULATED"})
