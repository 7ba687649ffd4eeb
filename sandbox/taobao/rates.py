"""Reviews the shop got, and the shop's explanations under them."""

from datetime import timedelta
from typing import Any, Final

import polars as pl

from sandbox.kit.arguments import Arguments, one_of, whole
from sandbox.kit.fields import Document, Fields, as_is, document, fixed, written
from sandbox.kit.lists import equal, falling, within
from sandbox.kit.values import decimal_text as yuan
from sandbox.taobao import ids
from sandbox.taobao.errors import ERRORS
from sandbox.taobao.selection import Selection, answered, page_of
from sandbox.taobao.shop import Shop
from sandbox.taobao.values import TIME

KEPT_DAYS: Final = 180
MAX_PAGE, MAX_PAGES, MAX_ROWS = 150, 200, 1500
EXPLAINED_WITHIN_DAYS: Final = 30
MAX_TEXT: Final = 500
RESULTS: Final = {1: "bad", 2: "bad", 3: "neutral", 4: "good", 5: "good"}
RATE: Final[Fields] = {
    **as_is("reply", "result", content="text", item_title="title", rated_nick="nick"),
    **written(ids.tid, tid="order_id"),
    "oid": lambda row: ids.oid(row["order_id"], row["line_id"], row["line_count"]),
    **written(ids.num_iid, num_iid="product_id"),
    **written(ids.masked_nick, nick="household_id"),
    **written(ids.open_uid, ouid="household_id"),
    **written(TIME.written, created="created_at"),
    "item_price": lambda row: yuan(row["price_minor"] or 0),
    **fixed(role="buyer", valid_score=True),
}
FEED: Final[Fields] = {
    **as_is(content="text"),
    **written(TIME.written, comment_time="created_at"),
    **written(lambda stars: stars < 3, has_negtv="stars"),
    **written(
        lambda stars: {
            "tags": [{"posi": stars > 2, "tag_name": "满意" if stars > 2 else "不满意"}]
        },
        tags="stars",
    ),
    **written(ids.masked_nick, user_nick="household_id"),
    **written(ids.open_uid, ouid="household_id"),
    **fixed(append_has_negtv=False),
}


def received(shop: Shop, args: Arguments) -> Document:
    """Reviews of the last 180 days, the newest first; one span answers 1,500 of them at most."""
    selection = Selection.of(args)
    way = args.needed("rate_type", one_of("get", "give"))
    role = args.needed("role", one_of("buyer", "seller"))
    page = page_of(args, MAX_PAGE, last=MAX_PAGES)
    oldest = shop.now - timedelta(days=KEPT_DAYS)
    start = max(args.get("start_date", TIME.parsed, oldest), oldest)
    found = _reviews(shop).filter(
        within("created_at", start, args.get("end_date", TIME.parsed, shop.now)),
        # The world's shop gives no reviews itself.
        pl.lit((way, role) == ("get", "buyer")),
        equal("result", args.text("result") or None),
        equal("product_id", _less(args.get("num_iid", whole), ids.ITEM)),
        _of_trade(args.get("tid", whole)),
    )
    found = falling(found, "created_at", "review_id").head(MAX_ROWS)
    rows = (selection.row(RATE, one) for one in page.rows(found).iter_rows(named=True))
    return answered(found, page, args, "trade_rates", "trade_rate", rows)


def feeds(shop: Shop, args: Arguments) -> Document:
    """What a member wrote about one line, for shops of Tmall."""
    _check_tmall(shop)
    review = _of_line(shop, args.needed("child_trade_id", whole))
    return {} if review is None else {"tmall_rate_info": document(FEED, review)}


def explain(shop: Shop, args: Arguments) -> Document:
    """Write the shop's explanation under a review not older than 30 days."""
    oid, reply = args.needed("oid", whole), args.needed("reply", str)
    _check_tmall(shop)
    if len(reply) > MAX_TEXT:
        raise ERRORS("invalid", name="reply", reason=f"at most {MAX_TEXT} characters")
    review = _of_line(shop, oid)
    if review is None:
        raise ERRORS("traderate-not-exist")
    if shop.now - review["created_at"] > timedelta(days=EXPLAINED_WITHIN_DAYS):
        raise ERRORS("traderate-explain-expired")
    shop.world.set_review(
        review["review_id"], reply=reply, replied_at=shop.now, updated_at=shop.now
    )
    shop.record("reply_review", oid, reply, before=review["reply"])
    return {"is_success": True}


def _check_tmall(shop: Shop) -> None:
    if not shop.credentials.is_tmall:
        raise ERRORS("invalid-permission:not-tmall-seller")


def _reviews(shop: Shop) -> pl.DataFrame:
    counts = shop.world.orders.select("order_id", "line_count")
    goods = shop.world.products.select("product_id", "title", "price_minor")
    reviews = shop.world.reviews.join(counts, on="order_id", maintain_order="left")
    return reviews.join(goods, on="product_id", how="left", maintain_order="left").with_columns(
        result=pl.col("stars").replace_strict(RESULTS, return_dtype=pl.String),
        nick=pl.lit(shop.credentials.nick),
    )


def _less(number: int | None, base: int) -> int | None:
    return None if number is None else number - base


def _of_trade(number: int | None) -> pl.Expr:
    """Reviews of a trade or of a line, whichever has the number."""
    return equal("order_id", _less(number, ids.TRADE)) | equal("line_id", _less(number, ids.ORDER))


def _of_line(shop: Shop, oid: int) -> dict[str, Any] | None:
    is_single = (pl.col("line_count") == 1) & (pl.col("order_id") == oid - ids.TRADE)
    found = _reviews(shop).filter(is_single | (pl.col("line_id") == oid - ids.ORDER))
    return found.row(0, named=True) if found.height else None
