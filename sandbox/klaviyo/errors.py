"""Refusals as JSON:API has them: a status, and one error with an id, a code and its source."""

import uuid
from typing import Any, Final

from sandbox.kit.errors import ErrorTable, RefusedError

# By status; wording is ours, the platform documents only the shape.
_KINDS: Final = {
    400: ("invalid", "Invalid input."),
    401: ("not_authenticated", "Authentication failed."),
    403: ("permission_denied", "Permission denied."),
    404: ("not_found", "Not found."),
    405: ("method_not_allowed", "Method not allowed."),
    409: ("duplicate", "Conflict."),
    413: ("payload_too_large", "Payload too large."),
    415: ("unsupported_media_type", "Unsupported media type."),
    429: ("throttled", "Request was throttled."),
    500: ("error", "A server error occurred."),
    503: ("service_unavailable", "Service unavailable."),
}


ERRORS: Final = ErrorTable(
    ("status", "code", "title", "detail", "parameter"),
    {"invalid": (400, *_KINDS[400], "{name!r} {reason}.", "{name}")},
)
"""What is said of a parameter of the URL that cannot be read."""


def refused(status: int, detail: str, *, code: str | None = None, **source: str) -> RefusedError:
    """A request is not done: for a `pointer` into the body or a `parameter` of the URL."""
    kind, title = _KINDS.get(status, ("error", "The request was not done."))
    entry = {"status": status, "code": code or kind, "title": title, "detail": detail, **source}
    return RefusedError(kind, entry)


def error_of(refusal: RefusedError) -> dict[str, Any]:
    """The error as it stands in a list of them."""
    entry = dict(refusal.entry)
    source = {name: entry.pop(name) for name in ("pointer", "parameter") if name in entry}
    return {"id": str(uuid.uuid4()), **entry, "source": source or {"pointer": "/data"}}


def invalid(detail: str, **source: str) -> RefusedError:
    """A request that says something that cannot be."""
    return refused(400, detail, **source)


def not_found(kind: str, key: str) -> RefusedError:
    """Nothing has this id."""
    return refused(404, f"A {kind} with id {key!r} does not exist.")
