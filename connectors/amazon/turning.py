"""What turning the pages of Amazon's lists takes, whatever the documents on them hold."""

import msgspec

from connectors.base.wire import decoded


class _Pagination(msgspec.Struct, rename="camel"):
    next_token: str | None = None


class _Page(msgspec.Struct):
    pagination: _Pagination | None = None


class _Paid(msgspec.Struct):
    payload: _Pagination | None = None


class _Counted(msgspec.Struct, rename="camel"):
    number_of_results: int
    items: list[msgspec.Raw] | None = None


class _Named(msgspec.Struct):
    sku: str


class _Answered(msgspec.Struct):
    responses: list[msgspec.Raw]


class _Line(msgspec.Struct, rename="camel"):
    status_code: int = 200


class _Status(msgspec.Struct):
    status: _Line | None = None


_PAGE = msgspec.json.Decoder(_Page)
_PAID = msgspec.json.Decoder(_Paid)
_COUNTED = msgspec.json.Decoder(_Counted)
_NAMED = msgspec.json.Decoder(_Named)
_ANSWERED = msgspec.json.Decoder(_Answered)
_STATUS = msgspec.json.Decoder(_Status)


def cursor(body: bytes) -> str | None:
    """Where a list goes on; null: it ends."""
    pagination = decoded(_PAGE.decode, body).pagination
    return (pagination.next_token if pagination else None) or None


def payload_cursor(body: bytes) -> str | None:
    """The same, of lists that tell it beside what they list."""
    payload = decoded(_PAID.decode, body).payload
    return (payload.next_token if payload else None) or None


def counted(body: bytes) -> tuple[int, list[str | bytes]]:
    """How many listings were found, and those shown: by SKU, or by what stands in its place."""
    page = decoded(_COUNTED.decode, body)
    return page.number_of_results, [_name(raw) for raw in page.items or []]


def statuses(body: bytes) -> list[int]:
    """The HTTP status of each answer among several; 200 of one that says none."""
    return [_status(raw) for raw in decoded(_ANSWERED.decode, body).responses]


def _name(raw: msgspec.Raw) -> str | bytes:
    try:
        return _NAMED.decode(raw).sku
    except msgspec.DecodeError:
        return bytes(raw)


def _status(raw: msgspec.Raw) -> int:
    try:
        line = _STATUS.decode(raw).status
    except msgspec.DecodeError:
        return 200
    return line.status_code if line else 200
