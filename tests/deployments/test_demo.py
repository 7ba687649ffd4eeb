"""The demo removes only what a demo made."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.errors import ConfigurationError
from deployments.address import LOOPBACK, Address
from deployments.demo import HOME, _fresh, run_demo
from deployments.server import Doors, settings


def test_a_folder_that_no_demo_made_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / HOME).mkdir()
    precious = tmp_path / HOME / "shopkeeper.toml"
    precious.write_text("# my real home\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="was not made by a demo"):
        run_demo(tmp_path, days=7, households=20, is_quiet=True)
    assert precious.read_text(encoding="utf-8") == "# my real home\n"


def test_a_demo_killed_while_it_removes_the_one_before_is_still_known_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(folder: Path) -> None:
        """Half of a folder is gone, in whatever order its files were listed."""
        (folder / "shopkeeper.toml").unlink(missing_ok=True)
        raise SystemExit

    home = _fresh(tmp_path / HOME)
    (home / "data" / "lake").mkdir(parents=True)
    (home / "sandbox.log").touch()
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", killed)
        with pytest.raises(SystemExit):
            _fresh(home)
    assert {one.name for one in _fresh(home).iterdir()} == {"shopkeeper.toml", "shops", "policies"}


def test_the_server_tells_nobody_and_its_ui_calls_its_own_port(tmp_path: Path) -> None:
    chosen = settings(tmp_path, Doors(Address(LOOPBACK, 4321), 4322))
    assert chosen["PREFECT_SERVER_UI_API_URL"] == "http://127.0.0.1:4321/api"
    assert chosen["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert Path(chosen["PREFECT_HOME"]).is_relative_to(tmp_path)


def begun(folder: Path) -> "subprocess.Popen[str]":
    """A demo whose server and emulated shop run."""
    command = [sys.executable, "-m", "shopkeeper", "--home", str(folder), "demo", "--days", "7"]
    demo = subprocess.Popen([*command, "--households", "20"], stderr=subprocess.PIPE, text=True)
    assert demo.stderr is not None
    while "loop" not in demo.stderr.readline():
        assert demo.poll() is None
    return demo


@pytest.mark.long
def test_a_demo_that_is_told_to_end_ends_what_it_started(tmp_path: Path) -> None:
    demo = begun(tmp_path)
    demo.terminate()
    assert "stopped; what was finished is kept" in demo.communicate(timeout=60)[1]
    assert demo.returncode == 130
    assert children_of(tmp_path) == []


@pytest.mark.long
def test_what_a_killed_demo_started_ends_too(tmp_path: Path) -> None:
    demo = begun(tmp_path)
    assert len(children_of(tmp_path)) > 2
    demo.kill()
    demo.communicate(timeout=60)
    until_ended(lambda: children_of(tmp_path))


PARENT = """
import subprocess, sys, time
from deployments.tied import tied
child = "import time; print(flush=True); time.sleep(600)"
subprocess.Popen(tied([sys.executable, "-c", child, sys.argv[1]]))
time.sleep(600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="nothing else tells a process of its parent")
def test_a_process_ends_with_the_killed_one_that_started_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PARENT, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        assert len(children_of(tmp_path)) == 2
        parent.kill()
    until_ended(lambda: children_of(tmp_path))


def until_ended(left: Callable[[], list[str]]) -> None:
    """Return once nothing is left."""
    deadline = time.monotonic() + 30
    while left():
        assert time.monotonic() < deadline, left()
        time.sleep(0.05)


def children_of(folder: Path) -> list[str]:
    """Commands that still run and name the folder, or were started with it as Prefect's home."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            process_texts = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in process_texts:
            found.append(process_texts.split(b"\0")[0].decode())
    return found
