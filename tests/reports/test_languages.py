"""Both languages are whole: every word in both, and neither in the other's page."""

import ast
import html
import io
import re
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from jinja2 import Environment, nodes
from rich.console import Console

import reports
from actions.policies.registry import policies
from connectors.base import registry as connectors
from contracts import errors
from contracts.codes import ActionState, QuarantineReason
from contracts.languages import LANGUAGES, Bilingual, Language
from contracts.tables import TABLES
from reports import checked, names, words
from reports.batches import BatchTotal
from reports.checked import translate_data
from reports.daily import DailyReport, count_actions
from reports.left_alone import ReportedHold
from reports.markdown import (
    batch_list,
    checks_table,
    kpis_table,
    left_alone_table,
    left_table,
    proposals_list,
    pulled_table,
    undo_table,
)
from reports.page import render
from reports.summary import screen
from tests.reports.test_reasons import sentences, template

ROOT = Path(reports.__file__).parent
TEMPLATE = ROOT / "templates" / "report.html.j2"
CJK = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
SIGNS = re.compile(r"^[\W\d]*$")
DATA = re.compile(
    r"Demo Grocer|America/New_York|Data Docs|Prefect|Shopkeeper|GMV|SKU(-\d+)?s?|USD|EUR|pp\b"
    r"|<img src=x one(rror=alert\(1\)>|…)|\bada\b"
    r"|\b(demo|CRM|KPIs?)\b|\b\w+_\w+\b|T\d\d:\d\d:\d\d"
)

UNDONE = {
    "shop_id": "demo", "action_id": "a1", "target_id": "7", "sku_id": "SKU-1", "from": "9.00 USD",
    "to": None, "actions": 1, "conflict": "the platform no longer knows it",
    "note": "redeemed 3 times before, which stands",
}  # fmt: skip
TOTAL = BatchTotal(
    shop_id="demo", policy="repricing", write_kind="set_price", currency="USD", count=3, raises=1,
    cuts=2, largest_rate=0.05, units=6.0, unit="pieces a day at the new values", stake_minor=200,
    unknown=1, effect_minor=9,
)  # fmt: skip


def said(tree: nodes.Template) -> Iterator[nodes.Call]:
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "t":
            yield call


def test_no_word_of_the_page_stands_outside_its_two_languages() -> None:
    tree = Environment().parse(TEMPLATE.read_text("utf-8"))
    text = "".join(one.data for one in tree.find_all(nodes.TemplateData))
    bare = re.sub(r"<!doctype html>|<[^>]*>|\"[^\"<>]*>|<[^<>]*$", " ", text)
    assert set(re.findall(r"[A-Za-z\u4e00-\u9fff]{2,}", bare)) <= {"shopkeeper", "Shopkeeper",
        "actions", "why", "list", "SKU"}  # fmt: skip
    assert not re.findall(r"aria-label=\"[A-Za-z]", text)


def test_every_sentence_of_the_page_has_both_with_the_same_values() -> None:
    calls = list(said(Environment().parse(TEMPLATE.read_text("utf-8"))))
    assert len(calls) > 60
    for call in calls:
        english, chinese = (one.as_const() for one in call.args)
        assert not CJK.search(english), english
        assert CJK.search(chinese) or SIGNS.match(english), chinese
        assert set(re.findall(r"\{\w+\}", english)) == set(re.findall(r"\{\w+\}", chinese))


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        (names.STATES, list(ActionState)),
        (names.QUARANTINE, list(QuarantineReason)),
        (names.TABLES, list(TABLES)),
        (names.POLICIES, list(policies())),
        (
            names.STREAMS,
            {
                stream.name
                for name in connectors.names()
                for stream in connectors.connector(name).streams
            },
        ),
        (names.ERRORS, [name for name in dir(errors) if name.endswith("Error")]),
    ],
)
def test_every_code_has_a_name(table: dict[str, Bilingual], codes: list[str]) -> None:
    assert set(codes) <= set(table)


def test_every_name_is_in_both() -> None:
    tables = [one for one in vars(names).values() if isinstance(one, dict)]
    every = [one for table in tables for one in table.values() if isinstance(one, Bilingual)]
    every += [*words.GUARDS.values(), *words.PARTS.values()]
    for one in every:
        assert not CJK.search(one.en), one
        assert CJK.search(one.zh) or one.zh == one.en == "HTML", one


def constants() -> Iterator[tuple[str, str]]:
    """English and Chinese of every text that stands in the code."""
    for room in ("reports", "flows", "shopkeeper", "contracts"):
        for path in (ROOT.parent / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "Bilingual":
                    english, chinese = (*map(template, node.args), None, None)[:2]
                    if english is not None and chinese is not None:
                        yield english, chinese


def test_every_text_of_the_code_is_in_both_with_the_same_values() -> None:
    found = set(constants())
    assert len(found) > 400
    for english, chinese in found:
        assert not CJK.search(english), english
        is_same = english == chinese or SIGNS.match(english)
        assert CJK.search(chinese) or is_same, english
        values = [sorted(re.findall(r"\{[a-z_]+", one)) for one in (english, chinese)]
        assert values[0] == values[1], english
        assert english.count("{") == chinese.count("{"), english


CHECKED_BY = ("costs", "freshness", "gates", "goods", "listings", "readings", "volume", "rows")


def measured() -> set[str]:
    """What checks say: every text with a value and a word that they put together."""
    folder = ROOT.parent / "checks"
    own = {text for name in CHECKED_BY for text in sentences(folder / f"{name}.py")}
    # What may follow a sentence follows a colon.
    return {re.sub(r"(?<=[a-z])(\{\})+$", ": 7", one).replace("{}", "7") for one in own}


@pytest.mark.parametrize("english", sorted(checked._CHECKED))
def test_what_is_said_of_the_data_keeps_its_values(english: str) -> None:
    values = [f"<{place}>" for place in range(english.count("{}"))]
    told = translate_data(english.format(*values)).zh
    assert CJK.search(told) or english == "{}; {}"
    assert sorted(re.findall(r"<\d>", told)) == values


@pytest.mark.parametrize("english", sorted(measured()))
def test_what_checks_say_has_its_chinese(english: str) -> None:
    assert CJK.search(translate_data(english).zh), english


def shown(page: str) -> list[str]:
    """Texts that a reader of the page sees, without data, codes and commands."""
    hidden = r"<style>.*?</style>|<code>.*?</code>|<title>|<!doctype html>"
    bare = re.sub(hidden, "", page, flags=re.DOTALL)
    labels = re.findall(r'aria-label="([^"]*)"', bare)
    parts = [*re.split(r"<[^>]+>", bare), *labels]
    return [DATA.sub("", html.unescape(part)).strip() for part in parts if part.strip()]


def translated(report: DailyReport, language: Language) -> DailyReport:
    """The report, its sentences of policies in a language, those of the guard its own."""
    sentence = {"en": "Order these pieces.", "zh": "请订购。"}[language]
    actions = []
    for one in report.actions:
        refused = one.action.guard_reason and "12.49 USD is below floor 13.00 USD"
        ended = one.action.message and "the platform rejected it"
        action = replace(one.action, guard_reason=refused, message=ended)
        actions.append(replace(one, sentence=sentence, action=action))
    return replace(report, language=language, actions=actions)


def test_the_english_page_has_no_chinese(report: DailyReport) -> None:
    assert not [part for part in shown(render(translated(report, "en"))) if CJK.search(part)]


def test_the_chinese_page_has_no_english(report: DailyReport) -> None:
    found = [
        part for part in shown(render(translated(report, "zh"))) if re.search(r"[A-Za-z]{2,}", part)
    ]
    assert found == []


def test_the_screen_and_the_artifact_are_chinese_too(report: DailyReport) -> None:
    chinese = translated(report, "zh")
    out = io.StringIO()
    Console(file=out, width=100).print(screen(chinese))
    typed = re.compile("|".join(policies()))
    for text in (typed.sub("", out.getvalue()), kpis_table(chinese)):
        assert re.findall(r"[A-Za-z]{2,}", DATA.sub("", text)) == []


def test_the_screen_names_a_policy_as_commands_take_it(report: DailyReport) -> None:
    actions = [replace(one.action, policy="member_coupon") for one in report.actions]
    names: dict[Language, str] = {"en": "member_coupon", "zh": "会员优惠券 member_coupon"}
    for language, name in names.items():
        out = io.StringIO()
        told = replace(report, language=language, counts=count_actions(actions))
        Console(file=out, width=100).print(screen(told))
        assert re.search(rf"^{name}\b", out.getvalue(), re.MULTILINE)


def test_artifacts_of_actions_are_in_one_language(report: DailyReport) -> None:
    for language in LANGUAGES:
        told = translated(report, language)
        holds = [ReportedHold(
            shop_id="demo", policy="restock", targets=3, samples=("SKU-1",), phrase="is enough",
            phrase_zh="库存充足",
        )]  # fmt: skip
        text = proposals_list(told.actions, language) + left_alone_table(holds, language)
        text += undo_table([], language) + undo_table([UNDONE], language)
        text += left_table({"a1": "what it needs first was not proposed"}, language)
        text += batch_list([TOTAL.bilingual.in_(language)], stamp="0f", language=language)
        text += checks_table(told.checks, language) + checks_table([], language)
        text += pulled_table([asdict(one) for one in told.pulled], language)
        text += pulled_table([], language)
        bare = re.sub(r"&lt;.*?&gt;|\\", "", text)
        if language == "en":
            assert not CJK.search(bare)
        else:
            typed = re.compile("|".join(policies()))
            assert re.findall(r"[A-Za-z]{2,}", DATA.sub("", typed.sub("", bare))) == []


def test_the_languages_differ_only_in_words(report: DailyReport) -> None:
    english, chinese = (render(translated(report, one)) for one in ("en", "zh"))
    bare = (re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL) for page in (english, chinese))
    numbers = [set(re.findall(r"\d[\d,]*\.\d+", page)) for page in bare]
    assert numbers[0] == numbers[1]
