"""Trades sold: by creation, by change, and one in full."""

from datetime import timedelta
from typing import Any, Final

import polars as pl

from sandbox.kit.arguments import Arguments, whole
from sandbox.kit.fields import Document, Fields, as_is, fixed, without, written
from sandbox.kit.frames import grouped, of_values
from sandbox.kit.lists import equal, falling, within
from sandbox.kit.values import decimal_text as yuan
from sandbox.taobao import ids
from sandbox.taobao.book import book_of
from sandbox.taobao.errors import ERRORS
from sandbox.taobao.selection import Selection, answered, page_of
from sandbox.taobao.shop import Shop
from sandbox.taobao.values import TIME, wrapped

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
    **as_is("title", "refund_status", "shipping_type", num="quantity", buyer_rate="is_rated"),
    **as_is(status="line_status", logistics_company="company", invoice_no="number"),
    **written(str, "oid", oid_str="oid", outer_iid="product_id", outer_sku_id="product_id"),
    **as_is("oid"),
    **written(ids.num_iid, num_iid="product_id"),
    **written(lambda key: str(ids.sku_id(key)), sku_id="product_id"),
    **written(lambda key: str(ids.REFUND + key), refund_id="case_id"),
    **written(lambda key: f"https://img.example.com/{key}.jpg", pic_path="product_id"),
    **written(lambda title: f"规格:{title}", sku_properties_name="title"),
    "cid": lambda line: 50_000_000 + len(line["product_type"] or ""),
    **written(yuan, price="unit_minor", discount_fee="automatic_minor", total_fee="net_minor"),
    **written(yuan, payment="line_kept_minor", part_mjz_discount="code_minor"),
    **written(yuan, divide_order_fee="divided_minor"),
    **written(TIME.written, consign_time="shipped_at", end_time="line_end_at"),
    **fixed(seller_type="B", adjust_fee="0.00", seller_rate=False),
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
        raise ERRORS("invalid", name="end_created", reason="must not lie before start_created")
    found = _filtered(shop, args, uid="buyer_open_id").filter(within("created_at", start, end))
    return _listed(shop, args, falling(found, "created_at", "order_id"), _NOT_IN_SOLD)


def increment(shop: Shop, args: Arguments) -> Document:
    """Trades changed in a span of a day at most, the last change first."""
    start = args.needed("start_modified", TIME.parsed)
    end = args.needed("end_modified", TIME.parsed)
    if not timedelta() < end - start <= MAX_SPAN:
        raise ERRORS("invalid", name="end_modified", reason="within a day after start_modified")
    found = _filtered(shop, args, uid="buyer_open_uid").filter(within("modified_at", start, end))
    return _listed(shop, args, falling(found, "modified_at", "order_id"), _NOT_IN_INCREMENT)


def fullinfo(shop: Shop, args: Arguments) -> Document:
    """One trade."""
    selection = Selection.of(args)
    return {"trade": _rows(shop, trade_of(shop, args), selection)[0]}


def trade_of(shop: Shop, args: Arguments) -> pl.DataFrame:
    """The trade that a call names, as a frame of one row.

    Raises:
        RefusedError: there is none.
    """
    own = pl.col("order_id") == args.needed("tid", whole) - ids.TRADE
    found = book_of(shop).trades.filter(own)
    if found.is_empty():
        raise ERRORS("trade-not-exist")
    return found


def of_kinds(args: Arguments, default: tuple[str, ...]) -> pl.Expr:
    """Rows of the types of trades a call asks for."""
    asked = args.names("type") or default
    kinds = [kind for name in asked for kind in _STANDS_FOR.get(name, (name,))]
    return pl.col("kind").is_in(kinds)


def of_member(shop: Shop, uid: str) -> pl.Expr:
    """Rows of one member, or all rows when none is named."""
    member = shop.household(uid)
    return equal("household_id", (-1 if member is None else member) if uid else None)


def _filtered(shop: Shop, args: Arguments, *, uid: str) -> pl.DataFrame:
    found = book_of(shop).trades.filter(of_kinds(args, DEFAULT_KINDS))
    if status := args.text("status"):
        wanted = _ALL_CLOSED if status == "ALL_CLOSED" else (status,)
        found = found.filter(pl.col("status").is_in(wanted))
    return found.filter(of_member(shop, args.text(uid)))


def _listed(shop: Shop, args: Arguments, found: pl.DataFrame, hidden: tuple[str, ...]) -> Document:
    selection, page = Selection.of(args), page_of(args, MAX_PAGE)
    rows = _rows(shop, page.rows(found), selection, hidden=hidden)
    return answered(found, page, args, "trades", "trade", rows)


def _rows(
    shop: Shop, page: pl.DataFrame, selection: Selection, *, hidden: tuple[str, ...] = ()
) -> list[Document]:
    trades, lines = _insides(shop, page)
    of_trade, below = grouped(lines, "order_id"), selection.below("orders", "order")
    head, line = without(TRADE, *hidden), without(LINE, *hidden)

    def orders(trade: dict[str, Any]) -> Document:
        own = of_trade.get(trade["order_id"], []) if below else []
        return wrapped("orders", "order", (below.row(line, one) for one in own if below))

    return [selection.row(head, one) | orders(one) for one in trades.iter_rows(named=True)]


def _insides(shop: Shop, page: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The trades of a page with their sums, and their lines with what belongs to them."""
    lines = _lines(shop, page)
    sums = lines.group_by("order_id").agg(
        pl.col("goods_minor", "net_minor").sum(),
        shared_minor=pl.col("code_minor").sum(),
        single_quantity=pl.col("quantity").first(),
        single_product_id=pl.col("product_id").first(),
        single_minor=pl.col("unit_minor").first(),
    )
    trades = page.join(sums, on="order_id", how="left", maintain_order="left")
    is_single = (pl.col("line_count") == 1) & pl.col("goods_minor").is_not_null()
    minors = pl.col("goods_minor", "net_minor", "shared_minor").fill_null(0)
    trades = trades.with_columns(
        minors,
        single_quantity=pl.when(is_single).then("single_quantity").otherwise(0),
        **{name: pl.when(is_single).then(name) for name in ("single_product_id", "single_minor")},
    ).with_columns(*_amounts(), nick=pl.lit(shop.credentials.nick))
    of_trade = trades.select(*_OF_TRADE)
    return trades, lines.join(of_trade, on="order_id", maintain_order="left").with_columns(
        *_of_line()
    )


_OF_TRADE: Final = (
    "order_id", "line_count", "status", "kept_minor", "shipped_at", "end_at", "carrier", "number",
    "shipping_type",
)  # fmt: skip
"""What lines say of their trade."""


def _lines(shop: Shop, page: pl.DataFrame) -> pl.DataFrame:
    world = shop.world
    cases = of_values(book_of(shop).cases, "order_id", page["order_id"]).sort("modified_at")
    latest = cases.unique("line_id", keep="last", maintain_order=True).select(
        "line_id", "case_id", "state", "amount_minor", case_at="modified_at"
    )
    titles = world.products.select("product_id", "title", "product_type")
    goods = pl.col("unit_minor") * pl.col("quantity")
    return (
        of_values(world.lines, "order_id", page["order_id"])
        .filter(~pl.col("is_removed"))
        .join(titles, on="product_id", how="left", maintain_order="left")
        .join(latest, on="line_id", how="left", maintain_order="left")
        .with_columns(
            goods_minor=goods,
            net_minor=goods - pl.col("automatic_minor"),
            is_rated=pl.col("line_id").is_in(world.reviews["line_id"].implode()),
            is_paid_back=(pl.col("state") == "SUCCESS").fill_null(value=False)
            & (pl.col("amount_minor") != 0),
        )
    )


def _amounts() -> list[pl.Expr]:
    """What a trade cost; a refund lowers what was paid, in every reading from then on."""
    paid = pl.col("net_minor") - pl.col("shared_minor") + pl.col("post_minor")
    kept, is_step = paid - pl.col("back_minor"), pl.col("kind") == "step"
    is_done = pl.col("status") == "TRADE_FINISHED"
    return [
        kept.alias("kept_minor"),
        pl.when(is_done).then(kept).otherwise(0).alias("got_minor"),
        pl.when(is_step).then(paid).alias("step_minor"),
        pl.when(is_step).then(pl.lit("FRONT_PAID_FINAL_PAID")).alias("step_trade_status"),
        pl.when(pl.col("post_minor") > 0)
        .then(pl.lit("express"))
        .otherwise(pl.lit("free"))
        .alias("shipping_type"),
    ]


def _of_line() -> list[pl.Expr]:
    is_back, is_single = pl.col("is_paid_back"), pl.col("line_count") == 1
    kept = pl.col("net_minor") - pl.when(is_back).then("amount_minor").otherwise(0)
    oid = (
        pl.when(is_single)
        .then(ids.TRADE + pl.col("order_id"))
        .otherwise(ids.ORDER + pl.col("line_id"))
    )
    return [
        oid.alias("oid"),
        pl.when(is_back).then(pl.lit("TRADE_CLOSED")).otherwise("status").alias("line_status"),
        # The payment of a trade's only line is the trade's, with what sending it costs.
        pl.when(is_single).then("kept_minor").otherwise(kept).alias("line_kept_minor"),
        (pl.col("net_minor") - pl.col("code_minor")).alias("divided_minor"),
        pl.col("state").fill_null("NO_REFUND").alias("refund_status"),
        pl.when(is_back).then("case_at").otherwise("end_at").alias("line_end_at"),
        pl.col("carrier").replace(COMPANIES).alias("company"),
    ]
