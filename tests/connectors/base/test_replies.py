"""Replies: never over what somebody else has written, and read back as they were sent."""

from collections.abc import Mapping

import pytest

from connectors.base.replies import Replies
from connectors.base.sending import UnfitError
from contracts.actions import Change, Live, Unread
from contracts.codes import OutcomeState
from contracts.payloads import Reply, encode

SHOWN: Mapping[str, str | Unread] = {
    "bare": "",
    "ours": " 谢谢 ",
    "theirs": "不客气",
    "odd": Unread(why="odd"),
}


def change(target: str, text: str | None = "谢谢") -> Change:
    return Change(
        action_id=f"a-{target}",
        target_id=target,
        parent_id=None,
        before=0,
        after=1,
        currency=None,
        payload=None if text is None else encode(Reply(text=text)),
    )


class Platform:
    """Keeps what was written, and refuses one review."""

    def __init__(self) -> None:
        self.written: list[tuple[str, str]] = []

    def write(self, change: Change, text: str) -> None:
        if change.target_id == "closed":
            raise UnfitError("it is closed")
        self.written.append((change.target_id, text))


REPLIES = Replies(shown=lambda _: SHOWN, write=Platform.write, most=5)


@pytest.mark.parametrize(
    ("target", "text", "is_written"),
    [
        ("bare", "谢谢", True),
        ("ours", "谢谢", True),
        ("unknown", "谢谢", True),
        ("theirs", "谢谢", False),
        ("odd", "谢谢", False),
        ("closed", "谢谢", False),
        ("bare", "a long text", False),
        ("bare", None, False),
    ],
)
def test_a_reply_is_written_where_nobody_else_has(
    target: str, text: str | None, is_written: bool
) -> None:
    platform = Platform()
    (outcome,) = REPLIES.send(platform, [change(target, text)])
    state = OutcomeState.ACCEPTED if is_written else OutcomeState.REJECTED
    assert outcome.state is state
    assert platform.written == ([(target, "谢谢")] if is_written else [])


def test_what_a_review_shows_is_told_of_those_that_are_meant() -> None:
    targets = ("bare", "ours", "theirs", "odd", "unknown")
    found = REPLIES.live(Platform(), [change(one) for one in targets])
    values = {"bare": 0, "ours": 1, "theirs": 0}
    live = {name: Live(value=value, currency=None) for name, value in values.items()}
    assert found == {**live, "odd": Unread(why="odd")}
