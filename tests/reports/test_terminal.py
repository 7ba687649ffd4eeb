"""Sentences of the terminal, in lines that are as long as they may be."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console, Group
from rich.table import Table

from reports.terminal import Prose, whole

SENTENCE = (
    "价格由 11.83 CNY 调整为 11.91 CNY，向规则目标价靠近，本次已到单次调价上限（5 %）；3 个可比竞品"
    "中最低价（含运费）为 18.49 USD；运行 `shopkeeper actions impact 1025583` 可列出受影响订单，按"
    " 2026-11-30 的汇率折算；商品编号 5100000000000986912，日均销量 1,200 件。"
)
KEPT = (
    "11.83 CNY", "5 %", "3 个", "18.49 USD", "`shopkeeper actions impact 1025583`", "2026-11-30",
    "5100000000000986912", "1,200 件",
)  # fmt: skip
_SIGNS = st.sampled_from("ab7,.- %`米价，。（）“”《》；")


def lines(text: str, width: int) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=width).print(Group(Prose(text)))
    return [line.rstrip() for line in out.getvalue().splitlines()]


@pytest.mark.parametrize("width", [40, 60, 100])
def test_a_chinese_sentence_fills_its_lines_and_breaks_no_figure_and_no_command(width: int) -> None:
    shown = lines(SENTENCE, width)
    longest = max(map(cell_len, KEPT))
    assert all(width - longest < cell_len(line) <= width for line in shown[:-1])
    for kept in KEPT:
        assert any(kept in line for line in shown), kept
    assert not any(line[0] in "，。；）" or line[-1] in "（" for line in shown)


def test_an_english_sentence_breaks_at_its_blanks() -> None:
    assert lines("Order 840 pieces, at the latest on Monday", 12) == [
        "Order 840", "pieces, at", "the latest", "on Monday",
    ]  # fmt: skip


@given(st.lists(_SIGNS, max_size=60).map("".join), st.integers(2, 30))
@settings(deadline=None)
def test_no_sign_is_lost_and_no_line_is_too_long(text: str, width: int) -> None:
    shown = lines(text, width)
    assert "".join("".join(shown).split()) == "".join(text.split())
    assert all(cell_len(line) <= width for line in shown)


def test_a_name_stays_whole_in_a_table_and_a_sentence_does_not() -> None:
    table = whole(Table("店铺", "竞品报价时间", "说明", box=None))
    table.add_row(Prose("天猫旗舰店"), Prose("1,234.50 CNY"), Prose(SENTENCE))
    out = io.StringIO()
    Console(file=out, width=60).print(table, crop=False)
    shown = out.getvalue().splitlines()
    assert all(cell_len(line) <= 60 for line in shown)
    for kept in ("竞品报价时间", "天猫旗舰店", "1,234.50 CNY", "5100000000000986912"):
        assert any(kept in line for line in shown), kept
