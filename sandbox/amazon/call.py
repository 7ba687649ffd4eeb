"""One call as an operation sees it."""

from dataclasses import dataclass

from sandbox.amazon.query import Query


@dataclass(frozen=True)
class Call:
    """Path parameters, query, body, and the origin the client called."""

    path: dict[str, str]
    query: Query
    body: bytes
    origin: str
