"""Reviews of the shop's goods, with the shop's replies."""

from typing import Final

import polars as pl

from sandbox.jd.errors import ERRORS
from sandbox.jd.shop import ORDER, SKU, TIME, Shop, masked_pin, open_id
from sandbox.kit.arguments import Arguments, between, flag, less, reading
from sandbox.kit.fields import Document, Fields, Row, as_is, documents, fixed, written
from sandbox.kit.lists import Page, equal, falling, within

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
    **fixed(status=1, usefulCount=0, images=[], videos=[]),
}


def found(shop: Shop, args: Arguments) -> Document:
    """Reviews by time, level, SKU, order and whether the shop replied, the newest first."""
    least, most = _LEVELS[args.get("score", between(0, 3), 0)]
    span = args.get("beginTime", TIME.parsed), args.get("endTime", TIME.parsed)
    is_replied = pl.col("reply").is_not_null()
    reviews = shop.titled(shop.world.reviews.with_columns(is_replied=is_replied)).filter(
        within("created_at", *span),
        pl.col("stars").is_between(least, most),
        equal("is_replied", args.get("isVenderReply", flag)),
        _among(args, "orderIds", "order_id", ORDER),
        _among(args, "skuids", "product_id", SKU),
    )
    page = Page.of(args, "page", "pageSize", most=MAX_PAGE, default=10)
    shown = page.rows(falling(reviews, "created_at", "review_id"))
    rows = documents(COMMENT, shown.iter_rows(named=True))
    return {"comments": rows, "totalItem": reviews.height, "page": page.number}


def _among(args: Arguments, name: str, column: str, base: int) -> pl.Expr:
    """Rows of some numbers, or all rows when none is asked for."""
    names = args.names(name)
    if len(names) > MAX_NAMES:
        raise ERRORS("invalid", name=name, reason=f"at most {MAX_NAMES}")
    wanted = [reading(ERRORS, name, less(base), one) for one in names]
    return pl.col(column).is_in(wanted) if wanted else pl.lit(value=True)
