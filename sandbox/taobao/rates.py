"""Reviews the shop got, and the shop's explanations under them."""

from datetime import timedelta
from typing import Any, Final

import polars as pl

from sandbox.taobao import ids
from sandbox.taobao.arguments import Arguments
from sandbox.taobao.errors import invalid, refused
from sandbox.taobao.paging import Page
from sandbox.taobao.shop import Shop
from sandbox.taobao.values import Answer, without_nulls, wrapped, written, yuan
from sandbox.world.world import instant

KEPT_DAYS: Final = 180
MAX_PAGE, MAX_PAGES, MAX_ROWS = 150, 200, 1500
EXPLAINED_WITHIN_DAYS: Final = 30
MAX_TEXT: Final = 500
RESULTS: Final = {1: "bad", 2: "bad", 3: "neutral", 4: "good", 5: "good"}


def received(shop: Shop, args: Arguments) -> Answer:
    """Reviews of the last 180 days, the newest first; one span answers 1,500 of them at most."""
    fields = args.fields()
    way, role = args.needed("rate_type"), args.needed("role")
    if way not in ("get", "give") or role not in ("buyer", "seller"):
        raise invalid("rate_type", "get or give, by buyer or seller")
    page = Page.of(args, most=MAX_PAGE, last=MAX_PAGES)
    oldest = shop.now - timedelta(days=KEPT_DAYS)
    start = max(args.instant("start_date") or oldest, oldest)
    end = args.instant("end_date") or shop.now
    found = _reviews(shop).filter(pl.col("created_at").is_between(instant(start), instant(end)))
    # The world's shop gives no reviews itself.
    found = found.filter(pl.lit((way, role) == ("get", "buyer"))).filter(*_asked(args))
    found = found.sort("created_at", "review_id", descending=True).head(MAX_ROWS)
    rows = [fields.of(_row(shop, one)) for one in page.rows(found).iter_rows(named=True)]
    return {**page.count(found, args), **wrapped("trade_rates", "trade_rate", rows)}


def feeds(shop: Shop, args: Arguments) -> Answer:
    """What a member wrote about one line, for shops of Tmall."""
    if not shop.credentials.is_tmall:
        raise refused("invalid-permission:not-tmall-seller", "非天猫商家")
    review = _of_line(shop, args.needed_number("child_trade_id"))
    if review is None:
        return {}
    is_negative = review["stars"] < 3
    tag = {"posi": not is_negative, "tag_name": "不满意" if is_negative else "满意"}
    return {
        "tmall_rate_info": {
            "content": review["text"],
            "comment_time": written(review["created_at"]),
            "has_negtv": is_negative,
            "append_has_negtv": False,
            "tags": {"tags": [tag]},
            "user_nick": ids.masked_nick(review["household_id"]),
            "ouid": ids.open_uid(review["household_id"]),
        }
    }


def explain(shop: Shop, args: Arguments) -> Answer:
    """Write the shop's explanation under a review not older than 30 days."""
    oid, reply = args.needed_number("oid"), args.needed("reply")
    if not shop.credentials.is_tmall:
        raise refused("invalid-permission:not-tmall-seller", "非天猫商家")
    if len(reply) > MAX_TEXT:
        raise invalid("reply", f"at most {MAX_TEXT} characters")
    review = _of_line(shop, oid)
    if review is None:
        raise refused("traderate-not-exist", "评价不存在")
    if shop.now - review["created_at"] > timedelta(days=EXPLAINED_WITHIN_DAYS):
        raise refused("traderate-explain-expired", "评价超过30天，不能再做评价解释")
    shop.world.set_review(
        review["review_id"], reply=reply, replied_at=shop.now, updated_at=shop.now
    )
    shop.record("reply_review", str(oid), reply, before=review["reply"])
    return {"is_success": True}


def _reviews(shop: Shop) -> pl.DataFrame:
    counts = shop.world.orders.select("order_id", "line_count")
    goods = shop.world.products.select("product_id", "title", "price_minor")
    return shop.world.reviews.join(counts, on="order_id", maintain_order="left").join(
        goods, on="product_id", how="left", maintain_order="left"
    )


def _asked(args: Arguments) -> list[pl.Expr]:
    """What else the reviews are filtered by; always at least one expression."""
    found = [pl.lit(value=True)]
    if result := args.text("result"):
        found.append(pl.col("stars").replace_strict(RESULTS, return_dtype=pl.String) == result)
    if number := args.number("num_iid"):
        found.append(pl.col("product_id") == number - ids.ITEM)
    if tid := args.number("tid"):
        is_line = pl.col("line_id") == tid - ids.ORDER
        found.append((pl.col("order_id") == tid - ids.TRADE) | is_line)
    return found


def _of_line(shop: Shop, oid: int) -> dict[str, Any] | None:
    is_single = (pl.col("line_count") == 1) & (pl.col("order_id") == oid - ids.TRADE)
    found = _reviews(shop).filter(is_single | (pl.col("line_id") == oid - ids.ORDER))
    return found.row(0, named=True) if found.height else None


def _row(shop: Shop, review: dict[str, Any]) -> Answer:
    return without_nulls(
        {
            "tid": ids.tid(review["order_id"]),
            "oid": ids.oid(review["order_id"], review["line_id"], review["line_count"]),
            "role": "buyer",
            "nick": ids.masked_nick(review["household_id"]),
            "ouid": ids.open_uid(review["household_id"]),
            "rated_nick": shop.credentials.nick,
            "result": RESULTS[review["stars"]],
            "created": written(review["created_at"]),
            "item_title": review["title"],
            "item_price": yuan(review["price_minor"] or 0),
            "content": review["text"],
            "reply": review["reply"],
            "num_iid": ids.num_iid(review["product_id"]),
            "valid_score": True,
        }
    )
