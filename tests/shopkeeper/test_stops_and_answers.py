"""Stops, and what a person answers: what is in force shows, what changes nothing says why."""

import datetime as dt
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from contracts.codes import ActionState
from flows.steps.clock import machine_now
from flows.steps.opening import open_home
from flows.steps.writers import Writers
from tests.flows.commands import Typed, typing
from tests.flows.homes import write_settings
from tests.warehouse.rows import judged, proposal

POLICY = 'mode = "approve"\n[limits]\nmax_actions = 5\nmax_exposure_minor = 0\n'
LEASE = dt.timedelta(minutes=5)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    write_settings(tmp_path, demo="USD", tmall="CNY")
    (tmp_path / "policies" / "restock.toml").write_text(POLICY, encoding="utf-8")
    return tmp_path


@pytest.fixture
def typed(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    return typing(home, monkeypatch, capsys)


def record(home: Path, *states: str, hours: float = 5, **values: Any) -> list[str]:
    """Actions of one hour ago whose windows end so many hours from now; their ids."""
    at = machine_now()
    rows = [
        proposal(
            f"v{number}",
            state=state,
            window_start=at,
            expires_at=at + dt.timedelta(hours=hours),
            **values,
        )
        for number, state in enumerate(states)
    ]
    with open_home(home) as opened:
        opened.ledger.record(judged(*rows), run_id="run", at=at - dt.timedelta(hours=1))
        return [one.action_id for one in sorted(opened.ledger.find(), key=lambda a: a.target_id)]


def test_stop_alone_lists_and_stops_nothing(typed: Any, home: Path) -> None:
    assert typed("stop") == (0, "Nothing is stopped; `stop --all` stops all writes.\n", "")
    assert typed("stop", "--shop", "tmall", "--by", "ada")[:2] == (0, "Stopped: shop tmall\n")
    assert typed("stop", "--all", "--by", "bo")[:2] == (0, "Stopped: all\n")
    code, printed, _ = typed("resume")
    assert code == 0
    assert [line.rpartition(" at ")[0] for line in printed.splitlines()] == [
        "bo stopped all",
        "ada stopped shop tmall",
    ]
    assert [one["scope"] for one in json.loads(typed("--json", "stop")[1])["stops"]] == [
        "all",
        "shop",
    ]
    assert typed("resume", "--all")[0] == 0
    assert "ada stopped shop tmall" in typed("stop")[1]
    assert typed("stop", "--all", "--shop", "demo")[0] == 2


@pytest.mark.parametrize(
    ("stop", "holds"),
    [
        (("--all",), True),
        (("--shop", "demo"), True),
        (("--platform", "shopify"), True),
        (("--policy", "restock"), True),
        (("--shop", "tmall"), False),
    ],
)
def test_act_under_a_stop_exits_3_and_says_which(
    typed: Any, monkeypatch: pytest.MonkeyPatch, stop: tuple[str, ...], holds: bool
) -> None:
    monkeypatch.setattr(Writers, "clock", lambda _self: machine_now)
    assert typed("act", "--shop", "demo")[0] == 0
    typed("stop", *stop, "--by", "ada")
    code, printed, _ = typed("act", "--shop", "demo")
    assert (code, "Held: ada stopped " in printed) == ((3, True) if holds else (0, False))


@pytest.mark.parametrize(
    ("state", "values", "why"),
    [
        ("shadow", {}, "set the mode of repricing for demo to approve, and decide again"),
        ("approved", {}, "it is approved already, by policy"),
        ("refused", {"guard": "floor", "guard_reason": "9 is below 10"},
         "the guard floor refused it: 9 is below 10"),
        ("proposed", {"hours": -0.5}, "its window ended at"),
    ],
)  # fmt: skip
def test_what_cannot_be_approved_says_why(
    typed: Any, home: Path, state: str, values: dict[str, Any], why: str
) -> None:
    [action_id] = record(home, state, **values)
    code, printed, _ = typed("actions", "approve", action_id[:8])
    assert code == 3
    assert printed.startswith(f"0 approved\n{action_id[:8]} is not approved: ")
    assert why in printed


def test_an_answer_changes_what_it_can_and_tells_of_the_rest(typed: Any, home: Path) -> None:
    first, second = record(home, "proposed", "proposed")
    assert typed("actions", "reject", first)[:2] == (0, "1 rejected\n")
    code, printed, _ = typed("actions", "approve", first, second, "--by", "ada")
    assert code == 3
    assert printed.startswith(f"1 approved\n{first[:8]} is not approved: it is rejected\n\n")
    assert json.loads(typed("--json", "actions", "reject", first, second)[1]) == {
        "rejected": [],
        "left": {first: "it is rejected", second: "it is approved already, by ada"},
    }


@pytest.fixture
def in_chinese(home: Path) -> None:
    (home / "shopkeeper.toml").write_text('language = "zh-CN"\n', encoding="utf-8")


def words_left(printed: str, *names: str) -> list[str]:
    """English words of a screen, but for names of ours and the platform's."""
    known = re.compile("|".join(map(re.escape, sorted((*names, "UTC", "USD"), key=len)[::-1])))
    return re.findall(r"[A-Za-z]{2,}", known.sub("", printed))


@pytest.mark.usefixtures("in_chinese")
def test_stops_are_told_in_chinese(typed: Any) -> None:
    nothing = "没有停止任何写入；`stop --all` 停止全部写入。\n"
    assert typed("stop") == (0, nothing, "")
    told = [typed("stop", *one, "--by", "ada")[1] for one in (["--all"], ["--shop", "tmall"])]
    assert told == ["已停止：全部写入\n", "已停止：店铺 tmall\n"]
    printed = typed("stop")[1]
    assert [line.split()[-1] for line in printed.splitlines()] == ["停止了全部写入", "tmall"]
    assert words_left(printed, "ada", "tmall") == []
    assert typed("resume", "--all")[1] == "已恢复：全部写入\n"


@pytest.mark.usefixtures("in_chinese")
@pytest.mark.parametrize("answer", ["approve", "reject"])
@pytest.mark.parametrize(
    ("state", "values"),
    [
        ("proposed", {}),
        ("proposed", {"hours": -0.5}),
        ("approved", {}),
        ("shadow", {}),
        ("refused", {"guard": "floor", "guard_reason": "9 is below floor 10"}),
        ("proposed", {"policy": "restock", "write_kind": "none", "currency": None}),
        ("proposed", {"policy": "delay_notice", "write_kind": "send_message", "payload": None}),
    ],
)
def test_an_answer_is_told_in_chinese(
    typed: Any, home: Path, answer: str, state: str, values: dict[str, Any]
) -> None:
    [action_id] = record(home, state, **values)
    found = json.loads(typed("--json", "actions", "show", action_id)[1])
    printed = typed("actions", answer, action_id, "--by", "ada")[1]
    names = (action_id[:8], found["content_hash"], *found["content"].values(), found["sentence_zh"])
    theirs = ("ada", "policy", "floor", "shadow", "approve", "demo", "Message", found["policy"])
    assert words_left(printed, *names, *theirs, *map(str, found["content"])) == [], printed


def test_an_id_that_could_be_several_names_them(typed: Any, home: Path) -> None:
    ids = record(home, *["proposed"] * 17)  # two of seventeen begin alike
    first = next(one[0] for one in ids if sum(other[0] == one[0] for other in ids) > 1)
    several = sorted(one for one in ids if one[0] == first)
    code, _, printed = typed("actions", "approve", first)
    assert code == 2
    assert f"several actions begin with {first!r}: {several[0][:5]}, {several[1][:5]}" in printed


CHILD = """
import datetime as dt, sys, time
from flows.steps.writers import Writers

class Slow:
    settles, is_absolute, reads_back = dt.timedelta(0), True, True
    def live(self, changes):
        print("asked", flush=True)
        time.sleep(60)

Writers.clock = lambda self: lambda: dt.datetime.now(dt.UTC)
Writers.outbound = lambda self, action: Slow()
from shopkeeper.cli import main
main()
"""


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_in_act_gives_claims_back_at_once(home: Path, sent: signal.Signals) -> None:
    ids = record(home, "approved", "approved")
    words = [sys.executable, "-c", CHILD, "--home", str(home), "act", "--shop", "demo"]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ}
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "asked\n"
        assert claimed(home) == []
        child.send_signal(sent)
        _, reported = child.communicate(timeout=60)
    assert child.returncode == 130
    assert "Traceback" not in reported
    assert sorted(claimed(home)) == sorted(ids)


def claimed(home: Path) -> list[str]:
    """What another process could send now."""
    with open_home(home) as opened:
        assert {one.state for one in opened.ledger.find()} == {ActionState.APPROVED}
        taken = opened.ledger.claim(
            shop_id="demo", holder="another", limit=9, lease=LEASE, at=machine_now()
        )
    return [one.action_id for one in taken]
