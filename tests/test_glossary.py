"""The glossary names code that exists, and gives every term in both languages."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROWS = [
    [cell.strip() for cell in line.strip("|\n").split("|")]
    for line in (ROOT / "docs" / "glossary.md").read_text("utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| English")
]


def test_there_are_terms_and_none_stands_twice() -> None:
    terms = [row[0] for row in ROWS]
    assert len(terms) > 50
    assert len(terms) == len(set(terms))


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_term_is_in_both_languages_and_lives_where_the_glossary_says(row: list[str]) -> None:
    _, chinese, meaning, where = row
    assert re.search(r"[\u4e00-\u9fff]|SKU", chinese)
    assert meaning.endswith(".")
    path, *names = re.findall("`([^`]+)`", where)
    text = (ROOT / path).read_text("utf-8")
    for name in names:
        assert re.search(rf"\b{re.escape(name)}\b", text), f"{path} has no {name}"
