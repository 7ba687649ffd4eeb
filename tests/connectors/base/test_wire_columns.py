"""From structs to columns."""

import msgspec
import polars as pl
import pytest

from connectors.base.wire import columns, decoded, unknown_fields
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
