"""What is written from declarations: `python -m tests.dictionary` writes it anew."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import contracts.dictionary
import transforms.metrics.dictionary

DOCS: Final = Path(__file__).resolve().parent.parent / "docs"
PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "data-dictionary.md": contracts.dictionary.render,
    "metrics.md": transforms.metrics.dictionary.render,
}
"""Pages of docs/, and what renders them."""


if __name__ == "__main__":
    for name, render in PAGES.items():
        (DOCS / name).write_text(render(), encoding="utf-8")
