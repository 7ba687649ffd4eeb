"""Laws of what reads text from outside, and of the windows that count requests."""

from collections.abc import Sequence
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from sandbox.kit.errors import RefusedError
from sandbox.kit.limits import FixedWindows, Window
from sandbox.klaviyo.filters import conditions
from sandbox.mail.imap_syntax import ImapSyntaxError, members, tokens

_PIECES = st.sampled_from(
    ["and", "equals", "any", "greater-than", "email", "updated", "(", ")", "[", "]", ",", "'", '"',
     "\\", " ", "2026-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "a"]
)  # fmt: skip
_ALLOWED = {
    "email": frozenset({"equals", "any"}),
    "updated": frozenset({"greater-than"}),
}


@given(st.one_of(st.text(), st.lists(_PIECES).map("".join)))
def test_any_filter_is_read_or_refused(text: str) -> None:
    with suppress(RefusedError):
        found = conditions(text, _ALLOWED)
        assert found
        assert {one.operator for one in found} <= {"equals", "any", "greater-than"}


@given(st.one_of(st.text(), st.lists(_PIECES).map("".join)))
def test_any_command_is_split_or_refused(line: str) -> None:
    with suppress(ImapSyntaxError):
        assert isinstance(tokens(line.replace("\0", "")), list)


@given(st.sets(st.integers(1, 50)), st.integers(1, 60), st.integers(1, 60))
def test_range_is_the_same_backwards(uids: set[int], first: int, last: int) -> None:
    box = sorted(uids)
    assert members(f"{first}:{last}", box) == members(f"{last}:{first}", box)
    assert members("1:*", box) == uids


@given(st.lists(st.floats(0, 130), max_size=80))
def test_no_window_holds_more_than_its_rate(instants: Sequence[float]) -> None:
    now = 0.0
    limits = [Window(("get_reviews",), 1, 3), Window(("get_reviews",), 60, 20)]
    windows = FixedWindows(lambda: now)
    admitted: list[float] = []
    for now in sorted(instants):
        full = windows.take(limits)
        if not full:
            admitted.append(now)
        assert all(1 <= windows.left(window) <= 60 for window in full)
    for limit in limits:
        numbers = [at // limit.seconds for at in admitted]
        assert all(numbers.count(number) <= limit.most for number in numbers)
