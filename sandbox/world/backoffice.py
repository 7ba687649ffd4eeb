"""What the data does not hold, from a fixed seed: goods, members, codes, rivals, visits."""

from datetime import datetime, timedelta
from typing import Final

import numpy as np
import polars as pl

from sandbox.world.seed import INSTANT, ZONE, Seed

RATE_WEEKS: Final = 8
STOCKOUT_DAYS: Final = 60
RIVAL_SKUS: Final = 3000
WITHOUT_COST: Final = 8
RIVALS: Final = (
    "Bluebasket",
    "Cornerstone Foods",
    "Dayfresh",
    "Everpantry",
    "Freshwell",
    "Grovely",
)
QUIET_ORDERS: Final = 3
"""As many orders' visits come to a shop on a day on which fewer are placed."""
SOURCES: Final = (
    ("搜索", 0.42),
    ("推荐", 0.27),
    ("直接访问", 0.14),
    ("广告", 0.12),
    ("其他", 0.05),
)
FIRST_NAMES: Final = (
    "Ada",
    "Bo",
    "Cleo",
    "Dara",
    "Eli",
    "Fay",
    "Gus",
    "Hana",
    "Ivo",
    "June",
    "Kai",
)
LAST_NAMES: Final = ("Archer", "Birch", "Cole", "Dunn", "Ember", "Frost", "Gale", "Hart", "Ives")


def products(seed: Seed, rng: np.random.Generator) -> pl.DataFrame:
    """One row per product sold: its price in force, cost, stock and supply terms.

    `hourly_rate` is pieces per hour over the last 8 weeks; `lead_time_days`, `lead_time_sd_days`
    are the manufacturer's; `unit_cost_minor` is null for a handful of best sellers.
    """
    frame = _priced(seed).sort("product_id")
    n = frame.height
    share = rng.uniform(0.55, 0.82, 64)
    maker = frame["manufacturer_id"].to_numpy() % 997
    lead_mean, lead_sd = rng.uniform(2, 21, 997).round(1), rng.uniform(0.1, 0.4, 997)
    department = frame["department"].rank("dense").to_numpy().astype(np.int64) % 64
    rate = frame["hourly_rate"].to_numpy()
    cover = rng.uniform(3, 45, n) * 24
    on_hand = np.where(rng.random(n) < 0.02, 0, np.ceil(rate * cover) + rng.integers(0, 4, n))
    costs = frame["price_minor"].to_numpy() * share[department] * rng.uniform(0.9, 1.1, n)
    case_pack = rng.choice([1, 6, 12, 24], n)
    frame = frame.with_columns(
        unit_cost_minor=pl.Series(np.maximum(1, costs).astype(np.int64)),
        on_hand_units=pl.Series(on_hand.astype(np.int64)),
        lead_time_days=pl.Series(lead_mean[maker]),
        lead_time_sd_days=pl.Series((lead_mean * lead_sd).round(1)[maker]),
        case_pack_units=pl.Series(case_pack.astype(np.int64)),
        moq_units=pl.Series((case_pack * rng.integers(1, 5, n)).astype(np.int64)),
    )
    best = frame.sort("hourly_rate", "product_id").tail(WITHOUT_COST * 25)["product_id"].sort()
    missing = rng.choice(best.to_numpy(), min(WITHOUT_COST, n // 10), replace=False).tolist()
    no_cost = pl.col("product_id").is_in(missing)
    return frame.with_columns(unit_cost_minor=pl.when(~no_cost).then("unit_cost_minor"))


def _priced(seed: Seed) -> pl.DataFrame:
    sold = seed.lines.join(
        seed.baskets.select("order_id", "created_at"), on="order_id", maintain_order="left"
    )
    first: datetime = seed.baskets.select(pl.col("created_at").min()).item()
    since = max(first, seed.clock - timedelta(weeks=RATE_WEEKS))
    # A world of fewer days has a mean over those.
    hours = max(1, -(-(seed.clock - since) // timedelta(days=1))) * 24
    recent = pl.col("created_at") >= since
    real = pl.col("unit_minor").filter(pl.col("unit_minor") > 1)
    sales = sold.group_by("product_id").agg(
        # The price in force is the last one charged; gifts and one-cent glitches are no price.
        price_minor=real.last().fill_null(pl.col("unit_minor").max()),
        updated_at=pl.col("created_at").max(),
        hourly_rate=pl.col("quantity").filter(recent).sum() / hours,
    )
    name = pl.concat_str(
        pl.coalesce("product_type", "product_category", "department").str.to_titlecase(),
        pl.col("package_size").fill_null(""),
        separator=" ",
    )
    return seed.products.join(sales, on="product_id").select(
        "product_id",
        "manufacturer_id",
        "department",
        "price_minor",
        "updated_at",
        "hourly_rate",
        title=name.str.strip_chars(),
        vendor=pl.concat_str(pl.lit("Maker "), pl.col("manufacturer_id").cast(pl.String)),
        product_type=pl.coalesce("product_category", "department"),
        seed_price_minor="price_minor",
        compare_at_minor=pl.lit(None, dtype=pl.Int64),
        created_at=pl.lit(seed.clock - timedelta(days=400), dtype=INSTANT),
        stock_updated_at="updated_at",
    )


def purchase_orders(goods: pl.DataFrame, rng: np.random.Generator, clock: datetime) -> pl.DataFrame:
    """Open orders at suppliers, one per product at most: units and the instant they are due."""
    chosen = goods.filter(pl.Series(rng.random(goods.height) < 0.1))
    hours = rng.integers(6, 21 * 24, chosen.height)
    packs = rng.integers(1, 9, chosen.height)
    return chosen.select(
        "product_id",
        units=pl.col("case_pack_units") * pl.Series(packs),
        due_at=pl.lit(clock, dtype=INSTANT) + pl.duration(hours=pl.lit(pl.Series(hours))),
        is_received=pl.lit(value=False),
    )


def stockouts(seed: Seed, goods: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Days of the last 60 on which a well-selling product could not be bought: (product, day)."""
    last = seed.clock.date() - timedelta(days=1)
    days = pl.Series("date", [last - timedelta(days=back) for back in range(STOCKOUT_DAYS)])
    well = goods.filter(pl.col("hourly_rate") * 24 >= 0.4).select("product_id")
    local = pl.col("created_at").dt.convert_time_zone(seed.channel.zone).dt.date()
    sold = (
        seed.lines.join(seed.baskets.select("order_id", date=local), on="order_id")
        .select("product_id", "date")
        .unique()
    )
    idle = well.join(days.to_frame(), how="cross").join(sold, on=["product_id", "date"], how="anti")
    return idle.sort("product_id", "date").filter(pl.Series(rng.random(idle.height) < 0.15))


def customers(seed: Seed, rng: np.random.Generator) -> pl.DataFrame:
    """Members with made-up names and addresses at example.com; the ids are the households'."""
    frame = (
        seed.baskets.group_by("household_id")
        .agg(created_at=pl.col("created_at").min(), updated_at=pl.col("created_at").max())
        .sort("household_id")
    )
    first = pl.Series(rng.choice(FIRST_NAMES, frame.height).tolist(), dtype=pl.String)
    last = pl.Series(rng.choice(LAST_NAMES, frame.height).tolist(), dtype=pl.String)
    before = pl.duration(hours=pl.lit(pl.Series(rng.integers(1, 4000, frame.height))))
    frame = frame.with_columns(
        first_name=first, last_name=last, created_at=pl.col("created_at") - before
    )
    local = pl.concat_str("first_name", "last_name", "household_id", separator=".")
    return frame.with_columns(email=pl.concat_str(local.str.to_lowercase(), pl.lit("@example.com")))


def discounts(seed: Seed, orders: pl.DataFrame) -> pl.DataFrame:
    """One code per campaign that was redeemed, and one for all other coupons.

    `amount_minor` off the order, or `percentage` as a fraction; null dates mean no end.
    """
    used = (
        orders.filter(pl.col("code").is_not_null())
        .group_by("code")
        .agg(
            usage_count=pl.len().cast(pl.Int64),
            amount_minor=pl.col("code_minor").median().cast(pl.Int64),
        )
    )
    start = pl.lit(seed.clock - timedelta(days=400), dtype=INSTANT)
    return (
        used.join(_campaign_codes(seed), on="code", how="left")
        .sort("code")
        .with_row_index("discount_id", offset=700_001)
        .with_columns(
            pl.col("discount_id").cast(pl.Int64),
            title=pl.col("title").fill_null("Manufacturer coupons"),
            starts_at=pl.col("starts_at").fill_null(start),
            created_at=pl.col("starts_at").fill_null(start),
            updated_at=pl.col("starts_at").fill_null(start),
            percentage=pl.lit(None, dtype=pl.Float64),
            usage_limit=pl.lit(None, dtype=pl.Int64),
            once_per_customer=pl.lit(value=False),
            minimum_minor=pl.lit(None, dtype=pl.Int64),
            buyer_id=pl.lit(None, dtype=pl.Int64),
        )
    )


def _campaign_codes(seed: Seed) -> pl.DataFrame:
    return seed.campaigns.select(
        code=pl.concat_str(pl.lit("CAMPAIGN"), pl.col("campaign_id").cast(pl.String)),
        title=pl.format("Campaign {} ({})", "campaign_id", "campaign_type"),
        starts_at=pl.col("start_date").cast(INSTANT),
        ends_at=pl.col("end_date").cast(INSTANT),
    )


def competitor_offers(
    goods: pl.DataFrame, lines: pl.DataFrame, rng: np.random.Generator, *, minor_per_cent: int
) -> pl.DataFrame:
    """Two to five rivals' offers for the best sellers, some out of stock or far off."""
    revenue = lines.group_by("product_id").agg(
        revenue=(pl.col("unit_minor") * pl.col("quantity")).sum()
    )
    ranked = goods.join(revenue, on="product_id").sort("revenue", "product_id")
    best = ranked.tail(RIVAL_SKUS).sort("product_id")
    counts = rng.integers(2, 6, best.height)
    offers = best.select("product_id", "price_minor")[np.repeat(np.arange(best.height), counts)]
    n = offers.height
    # Rivals of one product are consecutive names from a random start, so no name repeats.
    starts = np.repeat(rng.integers(0, len(RIVALS), best.height), counts)
    within = np.arange(n) - np.repeat(np.cumsum(counts) - counts, counts)
    names = np.array(RIVALS)[(starts + within) % len(RIVALS)]
    factor = np.where(rng.random(n) < 0.03, rng.choice([0.1, 10.0], n), rng.normal(1, 0.08, n))
    return offers.select(
        sku=pl.col("product_id").cast(pl.String),
        competitor=pl.Series(names.tolist(), dtype=pl.String),
        price_minor=(pl.col("price_minor") * pl.Series(factor)).round().cast(pl.Int64).clip(1),
        shipping_minor=pl.Series(rng.choice([0, 0, 0, 299], n) * minor_per_cent),
        in_stock=pl.Series(rng.random(n) > 0.06),
        fulfilment=pl.Series(rng.choice(["platform", "merchant"], n).tolist(), dtype=pl.String),
        rating_count=pl.Series(rng.integers(0, 20_000, n)),
        age_minutes=pl.Series(rng.integers(5, 600, n)),
    )


def traffic(orders: pl.DataFrame, rng: np.random.Generator, zone: str = ZONE) -> pl.DataFrame:
    """Visitors and page views per shop-local day and source; a later day changes no earlier one.

    Some look on days on which nobody orders.

    `dwell_mean` is the seconds that a visitor stayed, `bounced` the part that saw one page.
    """
    local = pl.col("created_at").dt.convert_time_zone(zone).dt.date()
    ordered = orders.group_by(date=local).agg(orders=pl.len())
    span = pl.date_range(pl.col("date").min(), pl.col("date").max())
    daily = ordered.select(span).join(ordered, on="date", how="left", maintain_order="left")
    daily = daily.with_columns(pl.col("orders").fill_null(0).clip(QUIET_ORDERS))
    mix = pl.DataFrame(SOURCES, schema=["source", "share"], orient="row")
    frame = daily.join(mix, how="cross")
    drawn = rng.random((frame.height, 2))
    visits = frame["orders"].to_numpy() * frame["share"].to_numpy() * (14 + 12 * drawn[:, 0])
    views = visits * (2.5 + 3.5 * drawn[:, 1])
    stayed = rng.spawn(1)[0].random((frame.height, 2))
    return frame.select(
        "date",
        "source",
        visitors=pl.Series(np.ceil(visits).astype(np.int64)),
        views=pl.Series(np.ceil(views).astype(np.int64)),
        dwell_mean=pl.Series(60 + 90 * stayed[:, 0]),
        bounced=pl.Series(0.3 + 0.25 * stayed[:, 1]),
    )
