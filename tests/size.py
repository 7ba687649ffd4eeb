"""How large the house is: `python -m tests.size` prints lines, functions, files and circles.

A line counts that holds code or a docstring; blank lines and comments do not.
"""

import ast
import graphlib
import io
import statistics
import sys
import tokenize
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import grimp

ROOT: Final = Path(__file__).parent.parent
ROOMS: Final = (
    "shopkeeper", "deployments", "flows", "connectors", "warehouse", "checks", "transforms",
    "actions", "reports", "contracts", "sandbox",
)  # fmt: skip
_PARTED: Final = ("connectors", "sandbox")
"""Rooms with a folder per platform, which are counted one by one."""
_UNCOUNTED: Final = {
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
    tokenize.ENCODING, tokenize.ENDMARKER,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Size:
    """Lengths of the product's functions and files, in lines as they stand, and its circles."""

    functions: Sequence[int]
    files: Sequence[int]
    circle: Sequence[str]
    """Modules that import each other, lazily or not; empty: none do."""


def paths() -> list[Path]:
    """Every module of the product."""
    return sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def counted(source: str) -> int:
    """Lines of code and docstrings."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    spans = (range(one.start[0], one.end[0] + 1) for one in tokens if one.type not in _UNCOUNTED)
    return len({line for span in spans for line in span})


def lines_by_folder() -> Counter[str]:
    """Lines per room, and per platform where a room has folders of them."""
    total: Counter[str] = Counter()
    for path in paths():
        room, *rest = path.relative_to(ROOT).parts
        folder = f"{room}/{rest[0]}" if room in _PARTED and len(rest) > 1 else room
        total[folder] += counted(path.read_text(encoding="utf-8"))
    return total


def size() -> Size:
    """The product's, measured."""
    sources = [path.read_text(encoding="utf-8") for path in paths()]
    return Size(
        functions=sorted(length for source in sources for length in _functions(ast.parse(source))),
        files=sorted(len(source.splitlines()) for source in sources),
        circle=_circle(),
    )


def percentile(lengths: Sequence[int], share: float) -> int:
    """The length that `share` of them do not exceed."""
    return sorted(lengths)[min(len(lengths) - 1, int(len(lengths) * share))]


def _functions(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield (node.end_lineno or node.lineno) - node.lineno + 1


def _circle() -> list[str]:
    graph = grimp.build_graph(*ROOMS, cache_dir=None)
    imports = {one: graph.find_modules_directly_imported_by(one) for one in graph.modules}
    try:
        graphlib.TopologicalSorter(imports).prepare()
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []


def main() -> None:
    """Print it."""
    write = sys.stdout.write
    for folder, lines in sorted(lines_by_folder().items()):
        write(f"{lines:7,}  {folder}\n")
    found = size()
    for name, lengths in (("functions", found.functions), ("files", found.files)):
        write(
            f"{name}: {len(lengths):,}, median {statistics.median(lengths):g},"
            f" p90 {percentile(lengths, 0.9)}, longest {lengths[-1]} lines\n"
        )
    write(f"circles: {' > '.join(found.circle) or 'none'}\n")


if __name__ == "__main__":
    main()
