"""The shop's members: who bought, how often, for how much."""

from typing import Any, Final

import polars as pl

from sandbox.taobao import ids
from sandbox.taobao.arguments import Arguments
from sandbox.taobao.paging import Page
from sandbox.taobao.shop import Shop
from sandbox.taobao.trades import of_member
from sandbox.taobao.values import Answer, without_nulls, wrapped, written, yuan
from sandbox.world.world import instant

MAX_PAGE, MAX_PAGES = 100, 1000
_OUTSIDE_EVERY, _OUTSIDE_AT = 9, 4
GRADES: Final = ((4, "至尊VIP会员"), (3, "VIP会员"), (2, "高级会员"), (1, "普通会员"))


def found(shop: Shop, args: Arguments) -> Answer:
    """Members by what they bought."""
    return _answered(_asked(members(shop), args, shop), args, "basic_member")


def searched(shop: Shop, args: Arguments) -> Answer:
    """As `found`, with more about each."""
    return _answered(_asked(members(shop), args, shop), args, "crm_member")


def changed(shop: Shop, args: Arguments) -> Answer:
    """Members that something happened to in a span."""
    start, end = args.instant("start_modify"), args.instant("end_modify") or shop.now
    frame = members(shop).filter(pl.col("updated_at") <= instant(end))
    if start:
        frame = frame.filter(pl.col("updated_at") >= instant(start))
    return _answered(_graded(frame, args), args, "basic_member")


def grades(_: Shop, args: Arguments) -> Answer:
    """The levels a member can have."""
    rows = [{"cur_grade": str(grade), "cur_grade_name": name} for grade, name in GRADES[::-1]]
    return wrapped("grade_promotions", "grade_promotion", rows)


def is_member(household_id: int) -> bool:
    """Some buyers never became members of the shop."""
    return household_id % _OUTSIDE_EVERY != _OUTSIDE_AT


def is_blocked(household_id: int) -> bool:
    """Some members are on the shop's black list."""
    return household_id % 23 == 5


def members(shop: Shop) -> pl.DataFrame:
    """Grain: household that bought; `grade` 0 is a buyer who is no member."""
    trades = shop.book.trades
    units = shop.world.lines.filter(~pl.col("is_removed")).group_by("order_id")
    trades = trades.join(units.agg(units=pl.col("quantity").sum()), on="order_id", how="left")
    is_void = pl.col("cancelled_at").is_not_null() | pl.col("is_closed")
    net = pl.col("original_minor") - pl.col("automatic_minor") - pl.col("code_minor")
    sums = trades.group_by("household_id").agg(
        trade_count=(~is_void).sum().cast(pl.Int64),
        amount_minor=(net.filter(~is_void).sum() - pl.col("back_minor").filter(~is_void).sum()),
        item_num=pl.col("units").filter(~is_void).sum(),
        closed_count=is_void.sum().cast(pl.Int64),
        closed_minor=net.filter(is_void).sum(),
        last_at=pl.col("created_at").max(),
    )
    customers = shop.world.customers.select("household_id", "updated_at")
    return sums.join(customers, on="household_id").with_columns(grade=_grade()).sort("household_id")


def _grade() -> pl.Expr:
    amount = pl.col("amount_minor")
    return (
        pl.when(pl.col("household_id") % _OUTSIDE_EVERY == _OUTSIDE_AT)
        .then(0)
        .when(amount >= 500_000)
        .then(4)
        .when(amount >= 200_000)
        .then(3)
        .when(amount >= 50_000)
        .then(2)
        .otherwise(1)
    )


def _asked(frame: pl.DataFrame, args: Arguments, shop: Shop) -> pl.DataFrame:
    least, most = args.number("min_trade_count"), args.number("max_trade_count")
    first, last = args.instant("min_last_trade_time"), args.instant("max_last_trade_time")
    conditions = [of_member(shop, args.text("open_uid"))]
    if least is not None:
        conditions.append(pl.col("trade_count") >= least)
    if most is not None:
        conditions.append(pl.col("trade_count") <= most)
    if first:
        conditions.append(pl.col("last_at") >= instant(first))
    if last:
        conditions.append(pl.col("last_at") <= instant(last))
    return _graded(frame.filter(*conditions), args)


def _graded(frame: pl.DataFrame, args: Arguments) -> pl.DataFrame:
    grade = args.number("grade")
    return frame if grade is None else frame.filter(pl.col("grade") == grade)


def _answered(frame: pl.DataFrame, args: Arguments, item: str) -> Answer:
    args.needed("current_page")
    page = Page.of(args, most=MAX_PAGE, last=MAX_PAGES, name="current_page")
    rows = [_row(member, item) for member in page.rows(frame).iter_rows(named=True)]
    return {"total_result": frame.height, **wrapped("members", item, rows)}


def _row(member: dict[str, Any], item: str) -> Answer:
    household, count = member["household_id"], member["trade_count"]
    is_full = item == "crm_member"
    return without_nulls(
        {
            "buyer_nick": ids.masked_nick(household),
            "ouid": ids.open_uid(household),
            "status": "blacklist" if is_blocked(household) else "normal",
            "grade": member["grade"],
            "grade_name": dict(GRADES).get(member["grade"]),
            "trade_count": count,
            "trade_amount": yuan(member["amount_minor"]),
            "item_num": member["item_num"],
            "close_trade_count": member["closed_count"],
            "close_trade_amount": yuan(member["closed_minor"]),
            "last_trade_time": written(member["last_at"]),
            "relation_source": 1 if count else 2,
            "avg_price": yuan(member["amount_minor"] // max(1, count)) if is_full else None,
        }
    )
