"""Reviews of the shop's goods, with the shop's replies."""

from typing import Final

import polars as pl

from sandbox.jd.shop import ORDER, SKU, TIME, Shop, masked_pin, open_id
from sandbox.kit.arguments import Arguments, between, flag, less
from sandbox.kit.fields import Document, Fields, Row, as_is, written
from sandbox.kit.lists import Page, among, equal, falling, spanned

MAX_PAGE, MAX_NAMES = 50, 50
_LEVELS: Final = {0: (1, 5), 1: (1, 1), 2: (2, 3), 3: (4, 5)}
"""Stars, the least and the most, of a level that is asked for."""


def _replies(row: Row) -> list[Document]:
    if row["reply"] is None:
        return []
    at = TIME.written(row["replied_at"])
    return [{"replyId": row["review_id"], "content": row["reply"], "creationTime": at}]


COMMENT: Final[Fields] = {
    **written(str, commentId="review_id"),
    **written(lambda key: str(SKU + key), skuid="product_id"),
    **written(lambda key: ORDER + key, orderId="order_id"),
    **as_is(content="text", skuName="title", score="stars", isVenderReply="is_replied"),
    **written(TIME.written, creationTime="created_at"),
    "replies": _replies,
    "replyCount": lambda row: len(_replies(row)),
    **written(masked_pin, nickName="household_id", pin="household_id"),
    **written(open_id, open_id_buyer="household_id"),
}


def found(shop: Shop, args: Arguments) -> Document:
    """Reviews by time, level, SKU, order and whether the shop replied, the newest first."""
    least, most = _LEVELS[args.get("score", between(0, 3), 0)]
    is_replied = pl.col("reply").is_not_null()
    reviews = shop.titled(shop.world.reviews.with_columns(is_replied=is_replied)).filter(
        spanned(args, "created_at", "beginTime", "endTime", TIME.parsed),
        pl.col("stars").is_between(least, most),
        equal("is_replied", args.get("isVenderReply", flag)),
        among("order_id", args.each("orderIds", less(ORDER), most=MAX_NAMES)),
        among("product_id", args.each("skuids", less(SKU), most=MAX_NAMES)),
    )
    page = Page.of(args, "page", "pageSize", most=MAX_PAGE, default=10)
    rows = page.documents(COMMENT, falling(reviews, "created_at", "review_id"))
    return {"comments": rows, "totalItem": reviews.height, "page": page.number}
