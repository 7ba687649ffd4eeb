"""Trades sold: by creation, by change, and one in full."""

from datetime import timedelta
from typing import Any, Final

import polars as pl

from sandbox.taobao import ids
from sandbox.taobao.arguments import Arguments, Fields
from sandbox.taobao.errors import invalid, refused
from sandbox.taobao.paging import Page
from sandbox.taobao.shop import Shop
from sandbox.taobao.values import Answer, without_nulls, wrapped, written, yuan
from sandbox.world.world import instant

MAX_PAGE: Final = 100
SOLD_DAYS: Final = 90
MAX_SPAN: Final = timedelta(days=1)
DEFAULT_KINDS: Final = ("guarantee_trade", "auto_delivery", "ec", "cod", "step")
# What these names of the filter stand for; every other names its own type.
_STANDS_FOR: Final = {"guarantee_trade": ("fixed", "auction")}
_ALL_CLOSED: Final = ("TRADE_CLOSED", "TRADE_CLOSED_BY_TAOBAO")
COMPANIES: Final = {
    "yuantong": "圆通速递",
    "zhongtong": "中通快递",
    "shunfeng": "顺丰速运",
    "jd": "京东快递",
    "ems": "EMS",
}
# What only some of the calls tell about a trade or its lines.
_NOT_IN_SOLD: Final = frozenset({"tid_str", "oid_str", "has_post_fee"})
_NOT_IN_INCREMENT: Final = _NOT_IN_SOLD | {"promise_sign_time", "trade_from"}


def sold(shop: Shop, args: Arguments) -> Answer:
    """Trades created in a span of the last three months, the newest first."""
    fields, page = args.fields(), Page.of(args, most=MAX_PAGE)
    oldest = shop.now - timedelta(days=SOLD_DAYS)
    start = max(args.instant("start_created") or oldest, oldest)
    end = args.instant("end_created") or shop.now
    if end < start:
        raise invalid("end_created", "must not lie before start_created")
    within = pl.col("created_at").is_between(instant(start), instant(end))
    found = _filtered(shop, args, uid="buyer_open_id").filter(within)
    found = found.sort("created_at", "order_id", descending=True)
    rows = _rows(shop, page.rows(found), fields, hidden=_NOT_IN_SOLD)
    return {**page.count(found, args), **wrapped("trades", "trade", rows)}


def increment(shop: Shop, args: Arguments) -> Answer:
    """Trades changed in a span of a day at most, the last change first."""
    fields, page = args.fields(), Page.of(args, most=MAX_PAGE)
    start, end = args.needed_instant("start_modified"), args.needed_instant("end_modified")
    if end <= start:
        raise invalid("end_modified", "must lie after start_modified")
    if end - start > MAX_SPAN:
        raise invalid("end_modified", "the span must not exceed one day")
    within = pl.col("modified_at").is_between(instant(start), instant(end))
    found = _filtered(shop, args, uid="buyer_open_uid").filter(within)
    found = found.sort("modified_at", "order_id", descending=True)
    rows = _rows(shop, page.rows(found), fields, hidden=_NOT_IN_INCREMENT)
    return {**page.count(found, args), **wrapped("trades", "trade", rows)}


def fullinfo(shop: Shop, args: Arguments) -> Answer:
    """One trade."""
    fields, tid = args.fields(), args.needed_number("tid")
    found = trade_of(shop, tid)
    if found.is_empty():
        raise refused("trade-not-exist", "交易不存在")
    return {"trade": _rows(shop, found, fields)[0]}


def trade_of(shop: Shop, tid: int) -> pl.DataFrame:
    """The trade of a number: one row or none."""
    return shop.book.trades.filter(pl.col("order_id") == tid - ids.TRADE)


def kinds_asked(args: Arguments, default: tuple[str, ...]) -> list[str]:
    """The types of trades a call asks for."""
    asked = args.names("type") or default
    return [kind for name in asked for kind in _STANDS_FOR.get(name, (name,))]


def of_member(shop: Shop, uid: str | None) -> pl.Expr:
    """Rows of one member, or all rows when none is named."""
    if uid is None:
        return pl.lit(value=True)
    member = shop.household(uid)
    return pl.col("household_id") == (-1 if member is None else member)


def masked(household_id: int) -> Answer:
    """How a member is named in every answer."""
    return {
        "buyer_nick": ids.masked_nick(household_id),
        "buyer_open_uid": ids.open_uid(household_id),
    }


def _filtered(shop: Shop, args: Arguments, *, uid: str) -> pl.DataFrame:
    found = shop.book.trades.filter(pl.col("kind").is_in(kinds_asked(args, DEFAULT_KINDS)))
    status = args.text("status")
    if status is not None:
        wanted = _ALL_CLOSED if status == "ALL_CLOSED" else (status,)
        found = found.filter(pl.col("status").is_in(wanted))
    return found.filter(of_member(shop, args.text(uid)))


def _rows(
    shop: Shop, page: pl.DataFrame, fields: Fields, *, hidden: frozenset[str] = frozenset()
) -> list[Answer]:
    lines, cases, rated = _insides(shop, page["order_id"].implode())
    below, found = fields.below("orders", "order"), []
    for trade in page.iter_rows(named=True):
        own = lines.get(trade["order_id"], [])
        head = _head(shop, trade, own)
        row = fields.of(_without(head, hidden))
        if below is not None:
            rows = (
                _line(trade, line, head, cases.get(line["line_id"]), line["line_id"] in rated)
                for line in own
            )
            listed = (below.of(_without(one, hidden)) for one in rows)
            row |= wrapped("orders", "order", listed)
        found.append(row)
    return found


def _insides(
    shop: Shop, picked: pl.Series
) -> tuple[dict[int, list[dict[str, Any]]], dict[int, dict[str, Any]], set[int]]:
    """What belongs to the orders picked: lines by order, the last case and reviews by line."""
    of_picked = pl.col("order_id").is_in(picked)
    titles = shop.world.products.select("product_id", "title", "product_type")
    lines: dict[int, list[dict[str, Any]]] = {}
    for line in (
        shop.world.lines.filter(of_picked & ~pl.col("is_removed"))
        .join(titles, on="product_id", how="left", maintain_order="left")
        .iter_rows(named=True)
    ):
        lines.setdefault(line["order_id"], []).append(line)
    cases = shop.book.cases.filter(of_picked).sort("modified_at")
    latest = {case["line_id"]: case for case in cases.iter_rows(named=True)}
    return lines, latest, set(shop.world.reviews.filter(of_picked)["line_id"].to_list())


def _without(row: Answer, hidden: frozenset[str]) -> Answer:
    return {name: value for name, value in row.items() if name not in hidden}


def _head(shop: Shop, trade: dict[str, Any], lines: list[dict[str, Any]]) -> Answer:
    goods = sum(line["unit_minor"] * line["quantity"] for line in lines)
    own = sum(line["automatic_minor"] for line in lines)
    shared = sum(line["code_minor"] for line in lines)
    post = trade["post_minor"]
    payment = goods - own - shared + post
    is_single = trade["line_count"] == 1 and bool(lines)
    is_step, is_done = trade["kind"] == "step", trade["status"] == "TRADE_FINISHED"
    # A refund lowers what was paid, in every reading from then on.
    kept = payment - trade["back_minor"]
    return without_nulls(
        {
            "tid": ids.tid(trade["order_id"]),
            "tid_str": str(ids.tid(trade["order_id"])),
            "type": trade["kind"],
            "status": trade["status"],
            "title": shop.credentials.nick,
            "seller_nick": shop.credentials.nick,
            **masked(trade["household_id"]),
            "created": written(trade["created_at"]),
            "pay_time": written(trade["paid_at"]),
            "consign_time": written(trade["shipped_at"]),
            "modified": written(trade["modified_at"]),
            "end_time": written(trade["end_at"]),
            "num": lines[0]["quantity"] if is_single else 0,
            "num_iid": ids.num_iid(lines[0]["product_id"]) if is_single else None,
            "price": yuan(lines[0]["unit_minor"]) if is_single else None,
            "total_fee": yuan(goods),
            "discount_fee": yuan(shared),
            "adjust_fee": "0.00",
            "post_fee": yuan(post),
            "has_post_fee": True,
            "payment": yuan(kept),
            "received_payment": yuan(kept if is_done else 0),
            "step_trade_status": "FRONT_PAID_FINAL_PAID" if is_step else None,
            "step_paid_fee": yuan(payment) if is_step else None,
            "shipping_type": "express" if post else "free",
            "trade_from": "WAP,WAP",
            "promise_sign_time": written(trade["promised_at"]),
            "buyer_rate": trade["is_rated"],
            "seller_rate": False,
            "has_buyer_message": False,
            **_address(),
        }
    )


def _address() -> Answer:
    """Where it goes, with everything personal hidden."""
    return {
        "receiver_name": "*",
        "receiver_state": "浙江省",
        "receiver_city": "杭州市",
        "receiver_district": "**区",
        "receiver_address": "*****",
        "receiver_mobile": "***********",
    }


def _line(
    trade: dict[str, Any],
    line: dict[str, Any],
    head: Answer,
    case: dict[str, Any] | None,
    is_rated: bool,
) -> Answer:
    goods, product_id = line["unit_minor"] * line["quantity"], line["product_id"]
    net = goods - line["automatic_minor"]
    back = case["amount_minor"] if case and case["state"] == "SUCCESS" else 0
    oid = ids.oid(trade["order_id"], line["line_id"], trade["line_count"])
    is_closed = bool(back)
    return {
        "oid": oid,
        "oid_str": str(oid),
        "status": "TRADE_CLOSED" if is_closed else trade["status"],
        "title": line["title"],
        "pic_path": f"https://img.example.com/{product_id}.jpg",
        "num_iid": ids.num_iid(product_id),
        "outer_iid": str(product_id),
        "sku_id": str(ids.sku_id(product_id)),
        "outer_sku_id": str(product_id),
        "sku_properties_name": f"规格:{line['title']}",
        "cid": 50_000_000 + len(line["product_type"] or ""),
        "seller_type": "B",
        "num": line["quantity"],
        "price": yuan(line["unit_minor"]),
        "discount_fee": yuan(line["automatic_minor"]),
        "adjust_fee": "0.00",
        "total_fee": yuan(net),
        # The payment of a trade's only line is the trade's, with what sending it costs.
        "payment": head["payment"] if trade["line_count"] == 1 else yuan(net - back),
        "part_mjz_discount": yuan(line["code_minor"]),
        "divide_order_fee": yuan(net - line["code_minor"]),
        "refund_status": case["state"] if case else "NO_REFUND",
        "refund_id": str(ids.REFUND + case["case_id"]) if case else None,
        "consign_time": written(trade["shipped_at"]),
        "end_time": written(case["modified_at"] if case and is_closed else trade["end_at"]),
        "shipping_type": head["shipping_type"],
        "logistics_company": COMPANIES.get(trade["carrier"], trade["carrier"]),
        "invoice_no": trade["number"],
        "buyer_rate": is_rated,
        "seller_rate": False,
    }
