import html
import re
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from contracts.codes import ActionState
from reports.daily import ActionCount, DailyReport
from reports.markdown import checks_table, escape, kpis_table, proposals_table, pulled_table


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
    table = proposals_table(report.actions[55:70])
    assert "- repricing: 5 confirmed, 10 refused" in table
    assert "| below the floor\\: 12.49 would leave 0.31 a piece" in table
    assert "54 more" in proposals_table(report.actions)
    every = [ActionCount(policy="restock", state=ActionState.PROPOSED, guard=None, actions=428)]
    part = proposals_table(report.actions[:2], counts=every)
    assert "- restock: 428 proposed" in part
    assert "426 more" in part


def test_what_was_read_keeps_its_columns() -> None:
    table = pulled_table([{"shop_id": "demo", "new_pages": 1200, "seconds": 1.26}])
    assert table == "| shop | new pages | seconds |\n| --- | --- | --- |\n| demo | 1,200 | 1.3 |\n"


@pytest.mark.parametrize("table", [pulled_table, checks_table, proposals_table])
def test_nothing_is_said_in_words(table: object) -> None:
    assert callable(table)
    assert table([]).startswith("Nothing was")
