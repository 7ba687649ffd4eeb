"""What an installation is made of: a bill of materials (CycloneDX), and licences that fit ours.

`python -m tests.audit [FILE]` writes the bill, prints the licences and what is to be looked at;
exit code 1 where there is something.
"""

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from license_expression import (
    ExpressionError,
    LicenseExpression,
    Licensing,
    get_spdx_licensing,
)

ROOT: Final = Path(__file__).parent.parent
_LOCKED: Final = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)
_BUILT_WITH: Final = {"pip", "setuptools", "uv", "wheel", "shopkeeper"}
"""What `.venv` has beside the lock: how it was made, and we ourselves."""
_FIT: Final = {
    "0BSD", "AFL-2.1", "Apache-2.0", "Artistic-1.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0",
    "CNRI-Python", "ISC", "MIT", "MIT-0", "PSF-2.0", "Python-2.0", "Unlicense", "Zlib",
    # Used as they come, each in a package of its own, these ask nothing of our code.
    "LGPL-3.0-only", "MPL-2.0",
}  # fmt: skip
_CLASSIFIERS: Final = {
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: Artistic License": "Artistic-1.0",
    "License :: OSI Approved :: BSD License": "BSD-3-Clause",
    "License :: OSI Approved :: ISC License (ISCL)": "ISC",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
_READ: Final = {
    "dataframely": "BSD-3-Clause",
}
"""Packages whose metadata does not say it, by what their LICENSE files do."""


def bill(path: Path) -> dict[str, Any]:
    """Write the bill of materials of this interpreter's packages; the library checks its schema."""
    command = [sys.executable, "-m", "cyclonedx_py", "environment", sys.executable]
    project = ["--pyproject", str(ROOT / "pyproject.toml")]
    output = ["--output-reproducible", "--of", "JSON", "-o", str(path)]
    subprocess.run([*command, *project, *output], check=True)
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def unlocked(components: Iterable[dict[str, Any]], lock: str) -> Iterator[str]:
    """A sentence for each package that is installed and not, or otherwise, in the lock."""
    wanted = {_canonical(name): version for name, version in _LOCKED.findall(lock)}
    for one in components:
        name = _canonical(one["name"])
        if name not in _BUILT_WITH and wanted.get(name) != one["version"]:
            yield f"{name} {one['version']} is installed, the lock has {wanted.get(name, 'none')}"


def unfit(components: Iterable[dict[str, Any]]) -> Iterator[str]:
    """A sentence for each package whose licence does not fit ours, or is not told."""
    for one in components:
        told = licences(one)
        if not any(map(_is_fit, told)):
            yield f"{one['name']}: {', '.join(told) or 'no licence is told'}"


def licences(component: dict[str, Any]) -> list[str]:
    """What a package says it may be used under, as SPDX expressions; one of several is enough."""
    if (read := _READ.get(_canonical(component["name"]))) is not None:
        return [read]
    entries = component.get("licenses", [])
    told = [one.get("expression") or _named(one["license"]) for one in entries]
    return sorted({_CLASSIFIERS.get(one, one) for one in told if one})


def _named(licence: dict[str, Any]) -> str:
    return str(licence.get("id") or licence.get("name") or "")


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _is_fit(expression: str) -> bool:
    try:
        return _holds(_spdx().parse(expression, validate=True))
    except ExpressionError:
        return False


@cache
def _spdx() -> Licensing:
    return get_spdx_licensing()


def _holds(expression: LicenseExpression) -> bool:
    if expression.isliteral:
        return str(expression) in _FIT
    parts = map(_holds, expression.args)
    return any(parts) if expression.operator.strip() in ("|", "OR") else all(parts)


def main() -> None:
    """Write the bill, and say what is to be looked at."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "sbom.json"
    components = bill(path)["components"]
    counted = Counter(" or ".join(licences(one)) or "(none told)" for one in components)
    for told, count in counted.most_common():
        sys.stdout.write(f"{count:5} {told}\n")
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    problems = [*unlocked(components, lock), *unfit(components)]
    sys.stdout.write(f"{len(components)} packages, bill of materials in {path.name}\n")
    for problem in problems:
        sys.stderr.write(f"to be looked at: {problem}\n")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
