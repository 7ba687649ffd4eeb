"""What the platform answers instead: an HTTP status and a list of errors."""

from typing import Final

DENIED: Final = "Access to requested resource is denied."


class RefusedError(Exception):
    """A call is refused; nothing of it was done."""

    def __init__(self, status: int, code: str, message: str, details: str = "") -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.details = status, code, message, details

    def body(self) -> dict[str, list[dict[str, str]]]:
        """The answer's body, of one shape in all APIs."""
        return {"errors": [self.entry()]}

    def entry(self) -> dict[str, str]:
        """The only entry of the list of errors."""
        return {"code": self.code, "message": self.message, "details": self.details}


def invalid(message: str) -> RefusedError:
    """A parameter or a body is not what the operation takes."""
    return RefusedError(400, "InvalidInput", message)


def missing(message: str) -> RefusedError:
    """What was asked for does not exist."""
    return RefusedError(404, "NotFound", message)


def denied(details: str = "") -> RefusedError:
    """The caller may not do this, or not as who it says it is."""
    return RefusedError(403, "Unauthorized", DENIED, details)
