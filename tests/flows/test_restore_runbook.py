"""The runbook of docs/operating.md, line by line as it is printed there."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from tests.flows.mall import TEXT, made

PAGE = Path(__file__).parents[2] / "docs" / "operating.md"
NAMED = ("doctor", "act")
"""What ends with exit code 3 until a person has accepted that the database is an older copy."""


def runbook() -> list[str]:
    """Its lines; one that begins with # is done by hand."""
    section = PAGE.read_text("utf-8").split("\n## Restore\n")[1].split("\n## ")[0]
    found = re.search(r"```\n(.*?)```", section, re.DOTALL)
    assert found is not None
    return found[1].splitlines()


def test_after_a_restore_the_runbook_ends_with_a_home_that_runs_and_has_sent_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = made(tmp_path / "home", monkeypatch, capsys)
    place.typed("actions", "approve", place.action_id)
    copy = shutil.copytree(place.folder / "data", tmp_path / "backup")
    assert place.typed("act")[0] == 0
    answered: list[tuple[str, int]] = []
    is_accepted = False
    for line in runbook():
        if line.startswith("#"):
            shutil.rmtree(place.folder / "data")
            shutil.copytree(copy, place.folder / "data")
            continue
        program, _, _, *words = shlex.split(line, comments=True)
        assert program == "shopkeeper"
        if words[0] == "up":  # starts processes; tests/deployments do
            continue
        code, printed, wrong = place.typed(*words)
        is_named = words[0] in NAMED and not is_accepted
        assert (words, code) == (words, 3 if is_named else 0), printed + wrong
        is_accepted = is_accepted or "--accept" in words
        answered.append((words[0], code))
        if words[:2] == ["actions", "list"]:
            assert place.action_id[:8] in printed
    done = [name for name, _ in answered]
    assert done[:2] == ["down", "stop"]
    assert done[-3:] == ["pull", "build", "resume"]
    assert place.typed("act")[0] == 0
    assert place.typed("audit")[0] == 0
    assert (place.mall.received, place.shown()["state"]) == ([TEXT], "unknown")
