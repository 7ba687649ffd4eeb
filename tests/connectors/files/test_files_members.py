"""Birthdays and tiers from a list of members: a day without its year, a rank of the shop's."""

import copy
import datetime as dt
from typing import Any

import pytest

from connectors.files.descriptions import problems
from connectors.files.layout import FileLayout
from connectors.files.privacy import redact
from tests.connectors.files.exports import described_by, file_of, mapped, page, reasons

MEMBERS: dict[str, Any] = {
    "stream": "exported_members",
    "pattern": "members_{yyyymmdd}.csv",
    "format": "csv",
    "tables": {
        "occasions": {
            "columns": {
                "member_id": {"column": "id"},
                "occasion_kind": {"constant": "birthday"},
                "month_day": {"column": "born"},
            }
        },
        "member_tiers": {
            "skip_when": {"tier": [""]},
            "columns": {
                "member_id": {"column": "id"},
                "told_date": {"stamp": True},
                "tier_rank": {"column": "tier", "codes": {"银卡": "1", "金卡": "2"}},
            },
        },
    },
}


def changed(table: str, column: str, **options: Any) -> dict[str, Any]:
    """The description with other options for one column."""
    given: dict[str, Any] = copy.deepcopy(MEMBERS)
    given["tables"][table]["columns"][column] |= options
    return given


@pytest.mark.parametrize(
    ("text", "form", "day"),
    [
        ("1992-02-29", None, "02-29"),
        ("1991-02-29", None, None),
        ("1992-13-01", None, None),
        ("05-20", "%m-%d", "05-20"),
        ("02-29", "%m-%d", "02-29"),
        ("02-30", "%m-%d", None),
        ("5月20日", "%m月%d日", "05-20"),
        ("1990/5/20", "%Y/%m/%d", "05-20"),
        ("1990-05-20T00:00:00", "%m-%d", None),
        ("33013", "excel", "05-20"),
        ("", None, None),
    ],
)
def test_a_birthday_is_read_without_its_year(text: str, form: str | None, day: str | None) -> None:
    layout = MEMBERS if form is None else changed("occasions", "month_day", format=form)
    result = mapped(page(layout, f"id,born,tier\nz,{text},\n"))
    assert result.frames["occasions"]["month_day"].to_list() == [day]
    wrong = [("z|birthday", "unreadable_time", "month_day")]
    assert reasons(result) == (wrong if text and day is None else [])


def test_of_a_birthday_that_cannot_be_read_its_form_alone_is_told() -> None:
    result = mapped(page(MEMBERS, "id,born,tier\nz,1992/02/29,\n"))
    assert result.rejects["detail"].to_list() == ["####/##/##"]


def test_a_tier_is_its_rank_on_the_day_of_the_export_and_an_empty_one_is_none() -> None:
    at = dt.datetime(2026, 11, 20, 3, tzinfo=dt.UTC)  # the evening before in New York
    frame = mapped(page(MEMBERS, "id,born,tier\nz,,金卡\ny,,银卡\nx,,\n", at=at)).frames
    found = frame["member_tiers"].select("member_id", "told_date", "tier_rank").rows()
    assert sorted(found) == [("y", dt.date(2026, 11, 19), 1), ("z", dt.date(2026, 11, 19), 2)]


@pytest.mark.parametrize(
    ("codes", "is_right"),
    [
        ({"a": "1"}, True),
        ({"a": "20"}, True),
        ({"a": "21"}, False),
        ({"a": "gold"}, False),
        ({}, False),
    ],
)
def test_the_order_of_tiers_is_stated(codes: dict[str, str], is_right: bool) -> None:
    layout = FileLayout.model_validate(changed("member_tiers", "tier_rank", codes=codes))
    assert (not list(problems(layout))) is is_right


def test_of_who_is_forgotten_no_row_of_a_list_of_members_stays() -> None:
    given = page(MEMBERS, "id,born,tier\nz,1992-02-29,金卡\ny,1980-05-20,银卡\n")
    told = described_by(file_of(given))
    found = redact(given, lambda member: member == "z", described=told)
    assert b"1992" not in found.page.body
    assert found.removed == ({"id": "z", "born": "1992-02-29"},)
    again = mapped(found.page)
    assert again.frames["occasions"]["month_day"].to_list() == ["05-20"]
    assert reasons(again) == []
