"""The house: what pyproject's contracts list is what the folders hold, and pure code stays pure."""

import ast
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.base.registry import names

ROOT = Path(__file__).resolve().parent.parent
CONTRACTS = {
    one["name"]: one
    for one in tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
        "importlinter"
    ]["contracts"]
}
_PURE_ROOMS = ("contracts", "transforms", "actions/policies")
_NO_MODULES = frozenset(
    ("random", "secrets", "time", "os", "socket", "subprocess", "threading", "numpy.random")
)
# Of instants: the clock. Of frames: chance. Of the process: its environment.
_NO_ATTRIBUTES = frozenset(
    (
        "now", "utcnow", "today", "environ", "getenv", "urandom", "uuid1", "uuid4", "sample",
        "shuffle",
    )
)  # fmt: skip
# Of these a mapping needs a type or a code alone, beside which stands what asks and waits.
_ASKING_TOO = {
    "connectors/base/jobs.py",
    "connectors/base/retry.py",
    "connectors/base/waiting.py",
    "connectors/email/client.py",
}


def is_mapping(path: Path) -> bool:
    return path.stem in ("mapping", "wire") or path.stem.endswith("_mapping")


def mappings() -> list[Path]:
    """The modules of every connector that map."""
    return sorted(
        path for name in names() for path in (ROOT / "connectors" / name).rglob("*.py")
        if is_mapping(path)
    )  # fmt: skip


def pure() -> list[Path]:
    """Every module that has to be pure, and whatever of ours it imports."""
    found = [path for room in _PURE_ROOMS for path in (ROOT / room).rglob("*.py")]
    waiting, seen = [*found, *mappings()], set[Path]()
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            waiting += imported(ast.parse(path.read_text(encoding="utf-8")))
    return sorted(seen)


def imported(tree: ast.Module) -> Iterator[Path]:
    """Files of ours that a module imports."""
    for name in _modules(tree):
        path = (ROOT / name.replace(".", "/")).with_suffix(".py")
        if path.is_file():
            yield path


def _modules(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def impure(source: str) -> list[str]:
    """What reaches for a clock, the environment or chance."""
    tree = ast.parse(source)
    found = [
        name for name in _modules(tree) if name in _NO_MODULES or _last(name) in _NO_ATTRIBUTES
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in _NO_ATTRIBUTES:
            found.append(node.attr)
        elif isinstance(node, ast.Name) and node.id == "hash":  # of text: seeded per process
            found.append(node.id)
    return found


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def test_every_connector_is_in_the_contract_that_keeps_them_apart() -> None:
    listed = CONTRACTS["Connectors do not know each other"]["modules"]
    assert sorted(listed) == [f"connectors.{name}" for name in names()]


@pytest.mark.parametrize("path", mappings(), ids=lambda path: "/".join(path.parts[-2:]))
def test_every_mapping_is_in_the_contract_of_pure_code(path: Path) -> None:
    pure_code = next(one for name, one in CONTRACTS.items() if name.startswith("Pure code"))
    module = path.relative_to(ROOT).with_suffix("").parts
    patterns = [pattern.split(".") for pattern in pure_code["source_modules"]]
    assert any(
        len(pattern) == len(module)
        and all(mine in ("*", theirs) for mine, theirs in zip(pattern, module, strict=True))
        for pattern in patterns
    )


def test_pure_code_reaches_no_clock_no_environment_and_no_chance() -> None:
    found = {
        str(path.relative_to(ROOT)): wrong
        for path in pure()
        if (wrong := impure(path.read_text(encoding="utf-8")))
    }
    assert set(found) == _ASKING_TOO


@pytest.mark.parametrize(
    "hole",
    [
        "import datetime as dt\nX = dt.datetime.now(dt.UTC)",
        "from datetime import datetime\nX = datetime.utcnow()",
        "from datetime import date\nX = date.today()",
        "from datetime import datetime\nnow = datetime.now\nX = now()",
        "import time\nX = time.time()",
        "from time import monotonic as seconds\nX = seconds()",
        "import os\nX = os.environ['HOME']",
        "from os import getenv\nX = getenv('HOME')",
        "import random\nX = random.random()",
        "from random import choice\nX = choice([1])",
        "import secrets\nX = secrets.token_hex()",
        "import uuid\nX = uuid.uuid4()",
        "from uuid import uuid4 as new\nX = new()",
        "import polars as pl\nX = pl.Series([1]).sample(1)",
        "import polars as pl\nX = pl.col('a').shuffle()",
        "import numpy.random as chance\nX = chance.rand()",
        "X = hash('a')",
        "def f():\n    import os\n    return os.urandom(1)",
    ],
)
def test_each_hole_in_a_mapping_is_found(hole: str) -> None:
    text = (ROOT / "connectors" / "shopify" / "mapping.py").read_text(encoding="utf-8")
    assert impure(text) == []
    assert impure(f"{text}\n{hole}\n") != []


def test_a_command_that_fails_before_a_pipe_fails_its_target() -> None:
    probe = ("--eval", "probe:; @false | tail -n 1", "probe")
    done = subprocess.run(["make", "--silent", *probe], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode != 0
