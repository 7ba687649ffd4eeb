"""What a machine refuses ends in one sentence and an exit code, whatever was typed."""

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import pytest
import typer

from shopkeeper.cli import app, main
from shopkeeper.console import OPTIONS
from tests.flows.homes import write_settings
from tests.shopkeeper.machine import full_disk, mode

POLICY = 'mode = "approve"\n[limits]\nmax_actions = 5\nmax_exposure_minor = 0\n'
WORDS: dict[str, tuple[str, ...]] = {
    "act": (),
    "actions approve": ("feed",),
    "actions effect": (),
    "actions impact": ("A",),
    "actions list": (),
    "actions reject": ("feed",),
    "actions show": ("feed",),
    "actions undo": (),
    "actions why": ("A",),
    "audit": (),
    "backfill": ("--from", "2026-11-01", "--to", "2026-11-02"),
    "backtest": ("restock", "--shop", "demo", "--from", "2026-11-01", "--to", "2026-11-02"),
    "build": (),
    "check": (),
    "decide": (),
    "doctor": (),
    "down": (),
    "expire": (),
    "export": ("orders", "--out", "out/orders.parquet"),
    "forget": ("--member", "7", "--shop", "demo"),
    "init": (),
    "keys rotate": ("--yes",),
    "listen": (),
    "metrics ads": (),
    "metrics anomalies": (),
    "metrics classes": (),
    "metrics cohorts": (),
    "metrics experiment": ("30/1000", "36/1000"),
    "metrics explain": (),
    "metrics goals": (),
    "metrics list": (),
    "metrics show": ("gmv",),
    "metrics today": (),
    "publish": (),
    "pull": (),
    "purchase-orders": ("--out", "out"),
    "report": (),
    "resume": ("--all",),
    "run": (),
    "stop": ("--all",),
    "subject": ("--member", "7", "--shop", "demo", "--out", "out/7.json"),
}
ON_THEIR_OWN = {"demo", "up", "sandbox prove", "sandbox serve"}  # they start processes

Refusal = Callable[[Path], AbstractContextManager[None]]


def replaced(name: str, *, by_folder: bool) -> Refusal:
    """A folder where a file belongs, or a file where a folder does."""

    def change(home: Path) -> AbstractContextManager[None]:
        path = home / name
        path.parent.mkdir(exist_ok=True)
        if path.is_file():
            path.unlink()
        if by_folder:
            path.mkdir()
        else:
            path.write_text("", encoding="utf-8")
        return nullcontext()

    return change


@contextmanager
def read_only(home: Path) -> Iterator[None]:
    with mode(home, 0o555):
        yield


@contextmanager
def unreadable(home: Path) -> Iterator[None]:
    with mode(home, 0o000):
        yield


@contextmanager
def full(_home: Path) -> Iterator[None]:
    with full_disk():
        yield


# A refusal, a command that it must stop, and what is then said.
REFUSALS: dict[str, tuple[Refusal, str, str]] = {
    "settings are a folder": (
        replaced("shopkeeper.toml", by_folder=True), "stop", "is not a home",
    ),
    "a shop is a folder": (replaced("shops/b.toml", by_folder=True), "stop", "is not read"),
    "the database is a folder": (
        replaced("data/shopkeeper.db", by_folder=True), "stop", "database cannot be opened",
    ),
    "data is a file": (
        replaced("data", by_folder=False), "stop", "data: a file lies where a folder belongs",
    ),
    "keys are a file": (
        replaced("keys", by_folder=False), "forget", "keys: a file lies where a folder belongs",
    ),
    "what is written is a folder": (
        replaced("out/orders.parquet", by_folder=True), "export", "is a directory",
    ),
    "nowhere to write": (lambda _home: nullcontext(), "export", "the folder out does not exist"),
    "a home to read only": (read_only, "stop", "keys: permission denied"),
    "a home of somebody else": (unreadable, "stop", "shopkeeper.toml: permission denied"),
    "a full disk": (full, "stop", "file too large"),
}  # fmt: skip


def commands(group: typer.core.TyperGroup, prefix: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, typer.core.TyperGroup):
            yield from commands(command, f"{name} ")
        else:
            yield f"{prefix}{name}"


def test_every_command_is_tried() -> None:
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    assert set(commands(group)) == set(WORDS) | ON_THEIR_OWN


@pytest.mark.parametrize("case", REFUSALS)
def test_every_command_says_in_one_sentence_what_the_machine_refuses(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    refuse, told_by, reported = REFUSALS[case]
    monkeypatch.delenv("NO_SUCH_TOKEN", raising=False)
    for name, words in WORDS.items():
        home = write_settings(tmp_path / name, demo="USD")
        (home / "policies" / "restock.toml").write_text(POLICY, encoding="utf-8")
        monkeypatch.chdir(home)
        monkeypatch.setattr(OPTIONS, "as_json", False)
        monkeypatch.setattr(sys, "argv", ["shopkeeper", "--home", str(home), *name.split(), *words])
        with refuse(home), pytest.raises(SystemExit) as ended:
            main()
        text = capsys.readouterr().err
        assert ended.value.code in (0, 1, 2, 3), name
        if ended.value.code in (1, 2):
            assert text.startswith("shopkeeper: "), name
            assert text.count("\n") == 1, (name, text)
        if name == told_by:
            assert ended.value.code in (1, 2)
            assert reported in text


def test_a_home_that_is_a_file_takes_no_init(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "home").write_text("", encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["shopkeeper", "--home", str(tmp_path / "home"), "init"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert capsys.readouterr().err.endswith("home: a file lies where a folder belongs\n")


def test_a_port_that_is_taken_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = write_settings(tmp_path, demo="USD")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        monkeypatch.setattr(
            sys, "argv", ["shopkeeper", "--home", str(home), "listen", "--port", port]
        )
        with pytest.raises(SystemExit) as ended:
            main()
    assert ended.value.code == 2
    assert "cannot be listened on: address already in use" in capsys.readouterr().err.lower()


def test_a_real_process_on_a_full_disk_ends_without_a_traceback(tmp_path: Path) -> None:
    home = tmp_path / "home"
    words = [sys.executable, "-m", "shopkeeper", "--home", str(home), "init"]
    done = subprocess.run(
        ["bash", "-c", 'ulimit -f 1; exec "$0" "$@"', *words], capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("shopkeeper: ")
    assert "file too large" in done.stderr
    assert done.stderr.count("\n") == 1
