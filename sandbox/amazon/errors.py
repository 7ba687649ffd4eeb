"""What the platform refuses, in one shape in all APIs."""

from collections.abc import Callable
from typing import Final

from sandbox.kit.errors import ErrorTable, RefusedError
from sandbox.kit.fields import Document

_DENIED: Final = "Access to requested resource is denied."
_MEDIA: Final = "The Content-Type must be application/json."
ERRORS: Final = ErrorTable(
    ("status", "code", "message", "details", "allow"),
    {
        "wrong": (400, "InvalidInput", "{text}", ""),
        "invalid": (400, "InvalidInput", "{name} {reason}.", ""),
        "missing": (400, "InvalidInput", "Missing or invalid request parameters: [{name}]", ""),
        "body": (400, "InvalidInput", "Invalid request body: {reason}", ""),
        "over": (400, "InvalidInput", "The {name} is invalid or has expired.", ""),
        "unnamed_media": (400, "InvalidInput", _MEDIA, ""),
        "uri": (400, "INVALID_REQUEST", "The uri and the method are not this API's.", ""),
        "store": (400, "INVALID_MARKETPLACE", "The marketplaceId is not valid here.", ""),
        "asin": (400, "INVALID_ASIN", "{asin} is not a valid ASIN", ""),
        "denied": (403, "Unauthorized", _DENIED, "{why}"),
        "unavailable": (403, "Unauthorized", "{why}", ""),
        "unknown": (404, "NotFound", "{text}", ""),
        "no_path": (404, "NotFound", "The requested resource does not exist.", ""),
        "no_method": (405, "MethodNotAllowed", "The method is not supported.", "", "{allow}"),
        "wrong_media": (415, "UnsupportedMediaType", _MEDIA, ""),
        "quota": (429, "QuotaExceeded", "You exceeded your quota for the requested resource.", ""),
        "failure": ("{status}", "InternalFailure", "We encountered an internal error.", ""),
    },
)


def over(name: str) -> RefusedError:
    """A page token, the parameter of this name, is none of ours."""
    return ERRORS("over", name=name)


def wrong(text: str) -> RefusedError:
    """Parameters or a body are not what the operation takes."""
    return ERRORS("wrong", text=text)


def body_of(refused: RefusedError) -> Document:
    """The body of a refusal."""
    return {"errors": [{name: refused.entry[name] for name in ("code", "message", "details")}]}


def in_batch(make: Callable[[], Document], success: str) -> tuple[Document, Document]:
    """The status line and the body of one request of a batch."""
    try:
        body = make()
    except RefusedError as refused:
        line = {"statusCode": refused.entry["status"], "reasonPhrase": "Client Error"}
        return line, body_of(refused)
    return {"statusCode": 200, "reasonPhrase": success}, body
