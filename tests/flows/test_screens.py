"""What commands print is in the language of the home, but for names that are typed."""

import json
import re

import pytest

from actions.policies.registry import policies
from connectors.base.registry import connector
from reports.names import STATES
from tests.flows.commands import typing
from tests.flows.conftest import Merchant

_STREAMS = [one.name for name in ("shopify", "files") for one in connector(name).streams]
_NAMES = "|".join([*policies(), *_STREAMS, "demo", "SKU", "USD", "UTC"])
TYPED = re.compile(rf"\b({_NAMES}|[a-z]+_[a-z_]+)\b|shops/\S+|\[confirmed\]")


def test_screens_of_the_loop_and_the_ledger_are_in_the_language_of_the_home(
    built: Merchant, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = typing(built.folder, monkeypatch, capsys)
    settings = built.folder / "shopkeeper.toml"
    english = settings.read_text(encoding="utf-8")
    settings.write_text('language = "zh-CN"\n' + english, encoding="utf-8")
    screens: dict[tuple[str, ...], str] = {}
    for step in ("decide", "pull", "check", "act"):
        screens[(step,)] = typed(step)[1]
    listed = json.loads(typed("--json", "actions", "list")[1])
    target = next(one["sku_id"] for one in listed if one["policy"] == "repricing")
    states = {one["state"] for one in listed}
    assert "refused" in states
    for about in (["list"], ["effect"], ["why", target]):
        screens["actions", *about] = typed("actions", *about)[1]
    for words, screen in screens.items():
        assert len(screen.splitlines()) > 2, words
        bare = TYPED.sub("", screen)
        for one in listed:
            bare = bare.replace(one["target_id"], "").replace(one["action_id"][:8], "")
        assert re.findall("[A-Za-z]{3,}", bare) == [], screen
    for state in states:
        assert STATES[state].zh in screens["actions", "list"]
    settings.write_text(english, encoding="utf-8")
    for words in screens:
        assert re.search("[A-Za-z]{4,}", TYPED.sub("", typed(*words)[1])), words
