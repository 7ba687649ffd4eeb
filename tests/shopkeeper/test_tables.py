"""Tables of the command line lose no sign of what they hold, however narrow the place."""

import re
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopkeeper.console import show, table

_SIGNS = "abcdefghij0123456789.,%米价"
_WORD = re.compile(r"[^\s米价]+")
_CELLS = st.lists(st.text(_SIGNS, max_size=30), max_size=3).map(" ".join)
_ROWS = st.lists(st.lists(_CELLS, max_size=14), min_size=1, max_size=4)
"""Some rows have no cells for the last columns."""
_COLUMNS = [f"column {n}" for n in range(14)]
_SETTINGS = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def printed(rows: list[list[str]], capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    show(table("Wide", _COLUMNS, rows))
    return capsys.readouterr().out


@pytest.mark.parametrize("columns", [None, "40"])
@given(rows=_ROWS)
@_SETTINGS
def test_every_word_is_whole_in_a_file_and_in_a_narrow_terminal(
    capsys: pytest.CaptureFixture[str], columns: str | None, rows: list[list[str]]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        if columns is not None:
            patch.setattr(sys.stdout, "isatty", lambda: True)
            patch.setenv("COLUMNS", columns)
            patch.setenv("TERM", "dumb")
        cells = " ".join(cell for row in rows for cell in row)
        shown = printed(rows, capsys)
        assert set(_WORD.findall(cells)) <= set(_WORD.findall(shown))
        for sign in "米价":  # between them a line may be broken
            assert shown.count(sign) == cells.count(sign)
