"""What the guard and the ledger say is said in Chinese too, whichever sentence it is."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import checks
from reports.checked import translate_data
from reports.names import CHECKS
from reports.reasons import translate_reason

ROOT = Path(__file__).parent.parent.parent
SAID_BY = [
    *sorted((ROOT / "actions" / "guard").glob("*.py")),
    *(ROOT / one for one in (
        "actions/dispatch.py", "actions/terms.py", "actions/undo.py", "actions/verdicts.py",
        "flows/steps/actions.py", "flows/steps/approvers.py", "flows/steps/door.py",
        "flows/steps/writers.py", "warehouse/contents.py",
        "warehouse/proposals.py", "warehouse/recall.py", "warehouse/transitions.py",
    )),
]  # fmt: skip
NO_REASONS = {"limits.py"}
"""Descriptions of settings, whose words are for another place."""


def template(node: ast.AST) -> str | None:
    """A text with braces where its values go."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        parts = (one.value if isinstance(one, ast.Constant) else "{}" for one in node.values)
        return "".join(map(str, parts))
    return None


def sentences(path: Path) -> Iterator[str]:
    """Every text of a module that is said to a person: no documentation, and nothing raised."""
    tree = ast.parse(path.read_text("utf-8"))
    quiet = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr | ast.Raise | ast.JoinedStr)
        for inner in ast.walk(node)
        if inner is not node and (not isinstance(node, ast.Expr) or inner is node.value)
    }
    for node in ast.walk(tree):
        text = template(node) if id(node) not in quiet else None
        if text is not None and text.count(" ") >= 2 and len(re.findall("[a-z]", text)) > 5:
            yield text


SENTENCES = sorted({
    text for path in SAID_BY if path.name not in NO_REASONS for text in sentences(path)
})  # fmt: skip


@pytest.mark.parametrize("english", SENTENCES)
def test_every_sentence_of_the_guard_and_the_ledger_has_its_chinese(english: str) -> None:
    values = [f"<{place}>" for place in range(english.count("{}"))]
    translated = translate_reason(english.format(*values))
    assert translated.en == english.format(*values)
    assert re.search(r"[\u4e00-\u9fff]", translated.zh), translated.zh
    assert sorted(re.findall(r"<\d>", translated.zh)) == values


def test_numbers_stay_and_what_is_said_within_a_sentence_is_said_in_chinese_too() -> None:
    english = "4.20 USD is below floor 4.50 USD; a newer cost, 1.00 USD after 4.00 USD, is not used"
    translated = translate_reason(f"{english} until a person confirms it")
    assert (
        translated.zh
        == "4.20 USD 低于底价 4.50 USD；较新的成本 1.00 USD（原 4.00 USD）须人工确认后才使用"
    )


def test_an_amount_of_thousands_is_one_value() -> None:
    translated = translate_reason("it leaves 1,234.50 USD of TEA, below floor 12,345,678 JPY")
    assert translated.zh == "TEA 到手仅 1,234.50 USD，低于底价 12,345,678 JPY"


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        (
            "cuts give away 1500 minor units per day, limit 1000",
            "降价每天让利 1500（最小货币单位），上限 1000",
        ),
        (
            "it leaves 95 of TEA, below floor 100 (minor units)",
            "TEA 到手仅 95，低于底价 100（最小货币单位）",
        ),
        (
            "coupons of 28 days may cost 900 minor units, budget 800",
            "28 天内优惠券成本可达 900（最小货币单位），预算 800",
        ),
        ("9.70 USD is below floor 9.81 USD", "9.70 USD 低于底价 9.81 USD"),
    ],
)
def test_sentences_of_earlier_releases_are_understood(english: str, chinese: str) -> None:
    assert translate_reason(english).zh == chinese


def test_what_a_platform_said_stays_as_it_is() -> None:
    assert translate_reason("the seller is suspended").zh == "the seller is suspended"


def _said_by_checks() -> tuple[set[str], set[str]]:
    """Names of all checks, and their sentences with a figure for each value."""
    names, sentences = set(), set()
    for path in Path(checks.__file__).parent.glob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            given = {one.arg: one.value for one in call.keywords}
            if getattr(call.func, "id", "") in ("differing_result", "_size"):
                given["check"] = call.args[2]
            names |= set(_text(given.get("check")))
            sentences |= {*_text(given.get("measured")), *_text(given.get("limit"))}
    return names, sentences


def _text(node: ast.expr | None) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        parts = (str(one.value) if isinstance(one, ast.Constant) else "1" for one in node.values)
        yield re.sub(r"(?<=[a-z])1+$", "", "".join(parts))  # examples, if there are any
    elif isinstance(node, ast.IfExp):
        yield from (*_text(node.body), *_text(node.orelse))


def test_every_check_is_named_and_told_in_chinese_too() -> None:
    names, sentences = _said_by_checks()
    assert (len(names) > 20, len(sentences) > 30) == (True, True)
    assert names <= CHECKS.keys()
    bare = {
        text: re.sub(r"SKU|UTC|shops/\S+|\[confirmed\]", "", translate_data(text).zh)
        for text in sentences
    }
    assert {text: told for text, told in bare.items() if re.search("[A-Za-z]{2,}", told)} == {}
