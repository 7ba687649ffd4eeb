"""The demo removes only what a demo made."""

import shutil
import subprocess
import sys
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


@pytest.mark.long
def test_a_demo_that_is_told_to_end_ends_what_it_started(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "shopkeeper", "--home", str(tmp_path), "demo", "--days", "7"]
    demo = subprocess.Popen([*command, "--households", "20"], stderr=subprocess.PIPE, text=True)
    assert demo.stderr is not None
    while "loop" not in demo.stderr.readline():
        assert demo.poll() is None
    demo.terminate()
    assert "stopped; what was finished is kept" in demo.communicate(timeout=60)[1]
    assert demo.returncode == 130
    assert children_of(tmp_path) == []


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
