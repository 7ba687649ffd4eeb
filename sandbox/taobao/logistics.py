"""What was sent with which company, and how far it is."""

from typing import Final

import polars as pl

from sandbox.kit.arguments import Arguments, less
from sandbox.kit.fields import Document, Fields, as_is, document, fixed, without_none, written
from sandbox.kit.lists import equal, falling, spanned
from sandbox.taobao import ids
from sandbox.taobao.book import trades_of
from sandbox.taobao.errors import ERRORS
from sandbox.taobao.shop import Shop
from sandbox.taobao.trades import COMPANIES, trade_of
from sandbox.taobao.values import TIME, listed, page_of, wrapped

MAX_PAGE: Final = 100
# Every so many trades were sent with a number typed in by hand, which the platform cannot follow.
UNFOLLOWED: Final = 6
_STATUS: Final = {
    0: "在途中", 1: "已揽收", 2: "异常", 3: "对方已签收", 4: "退回签收", 5: "派件中",
    6: "退回中", 7: "转投", 14: "对方拒签",
}  # fmt: skip
_ACTION: Final = {0: "DEPARTURE", 1: "GOT", 3: "SIGNED", 5: "SENT_SCAN"}
STEP: Final[Fields] = {
    **written(TIME.written, status_time="at"),
    **as_is(status_desc="text"),
    **written(_ACTION.get, action="state"),
}
SHIPPING: Final[Fields] = {
    **as_is(seller_nick="nick", out_sid="number"),
    **written(lambda name: COMPANIES.get(name, name), company_name="carrier"),
    **written(ids.tid, tid="order_id"),
    **written("LP{}".format, order_code="order_id"),
    **written(ids.masked_nick, buyer_nick="household_id"),
    **written(ids.open_uid, openuid="household_id"),
    **written(TIME.written, created="paid_at"),
    "modified": lambda row: TIME.written(row["delivered_at"] or row["shipped_at"]),
    **written(TIME.written, delivery_start="shipped_at", delivery_end="delivered_at"),
    "status": lambda row: (
        "ACCEPTED_BY_RECEIVER" if row["delivered_at"] else "SENT_TO_LOGISTICS_COMPANY"
    ),
    **written(lambda minor: "express" if minor else "free", type="post_minor"),
    **written(lambda minor: "buyer" if minor else "seller", freight_payer="post_minor"),
    **fixed(seller_confirm="yes", is_split=0),
}


def trace(shop: Shop, args: Arguments) -> Document:
    """The steps of a trade's parcel; none for a number typed in by hand."""
    trade = trade_of(shop, args).row(0, named=True)
    if trade["number"] is None:
        raise ERRORS("logistics-not-sent")
    steps = shop.world.parcel_events.filter(pl.col("number") == trade["number"]).to_dicts()
    if trade["order_id"] % UNFOLLOWED == 0:
        steps = []
    sent = _STATUS[3] if trade["delivered_at"] else "已发货"
    rows = (without_none(document(STEP, step)) for step in steps)
    return {
        "tid": ids.tid(trade["order_id"]),
        "out_sid": trade["number"],
        "company_name": COMPANIES.get(trade["carrier"], trade["carrier"]),
        "status": _STATUS[steps[-1]["state"]] if steps else sent,
        **wrapped("trace_list", "transit_step_info", rows),
    }


def shipped(shop: Shop, args: Arguments) -> Document:
    """Shipments of trades created in a span, the newest first."""
    trades = trades_of(shop).filter(
        pl.col("number").is_not_null(),
        spanned(args, "created_at", "start_created", "end_created", TIME.parsed),
        equal("order_id", args.get("tid", less(ids.TRADE))),
    )
    found = shop.named(falling(trades, "created_at", "order_id"))
    return listed(args, found, page_of(args, MAX_PAGE), SHIPPING, "shippings", "shipping")
