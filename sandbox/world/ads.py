"""Ads: what campaigns cost and brought, by day; orders are credited to a click for 15 days."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from sandbox.world.channels import Channel
from sandbox.world.draws import uniform

CREDITED_DAYS: Final = 15
AT_ONCE: Final = 0.45
"""Share of a day's orders that is known when the day ends."""
CAMPAIGNS: Final = (
    ("zhitongche", 31_001, "直通车-爆款", 0),
    ("zhitongche", 31_002, "直通车-日常", 4),
    ("zhitongche", 31_003, "直通车-新品", 8),
    ("wanxiangtai", 41_001, "万相台-拉新", 2),
    ("wanxiangtai", 41_002, "万相台-转化", 6),
    ("wanxiangtai", 41_003, "万相台-清仓", 10),
)
"""Product, id, name, and the rank of the first of its goods among the best sellers."""
CAMPAIGNS_OF: Final = {
    "jd": (
        ("kuaiche", 51_001, "快车-爆款", 0),
        ("kuaiche", 51_002, "快车-日常", 4),
        ("haitou", 61_001, "海投-全店", 2),
    )
}
"""Those of channels that have their own."""
GOODS: Final = 4
SUMS: Final = ("impressions", "clicks", "spend_minor", "orders", "revenue_minor")
"""What rows of ads add up."""
WORDS: Final = ("特价", "正品", "家庭装")


def ads(goods: pl.DataFrame, channel: Channel, *, first: date, last: date) -> pl.DataFrame:
    """Final values, grain: date x campaign x keyword x product, dates `first` to `last`."""
    days = pl.date_range(first, last, eager=True).alias("date")
    campaigns = CAMPAIGNS_OF.get(channel.name, CAMPAIGNS)
    frame = days.to_frame().join(_keywords(goods, campaigns), how="cross")
    key = _key(frame)
    shown = (frame["weight"].to_numpy() * (200 + 900 * uniform(key, "shown"))).astype(np.int64)
    clicks = (shown * (0.004 + 0.05 * uniform(key, "clicks"))).astype(np.int64)
    cost = (20 + 100 * uniform(key, "cost")) * channel.minor_per_cent
    bought = (clicks * 0.06 * uniform(key, "bought") + uniform(key, "luck")).astype(np.int64)
    orders = np.minimum(bought, clicks)
    basket = frame["seed_price_minor"].to_numpy() * (1 + 0.4 * uniform(key, "basket"))
    return frame.select(
        "date", "product", "campaign_id", "campaign_name", "keyword_id", "keyword", "product_id",
        impressions=pl.Series(shown),
        clicks=pl.Series(clicks),
        spend_minor=pl.Series((clicks * cost).astype(np.int64)),
        orders=pl.Series(orders),
        revenue_minor=pl.Series((orders * basket).astype(np.int64)),
    )  # fmt: skip


class Advertised(Protocol):
    """A world with ads: their final values, as `ads` makes them, and the zone of their days."""

    @property
    def clock(self) -> datetime:
        """Now."""
        ...

    @property
    def ads(self) -> pl.DataFrame:
        """See `ads`."""
        ...

    @property
    def zone(self) -> str:
        """Name of the zone."""
        ...


def ads_seen(world: Advertised, at: datetime) -> pl.DataFrame:
    """What the platform showed at `at`: whole local days, recent orders and revenue incomplete."""
    return seen(world.ads, at, world.zone)


def ads_by(world: Advertised, product: str, keys: Sequence[str], *chosen: pl.Expr) -> pl.DataFrame:
    """Sums of an ad product by keys, as they are shown now.

    Of orders and revenue a quarter is indirect: of other goods than the one clicked on.
    """
    frame = ads_seen(world, world.clock).filter(pl.col("product") == product, *chosen)
    orders, revenue, clicks = pl.col("orders"), pl.col("revenue_minor"), pl.col("clicks")
    direct = orders - orders // 4
    own = revenue * direct // orders.clip(1)
    return (
        frame.group_by(keys)
        .agg(pl.col(SUMS).sum())
        .sort(keys)
        .with_columns(
            direct_orders=direct,
            indirect_orders=orders - direct,
            direct_minor=own,
            indirect_minor=revenue - own,
            carts=clicks // 8,
            item_likes=clicks // 20,
            shop_likes=clicks // 50,
        )
    )


def seen(ads: pl.DataFrame, at: datetime, zone: str) -> pl.DataFrame:
    """Final values as they were known at `at`; they grow to the last one and never shrink."""
    local = ZoneInfo(zone)
    frame = ads.filter(pl.col("date") < at.astimezone(local).date())
    days = frame["date"].unique()
    shares = [_known(at - _end(day, local)) for day in days]
    known = pl.DataFrame({"date": days, "share": shares}, schema_overrides={"share": pl.Float64})
    # A draw of the row's own rounds its few orders, the same way at every instant.
    luck = pl.Series(uniform(_key(frame), "credited"))
    orders = (pl.col("orders") * pl.col("share") + luck).floor().cast(pl.Int64)
    revenue = pl.col("revenue_minor") * orders // pl.col("orders").clip(1)
    return (
        frame.join(known, on="date", maintain_order="left")
        .with_columns(orders=orders, revenue_minor=revenue)
        .drop("share")
    )


def _key(frame: pl.DataFrame) -> pl.Series:
    return frame["keyword_id"] * 100_000 + frame["date"].to_physical().cast(pl.Int64)


def _end(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day + timedelta(days=1), time.min, zone).astimezone(UTC)


def _known(age: timedelta) -> float:
    return min(1.0, AT_ONCE + (1 - AT_ONCE) * (age / timedelta(days=CREDITED_DAYS)))


def _keywords(goods: pl.DataFrame, campaigns: Sequence[tuple[str, int, str, int]]) -> pl.DataFrame:
    """What is bid on: some words for each of the best sellers that a campaign is for."""
    best = goods.sort(["hourly_rate", "product_id"], descending=[True, False])
    best = best.select("product_id", "product_type", "seed_price_minor").head(GOODS * 4)
    rows = [
        (product, campaign, name, campaign * 1000 + slot * 10 + at, f"{kind} {word}", sku, price,
         (1.0 + 4.0 / (1 + first + slot)) / (1 + at))
        for product, campaign, name, first in campaigns
        for slot, (sku, kind, price) in enumerate(best.slice(first, GOODS).iter_rows())
        for at, word in enumerate(WORDS)
    ]  # fmt: skip
    return pl.DataFrame(
        rows,
        schema={
            "product": pl.String, "campaign_id": pl.Int64, "campaign_name": pl.String,
            "keyword_id": pl.Int64, "keyword": pl.String, "product_id": pl.Int64,
            "seed_price_minor": pl.Int64, "weight": pl.Float64,
        },
        orient="row",
    )  # fmt: skip
