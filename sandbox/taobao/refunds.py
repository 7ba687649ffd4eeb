"""Refund cases of lines, as members opened them; only some end with money paid back."""

from typing import Any, Final

import polars as pl

from sandbox.taobao import ids
from sandbox.taobao.arguments import Arguments
from sandbox.taobao.errors import invalid, refused
from sandbox.taobao.paging import Page
from sandbox.taobao.shop import Shop
from sandbox.taobao.trades import kinds_asked, masked, of_member
from sandbox.taobao.values import Answer, wrapped, written, yuan
from sandbox.world.world import instant

MAX_PAGE: Final = 100
DEFAULT_KINDS: Final = ("guarantee_trade", "auto_delivery")


def received(shop: Shop, args: Arguments) -> Answer:
    """Cases changed in a span, the last change first."""
    fields, page = args.fields(), Page.of(args, most=MAX_PAGE)
    start, end = args.instant("start_modified"), args.instant("end_modified")
    if start and end and end < start:
        raise invalid("end_modified", "must not lie before start_modified")
    found = _cases(shop).filter(pl.col("kind").is_in(kinds_asked(args, DEFAULT_KINDS)))
    if start:
        found = found.filter(pl.col("modified_at") >= instant(start))
    if end:
        found = found.filter(pl.col("modified_at") <= instant(end))
    if status := args.text("status"):
        found = found.filter(pl.col("state") == status)
    found = found.filter(of_member(shop, args.text("buyer_open_uid")))
    found = found.sort("modified_at", "case_id", descending=True)
    rows = [fields.of(_row(shop, case)) for case in _named(shop, page.rows(found))]
    return {**page.count(found, args), **wrapped("refunds", "refund", rows)}


def one(shop: Shop, args: Arguments) -> Answer:
    """One case."""
    fields, number = args.fields(), args.needed_number("refund_id")
    found = _cases(shop).filter(pl.col("case_id") == number - ids.REFUND)
    if found.is_empty():
        raise refused("refund-not-exist", "退款不存在")
    return {"refund": fields.of(_row(shop, _named(shop, found)[0]))}


def _cases(shop: Shop) -> pl.DataFrame:
    trades = shop.book.trades.select(
        "order_id", "household_id", "kind", "status", "line_count", "delivered_at"
    )
    return shop.book.cases.join(trades, on="order_id", maintain_order="left")


def _named(shop: Shop, cases: pl.DataFrame) -> list[dict[str, Any]]:
    lines = shop.world.lines.select(
        "line_id", "product_id", "quantity", "unit_minor", "automatic_minor", "code_minor"
    )
    titles = shop.world.products.select("product_id", "title")
    return (
        cases.join(lines, on="line_id", maintain_order="left")
        .join(titles, on="product_id", how="left", maintain_order="left")
        .to_dicts()
    )


def _row(shop: Shop, case: dict[str, Any]) -> Answer:
    paid = case["unit_minor"] * case["quantity"] - case["automatic_minor"] - case["code_minor"]
    arrived = case["delivered_at"] is not None and case["delivered_at"] <= case["applied_at"]
    return {
        "refund_id": str(ids.REFUND + case["case_id"]),
        "tid": ids.tid(case["order_id"]),
        "oid": ids.oid(case["order_id"], case["line_id"], case["line_count"]),
        **masked(case["household_id"]),
        "seller_nick": shop.credentials.nick,
        "total_fee": yuan(paid),
        "refund_fee": yuan(case["amount_minor"]),
        "payment": yuan(paid - case["amount_minor"]),
        "created": written(case["applied_at"]),
        "modified": written(case["modified_at"]),
        "status": case["state"],
        "order_status": case["status"],
        "good_status": "BUYER_RECEIVED" if arrived else "BUYER_NOT_RECEIVED",
        "has_good_return": False,
        "reason": "质量问题" if arrived else "未收到货",
        "title": case["title"],
        "num": case["quantity"],
        "outer_id": str(case["product_id"]),
        "refund_phase": "aftersale" if arrived else "onsale",
        "refund_version": int(case["modified_at"].timestamp() * 1000),
        "dispute_type": "REFUND",
    }
