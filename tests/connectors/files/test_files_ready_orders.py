"""What exported orders come to, platform by platform: amounts, states and who is named."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from checks.rows import split
from tests.connectors.files import ready
from tests.connectors.files.ready import (
    DOUDIAN,
    JD,
    JST,
    LATER,
    PDD,
    SHOPIFY,
    STAMP,
    Ready,
    put,
    read,
)

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
def test_jst_order_that_was_joined_with_another_is_void_as_is_a_cancelled_unpaid_one(
    frames: dict[str, pl.DataFrame],
) -> None:
    assert rows(frames["orders"], "order_id", "member_id", *AMOUNTS, *STATES) == [
        ("5001", "zora-nick", 10000, 1000, 600, 10600, 0, "paid", "in_progress"),
        ("5002", None, 2000, 0, 0, 2000, 0, "voided", "unfulfilled"),
        ("5003", None, 2000, 0, 0, 2000, 0, "voided", "unfulfilled"),
    ]
    assert rows(frames["order_lines"], "line_id", "total_minor", "discount_minor") == [
        ("70011", 2727, 273),
        ("70012", 7273, 727),
        ("70021", 2000, 0),
        ("70031", 2000, 0),
    ]


@of(SHOPIFY)
def test_shopify_order_has_its_lines_and_what_stands_on_the_first_of_them(
    frames: dict[str, pl.DataFrame],
) -> None:
    assert rows(frames["orders"], "order_id", "member_id", *AMOUNTS, *STATES) == [
        ("#1001", "z@shop.example", 9000, 1000, 500, 10400, 0, "paid", "partially_fulfilled"),
        ("#1002", None, 1000, 0, 0, 1000, 1000, "refunded", "fulfilled"),
        ("#1003", None, 2000, 0, 0, 4300, 0, "paid", "unfulfilled"),
    ]
    assert frames["orders"]["cancelled_at"].is_not_null().to_list() == [False, True, False]
    lines = ("order_id", "line_id", "sku_id", "line_kind", "total_minor", "current_units")
    assert rows(frames["order_lines"], *lines) == [
        ("#1001", "1", "CUP-B", "sale", 2700, 3),
        ("#1001", "2", "POT", "sale", 6300, 1),
        ("#1001", "3", "POT", "gift", 0, 1),
        ("#1002", "1", "CUP-B", "sale", 1000, 0),
        ("#1003", "1", "POT", "sale", 2000, 1),
        ("#1003", "2", None, "stored_value", 2000, 1),
        ("#1003", "3", None, "tip", 300, 1),
    ]


@pytest.mark.parametrize(
    ("one", "column", "now", "later", "status", "left"),
    [
        (PDD, "订单状态", "待发货", "已取消", "voided", 0),
        (PDD, "订单状态", "待发货", "未发货，退款成功", "refunded", 0),
        (PDD, "售后状态", "无售后或售后取消", "退款成功", "refunded", 0),
        (PDD, "订单状态", "待发货", "已收货", "paid", 3),
        (DOUDIAN, "订单状态", None, "已关闭", "voided", 0),
        (DOUDIAN, "售后状态", None, "退款成功", "refunded", 0),
        (DOUDIAN, "售后状态", None, "已全额退款", "refunded", 0),
        (DOUDIAN, "订单状态", None, "已完成", "paid", 4),
        (JD, "订单状态", "等待出库", "已取消", "refunded", 0),
        (JD, "订单状态", "等待出库", "(删除)等待出库", "refunded", 0),
        (JD, "订单状态", "等待出库", "完成", "paid", 5),
        (JST, "状态", "发货中", "取消", "refunded", 0),
        (JST, "状态", "发货中", "被合并", "voided", 0),
        (JST, "状态", "发货中", "被拆分", "voided", 0),
        (JST, "状态", "发货中", "已发货", "paid", 4),
        (SHOPIFY, "Financial Status", "paid", "voided", "voided", 0),
        (SHOPIFY, "Financial Status", "paid", "refunded", "refunded", 0),
        (SHOPIFY, "Financial Status", "paid", "expired", "expired", 0),
    ],
)
def test_known_order_that_ends_is_never_left_out(
    tmp_path: Path, one: Ready, column: str, now: str | None, later: str, status: str, left: int
) -> None:
    """A later export tells of the first order that it ended; `now` null: whatever it said."""
    header, *lines = one.rows
    place, first = header.index(column), lines[0][0 if one is not PDD else 1]
    put(tmp_path, f"{one.file.format(STAMP)}.csv", ready.csv_bytes(one.rows))
    ended = [
        [later if n == place and now in (None, cell) else cell for n, cell in enumerate(line)]
        for line in lines
        if first in line
    ]
    assert ended != [line for line in lines if first in line]
    put(tmp_path, f"{one.file.format(LATER)}.csv", ready.csv_bytes([header, *ended]))
    mapped = read(tmp_path, one)
    assert mapped.rejects.to_dicts() == []
    order = first.strip().removeprefix("'")
    found = mapped.frames["orders"].filter(pl.col("order_id") == order)
    assert found["payment_status"].to_list() == [status]
    pieces = mapped.frames["order_lines"].filter(pl.col("order_id") == order)["current_units"]
    assert pieces.sum() == left


@pytest.mark.parametrize(
    ("one", "price", "title"),
    [
        (PDD, "商品总价(元)", "补差价专用链接"),
        (DOUDIAN, "商品单价", "运费补拍"),
        (JD, "京东价", "【赠品】杯垫"),
        (JST, "商品单价", "邮费补拍"),
    ],
)
def test_difference_that_is_paid_afterwards_is_no_goods_and_no_penny_price(
    tmp_path: Path, one: Ready, price: str, title: str
) -> None:
    place = one.rows[0].index(price)
    renamed = [
        [
            "0.01" if n == place and "茶杯" in row else cell.replace("茶杯", title)
            for n, cell in enumerate(row)
        ]
        for row in one.rows
    ]
    put(tmp_path, f"{one.file.format(STAMP)}.csv", ready.csv_bytes(renamed))
    mapped = read(tmp_path, one)
    lines = mapped.frames["order_lines"]
    kinds = lines.group_by("line_kind").agg(pl.col("total_minor").sum())
    assert kinds.filter(pl.col("line_kind") == "difference")["total_minor"].item() > 0
    goods = lines.filter(pl.col("line_kind") != "difference")["total_minor"].sum()
    assert mapped.frames["orders"]["goods_minor"].sum() == goods
    assert split(mapped, ready.CONTEXT).bad.to_dicts() == []


def test_part_of_a_piece_counts_as_one_and_money_is_exact(tmp_path: Path) -> None:
    header, first, *_ = PDD.rows
    pieces = header.index("商品数量(件)")
    weighed = [cell if place != pieces else "1.5" for place, cell in enumerate(first)]
    put(tmp_path, f"{PDD.file.format(STAMP)}.csv", ready.csv_bytes([header, weighed]))
    mapped = read(tmp_path, PDD)
    columns = ("quantity_units", "current_units", "total_minor")
    assert rows(mapped.frames["order_lines"], *columns) == [(2, 2, 2650)]
    assert mapped.rejects.to_dicts() == []


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
