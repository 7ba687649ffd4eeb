"""A connector says of each kind of write how far we do it."""

import datetime as dt
from typing import Any

import pytest

from connectors.base.declaration import Connector, Write
from connectors.base.settings import AccountSettings
from contracts.codes import Reversal, WriteKind


def write(**more: Any) -> Write:
    given: dict[str, Any] = {"kind": WriteKind.SET_PRICE, "reversal": Reversal.REVERSIBLE}
    return Write(**{**given, "live": lambda *_: {}, "send": lambda *_: [], **more})


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, "reversible, read back, may be sent twice"),
        (
            {"settles": dt.timedelta(minutes=2)},
            "reversible, read back after 120 s, may be sent twice",
        ),
        (
            {"live": None, "reversal": Reversal.IRREVERSIBLE, "is_absolute": False},
            "irreversible, proved by the answer alone, is never sent twice",
        ),
    ],
)
def test_a_write_tells_how_it_is_undone_proved_and_repeated(
    more: dict[str, Any], told: str
) -> None:
    assert write(**more).told == told


def test_the_matrix_has_what_we_do_what_a_person_does_and_what_there_is_not() -> None:
    connector = Connector(
        name="bazaar",
        title="Bazaar",
        settings=AccountSettings,
        open_client=lambda *_: None,
        streams=(),
        writes=(write(),),
        person_only=(WriteKind.REPLY_REVIEW,),
        impossible=(WriteKind.SET_STOCK,),
    )
    assert connector.capabilities() == [
        (WriteKind.SET_PRICE, "reversible, read back, may be sent twice"),
        (WriteKind.SET_STOCK, "impossible there"),
        (WriteKind.REPLY_REVIEW, "for a person only"),
    ]
