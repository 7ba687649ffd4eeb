"""Refusals as JSON:API has them: a status, and one error with an id, a code and its source."""

import uuid
from typing import Any

# code, title by status; wording is ours, the platform documents only the shape.
_KINDS = {
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


class RefusedError(Exception):
    """A request is not done; `pointer` is into the body, `parameter` names what was in the URL."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        code: str | None = None,
        pointer: str | None = None,
        parameter: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail
        self.code = code or kind_of(status)[0]
        self.pointer, self.parameter = pointer, parameter

    def error(self) -> dict[str, Any]:
        """The error as it stands in a list of them."""
        source = {"parameter": self.parameter} if self.parameter else {"pointer": "/data"}
        if self.pointer is not None:
            source = {"pointer": self.pointer}
        return {
            "id": str(uuid.uuid4()),
            "status": self.status,
            "code": self.code,
            "title": kind_of(self.status)[1],
            "detail": self.detail,
            "source": source,
        }


def kind_of(status: int) -> tuple[str, str]:
    """Code and title of a status."""
    return _KINDS.get(status, ("error", "The request was not done."))


def invalid(
    detail: str, *, pointer: str | None = None, parameter: str | None = None
) -> RefusedError:
    """A request that says something that cannot be."""
    return RefusedError(400, detail, pointer=pointer, parameter=parameter)


def not_found(kind: str, key: str) -> RefusedError:
    """Nothing has this id."""
    return RefusedError(404, f"A {kind} with id {key!r} does not exist.")
