"""A file is read as its description says, or refused in one sentence that names it."""

import re

import pytest

from connectors.files.layout import Limits
from tests.connectors.files.exports import COSTS, TRAFFIC, changed, mapped, page, reasons, refusal

HEADER = "sku,from,cost\n"
ROW = "A,2026-11-01,1.00\n"


@pytest.mark.parametrize(
    ("written", "declared"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("gb18030", "gb18030"),
        ("gbk", "gb18030"),
        ("utf-16", "utf-16"),
        ("big5", "big5"),
    ],
)
def test_source_is_read_in_the_declared_encoding(written: str, declared: str) -> None:
    body = "day,source,visitors\r\n2026-11-01,搜索,1\r\n".encode(written)
    frame = mapped(page(TRAFFIC | {"encoding": declared}, body)).frames["traffic_daily"]
    assert frame["traffic_source"].item() == "搜索"


def test_characters_beyond_gbk_are_read_from_gb18030() -> None:
    body = "day,source,visitors\n2026-11-01,𠮷野家,1\n".encode("gb18030")
    frame = mapped(page(TRAFFIC | {"encoding": "gb18030"}, body)).frames["traffic_daily"]
    assert frame["traffic_source"].item() == "𠮷野家"


def test_wrong_bytes_are_refused_and_never_replaced() -> None:
    body = "day,source,visitors\n2026-11-01,搜索,1\n".encode("gb18030")
    assert refusal(page(TRAFFIC, body)) == "is not utf-8: see byte 31"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("sku,from\nA,2026-11-01\n", "lacks the column 'cost'$"),
        ("sku,from,costs\nA,2026-11-01,1\n", "lacks the column 'cost': the nearest is 'costs'$"),
        ("sku,from,cost,cost\nA,2026-11-01,1,2\n", "repeats the column 'cost'"),
        ("", "has no header in line 1"),
        ("\n\n", "has no header in line 1"),
        (HEADER + 'A,"2026-11-01,1.00\n', "is not CSV of its 3 columns"),
        (HEADER + "A,2026-11-01,1.00,9\n", "is not CSV of its 3 columns"),
    ],
)
def test_file_of_another_shape_is_refused(body: str, said: str) -> None:
    assert re.match(said, refusal(page(COSTS, body)))


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(max_rows=1), "more rows than max_rows = 1"),
        (Limits(max_columns=2), "max_columns = 2"),
    ],
)
def test_file_beyond_a_limit_is_refused(limits: Limits, said: str) -> None:
    assert said in refusal(page(COSTS, HEADER + ROW + ROW, limits=limits))


def test_file_at_its_limits_is_read() -> None:
    limits = Limits(max_rows=1, max_columns=3)
    assert mapped(page(COSTS, HEADER + ROW, limits=limits)).frames["costs"].height == 1


def test_header_may_stand_below_a_preamble() -> None:
    body = "生意参谋\n统计日期,2026-11-01\n" + HEADER.replace(",", ";") + ROW.replace(",", ";")
    layout = COSTS | {"header_row": 3, "delimiter": ";"}
    assert mapped(page(layout, body)).frames["costs"]["sku_id"].to_list() == ["A"]


def test_totals_and_empty_rows_are_left_out() -> None:
    body = HEADER + ROW + ",,\n" + "\n" + "合计\n"
    result = mapped(page(COSTS | {"skip_when": {"sku": ["合计"]}}, body))
    assert result.frames["costs"]["sku_id"].to_list() == ["A"]
    assert reasons(result) == []


def test_export_without_rows_is_empty() -> None:
    result = mapped(page(COSTS, HEADER))
    assert result.frames["costs"].height == 0
    assert reasons(result) == []


def test_columns_nobody_described_are_named() -> None:
    body = "sku,from,cost,new,note\nA,2026-11-01,1.00,x,y\n"
    assert mapped(page(COSTS | {"ignored": ["note"]}, body)).unknown_fields == ("new",)


def test_brackets_of_a_name_may_be_full_width() -> None:
    layout = changed(COSTS, "unit_cost_minor", column="cost(元)")
    body = "sku,from,cost（元）\nA,2026-11-01,1.00\n"
    assert mapped(page(layout, body)).frames["costs"]["unit_cost_minor"].to_list() == [100]


def test_mark_at_the_beginning_says_utf_8_whatever_is_declared() -> None:
    body = "day,source,visitors\n2026-11-01,搜索,1\n".encode("utf-8-sig")
    frame = mapped(page(TRAFFIC | {"encoding": "gb18030"}, body)).frames["traffic_daily"]
    assert frame["traffic_source"].item() == "搜索"
    broken = body[:23] + b"\xff\xff" + body[25:]
    told = refusal(page(TRAFFIC | {"encoding": "gb18030"}, broken))
    assert told.startswith("is not utf-8: see byte")


def test_rows_of_another_shop_are_left_out() -> None:
    body = "sku,from,cost,shop\nA,2026-11-01,1.00,ours\nB,2026-11-01,1.00,theirs\n"
    frame = mapped(page(COSTS | {"keep_when": {"shop": ["ours"]}}, body)).frames["costs"]
    assert frame["sku_id"].to_list() == ["A"]


def test_sign_of_an_empty_cell_is_no_value() -> None:
    result = mapped(page(COSTS | {"empty": ["-"]}, HEADER + "A,2026-11-01,-\n"))
    assert reasons(result) == [("A|2026-11-01", "missing_value", "unit_cost_minor")]
