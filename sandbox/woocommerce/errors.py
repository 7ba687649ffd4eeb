"""A refusal as WordPress writes it: a code, a message, and the HTTP status again in `data`."""

from dataclasses import dataclass, field
from typing import Any


# Not frozen: Python writes the traceback into an exception that passes a context manager.
@dataclass(eq=False)
class RestError(Exception):
    """A request is answered with an error; nothing of it was applied."""

    code: str
    message: str
    status: int
    data: dict[str, Any] = field(default_factory=dict)

    def answer(self) -> dict[str, Any]:
        """The body of the answer, or the `error` of a row of a batch."""
        data = {"status": self.status, **self.data}
        return {"code": self.code, "message": self.message, "data": data}


def invalid_param(name: str, why: str) -> RestError:
    """A parameter has a value that its schema does not allow."""
    return RestError(
        "rest_invalid_param", f"Invalid parameter(s): {name}", 400, {"params": {name: why}}
    )


def missing_param(name: str) -> RestError:
    """A parameter that is required was not given."""
    return RestError(
        "rest_missing_callback_param", f"Missing parameter(s): {name}", 400, {"params": [name]}
    )


def not_emulated(what: str) -> RestError:
    """The platform has it, the sandbox does not: said aloud, so that no test passes by silence."""
    return RestError("sandbox_not_emulated", f"The sandbox does not emulate {what}.", 501)


def only(given: dict[str, Any], fields: frozenset[str], of: str) -> None:
    """Check that a write names no field beyond those that the sandbox can change.

    Raises:
        RestError: 501, it does.
    """
    if unknown := sorted(set(given) - fields):
        raise not_emulated(f"the field {unknown[0]} of {of}")
