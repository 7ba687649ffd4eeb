"""A new connector or policy from its template: `python -m tests.new connector bazaar`.

What is made holds as it is, but for the marks where the platform or the rule is to be filled in.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_SUFFIX = ".txt"  # so that neither linters nor registries take a template for code


@dataclass(frozen=True, slots=True)
class Kind:
    """Where templates lie, and into which folders they are written."""

    folders: dict[str, str]
    exists: str


_CONNECTOR, _POLICY = "connectors/base/template", "actions/policies/_template"
KINDS = {
    "connector": Kind(
        {
            f"{_CONNECTOR}/connector": "connectors/@name@/",
            f"{_CONNECTOR}/tests": "tests/connectors/@name@/",
        },
        exists="connectors/@name@",
    ),
    "policy": Kind(
        {
            f"{_POLICY}/policy.py.txt": "actions/policies/@name@.py",
            f"{_POLICY}/template.j2.txt": "actions/templates/@name@.j2",
            f"{_POLICY}/holds.j2.txt": "actions/templates/holds/@name@.j2",
            f"{_POLICY}/test_policy.py.txt": "tests/actions/policies/test_@name@.py",
        },
        exists="actions/policies/@name@.py",
    ),
}


def make(kind: str, name: str, *, root: Path = ROOT) -> list[Path]:
    """Write what a new connector or policy of that name consists of; the files, in order.

    Raises:
        ValueError: the name is none of a module, or there is one already.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a module: lower case, digits, _ in between")
    if (root / _filled(KINDS[kind].exists, name)).exists():
        raise ValueError(f"there is a {kind} named {name!r} already")
    made = []
    for template, target in _files(KINDS[kind], root):
        path = root / _filled(target, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_filled(template.read_text(encoding="utf-8"), name), encoding="utf-8")
        made.append(path)
    _tidy([path for path in made if path.suffix == ".py"], root)
    return made


def _files(kind: Kind, root: Path) -> Iterator[tuple[Path, str]]:
    for source, target in kind.folders.items():
        found = root / source
        for file in sorted(found.glob(f"*{_SUFFIX}")) if found.is_dir() else [found]:
            name = file.name.removesuffix(_SUFFIX) if target.endswith("/") else ""
            yield file, target + name


def _filled(text: str, name: str) -> str:
    words = "".join(word.capitalize() for word in name.split("_"))
    return text.replace("@name@", name).replace("@Name@", words)


def _tidy(files: list[Path], root: Path) -> None:
    """Imports in order and lines at their length, which depend on the name."""
    for command in (["check", "--quiet", "--fix", "--select", "I"], ["format", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *command, *files], cwd=root, check=True)


def main() -> None:
    """Make it and tell where."""
    if len(sys.argv) != 3 or sys.argv[1] not in KINDS:
        sys.exit("usage: python -m tests.new connector|policy NAME")
    try:
        made = make(sys.argv[1], sys.argv[2])
    except ValueError as error:
        sys.exit(str(error))
    lines = [str(path.relative_to(ROOT)) for path in made]
    sys.stdout.write("\n".join([*lines, "next: fill in what `make test` names", ""]))


if __name__ == "__main__":
    main()
