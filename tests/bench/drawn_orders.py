"""Orders of a shop with many articles, drawn day by day into a home as readings would leave them.

Two lines an order, three of four orders a member's, a long tail of articles; some orders are not
paid, cancelled, tests or refunded, some lines are gifts or fees.
"""

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import dataframely as dy
import numpy as np
import numpy.typing as npt
import polars as pl

from contracts.streams import Reading, Window
from contracts.tables import Order, OrderLine, Refund, TrafficDaily, table_of

if TYPE_CHECKING:
    from flows.steps.home import Home

SHOP = "demo"
ZONE = "Asia/Shanghai"
LINES_AN_ORDER = 2
_TOKEN = "SHOPKEEPER_BENCH_TOKEN"
_DAYS_AT_ONCE = 30
_SETTINGS = f"""
name = "Bench"
currency = "CNY"
time_zone = "{ZONE}"
[sources.shopify]
base_url = "http://127.0.0.1:9"
access_token = "env:{_TOKEN}"
is_sandbox = true
[economics]
fee_rate = 0.03
min_margin_rate = 0.1
"""


def write_home(folder: Path) -> None:
    """The settings of a home with one shop."""
    os.environ[_TOKEN] = "bench"
    (folder / "shops").mkdir(parents=True)
    (folder / "shopkeeper.toml").write_text("", encoding="utf-8")
    (folder / "shops" / f"{SHOP}.toml").write_text(_SETTINGS, encoding="utf-8")


def draw(home: "Home", *, lines: int, skus: int, members: int, first: dt.date, days: int) -> None:
    """Merge and record the orders of some UTC days; read at the midnight that ends them."""
    told = readings(lines=lines, skus=skus, members=members, first=first, days=days)
    for frames in told:
        merged = home.lake.merge(frames)
        home.readings.record({name: table.version for name, table in merged.items()})
    record_readings(home, _midnight(first + dt.timedelta(days=days)))


def readings(
    *, lines: int, skus: int, members: int, first: dt.date, days: int
) -> Iterator[dict[str, pl.DataFrame]]:
    """Tables by name, of a month at most at once."""
    rng = np.random.default_rng(7)
    read_at = _midnight(first + dt.timedelta(days=days))
    weights = rng.gamma(0.4, 1.5, skus)
    price = rng.integers(500, 50_000, skus)
    for start in range(0, days, _DAYS_AT_ONCE):
        some = min(_DAYS_AT_ONCE, days - start)
        count = lines * (start + some) // days - lines * start // days
        since = first + dt.timedelta(days=start)
        frames = _orders(rng, count, weights / weights.sum(), price, members, since, some)
        frames[Refund] = frames[Refund].filter(pl.col("refunded_at") < read_at)
        yield {table_of(one).name: _cast(one, frame, read_at) for one, frame in frames.items()}


def record_readings(home: "Home", at: dt.datetime) -> None:
    """That every stream was read until then."""
    from warehouse.landing import Landed
    from warehouse.readings import Counts

    counts = Counts(landed_rows=0, loaded_rows=0, quarantined_rows=0, seconds=0)
    window = Window(at - dt.timedelta(days=1), at)
    for _, stream in home.shop(SHOP).streams():
        reading = Reading(SHOP, stream.name, window, at)
        home.readings.record_load(reading, Landed(), counts=counts, versions={}, at=at)


def _orders(
    rng: np.random.Generator,
    lines: int,
    weights: npt.NDArray[np.float64],
    price: npt.NDArray[np.int64],
    members: int,
    since: dt.date,
    days: int,
) -> dict[type[dy.Schema], pl.DataFrame]:
    orders = _headers(rng, max(lines // LINES_AN_ORDER, 1), members, since, days)
    drawn = _lines(rng, orders, lines, weights, price)
    is_goods = pl.col("line_kind").is_in(["sale", "gift"])
    sums = drawn.group_by("order_id").agg(
        goods_minor=pl.col("total_minor").filter(is_goods).sum(),
        goods_units=pl.col("quantity_units").filter(is_goods).sum(),
    )
    whole = orders.join(sums, on="order_id", how="left", maintain_order="left")
    with_sums = whole.with_columns(total_minor=pl.col("goods_minor"))
    return {
        Order: with_sums,
        OrderLine: drawn,
        Refund: _refunds(rng, with_sums),
        TrafficDaily: _traffic(rng, since, days),
    }


def _headers(
    rng: np.random.Generator, count: int, members: int, since: dt.date, days: int
) -> pl.DataFrame:
    """Orders in the order in which they came; some members order far more often than others."""
    seconds = np.sort(rng.integers(0, days * 86_400, count))
    number = (since - dt.date(2020, 1, 1)).days * 10_000_000 + np.arange(count)
    member = pl.Series((members * rng.random(count) ** 2).astype(np.int64))
    states = rng.choice(["paid", "pending", "partially_refunded"], count, p=[0.93, 0.03, 0.04])
    placed = pl.lit(_midnight(since)) + pl.duration(seconds=pl.col("seconds"))
    hashed = pl.format("m-{}", pl.col("member").cast(pl.String).str.zfill(32))
    return pl.DataFrame(
        {
            "order_id": pl.Series(number).cast(pl.String),
            "member": member,
            "seconds": seconds,
            "payment_status": states,
            "is_guest": rng.random(count) < 0.25,
            "is_cancelled": rng.random(count) < 0.03,
            "is_test": rng.random(count) < 0.001,
        }
    ).select(
        "order_id",
        "payment_status",
        "is_test",
        fulfilment_status=pl.lit("fulfilled"),
        member_id=pl.when(~pl.col("is_guest")).then(hashed),
        placed_at=placed,
        paid_at=pl.when(pl.col("payment_status") != "pending").then(placed),
        cancelled_at=pl.when("is_cancelled").then(placed + pl.duration(hours=5)),
        created_date=placed.dt.date(),
    )


def _lines(
    rng: np.random.Generator,
    orders: pl.DataFrame,
    count: int,
    weights: npt.NDArray[np.float64],
    price: npt.NDArray[np.int64],
) -> pl.DataFrame:
    """Every order has one, and the others lie anywhere; an article may lie twice in an order."""
    more = rng.integers(0, orders.height, max(count - orders.height, 0))
    of_order = np.sort(np.concatenate([np.arange(orders.height), more]))
    article = rng.choice(len(weights), of_order.size, p=weights)
    sku = pl.Series(article).cast(pl.String)
    kinds = rng.choice(["sale", "gift", "difference", "fee"], sku.len(), p=[0.96, 0.02, 0.01, 0.01])
    pieces = 1 + rng.poisson(0.3, sku.len())
    paid = pl.col("unit_price_minor") * pl.col("quantity_units") - pl.col("discount_minor")
    return (
        orders.select("order_id", "placed_at", "created_date")[of_order]
        .with_columns(
            line_id=pl.int_range(pl.len()).cast(pl.String),
            listing_id=sku,
            sku_id=pl.when(pl.Series(rng.random(sku.len()) < 0.98)).then(sku),
            line_kind=pl.Series(kinds),
            quantity_units=pl.Series(pieces),
            current_units=pl.Series(pieces),
            unit_price_minor=pl.Series(price[article]),
            discount_minor=pl.Series(rng.integers(0, 500, sku.len())),
        )
        .with_columns(
            total_minor=pl.when(pl.col("line_kind") != "gift").then(paid).otherwise(0),
        )
    )


def _refunds(rng: np.random.Generator, orders: pl.DataFrame) -> pl.DataFrame:
    """Half of the order, up to three weeks later."""
    back = orders.filter(pl.col("payment_status") == "partially_refunded")
    seconds = pl.Series(rng.integers(0, 21 * 86_400, back.height))
    return back.with_columns(seconds=seconds).select(
        "order_id",
        "created_date",
        refund_id="order_id",
        refunded_at=pl.col("placed_at") + pl.duration(seconds="seconds"),
        refunded_minor=pl.col("goods_minor") // 2,
    )


def _traffic(rng: np.random.Generator, since: dt.date, days: int) -> pl.DataFrame:
    """Visits of a day by two sources."""
    dates = [since + dt.timedelta(days=day) for day in range(days)]
    visitors = rng.integers(100_000, 200_000, 2 * days)
    return pl.DataFrame(
        {
            "traffic_date": dates * 2,
            "traffic_source": ["search"] * days + ["ads"] * days,
            "visitors_units": visitors,
            "views_units": visitors * 5,
        }
    )


def _cast(schema: type[dy.Schema], frame: pl.DataFrame, read_at: dt.datetime) -> pl.DataFrame:
    """Rows of a table; what is not drawn is the same in all of them."""
    with_extra = frame.with_columns(
        shop_id=pl.lit(SHOP), currency=pl.lit("CNY"), read_at=pl.lit(read_at), mapping_version=1
    )
    missing = {
        name: pl.lit(None if column.nullable else 0)
        for name, column in schema.columns().items()
        if name not in with_extra.columns
    }
    return with_extra.with_columns(**missing).pipe(schema.cast)


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)
