"""What was sent with which company, and how far it is."""

from typing import Any, Final

import polars as pl

from sandbox.taobao import ids
from sandbox.taobao.arguments import Arguments
from sandbox.taobao.errors import refused
from sandbox.taobao.paging import Page
from sandbox.taobao.shop import Shop
from sandbox.taobao.trades import COMPANIES, trade_of
from sandbox.taobao.values import Answer, without_nulls, wrapped, written
from sandbox.world.world import instant

MAX_PAGE: Final = 100
# Every so many trades were sent with a number typed in by hand, which the platform cannot follow.
UNFOLLOWED: Final = 6
_STATUS: Final = {
    0: "在途中", 1: "已揽收", 2: "异常", 3: "对方已签收", 4: "退回签收", 5: "派件中",
    6: "退回中", 7: "转投", 14: "对方拒签",
}  # fmt: skip
_ACTION: Final = {0: "DEPARTURE", 1: "GOT", 3: "SIGNED", 5: "SENT_SCAN"}


def trace(shop: Shop, args: Arguments) -> Answer:
    """The steps of a trade's parcel; none for a number typed in by hand."""
    tid = args.needed_number("tid")
    found = trade_of(shop, tid)
    if found.is_empty():
        raise refused("trade-not-exist", "交易不存在")
    trade = found.row(0, named=True)
    if trade["number"] is None:
        raise refused("logistics-not-sent", "物流订单未发货")
    steps = shop.world.parcel_events.filter(pl.col("number") == trade["number"])
    if trade["order_id"] % UNFOLLOWED == 0:
        steps = steps.clear()
    rows = [
        without_nulls(
            {
                "status_time": written(step["at"]),
                "status_desc": step["text"],
                "action": _ACTION.get(step["state"]),
            }
        )
        for step in steps.iter_rows(named=True)
    ]
    signed = trade["delivered_at"] is not None
    last = steps.row(-1, named=True)["state"] if steps.height else 3 if signed else None
    return {
        "tid": tid,
        "out_sid": trade["number"],
        "company_name": COMPANIES.get(trade["carrier"], trade["carrier"]),
        "status": _STATUS[last] if last is not None else "已发货",
        **wrapped("trace_list", "transit_step_info", rows),
    }


def shipped(shop: Shop, args: Arguments) -> Answer:
    """Shipments of trades created in a span, the newest first."""
    fields, page = args.fields(), Page.of(args, most=MAX_PAGE)
    found = shop.book.trades.filter(pl.col("number").is_not_null())
    start, end, tid = args.instant("start_created"), args.instant("end_created"), args.number("tid")
    if start:
        found = found.filter(pl.col("created_at") >= instant(start))
    if end:
        found = found.filter(pl.col("created_at") <= instant(end))
    if tid is not None:
        found = found.filter(pl.col("order_id") == tid - ids.TRADE)
    found = found.sort("created_at", "order_id", descending=True)
    rows = [fields.of(_shipping(shop, trade)) for trade in page.rows(found).iter_rows(named=True)]
    return {"total_results": found.height, **wrapped("shippings", "shipping", rows)}


def _shipping(shop: Shop, trade: dict[str, Any]) -> Answer:
    signed = trade["delivered_at"] is not None
    return {
        "tid": ids.tid(trade["order_id"]),
        "order_code": f"LP{trade['order_id']}",
        "seller_nick": shop.credentials.nick,
        "buyer_nick": ids.masked_nick(trade["household_id"]),
        "openuid": ids.open_uid(trade["household_id"]),
        "out_sid": trade["number"],
        "company_name": COMPANIES.get(trade["carrier"], trade["carrier"]),
        "created": written(trade["paid_at"]),
        "modified": written(trade["delivered_at"] or trade["shipped_at"]),
        "delivery_start": written(trade["shipped_at"]),
        "delivery_end": written(trade["delivered_at"]),
        "status": "ACCEPTED_BY_RECEIVER" if signed else "SENT_TO_LOGISTICS_COMPANY",
        "type": "express" if trade["post_minor"] else "free",
        "freight_payer": "buyer" if trade["post_minor"] else "seller",
        "seller_confirm": "yes",
        "is_split": 0,
    }
