"""What a request sent as parameters: its query, and its form whichever way that is encoded."""

from email import message_from_bytes
from email.policy import HTTP
from urllib.parse import parse_qsl

from starlette.requests import Request


def parameters(request: Request, body: bytes) -> dict[str, str]:
    """The fields of query and form; the form's count where both have one."""
    query = request.scope["query_string"].decode("latin-1")
    kind = request.headers.get("content-type", "")
    form = _multipart(kind, body) if kind.startswith("multipart/") else _fields(body)
    return dict(parse_qsl(query, keep_blank_values=True)) | form


def _fields(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _multipart(kind: str, body: bytes) -> dict[str, str]:
    """The fields of a form in parts; its files are not fields, and no part of what is signed."""
    head = b"content-type: " + kind.encode() + b"\r\n\r\n"
    form = message_from_bytes(head + body, policy=HTTP)
    return {
        str(part.get_param("name", header="content-disposition")): _text(
            part.get_payload(decode=True)
        )
        for part in form.walk()
        if not part.is_multipart() and part.get_filename() is None
    }


def _text(payload: object) -> str:
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
