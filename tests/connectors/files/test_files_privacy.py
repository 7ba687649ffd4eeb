"""Persons in exports: what is not needed is never kept, and a member can be forgotten."""

import datetime as dt
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from connectors.files import CONNECTOR
from connectors.files.client import FilesSettings, described, fetch, open_client
from connectors.files.privacy import redact, taken_out
from contracts.personal import Redacted
from contracts.streams import Page, Window
from tests.connectors.files.exports import (
    COSTS,
    EXPORTED,
    described_by,
    file_of,
    mapped,
    page,
    reasons,
)
from tests.connectors.files.test_files_orders import FIRST, HEADER, ORDERS

PRIVATE = ORDERS | {"private": ["receiver", "phone（1）"]}
NAMED = HEADER.replace("buyer\n", "buyer,receiver,phone(1)\n")


def cleaned(given: Page) -> Page:
    """What is kept of a page."""
    file = file_of(given)
    (kept,) = taken_out(given.body, described_by(file).exports(file))
    return kept


def forgotten(given: Page, is_meant: Callable[[str], bool]) -> Redacted:
    return redact(given, is_meant, described=described_by(file_of(given)))


def named(line: str) -> str:
    return line.replace("\n", ",Zora,138\n")


def test_private_columns_are_taken_out_and_all_else_is_read_as_before() -> None:
    kept = cleaned(page(PRIVATE, NAMED + named(FIRST)))
    assert b"Zora" not in kept.body
    assert b"138" not in kept.body
    assert mapped(kept).unknown_fields == ()
    expected = mapped(page(ORDERS, HEADER + FIRST)).frames
    for name, frame in mapped(kept).frames.items():
        assert frame.equals(expected[name])


def test_file_without_private_columns_stays_byte_for_byte() -> None:
    given = page(PRIVATE, HEADER + FIRST)
    assert cleaned(given) == given
    untouched = page(COSTS, "sku,from,cost,receiver\nA,2026-11-01,1.00,Zora\n")
    assert cleaned(untouched) == untouched


def test_private_columns_leave_a_workbook_too_and_its_dates_stay() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    header = NAMED.strip().split(",")
    sheet.append(["a title above"])
    sheet.append(header)
    midnight, noon = dt.datetime(2026, 11, 18), dt.datetime(2026, 11, 19, 12)  # noqa: DTZ001
    sheet.append([1, "A", midnight, noon, "paid", None, 10, 1, 2, "nick", "Zora", 138])
    file = io.BytesIO()
    book.save(file)
    layout = PRIVATE | {"format": "xlsx", "header_row": 2}
    kept = cleaned(page(layout, file.getvalue()))
    assert b"Zora" not in kept.body
    assert cleaned(page(layout, file.getvalue())) == kept
    order = mapped(kept).frames["orders"].row(0, named=True)
    assert str(order["placed_at"]) == "2026-11-18 05:00:00+00:00"
    assert str(order["completed_at"]) == "2026-11-19 17:00:00+00:00"
    assert reasons(mapped(kept)) == []


def test_file_that_cannot_be_read_is_not_kept_with_its_persons(tmp_path: Path) -> None:
    torn = NAMED + named(FIRST).replace("\n", ",one more\n")
    (tmp_path / "orders_20261119.csv").write_text(torn, encoding="utf-8")
    given = {"folder": tmp_path, "mappings": [PRIVATE], "time_zone": "UTC", "quiet_seconds": 0}
    client = open_client(FilesSettings.model_validate(given))
    window = Window(EXPORTED - dt.timedelta(days=9), EXPORTED)
    kept, _ = fetch(client, window, stream="exported_orders")
    assert kept.body == b""
    told = described(FilesSettings.model_validate(given))
    (row,) = mapped(kept, described=told).rejects.to_dicts()
    assert row["document_id"] == "part:orders_20261119.csv"
    assert row["detail"].startswith("is not CSV of its 12 columns")


def test_forgotten_buyer_leaves_his_rows_and_the_others_stay() -> None:
    other = FIRST.replace("1,A", "2,B").replace("nick", "other")
    given = page(ORDERS, HEADER.replace("\n", ",note\n") + FIRST.replace("\n", ",call me\n"))
    given = Page(given.body + other.replace("\n", ",no note\n").encode(), given.part)
    found = forgotten(given, lambda member: member == "nick")
    assert found.removed == ({"buyer": "nick", "note": "call me"},)
    assert b"nick" not in found.page.body
    assert b"call me" not in found.page.body
    frames = mapped(found.page).frames
    assert frames["orders"]["member_id"].to_list() == [None, "other"]
    before = mapped(given).frames["orders"]
    told = [name for name in before.columns if name not in ("member_id", "content_hash")]
    assert frames["orders"].select(told).equals(before.select(told))


def test_buyer_is_found_however_his_name_was_kept_from_rounding() -> None:
    given = page(ORDERS, HEADER + FIRST.replace("nick", '"\t\'123"'))
    assert mapped(given).frames["orders"]["member_id"].item() == "123"
    assert b"123" not in forgotten(given, lambda member: member == "123").page.body


@pytest.mark.parametrize("line", [FIRST, FIRST.replace("nick", "")])
def test_page_that_does_not_name_him_stays_as_it_is(line: str) -> None:
    given = page(ORDERS, HEADER + line)
    assert forgotten(given, lambda member: member == "somebody").page is given


def test_export_that_names_no_members_is_left_alone() -> None:
    columns = ORDERS["tables"]["orders"]["columns"]
    nameless: dict[str, Any] = {n: c for n, c in columns.items() if n != "member_id"}
    tables = ORDERS["tables"] | {"orders": ORDERS["tables"]["orders"] | {"columns": nameless}}
    given = page(ORDERS | {"tables": tables}, HEADER + FIRST)
    assert forgotten(given, lambda _: True).page is given


def test_review_of_a_forgotten_author_keeps_its_stars_alone() -> None:
    layout = {
        "stream": "exported_reviews",
        "pattern": "reviews_{yyyymmdd}.csv",
        "format": "csv",
        "tables": {
            "reviews": {
                "columns": {
                    "review_id": {"column": "id"},
                    "member_id": {"column": "author"},
                    "review_result": {"column": "stars", "codes": {"5": "good"}},
                    "stars_units": {"column": "stars"},
                    "body": {"column": "text"},
                    "reviewed_at": {"column": "at", "format": "iso"},
                }
            }
        },
    }
    body = "id,author,stars,text,at\nr,nick,5,I am nick,2026-11-19T08:00:00Z\n"
    frame = mapped(forgotten(page(layout, body), lambda _: True).page).frames["reviews"]
    assert frame.select("review_id", "member_id", "stars_units", "body").row(0) == (
        "r",
        None,
        5,
        None,
    )


def test_streams_that_may_name_members_can_forget_them() -> None:
    forgetting = {stream.name for stream in CONNECTOR.streams if stream.redact is not None}
    orders = {"exported_orders", "exported_reviews", "exported_members"}
    assert forgetting == orders | {"exported_carts", "exported_tickets", "visits"}


def test_cleaned_page_is_plain_whatever_the_description_says_of_the_file() -> None:
    body = ("title\n" + NAMED + named(FIRST.replace("nick", "小明"))).encode("gb18030")
    kept = cleaned(page(PRIVATE | {"encoding": "gb18030", "header_row": 2}, body))
    assert mapped(kept).frames["orders"]["member_id"].to_list() == ["小明"]


def test_forgotten_by_the_description_of_today() -> None:
    given = page(ORDERS, HEADER.replace("buyer", "nickname") + FIRST)
    told = described_by(file_of(given))
    (layout,) = told.layouts
    assert redact(given, lambda _: True, described=told).page is given
    orders = layout.tables["orders"]
    member = orders.columns["member_id"].model_copy(update={"column": "nickname"})
    columns = orders.model_copy(update={"columns": {**orders.columns, "member_id": member}})
    corrected = layout.model_copy(update={"tables": {**layout.tables, "orders": columns}})
    today = replace(told, layouts=(corrected,))
    assert b"nick," not in redact(given, lambda _: True, described=today).page.body
