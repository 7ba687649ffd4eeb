"""What is made from a template holds as it is, but for what is to be filled in, which it names."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.new import ROOT, make

COPIED = ("actions", "connectors", "contracts", "pyproject.toml")
SUITES = {
    "connector": "tests/connectors/test_every_connector.py",
    "policy": "tests/actions/policies/test_every_policy.py",
}
# Before and after the kit's and the others' names, and long enough to move lines.
NAMES = ("aa", "north_sea_marketplace_2")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The part of the tree that a connector or a policy needs, with the suites that judge it."""
    root = tmp_path_factory.mktemp("copy")
    unwanted = shutil.ignore_patterns("__pycache__")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=unwanted)
        else:
            shutil.copy(source, root / name)
    for suite in SUITES.values():
        (root / suite).parent.mkdir(parents=True)
        shutil.copy(ROOT / suite, root / suite)
    return root


def python(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def judged(root: Path, kind: str, name: str) -> tuple[set[str], str]:
    """Names of the tests of a new thing that fail, and all that was said."""
    paths = {
        "connector": [SUITES[kind], f"tests/connectors/{name}"],
        "policy": [SUITES[kind], f"tests/actions/policies/test_{name}.py"],
    }
    chosen = ["pytest", "-q", "-p", "no:cacheprovider", "-k", name, *paths[kind]]
    answer = python(root, *chosen)
    assert re.search(r"\d+ passed", answer.stdout), answer.stdout + answer.stderr
    return set(re.findall(r"^FAILED \S+::(\w+)", answer.stdout, re.MULTILINE)), answer.stdout


@pytest.mark.long
@pytest.mark.parametrize(("kind", "name"), [*zip(SUITES, NAMES, strict=True)])
def test_only_what_is_to_be_filled_in_fails_and_is_named_by_file(
    copy: Path, kind: str, name: str
) -> None:
    made = make(kind, name, root=copy)
    marked = [path for path in made if "FILL IN:" in path.read_text(encoding="utf-8")]
    assert len(marked) >= 2
    failed, said = judged(copy, kind, name)
    assert failed == {"test_nothing_is_left_to_fill_in"}, said
    for path in marked:
        for line in path.read_text(encoding="utf-8").splitlines():
            sentence = line.partition("FILL IN:")[2].strip(" -#}")
            assert sentence in said, sentence


@pytest.mark.long
@pytest.mark.parametrize("kind", SUITES)
def test_once_it_is_filled_in_nothing_fails(copy: Path, kind: str) -> None:
    for path in make(kind, "filled_in", root=copy):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if "FILL IN:" not in line]
        path.write_text("".join(kept), encoding="utf-8")
    failed, said = judged(copy, kind, "filled_in")
    assert failed == set(), said


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", SUITES)
def test_what_is_made_is_formatted_and_lints_clean(tmp_path: Path, kind: str, name: str) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for folder in ("connectors/base/template", "actions/policies/_template"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    files = [str(path) for path in make(kind, name, root=tmp_path) if path.suffix == ".py"]
    for command in (["check", "--no-cache"], ["format", "--check", "--no-cache"]):
        answer = python(tmp_path, "ruff", *command, *files)
        assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.long
def test_what_is_made_is_typed(copy: Path) -> None:
    made = [path for kind in SUITES for path in make(kind, "typed", root=copy)]
    files = [str(path) for path in made if path.suffix == ".py"]
    answer = python(copy, "mypy", "--no-error-summary", *files)
    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize("name", ["Bazaar", "my-shop", "1st", "a b", "_x", "../x", ""])
def test_what_is_no_name_of_a_module_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="no name of a module"):
        make("connector", name, root=tmp_path)


def test_what_is_there_already_is_left_alone() -> None:
    with pytest.raises(ValueError, match="named 'shopify' already"):
        make("connector", "shopify")
    with pytest.raises(ValueError, match="named 'restock' already"):
        make("policy", "restock")
