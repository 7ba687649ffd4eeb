"""The documents lead to what is there: every path that they name exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = sorted(path.name for path in ROOT.iterdir() if path.is_dir())
_PATH = re.compile(rf"`((?:{'|'.join(map(re.escape, ROOMS))})/[\w./<>@-]*)`")
_LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)[^)]*\)")
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
# Made by whoever uses a home or the template, and not part of the project.
_MADE = ("<", "@", "demo-home", "bazaar")


def named(document: Path) -> set[str]:
    """Paths of the project that a document names."""
    found = _PATH.findall(document.read_text(encoding="utf-8"))
    return {path for path in found if not any(made in path for made in _MADE)}


def test_the_walk_names_every_room_and_two_dozen_files() -> None:
    found = named(ROOT / "docs" / "architecture.md")
    rooms = {"shopkeeper", "deployments", "flows", "connectors", "warehouse", "checks"}
    rooms |= {"transforms", "actions", "reports", "contracts", "sandbox", "tests"}
    assert {path.split("/")[0] for path in found} == rooms
    assert sum(path.endswith(".py") for path in found) >= 24


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_that_a_document_names_exists(document: Path) -> None:
    assert [path for path in sorted(named(document)) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_of_a_document_leads_somewhere(document: Path) -> None:
    links = _LINK.findall(document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []
