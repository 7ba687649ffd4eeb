"""Tables of the command line lose no sign of what they hold, however narrow the place."""

import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopkeeper.console import show, table

_SIGNS = "abcdefghij0123456789.,%米价"
_CELLS = st.lists(st.text(_SIGNS, max_size=30), max_size=3).map(" ".join)
_ROWS = st.lists(st.lists(_CELLS, min_size=14, max_size=14), min_size=1, max_size=4)
_COLUMNS = [f"column {n}" for n in range(14)]
_SETTINGS = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def printed(rows: list[list[str]], capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    show(table("Wide", _COLUMNS, rows))
    return capsys.readouterr().out


@given(_ROWS)
@_SETTINGS
def test_in_a_file_every_word_is_whole(
    capsys: pytest.CaptureFixture[str], rows: list[list[str]]
) -> None:
    words = {word for row in rows for cell in row for word in cell.split()}
    assert words <= set(printed(rows, capsys).split())


@given(_ROWS)
@_SETTINGS
def test_in_a_narrow_terminal_no_sign_is_lost(
    capsys: pytest.CaptureFixture[str], rows: list[list[str]]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.stdout, "isatty", lambda: True)
        patch.setenv("COLUMNS", "90")
        patch.setenv("TERM", "dumb")
        text = printed(rows, capsys).split("column")[-1]
    wanted = "".join(sorted("".join(cell for row in rows for cell in row).replace(" ", "")))
    found = "".join(sorted(sign for sign in text if sign in _SIGNS))
    assert "…" not in text
    assert len(found) >= len(wanted)
