"""Answers that are made to break whoever reads them end in one sentence."""

import gzip
import zlib
from collections.abc import Iterator

import httpx
import msgspec
import pytest
import zstandard

from connectors.base.http import Http
from connectors.base.wire import decoded
from contracts.errors import ShopkeeperError, SourceContractError, TransientSourceError

DEEP = b"[" * 200_000 + b"]" * 200_000


class Order(msgspec.Struct):
    id: int
    title: str = ""


@pytest.mark.parametrize(
    "body",
    [
        DEEP,
        b'{"id": 1, "unknown": ' + DEEP + b"}",
        b'{"id": ' + b"[" * 200_000,
        b'{"id": 1' + b"0" * 100_000 + b"}",
        b'{"id": 1e999999}',
        b'{"id": 1, "title": "\xff\xfe"}',
        b"",
        b"\x00" * 1_000,
    ],
)
def test_a_json_bomb_is_an_answer_of_an_unknown_shape(body: bytes) -> None:
    with pytest.raises(SourceContractError, match=r"^an answer is|^an answer has"):
        decoded(msgspec.json.Decoder(Order).decode, body)


@pytest.mark.parametrize("body", [DEEP, b'{"title": "\xff"}', b'{"a":' * 200_000])
def test_a_json_bomb_where_no_shape_is_known_ends_the_same(body: bytes) -> None:
    with pytest.raises(SourceContractError, match=r"^an answer is"):
        decoded(msgspec.json.decode, body)


def answered(body: bytes, packed: str) -> Iterator[bytes]:
    def handle(request: httpx.Request) -> httpx.Response:
        assert request.headers["accept-encoding"] == "gzip"
        return httpx.Response(200, headers={"content-encoding": packed}, stream=_Sent(body))

    http = Http(
        "https://shop.example",
        headers={},
        transport=httpx.MockTransport(handle),
        resolve=lambda _: ["23.227.38.33"],
    )
    try:
        yield from http.download("https://shop.example/file", most=2**20)
    finally:
        http.close()


class _Sent(httpx.SyncByteStream):
    """A body as it comes from the wire, in pieces."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self._body), 65_536):
            yield self._body[start : start + 65_536]


def test_a_packed_answer_is_read() -> None:
    assert b"".join(answered(gzip.compress(b"orders", mtime=0), "gzip")) == b"orders"


@pytest.mark.parametrize(
    ("body", "packed", "error", "said"),
    [
        (
            gzip.compress(b"0" * 2**24, mtime=0),
            "gzip",
            SourceContractError,
            "larger than 1048576 bytes",
        ),
        (b"no gzip at all", "gzip", TransientSourceError, "an answer broke off"),
        (zstandard.compress(b"0" * 2**24), "zstd", SourceContractError, "packed in another way"),
        (zlib.compress(b"0" * 2**24), "deflate", SourceContractError, "packed in another way"),
        (
            gzip.compress(gzip.compress(b"0", mtime=0), mtime=0),
            "gzip, gzip",
            SourceContractError,
            "another way",
        ),
    ],
)
def test_a_packed_bomb_ends_in_one_sentence(
    body: bytes, packed: str, error: type[ShopkeeperError], said: str
) -> None:
    with pytest.raises(error, match=said):
        list(answered(body, packed))
