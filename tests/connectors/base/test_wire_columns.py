"""From structs to columns."""

import msgspec
import polars as pl
import pytest

from connectors.base.frames import columns
from connectors.base.wire import Figure, Text, decoded, lenient, unknown_fields
from contracts.errors import SourceContractError


class Owner(msgspec.Struct):
    id: str


class Thing(msgspec.Struct, rename="camel"):
    unit_count: int
    owner: Owner | None
    parts: list[Owner] = []


PATHS = {"units": ("unit_count", pl.Int64), "owner": ("owner?.id", pl.String)}


def test_paths_become_typed_columns_and_a_missing_owner_a_null() -> None:
    frame = columns([Thing(1, Owner("a")), Thing(2, None)], PATHS)
    assert frame.to_dicts() == [{"units": 1, "owner": "a"}, {"units": 2, "owner": None}]


def test_no_structs_keep_the_types() -> None:
    assert columns([], PATHS).schema == {"units": pl.Int64, "owner": pl.String}


def test_new_fields_are_named_at_every_depth() -> None:
    value = {
        "unitCount": 1,
        "owner": {"id": "a", "mood": "secret"},
        "parts": [{"id": "b"}, {"id": "c", "size": 3}],
        "colour": "red",
    }
    assert unknown_fields(value, Thing) == {"colour", "mood", "size"}


@pytest.mark.parametrize("body", [b'{"unitCount":"bo@example.com","owner":null}', b"<html>", b""])
def test_an_unknown_shape_is_an_error_that_repeats_no_value(body: bytes) -> None:
    with pytest.raises(SourceContractError) as caught:
        decoded(msgspec.json.Decoder(Thing).decode, body)
    assert "example" not in str(caught.value)
    assert "html" not in str(caught.value)


class Labelled(msgspec.Struct):
    code: Text | None = None
    count: int = 0


@pytest.mark.parametrize(
    ("body", "code", "count"),
    [
        (b'{"code":"A-1","count":2}', "A-1", 2),
        (b'{"code":5100000000000000001,"count":"2"}', "5100000000000000001", 2),
        (b'{"code":123456789012345678901234567890}', "123456789012345678901234567890", 0),
        (b'{"code":30.10}', "30.10", 0),
        (b'{"code":null}', None, 0),
    ],
)
def test_a_number_for_text_is_read_digit_by_digit_and_text_for_a_number(
    body: bytes, code: str | None, count: int
) -> None:
    found = decoded(lenient(Labelled).decode, body)
    assert (found.code, found.count) == (code, count)
    assert columns([found], {"code": ("code", pl.String)})["code"].to_list() == [code]


@pytest.mark.parametrize("value", [b"true", b"[1]", b"{}", b'["bo@example.com"]'])
def test_what_is_neither_text_nor_number_is_no_text(value: bytes) -> None:
    with pytest.raises(SourceContractError) as caught:
        decoded(lenient(Labelled).decode, b'{"code":' + value + b"}")
    assert "example" not in str(caught.value)
    assert "code" in str(caught.value)


class Counted(msgspec.Struct):
    day: str
    cost: Figure | None = None


@pytest.mark.parametrize(
    ("value", "read"),
    [(b'"1.50"', "1.50"), (b"1.50", "1.50"), (b"7", "7"), (b"null", None)],
)
def test_a_figure_is_read_as_it_is_written(value: bytes, read: str | None) -> None:
    body = b'{"day":"2026-11-14","cost":' + value + b"}"
    assert decoded(lenient(Counted).decode, body).cost == read


@pytest.mark.parametrize("value", [b"true", b"[1]", b"{}"])
def test_what_is_no_figure_keeps_its_row_and_cannot_be_read(value: bytes) -> None:
    body = b'{"day":"2026-11-14","cost":' + value + b"}"
    found = decoded(lenient(Counted).decode, body)
    assert (found.day, found.cost) == ("2026-11-14", "(no number)")
