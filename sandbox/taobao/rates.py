"""Reviews the shop got, and the shop's explanations under them."""

from datetime import timedelta
from typing import Any, Final

import polars as pl

from sandbox.kit.arguments import Arguments, less, one_of, whole
from sandbox.kit.fields import Document, Fields, as_is, document, fixed, written
from sandbox.kit.lists import equal, falling, within
from sandbox.taobao import ids
from sandbox.taobao.errors import ERRORS, invalid
from sandbox.taobao.shop import Shop
from sandbox.taobao.values import TIME, counted, listed, page_of, yuan

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
        equal("product_id", args.get("num_iid", less(ids.ITEM))),
        # Of a trade or of a line, whichever has the number.
        equal("order_id", args.get("tid", less(ids.TRADE)))
        | equal("line_id", args.get("tid", less(ids.ORDER))),
    )
    found = falling(found, "created_at", "review_id").head(MAX_ROWS)
    answer = listed(args, found, page, RATE, "trade_rates", "trade_rate")
    return counted(args, found, page, answer)


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
        raise invalid("reply", f"at most {MAX_TEXT} characters")
    review = _of_line(shop, oid)
    if review is None:
        raise ERRORS("traderate-not-exist")
    if shop.now - review["created_at"] > timedelta(days=EXPLAINED_WITHIN_DAYS):
        raise ERRORS("traderate-explain-expired")
    moved = {"replied_at": shop.now, "updated_at": shop.now}
    shop.world.set_review(review["review_id"], reply=reply, **moved)
    shop.record("reply_review", oid, reply, before=review["reply"])
    return {"is_success": True}


def _check_tmall(shop: Shop) -> None:
    if not shop.credentials.is_tmall:
        raise ERRORS("invalid-permission:not-tmall-seller")


def _reviews(shop: Shop) -> pl.DataFrame:
    counts = shop.world.orders.select("order_id", "line_count")
    reviews = shop.world.reviews.join(counts, on="order_id", maintain_order="left")
    return shop.named(shop.titled(reviews, "price_minor")).with_columns(
        result=pl.col("stars").replace_strict(RESULTS, return_dtype=pl.String)
    )


def _of_line(shop: Shop, oid: int) -> dict[str, Any] | None:
    is_single = (pl.col("line_count") == 1) & (pl.col("order_id") == oid - ids.TRADE)
    found = _reviews(shop).filter(is_single | (pl.col("line_id") == oid - ids.ORDER))
    return next(found.iter_rows(named=True), None)
