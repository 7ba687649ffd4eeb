"""What the dialect refuses although the platform would do it."""

from graphql import GraphQLError


def not_emulated(what: str) -> GraphQLError:
    """The error for what the platform has and the dialect does not: an answer would be a guess."""
    return GraphQLError(f"Not emulated: {what}.", extensions={"code": "NOT_EMULATED"})
