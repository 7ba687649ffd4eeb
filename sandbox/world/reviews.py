"""Reviews: some buyers judge what arrived, and judge worse what arrived late."""

from datetime import datetime, timedelta
from typing import Final

import numpy as np
import polars as pl

from sandbox.world.draws import among, between, uniform

REVIEW_IDS: Final = 800_000_000
"""A review's id is its line's plus this."""
REVIEWED_RATE: Final = 0.04
REPLIED_RATE: Final = 0.3
LATEST_REVIEW: Final = timedelta(days=10)
"""No review is written later than this after delivery."""
# Shares of 1 to 5 stars.
IN_TIME: Final = (0.02, 0.03, 0.08, 0.22, 0.65)
LATE: Final = (0.35, 0.22, 0.20, 0.13, 0.10)
TEXTS: Final = {
    "en": (
        ("Never again: broken on arrival.", "Waited for days, and nobody answered."),
        ("Not what the picture shows.", "Arrived late and the box was crushed."),
        ("It is all right.", "Average, I expected a little more."),
        ("Good, will buy again.", "Good quality, delivery could be faster."),
        ("Excellent, exactly as described.", "Fresh, well packed, quick."),
    ),
    "zh-CN": (
        ("太差了，收到就是坏的", "等了好多天，客服也不回"),
        ("和图片不一样", "到得太晚，盒子都压坏了"),
        ("一般般吧", "还行，比想象的差一点"),
        ("不错，会回购", "质量好，物流可以再快点"),
        ("非常好，和描述一致", "很新鲜，包装好，发货快"),
    ),
}
REPLIES: Final = {"en": "Thank you for telling us.", "zh-CN": "感谢您的反馈"}


def reviews(
    parcels: pl.DataFrame,
    orders: pl.DataFrame,
    lines: pl.DataFrame,
    *,
    since: datetime | None = None,
    until: datetime,
    language: str,
) -> pl.DataFrame:
    """Reviews written in [since, until), by `created_at`; grain: one line of a delivered order.

    Without `since` all of them, and the merchant has replied to some; later replies are writes.
    """
    chosen = parcels.filter(
        pl.col("delivered_at").is_not_null()
        & (pl.Series(uniform(parcels["order_id"], "reviewed")) < REVIEWED_RATE)
    )
    written = pl.col("delivered_at") + between(
        chosen["order_id"], "reviewing", 2, LATEST_REVIEW.days * 24
    )
    chosen = chosen.with_columns(created_at=written).filter(pl.col("created_at") < until)
    if since is not None:
        chosen = chosen.filter(pl.col("created_at") >= since)
    judged = _judged(chosen, orders, lines).sort("created_at", "review_id")
    return _replied(_told(judged, language), language=language, until=until, has_past=since is None)


def _judged(chosen: pl.DataFrame, orders: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """One line of each order, and the stars."""
    placed = orders.select("order_id", "line_start", "line_count")
    chosen = chosen.join(placed, on="order_id", maintain_order="left")
    draw = uniform(chosen["order_id"], "line")
    at = chosen["line_start"].to_numpy() + (draw * chosen["line_count"].to_numpy()).astype(int)
    is_late = (chosen["delivered_at"] > chosen["promised_at"]).to_numpy()
    luck = uniform(chosen["order_id"], "stars")
    stars = np.where(is_late, among(luck, LATE), among(luck, IN_TIME)) + 1
    return chosen.select("order_id", "household_id", "created_at").with_columns(
        lines[at].select(
            "line_id", "product_id", review_id=pl.col("line_id") + REVIEW_IDS
        ).get_columns()
    ).with_columns(stars=pl.Series(stars))  # fmt: skip


def _told(judged: pl.DataFrame, language: str) -> pl.DataFrame:
    texts = [text for both in TEXTS[language] for text in both]
    other = (uniform(judged["review_id"], "text") < 0.5).astype(int)
    at = (judged["stars"].to_numpy() - 1) * 2 + other
    return judged.with_columns(text=pl.Series(texts, dtype=pl.String)[at])


def _replied(
    judged: pl.DataFrame, *, language: str, until: datetime, has_past: bool
) -> pl.DataFrame:
    ids = judged["review_id"]
    replied_at = pl.col("created_at") + between(ids, "replying", 3, 96)
    is_replied = pl.Series(uniform(ids, "replied")) < REPLIED_RATE
    happened = pl.lit(has_past) & is_replied & (replied_at < until)
    return judged.with_columns(
        replied_at=pl.when(happened).then(replied_at),
        reply=pl.when(happened).then(pl.lit(REPLIES[language])),
    ).select(
        "review_id", "order_id", "line_id", "product_id", "household_id", "stars", "text",
        "created_at", updated_at=pl.max_horizontal("created_at", "replied_at"),
        reply="reply", replied_at="replied_at",
    )  # fmt: skip
