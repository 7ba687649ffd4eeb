"""What a home holds is its owner's alone, whatever the umask of the shell was."""

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.steps.doctor import doctor
from flows.steps.opening import open_home
from flows.steps.pull import pull
from shopkeeper.cli import main
from shopkeeper.console import OPTIONS
from tests.flows import scripted
from tests.flows.scripted import reviews


@pytest.fixture(autouse=True)
def _loose_shell(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A shell that lets everybody read what is made in it."""
    monkeypatch.setenv("SCRIPTED_TOKEN", "token")
    before = os.umask(0o022)
    yield
    os.umask(before)


def _open_to_others(*paths: Path) -> set[Path]:
    """What the group or the world may do anything with."""
    found = {one for path in paths for one in (path, *path.rglob("*"))}
    return {one for one in found if stat.S_IMODE(one.lstat().st_mode) & 0o077}


def _type(monkeypatch: pytest.MonkeyPatch, folder: Path, *words: str) -> None:
    monkeypatch.setattr(sys, "argv", ["shopkeeper", "--home", str(folder), *words])
    monkeypatch.setattr(OPTIONS, "home", OPTIONS.home)
    os.umask(0o022)
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code


def _read(folder: Path) -> None:
    scripted.write(folder, "shop")
    platform = scripted.Platform({"reviews": lambda _: reviews({"id": "a"})})
    with open_home(folder) as home:
        scripted.script(home, "shop", platform, scripted.REVIEWS)
        pull(home)


def test_under_a_loose_umask_all_that_the_command_line_writes_is_its_owners(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _type(monkeypatch, tmp_path / "new", "init")
    assert _open_to_others(tmp_path / "new") == set()
    folder, out = tmp_path / "read", tmp_path / "reviews.csv"
    _read(folder)
    _type(monkeypatch, folder, "build")
    _type(monkeypatch, folder, "stop", "--all")
    _type(monkeypatch, folder, "export", "reviews", "--format", "csv", "--out", str(out))
    assert {"landing", "lake", "shopkeeper.db"} <= {
        path.name for path in (folder / "data").iterdir()
    }
    assert _open_to_others(folder / "data", out) == set()


def test_a_home_that_was_open_to_others_is_closed_when_it_is_opened(tmp_path: Path) -> None:
    _read(tmp_path)
    held = (tmp_path / "data", tmp_path / "keys")
    for path in [one for top in held for one in (top, *top.rglob("*"))]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    assert _open_to_others(*held)
    with open_home(tmp_path):
        assert _open_to_others(*held) == set()


def test_what_is_not_ours_to_close_is_told_by_doctor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted.write(tmp_path, "shop")
    (tmp_path / "data").mkdir(mode=0o755)
    monkeypatch.setattr(Path, "chmod", _refused)
    with open_home(tmp_path) as home:
        scripted.script(home, "shop", scripted.Platform(), scripted.REVIEWS)
        listed = [one.detail for one in doctor(home) if one.subject == "permissions"]
    assert any(str(tmp_path / "data") in one for one in listed)


@pytest.mark.parametrize("name", ["secrets/shop.token", "keys/data.key"])
def test_a_secret_file_that_others_may_read_is_told_by_doctor_until_it_is_closed(
    tmp_path: Path, name: str
) -> None:
    _read(tmp_path)
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.touch()
    shop = tmp_path / "shops" / "shop.toml"
    text = shop.read_text(encoding="utf-8").replace("env:SCRIPTED_TOKEN", "file:secrets/shop.token")
    shop.write_text(text, encoding="utf-8")

    def told() -> list[str]:
        with open_home(tmp_path) as home:
            scripted.script(home, "shop", scripted.Platform(), scripted.REVIEWS)
            return [one.detail for one in doctor(home) if one.subject == "secret files"]

    file.chmod(0o640)
    assert told() == [f"others may read the secret in {file}: `chmod 600 {file}` as its owner"]
    file.chmod(0o600)
    assert told() == []


def _refused(_path: Path, _mode: int) -> None:
    raise PermissionError
