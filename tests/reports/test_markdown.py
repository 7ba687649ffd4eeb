import html
import re
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from contracts.codes import ActionState
from contracts.languages import LANGUAGES, Language
from reports.daily import ActionCount, DailyReport
from reports.markdown import checks_table, escape, kpis_table, proposals_list, pulled_table


@settings(deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["C"]), max_size=80))
@example("[x](http://a) <b>*bold*</b> | `code` ~~gone~~ www.a.b a@b.c &amp; \\| #1")
def test_text_is_shown_as_it_is_and_never_becomes_markup(text: str) -> None:
    line = " ".join(text.split())
    shown = MarkdownIt("commonmark").enable(["table", "strikethrough"]).renderInline(escape(text))
    assert html.unescape(shown) == line
    assert "<" not in shown
    bare = re.sub(r"\\.", "", escape(text))
    assert not set("<>|`*_[]!@:~") & set(bare)
    assert "www." not in bare.lower()


def test_text_stays_readable() -> None:
    assert escape("10.5% cut,\n about 3 pieces") == "10.5% cut, about 3 pieces"
    assert escape("order (the least one)") == "order (the least one)"


def test_a_failed_check_comes_first_with_its_limit(report: DailyReport) -> None:
    failed = [replace(one, is_blocking=True) for one in report.checks]
    first = checks_table(failed).splitlines()[2]
    assert first.startswith("| **failed** | demo | orders | volume | 301 rows")
    assert first.endswith("| 3.5 deviations |")


def test_the_newest_day_comes_first(report: DailyReport) -> None:
    lines = kpis_table(report).splitlines()
    assert len(lines) == 2 + 14
    assert lines[2].startswith("| demo | 2026-11-15 | 16,697.33 | 559 |")


def test_proposals_show_why_and_who_refused(report: DailyReport) -> None:
    text = proposals_list(report.actions[55:70])
    assert "- repricing: 5 confirmed, 10 refused" in text
    assert "\n  - refused\\: below the floor\\: 12.49 would leave 0.31 a piece" in text
    assert "54 more" in proposals_list(report.actions)
    every = [ActionCount(policy="restock", state=ActionState.PROPOSED, guard=None, actions=428)]
    part = proposals_list(report.actions[:2], counts=every)
    assert "- restock: 428 proposed" in part
    assert "426 more" in part


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reason_is_read_part_by_part(report: DailyReport, language: Language) -> None:
    sentences: dict[Language, str] = {
        "en": "Order 840 pieces, by 2026-11-30: 80 left; it fills up to 916 (cases; of 24: 39).",
        "zh": "建议采购 840 件：可售 80 件；采购补至 916 件（每箱；24 件：39 箱）。",
    }
    held = replace(report.actions[0].action, state=ActionState.APPROVED, guard="quiet_hours")
    one = replace(report.actions[0], action=held, sentence=sentences[language])
    _, shown = proposals_list([one], language).split("---\n")
    top = MarkdownIt("commonmark").parse(shown)
    texts = [token.content.replace("\\", "") for token in top if token.type == "inline"]
    expected: dict[Language, list[str]] = {
        "en": [
            "Order 840 pieces, by 2026-11-30:", "80 left;",
            "it fills up to 916 (cases; of 24: 39).", "held: quiet hours",
        ],
        "zh": [
            "建议采购 840 件：", "可售 80 件；", "采购补至 916 件（每箱；24 件：39 箱）。",
            "暂缓原因：免打扰时段",
        ],
    }  # fmt: skip
    assert texts[1:] == expected[language]
    assert texts[0].startswith(f"**{held.action_id[:8]}** ")
    assert " · demo · " in texts[0]


def test_what_was_read_keeps_its_columns() -> None:
    table = pulled_table([{"shop_id": "demo", "new_pages": 1200, "seconds": 1.26}])
    assert table == "| shop | new pages | seconds |\n| --- | --- | --- |\n| demo | 1,200 | 1.3 |\n"


@pytest.mark.parametrize("table", [pulled_table, checks_table, proposals_list])
def test_nothing_is_said_in_words(table: object) -> None:
    assert callable(table)
    assert table([]).startswith("Nothing was")
