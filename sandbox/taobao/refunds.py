"""Refund cases of lines, as members opened them; only some end with money paid back."""

from typing import Final

import polars as pl

from sandbox.kit.arguments import Arguments, whole
from sandbox.kit.fields import Document, Fields, as_is, fixed, written
from sandbox.kit.lists import equal, falling, within
from sandbox.kit.values import decimal_text as yuan
from sandbox.taobao import ids
from sandbox.taobao.book import book_of
from sandbox.taobao.errors import ERRORS
from sandbox.taobao.selection import Selection, answered, page_of
from sandbox.taobao.shop import Shop
from sandbox.taobao.trades import BUYER, of_kinds, of_member
from sandbox.taobao.values import TIME

MAX_PAGE: Final = 100
DEFAULT_KINDS: Final = ("guarantee_trade", "auto_delivery")
CASE: Final[Fields] = {
    **BUYER,
    **as_is("title", num="quantity", status="state", order_status="status", seller_nick="nick"),
    **written(lambda key: str(ids.REFUND + key), refund_id="case_id"),
    **written(ids.tid, tid="order_id"),
    "oid": lambda case: ids.oid(case["order_id"], case["line_id"], case["line_count"]),
    **written(str, outer_id="product_id"),
    **written(yuan, total_fee="paid_minor", refund_fee="amount_minor"),
    "payment": lambda case: yuan(case["paid_minor"] - case["amount_minor"]),
    **written(TIME.written, created="applied_at", modified="modified_at"),
    **written(lambda at: int(at.timestamp() * 1000), refund_version="modified_at"),
    "good_status": lambda case: f"BUYER_{'' if case['has_arrived'] else 'NOT_'}RECEIVED",
    "reason": lambda case: "质量问题" if case["has_arrived"] else "未收到货",
    "refund_phase": lambda case: "aftersale" if case["has_arrived"] else "onsale",
    **fixed(has_good_return=False, dispute_type="REFUND"),
}


def received(shop: Shop, args: Arguments) -> Document:
    """Cases changed in a span, the last change first."""
    selection, page = Selection.of(args), page_of(args, MAX_PAGE)
    start, end = args.get("start_modified", TIME.parsed), args.get("end_modified", TIME.parsed)
    if start and end and end < start:
        raise ERRORS("invalid", name="end_modified", reason="must not lie before start_modified")
    found = _cases(shop).filter(
        of_kinds(args, DEFAULT_KINDS),
        within("modified_at", start, end),
        equal("state", args.text("status") or None),
        of_member(shop, args.text("buyer_open_uid")),
    )
    found = falling(found, "modified_at", "case_id")
    rows = (selection.row(CASE, one) for one in page.rows(found).iter_rows(named=True))
    return answered(found, page, args, "refunds", "refund", rows)


def one(shop: Shop, args: Arguments) -> Document:
    """One case."""
    selection, number = Selection.of(args), args.needed("refund_id", whole)
    found = _cases(shop).filter(pl.col("case_id") == number - ids.REFUND)
    if found.is_empty():
        raise ERRORS("refund-not-exist")
    return {"refund": selection.row(CASE, found.row(0, named=True))}


def _cases(shop: Shop) -> pl.DataFrame:
    """Cases with their trade, their line and what was sold."""
    trades = book_of(shop).trades.select(
        "order_id", "household_id", "kind", "status", "line_count", "delivered_at"
    )
    paid = pl.col("unit_minor") * pl.col("quantity") - pl.col("automatic_minor")
    lines = shop.world.lines.select(
        "line_id", "product_id", "quantity", paid_minor=paid - pl.col("code_minor")
    )
    titles = shop.world.products.select("product_id", "title")
    return (
        book_of(shop)
        .cases.join(trades, on="order_id", maintain_order="left")
        .join(lines, on="line_id", maintain_order="left")
        .join(titles, on="product_id", how="left", maintain_order="left")
        .with_columns(
            nick=pl.lit(shop.credentials.nick),
            has_arrived=(pl.col("delivered_at") <= pl.col("applied_at")).fill_null(value=False),
        )
    )
