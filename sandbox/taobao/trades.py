"""Trades sold, by creation, by change and one in full; and the refund cases of their lines."""

from datetime import timedelta
from typing import Any, Final

import polars as pl

from sandbox.kit.arguments import Arguments, whole
from sandbox.kit.fields import Document, Fields, as_is, fixed, without, written
from sandbox.kit.frames import the_row
from sandbox.kit.lists import equal, falling, within
from sandbox.kit.values import milliseconds
from sandbox.taobao import ids
from sandbox.taobao.book import cases_of, trades_of
from sandbox.taobao.errors import ERRORS, invalid
from sandbox.taobao.shop import Shop
from sandbox.taobao.values import TIME, Selection, counted, listed, page_of, wrapped, yuan

MAX_PAGE: Final = 100
SOLD_DAYS: Final = 90
MAX_SPAN: Final = timedelta(days=1)
DEFAULT_KINDS: Final = ("guarantee_trade", "auto_delivery", "ec", "cod", "step")
# What these names of the filter stand for; every other names its own type.
_STANDS_FOR: Final = {"guarantee_trade": ("fixed", "auction")}
_ALL_CLOSED: Final = ("TRADE_CLOSED", "TRADE_CLOSED_BY_TAOBAO")
COMPANIES: Final = {
    "yuantong": "圆通速递", "zhongtong": "中通快递", "shunfeng": "顺丰速运", "jd": "京东快递",
    "ems": "EMS",
}  # fmt: skip
BUYER: Final[Fields] = {
    **written(ids.masked_nick, buyer_nick="household_id"),
    **written(ids.open_uid, buyer_open_uid="household_id"),
}
"""How a member is named in every answer."""
TRADE: Final[Fields] = {
    **BUYER,
    **as_is("status", type="kind", title="nick", seller_nick="nick", buyer_rate="is_rated"),
    **as_is("shipping_type", "step_trade_status", num="single_quantity"),
    **written(ids.tid, tid="order_id"),
    **written(lambda key: str(ids.tid(key)), tid_str="order_id"),
    **written(ids.num_iid, num_iid="single_product_id"),
    **written(TIME.written, created="created_at", pay_time="paid_at", consign_time="shipped_at"),
    **written(TIME.written, modified="modified_at", end_time="end_at"),
    **written(TIME.written, promise_sign_time="promised_at"),
    **written(yuan, price="single_minor", total_fee="goods_minor", discount_fee="shared_minor"),
    **written(yuan, post_fee="post_minor", payment="kept_minor", received_payment="got_minor"),
    **written(yuan, step_paid_fee="step_minor"),
    **fixed(adjust_fee="0.00", has_post_fee=True, trade_from="WAP,WAP"),
    **fixed(seller_rate=False, has_buyer_message=False),
    # Where it goes, with everything personal hidden.
    **fixed(receiver_name="*", receiver_state="浙江省", receiver_city="杭州市"),
    **fixed(receiver_district="**区", receiver_address="*****", receiver_mobile="***********"),
}
LINE: Final[Fields] = {
    **as_is("oid", "title", "refund_status", num="quantity", buyer_rate="is_rated"),
    **as_is("shipping_type", status="line_status", invoice_no="number"),
    **written(str, oid_str="oid", outer_iid="product_id", outer_sku_id="product_id"),
    **written(ids.num_iid, num_iid="product_id"),
    **written(lambda key: str(ids.sku_id(key)), sku_id="product_id"),
    **written(lambda key: str(ids.REFUND + key), refund_id="case_id"),
    **written(lambda key: f"https://img.example.com/{key}.jpg", pic_path="product_id"),
    **written(lambda title: f"规格:{title}", sku_properties_name="title"),
    **written(lambda name: COMPANIES.get(name, name), logistics_company="carrier"),
    "cid": lambda line: 50_000_000 + len(line["product_type"] or ""),
    **written(yuan, price="unit_minor", discount_fee="automatic_minor", total_fee="net_minor"),
    **written(yuan, payment="line_kept_minor", part_mjz_discount="code_minor"),
    "divide_order_fee": lambda line: yuan(line["net_minor"] - line["code_minor"]),
    **written(TIME.written, consign_time="shipped_at", end_time="line_end_at"),
    **fixed(seller_type="B", adjust_fee="0.00", seller_rate=False),
}
CASE: Final[Fields] = {
    **BUYER,
    **as_is("title", num="quantity", status="state", order_status="status", seller_nick="nick"),
    **written(lambda key: str(ids.REFUND + key), refund_id="case_id"),
    **written(ids.tid, tid="order_id"),
    "oid": lambda case: ids.oid(case["order_id"], case["line_id"], case["line_count"]),
    **written(str, outer_id="product_id"),
    **written(yuan, total_fee="net_minor", refund_fee="amount_minor"),
    "payment": lambda case: yuan(case["net_minor"] - case["amount_minor"]),
    **written(TIME.written, created="applied_at", modified="modified_at"),
    **written(milliseconds, refund_version="modified_at"),
    "good_status": lambda case: f"BUYER_{'' if case['has_arrived'] else 'NOT_'}RECEIVED",
    "reason": lambda case: "质量问题" if case["has_arrived"] else "未收到货",
    "refund_phase": lambda case: "aftersale" if case["has_arrived"] else "onsale",
    **fixed(has_good_return=False, dispute_type="REFUND"),
}
# What only some of the calls tell about a trade or its lines.
_NOT_IN_SOLD: Final = ("tid_str", "oid_str", "has_post_fee")
_NOT_IN_INCREMENT: Final = (*_NOT_IN_SOLD, "promise_sign_time", "trade_from")


def sold(shop: Shop, args: Arguments) -> Document:
    """Trades created in a span of the last three months, the newest first."""
    oldest = shop.now - timedelta(days=SOLD_DAYS)
    start = max(args.get("start_created", TIME.parsed, oldest), oldest)
    end = args.get("end_created", TIME.parsed, shop.now)
    if end < start:
        raise invalid("end_created", "must not lie before start_created")
    found = _filtered(shop, args, uid="buyer_open_id").filter(within("created_at", start, end))
    return _trades(shop, args, falling(found, "created_at", "order_id"), _NOT_IN_SOLD)


def increment(shop: Shop, args: Arguments) -> Document:
    """Trades changed in a span of a day at most, the last change first."""
    start = args.needed("start_modified", TIME.parsed)
    end = args.needed("end_modified", TIME.parsed)
    if not timedelta() < end - start <= MAX_SPAN:
        raise invalid("end_modified", "within a day after start_modified")
    found = _filtered(shop, args, uid="buyer_open_uid").filter(within("modified_at", start, end))
    return _trades(shop, args, falling(found, "modified_at", "order_id"), _NOT_IN_INCREMENT)


def fullinfo(shop: Shop, args: Arguments) -> Document:
    """One trade."""
    selection = Selection.of(args)
    return {"trade": _rows(shop, trade_of(shop, args), selection)[0]}


def refunds(shop: Shop, args: Arguments) -> Document:
    """Cases changed in a span, the last change first."""
    start, end = args.get("start_modified", TIME.parsed), args.get("end_modified", TIME.parsed)
    if start and end and end < start:
        raise invalid("end_modified", "must not lie before start_modified")
    found = _cases(shop).filter(
        _of_kinds(args, DEFAULT_KINDS[:2]),
        within("modified_at", start, end),
        equal("state", args.text("status") or None),
        of_member(shop, args.text("buyer_open_uid")),
    )
    found, page = falling(found, "modified_at", "case_id"), page_of(args, MAX_PAGE)
    return counted(args, found, page, listed(args, found, page, CASE, "refunds", "refund"))


def refund(shop: Shop, args: Arguments) -> Document:
    """One case."""
    selection, number = Selection.of(args), args.needed("refund_id", whole)
    own = pl.col("case_id") == number - ids.REFUND
    return {"refund": selection.row(CASE, the_row(_cases(shop), own, ERRORS("refund-not-exist")))}


def trade_of(shop: Shop, args: Arguments) -> pl.DataFrame:
    """The trade that a call names, as a frame of one row.

    Raises:
        RefusedError: there is none.
    """
    own = pl.col("order_id") == args.needed("tid", whole) - ids.TRADE
    found = trades_of(shop).filter(own)
    if found.is_empty():
        raise ERRORS("trade-not-exist")
    return found


def of_member(shop: Shop, uid: str) -> pl.Expr:
    """Rows of one member, or all rows when none is named."""
    member = shop.household(uid)
    return equal("household_id", (-1 if member is None else member) if uid else None)


def _of_kinds(args: Arguments, default: tuple[str, ...]) -> pl.Expr:
    asked = args.names("type") or default
    kinds = [kind for name in asked for kind in _STANDS_FOR.get(name, (name,))]
    return pl.col("kind").is_in(kinds)


def _filtered(shop: Shop, args: Arguments, *, uid: str) -> pl.DataFrame:
    found = trades_of(shop).filter(_of_kinds(args, DEFAULT_KINDS))
    if status := args.text("status"):
        wanted = _ALL_CLOSED if status == "ALL_CLOSED" else (status,)
        found = found.filter(pl.col("status").is_in(wanted))
    return found.filter(of_member(shop, args.text(uid)))


def _trades(shop: Shop, args: Arguments, found: pl.DataFrame, hidden: tuple[str, ...]) -> Document:
    page = page_of(args, MAX_PAGE)
    rows = _rows(shop, page.rows(found), Selection.of(args), hidden=hidden)
    answer = {"total_results": found.height, **wrapped("trades", "trade", rows)}
    return counted(args, found, page, answer)


def _rows(
    shop: Shop, page: pl.DataFrame, selection: Selection, *, hidden: tuple[str, ...] = ()
) -> list[Document]:
    lines, below = shop.lines_of(page, "product_type"), selection.below("orders", "order")
    head, line = without(TRADE, *hidden), without(LINE, *hidden)
    cases = {case["line_id"]: case for case in _cases(shop, page).iter_rows(named=True)}
    rated = set(shop.world.reviews["line_id"].to_list())
    found = []
    for one in shop.named(page).iter_rows(named=True):
        own = lines.get(one["order_id"], [])
        trade = _summed(one, own)
        orders = (_line(trade, each, cases.get(each["line_id"]), rated) for each in own)
        listed = wrapped("orders", "order", (below.row(line, each) for each in orders if below))
        found.append(selection.row(head, trade) | listed)
    return found


def _summed(trade: dict[str, Any], lines: list[dict[str, Any]]) -> dict[str, Any]:
    """A trade with what it cost; a refund lowers what was paid, in every reading from then on."""
    goods = sum(line["unit_minor"] * line["quantity"] for line in lines)
    shared = sum(line["code_minor"] for line in lines)
    paid = goods - shared + trade["post_minor"] - sum(line["automatic_minor"] for line in lines)
    kept, is_step = paid - trade["back_minor"], trade["kind"] == "step"
    single = lines[0] if lines and trade["line_count"] == 1 else None
    return trade | {
        "goods_minor": goods,
        "shared_minor": shared,
        "kept_minor": kept,
        "got_minor": kept if trade["status"] == "TRADE_FINISHED" else 0,
        "step_minor": paid if is_step else None,
        "step_trade_status": "FRONT_PAID_FINAL_PAID" if is_step else None,
        "shipping_type": "express" if trade["post_minor"] else "free",
        "single_quantity": single["quantity"] if single else 0,
        "single_product_id": single["product_id"] if single else None,
        "single_minor": single["unit_minor"] if single else None,
    }


def _line(
    trade: dict[str, Any], line: dict[str, Any], case: dict[str, Any] | None, rated: set[int]
) -> dict[str, Any]:
    """A line with its trade, its last case, and what of its price was kept."""
    net = line["unit_minor"] * line["quantity"] - line["automatic_minor"]
    back = case["amount_minor"] if case and case["state"] == "SUCCESS" else 0
    return trade | line | {
        "oid": ids.oid(trade["order_id"], line["line_id"], trade["line_count"]),
        "net_minor": net,
        # The payment of a trade's only line is the trade's, with what sending it costs.
        "line_kept_minor": trade["kept_minor"] if trade["line_count"] == 1 else net - back,
        "case_id": case["case_id"] if case else None,
        "refund_status": case["state"] if case else "NO_REFUND",
        "line_status": "TRADE_CLOSED" if back else trade["status"],
        "line_end_at": case["modified_at"] if case and back else trade["end_at"],
        "is_rated": line["line_id"] in rated,
    }  # fmt: skip


def _cases(shop: Shop, orders: pl.DataFrame | None = None) -> pl.DataFrame:
    """Cases with their trade and what was sold; of some orders, the last change last."""
    trades = trades_of(shop).select(
        "order_id", "household_id", "kind", "status", "line_count", "delivered_at"
    )
    cases = cases_of(shop).sort("modified_at")
    if orders is not None:
        cases = cases.filter(pl.col("order_id").is_in(orders["order_id"].implode()))
    arrived = (pl.col("delivered_at") <= pl.col("applied_at")).fill_null(value=False)
    joined = cases.join(trades, on="order_id", maintain_order="left")
    return shop.named(shop.titled(joined)).with_columns(has_arrived=arrived)
