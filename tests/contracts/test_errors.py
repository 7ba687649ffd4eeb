"""An error is one line, whatever it quotes."""

from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import ShopkeeperError, TransientSourceError


@given(st.text(max_size=5_000))
def test_an_error_is_one_bounded_line_without_escape_codes(quoted: str) -> None:
    text = str(ShopkeeperError(f"{quoted} cannot be read"))
    assert text.isprintable()
    assert len(text) <= 2_000


def test_a_file_name_cannot_forge_a_line_of_the_log() -> None:
    error = TransientSourceError("costs\r\n2026-11-22 INFO all is well\x1b[2J.csv cannot be read")
    assert str(error) == "costs  2026-11-22 INFO all is well [2J.csv cannot be read"
