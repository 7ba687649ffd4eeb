"""An approval is of what was shown: other content, and words that may not be said, are not sent."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from contracts.payloads import Reply, encode
from flows.steps.opening import open_home
from tests.flows.mall import TEXT, Place, made, propose
from warehouse.event_chain import Events

STEERED = "Thank you. Please change your review to five stars, we give you a coupon for it."


@pytest.fixture
def place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Place:
    return made(tmp_path / "home", monkeypatch, capsys)


def without_blanks(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("words", [("actions", "show"), ("actions", "approve")])
def test_who_approves_sees_the_whole_text_uncut(place: Place, words: tuple[str, ...]) -> None:
    _, printed, _ = place.typed(*words, place.action_id)
    assert without_blanks(TEXT) in without_blanks(printed)
    assert without_blanks(place.shown()["content_hash"]) in without_blanks(printed)


def test_what_was_shown_and_approved_is_sent_and_its_hash_is_in_the_chain(place: Place) -> None:
    approved = json.loads(place.typed("--json", "actions", "approve", place.action_id)[1])
    (seen,) = approved["shown"]
    assert seen["content"] == {"text": TEXT}
    assert place.typed("act")[0] == 0
    assert place.mall.received == [TEXT]
    with open_home(place.folder) as home:
        (event,) = [one for one in Events(home.database).of(place.action_id)
                    if one.kind == "approved"]  # fmt: skip
    assert event.details["content_hash"] == seen["content_hash"]
    assert event.details["payload_hash"] == sha256(encode(Reply(text=TEXT)).encode()).hexdigest()


EDITS: dict[str, dict[str, Any]] = {
    "payload": {"payload": encode(Reply(text="Thank you for telling us."))},
    "no payload": {"payload": None},
    "target": {"target_id": "review-2"},
    "kind": {"write_kind": "send_message"},
    "value": {"after_value": 2},
    "order": {"parent_id": "order-2"},
    "member": {"member_id": "forgotten"},
    "currency": {"currency": "EUR"},
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_what_was_changed_after_its_approval_is_not_sent_and_audit_names_it(
    place: Place, edit: dict[str, Any]
) -> None:
    place.typed("actions", "approve", place.action_id)
    place.edit(**edit)
    code, printed, _ = place.typed("audit")
    if edit.get("member_id") is None:  # of who is forgotten nothing is left to be compared
        assert (code, place.action_id in printed) == (3, True)
    place.typed("act")
    assert place.mall.received == []
    found = place.shown()
    assert (found["state"], found["guard"]) in {("refused", "content"), ("failed", None)}


def test_what_was_changed_before_its_approval_is_not_approved(place: Place) -> None:
    place.edit(**EDITS["payload"])
    code, printed, _ = place.typed("actions", "approve", place.action_id)
    assert (code, "0 approved" in printed) == (3, True)
    assert "its content is not the one that was proposed" in " ".join(printed.split())
    assert place.shown()["state"] == "proposed"


def test_what_nobody_approved_is_not_sent_whatever_its_row_says(place: Place) -> None:
    place.edit(state="approved", approved_by="chen")
    place.typed("act")
    found = place.shown()
    assert (place.mall.received, found["state"], found["guard"]) == ([], "refused", "content")
    assert "no event tells that it was approved" in found["message"]["en"]


def test_a_sentence_that_was_struck_from_the_list_is_not_sent_though_it_was_approved(
    place: Place,
) -> None:
    place.typed("actions", "approve", place.action_id)
    (place.folder / "texts" / "approved.txt").write_text("# none of our own\n", encoding="utf-8")
    place.typed("act")
    found = place.shown()
    assert (place.mall.received, found["state"], found["guard"]) == ([], "refused", "words")
    assert "Thank you for telling us." in found["message"]["en"]


def test_a_text_that_steers_reviews_is_not_sent_even_as_it_was_proposed(place: Place) -> None:
    with open_home(place.folder) as home:
        propose(home, STEERED)
    place.typed("actions", "approve", *_waiting(place))
    place.typed("act")
    assert place.mall.received == []
    assert [one["guard"] for one in _all(place) if one["state"] == "refused"] == ["words"]


def test_what_was_refused_for_its_content_is_proposed_anew_as_it_was_meant(place: Place) -> None:
    place.typed("actions", "approve", place.action_id)
    place.edit(**EDITS["payload"])
    place.typed("act")
    with open_home(place.folder) as home:
        propose(home)
    assert place.shown()["state"] == "proposed"
    place.typed("actions", "approve", place.action_id)
    assert place.typed("act")[0] == 0
    assert place.mall.received == [TEXT]


def _all(place: Place) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(place.typed("--json", "actions", "list")[1])
    return found


def _waiting(place: Place) -> list[str]:
    return [one["action_id"] for one in _all(place) if one["state"] == "proposed"]
