"""What exported orders come to, platform by platform: amounts, states and who is named."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.connectors.files import ready
from tests.connectors.files.ready import DOUDIAN, JD, JST, PDD, STAMP, Ready, put, read

AMOUNTS = ["goods_minor", "discount_minor", "shipping_minor", "total_minor", "refunded_minor"]
STATES = ["payment_status", "fulfilment_status"]


@pytest.fixture
def frames(tmp_path: Path, request: pytest.FixtureRequest) -> dict[str, pl.DataFrame]:
    one: Ready = request.param
    put(tmp_path, f"{one.file.format(STAMP)}.csv", ready.csv_bytes(one.rows))
    return read(tmp_path, one).frames


def of(one: Ready) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("frames", [one], indirect=True, ids=[one.mapping])


def rows(frame: pl.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    return frame.select(columns).rows()


@of(PDD)
def test_pdd_order_is_what_the_customer_paid_less_the_postage(
    frames: dict[str, pl.DataFrame],
) -> None:
    assert rows(frames["orders"], "order_id", *AMOUNTS, *STATES) == [
        ("260517-0001", 2650, 350, 500, 3150, 0, "paid", "unfulfilled"),
        ("260517-0002", 120000, 0, 0, 120000, 120000, "refunded", "fulfilled"),
    ]
    assert rows(
        frames["order_lines"], "sku_id", "unit_price_minor", "quantity_units", "current_units"
    ) == [("CUP-B", 1000, 3, 3), ("POT", 120000, 1, 0)]


@of(DOUDIAN)
def test_doudian_rows_add_up_to_their_order(frames: dict[str, pl.DataFrame]) -> None:
    assert rows(frames["orders"], "order_id", *AMOUNTS, *STATES) == [
        ("6917001", 11750, 1150, 500, 12250, 0, "paid", "partially_fulfilled"),
        ("6917003", 5000, 0, 0, 5000, 5000, "refunded", "fulfilled"),
    ]
    assert frames["orders"]["completed_at"].is_not_null().to_list() == [False, True]
    assert rows(frames["order_lines"], "order_id", "line_id", "total_minor") == [
        ("6917001", "6917001", 2750),
        ("6917001", "6917002", 9000),
        ("6917003", "6917003", 5000),
    ]


@of(JD)
def test_jd_rows_share_the_amount_that_each_repeats(frames: dict[str, pl.DataFrame]) -> None:
    assert rows(frames["orders"], "order_id", *AMOUNTS, *STATES) == [
        ("3001", 5000, 1000, 600, 5600, 0, "paid", "unfulfilled"),
        ("3002", 1000, 0, 0, 1000, 0, "voided", "unfulfilled"),
    ]
    assert rows(frames["order_lines"], "line_id", "line_kind", "total_minor", "discount_minor") == [
        ("801", "sale", 2500, 500),
        ("802", "sale", 2500, 500),
        ("803", "gift", 0, 0),
        ("801", "sale", 1000, 0),
    ]


@of(JD)
def test_jd_buyer_is_named_unless_masked(frames: dict[str, pl.DataFrame]) -> None:
    assert frames["orders"]["member_id"].to_list() == ["zora-pin", None]


@of(JST)
def test_jst_order_that_was_joined_with_another_is_left_out_and_a_cancelled_unpaid_one_is_void(
    frames: dict[str, pl.DataFrame],
) -> None:
    assert rows(frames["orders"], "order_id", "member_id", *AMOUNTS, *STATES) == [
        ("5001", "zora-nick", 10000, 1000, 600, 10600, 0, "paid", "in_progress"),
        ("5002", None, 2000, 0, 0, 2000, 0, "voided", "unfulfilled"),
    ]
    assert rows(frames["order_lines"], "line_id", "total_minor", "discount_minor") == [
        ("70011", 2727, 273),
        ("70012", 7273, 727),
        ("70021", 2000, 0),
    ]


def test_doudian_order_of_states_that_do_not_go_together_is_quarantined(tmp_path: Path) -> None:
    header, *lines = DOUDIAN.rows
    mixed = [[cell.replace("待发货", "已关闭") for cell in row] for row in lines]
    put(tmp_path, f"{DOUDIAN.file.format(STAMP)}.csv", ready.csv_bytes([header, *mixed]))
    rejects = read(tmp_path, DOUDIAN).rejects
    assert set(rejects.select("document_id", "reason", "column", "detail").rows()) == {
        ("6917001", "unknown_code", "payment_status", "paid+voided")
    }


def test_export_of_another_ending_is_told_to_be_saved_as_one_that_is_read(tmp_path: Path) -> None:
    put(tmp_path, f"{JD.file.format(STAMP)}.pdf", b"%PDF")
    (row,) = read(tmp_path, JD).rejects.to_dicts()
    assert row["detail"] == "is neither CSV nor a workbook: save it as one of them"


def test_case_that_is_an_exchange_is_no_refund(tmp_path: Path) -> None:
    one = ready.CASES
    put(tmp_path, f"{one.file.format(STAMP)}.csv", ready.csv_bytes(one.rows))
    cases = read(tmp_path, one).frames["refund_cases"]
    assert rows(cases, "case_id", "case_status", "has_return", "asked_minor", "reason") == [
        ("7001", "returning", True, 5000, "不想要了"),
        ("7002", "refunded", False, 9000, "漏水"),
    ]


def test_reviews_judge_by_stars_or_by_words(tmp_path: Path) -> None:
    told = []
    for one in (ready.JD_REVIEWS, ready.PDD_REVIEWS, ready.DOUDIAN_REVIEWS):
        put(tmp_path, f"{one.file.format(STAMP)}.csv", ready.csv_bytes(one.rows))
        told += rows(
            read(tmp_path, one).frames["reviews"],
            *("review_id", "order_id", "review_result", "stars_units", "reply", "member_id"),
        )
    assert told == [
        ("3001:801", "3001", "good", 5, None, None),
        ("3001:802", "3001", "bad", 2, "抱歉", None),
        ("260517-0001", "260517-0001", "good", 4, None, None),
        ("260517-0002", "260517-0002", "bad", 1, "抱歉", None),
        ("6917001", "6917001", "good", None, None, None),
        ("6917002", "6917001", "bad", None, "抱歉", None),
    ]


def test_stock_is_seen_at_the_instant_in_the_files_name(tmp_path: Path) -> None:
    one = ready.STOCK
    put(tmp_path, f"{one.file.format(STAMP)}.csv", ready.csv_bytes(one.rows))
    stock = read(tmp_path, one).frames["stock_levels"]
    assert sorted(rows(stock, "sku_id", "warehouse_id", "on_hand_units", "available_units")) == [
        ("CUP-B", "主仓", 12, 10),
        ("POT", "主仓", 3, -1),
    ]
    assert str(stock["observed_at"][0]) == "2026-11-20 02:30:00+00:00"


def test_what_has_arrived_is_no_longer_on_the_way(tmp_path: Path) -> None:
    one = ready.PURCHASING
    put(tmp_path, f"{one.file.format(STAMP)}.csv", ready.csv_bytes(one.rows))
    inbound = read(tmp_path, one).frames["inbound"]
    assert rows(inbound, "sku_id", "inbound_units") == [("CUP-B", 110)]
