"""Time passes: the next hours are sold at the prices in force, and supplies arrive.

Model: pieces of a product in an hour ~ Poisson(mean hourly rate of its last 8 weeks
x the hour's share of a day x (price in force / seed price) ** ELASTICITY), never more than the
stock. An hour's lines fall on orders of about the usual size, by random members. No codes are used.
"""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import polars as pl

from sandbox.world.contacts import changed
from sandbox.world.orders import settled
from sandbox.world.parcels import LONGEST, parcels, voyages
from sandbox.world.reviews import LATEST_REVIEW, reviews
from sandbox.world.world import SEED, World, instant

ELASTICITY: Final = -1.5
LINES_PER_ORDER: Final = 9
# Share of a day's sales by shop-local hour, times 24: measured on the year, rounded.
HOUR_PROFILE: Final = (
    0.2, 0.1, 0.1, 0.0, 0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 1.1, 1.4,
    1.6, 1.7, 1.7, 1.9, 2.1, 2.3, 2.3, 1.9, 1.5, 1.1, 0.7, 0.4,
)  # fmt: skip


def advance(world: World, hours: int) -> None:
    """Sell the next `hours` and move the clock; any split into steps gives the same world."""
    with world.lock:
        for _ in range(hours):
            _receive(world, until=world.clock + timedelta(hours=1))
            _sell(world, start=world.clock)
            world.clock += timedelta(hours=1)
            _note_stockouts(world)
            world.version += 1
        _follow(world)


def _follow(world: World) -> None:
    """Members write reviews and change their minds about mail, up to the clock."""
    since, until = world.followed_until, world.clock
    if until <= since:
        return
    recent = world.orders.filter(pl.col("created_at") >= since - LONGEST - LATEST_REVIEW)
    sent = parcels(voyages(recent, until=until), until=until)
    language = world.channel.language
    written = reviews(sent, recent, world.lines, since=since, until=until, language=language)
    world.reviews = pl.concat([world.reviews, written])
    world.contacts = changed(world.contacts, world.customers, since=since, until=until)
    world.followed_until = until


def _receive(world: World, *, until: datetime) -> None:
    due = ~pl.col("is_received") & (pl.col("due_at") < until)
    arrived = world.purchase_orders.filter(due).select("product_id", "units", "due_at")
    world.purchase_orders = world.purchase_orders.with_columns(
        is_received=pl.col("is_received") | due
    )
    if arrived.is_empty():
        return
    world.products = (
        world.products.join(arrived, on="product_id", how="left", maintain_order="left")
        .with_columns(
            on_hand_units=pl.col("on_hand_units") + pl.col("units").fill_null(0),
            stock_updated_at=pl.coalesce("due_at", "stock_updated_at"),
        )
        .drop("units", "due_at")
    )


def _note_stockouts(world: World) -> None:
    """At the end of a local day, write down what sells and has run out."""
    local = world.clock.astimezone(ZoneInfo(world.zone))
    if local.hour != 0:
        return
    out = world.products.filter((pl.col("on_hand_units") == 0) & (pl.col("hourly_rate") > 0))
    day = pl.lit(local.date() - timedelta(days=1))
    world.stockouts = pl.concat([world.stockouts, out.select("product_id", date=day)])


def _sell(world: World, *, start: datetime) -> None:
    rng = np.random.default_rng([SEED, int(start.timestamp())])
    profile = np.array(HOUR_PROFILE) * 24 / sum(HOUR_PROFILE)
    share = profile[start.astimezone(ZoneInfo(world.zone)).hour]
    pressure = (pl.col("price_minor").clip(1) / pl.col("seed_price_minor").clip(1)).pow(ELASTICITY)
    rate = world.products.select(pl.col("hourly_rate") * pressure).to_series().to_numpy() * share
    wanted = rng.poisson(np.minimum(rate, 1e6))
    sold = np.minimum(wanted, world.products["on_hand_units"].to_numpy())
    if not sold.any():
        return
    lines = _hour_lines(world, sold, rng)
    orders = _hour_orders(world, lines, rng, start=start)
    world.lines = pl.concat([world.lines, lines.select(world.lines.columns)])
    world.orders = pl.concat([world.orders, orders.select(world.orders.columns)])
    is_sold = pl.Series(sold > 0)
    end = instant(start + timedelta(minutes=59, seconds=59))
    world.products = world.products.with_columns(
        on_hand_units=pl.col("on_hand_units") - pl.Series(sold),
        stock_updated_at=pl.when(is_sold).then(end).otherwise("stock_updated_at"),
        updated_at=pl.when(is_sold).then(end).otherwise("updated_at"),
    )
    buyers = orders.group_by("household_id").agg(bought_at=pl.col("created_at").max())
    world.customers = (
        world.customers.join(buyers, on="household_id", how="left", maintain_order="left")
        .with_columns(updated_at=pl.max_horizontal("updated_at", "bought_at"))
        .drop("bought_at")
    )


def _hour_lines(
    world: World, sold: npt.NDArray[np.int64], rng: np.random.Generator
) -> pl.DataFrame:
    picked = np.flatnonzero(sold)
    # Not more orders than lines; numbering by first use leaves no order empty.
    drawn = rng.integers(0, max(1, len(picked) // LINES_PER_ORDER), len(picked))
    first_order, first_line = _next(world.orders["order_id"]), _next(world.lines["line_id"])
    return (
        world.products[picked]
        .select("product_id", unit_minor="price_minor")
        .with_columns(quantity=pl.Series(sold[picked]), order_id=pl.Series(drawn))
        .sort("order_id", "product_id")
        .with_columns(
            order_id=pl.col("order_id").rank("dense").cast(pl.Int64) + (first_order - 1),
            line_id=pl.int_range(pl.len(), dtype=pl.Int64) + first_line,
            automatic_minor=pl.lit(0, dtype=pl.Int64),
            code_minor=pl.lit(0, dtype=pl.Int64),
            current_quantity=pl.col("quantity"),
            is_removed=pl.lit(value=False),
        )
    )


def _hour_orders(
    world: World, lines: pl.DataFrame, rng: np.random.Generator, *, start: datetime
) -> pl.DataFrame:
    members = world.customers["household_id"].to_numpy()
    baskets = (
        lines.with_row_index("line_start", offset=world.lines.height)
        .group_by("order_id", maintain_order=True)
        .agg(
            pl.col("line_start").first().cast(pl.Int64),
            line_count=pl.len().cast(pl.Int64),
            original_minor=(pl.col("unit_minor") * pl.col("quantity")).sum(),
            automatic_minor=pl.lit(0, dtype=pl.Int64),
            code_minor=pl.lit(0, dtype=pl.Int64),
            code=pl.lit(None, dtype=pl.String),
        )
    )
    seconds = np.sort(rng.integers(0, 3600, baskets.height))
    return settled(
        baskets.with_columns(
            household_id=pl.Series(rng.choice(members, baskets.height)),
            created_at=instant(start) + pl.duration(seconds=pl.lit(pl.Series(seconds))),
        ),
        rng,
        until=start + timedelta(hours=1),
        channel=world.channel,
    )


def _next(ids: pl.Series) -> int:
    newest = ids.max()
    assert isinstance(newest, int)
    return newest + 1
