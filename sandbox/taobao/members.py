"""The shop's members: who bought, how often, for how much."""

from typing import Final

import polars as pl

from sandbox.kit.arguments import Arguments, whole
from sandbox.kit.fields import Document, Fields, as_is, documents, without_none, written
from sandbox.kit.lists import equal, spanned, within
from sandbox.taobao import ids
from sandbox.taobao.book import trades_of
from sandbox.taobao.shop import Shop
from sandbox.taobao.trades import of_member
from sandbox.taobao.values import TIME, page_of, wrapped, yuan

MAX_PAGE, MAX_PAGES = 100, 1000
_OUTSIDE_EVERY, _OUTSIDE_AT = 9, 4
GRADES: Final = {1: "普通会员", 2: "高级会员", 3: "VIP会员", 4: "至尊VIP会员"}
_BREAKS: Final = [50_000, 200_000, 500_000]
"""What a member has spent at least, in fen, to be of the grades above the first."""
MEMBER: Final[Fields] = {
    **as_is("grade", "trade_count", "item_num", close_trade_count="closed_count"),
    **written(ids.masked_nick, buyer_nick="household_id"),
    **written(ids.open_uid, ouid="household_id"),
    "status": lambda row: "blacklist" if is_blocked(row["household_id"]) else "normal",
    **written(GRADES.get, grade_name="grade"),
    **written(yuan, trade_amount="amount_minor", close_trade_amount="closed_minor"),
    **written(TIME.written, last_trade_time="last_at"),
    **written(lambda count: 1 if count else 2, relation_source="trade_count"),
}
SEARCHED: Final[Fields] = {
    **MEMBER,
    "avg_price": lambda row: yuan(row["amount_minor"] // max(1, row["trade_count"])),
}


def found(shop: Shop, args: Arguments) -> Document:
    """Members by what they bought."""
    return _answered(_asked(shop, args), args, "basic_member", MEMBER)


def searched(shop: Shop, args: Arguments) -> Document:
    """As `found`, with more about each."""
    return _answered(_asked(shop, args), args, "crm_member", SEARCHED)


def changed(shop: Shop, args: Arguments) -> Document:
    """Members that something happened to in a span."""
    start = args.get("start_modify", TIME.parsed)
    end = args.get("end_modify", TIME.parsed, shop.now)
    frame = members(shop).filter(within("updated_at", start, end))
    return _answered(frame, args, "basic_member", MEMBER)


def grades(_: Shop, __: Arguments) -> Document:
    """The levels a member can have."""
    rows = [{"cur_grade": str(grade), "cur_grade_name": name} for grade, name in GRADES.items()]
    return wrapped("grade_promotions", "grade_promotion", rows)


def is_member(household_id: int) -> bool:
    """Some buyers never became members of the shop."""
    return household_id % _OUTSIDE_EVERY != _OUTSIDE_AT


def is_blocked(household_id: int) -> bool:
    """Some members are on the shop's black list."""
    return household_id % 23 == 5


def members(shop: Shop) -> pl.DataFrame:
    """Grain: household that bought; `grade` 0 is a buyer who is no member."""
    trades = trades_of(shop)
    units = shop.world.lines.filter(~pl.col("is_removed")).group_by("order_id")
    trades = trades.join(units.agg(units=pl.col("quantity").sum()), on="order_id", how="left")
    is_void = pl.col("cancelled_at").is_not_null() | pl.col("is_back")
    net = pl.col("original_minor") - pl.col("automatic_minor") - pl.col("code_minor")
    sums = trades.group_by("household_id").agg(
        trade_count=(~is_void).sum().cast(pl.Int64),
        amount_minor=(net - pl.col("back_minor")).filter(~is_void).sum(),
        item_num=pl.col("units").filter(~is_void).sum(),
        closed_count=is_void.sum().cast(pl.Int64),
        closed_minor=net.filter(is_void).sum(),
        last_at=pl.col("created_at").max(),
    )
    is_outside = pl.col("household_id") % _OUTSIDE_EVERY == _OUTSIDE_AT
    reached = pl.sum_horizontal(pl.col("amount_minor") >= least for least in _BREAKS)
    customers = shop.world.customers.select("household_id", "updated_at")
    return (
        sums.join(customers, on="household_id")
        .with_columns(grade=pl.when(is_outside).then(0).otherwise(1 + reached))
        .sort("household_id")
    )


def _asked(shop: Shop, args: Arguments) -> pl.DataFrame:
    least, most = args.get("min_trade_count", whole, 0), args.get("max_trade_count", whole)
    frame = members(shop).filter(
        of_member(shop, args.text("open_uid")),
        spanned(args, "last_at", "min_last_trade_time", "max_last_trade_time", TIME.parsed),
        pl.col("trade_count") >= least,
    )
    return frame if most is None else frame.filter(pl.col("trade_count") <= most)


def _answered(frame: pl.DataFrame, args: Arguments, item: str, fields: Fields) -> Document:
    args.needed("current_page", str)
    page = page_of(args, MAX_PAGE, last=MAX_PAGES, name="current_page")
    frame = frame.filter(equal("grade", args.get("grade", whole)))
    rows = documents(fields, page.rows(frame).iter_rows(named=True))
    kept = (without_none(row) for row in rows)
    return {"total_result": frame.height, **wrapped("members", item, kept)}
