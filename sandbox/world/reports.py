"""Reports that a merchant downloads of visits, paths and ratings, and the goals he writes down."""

from datetime import date, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from sandbox.world.backoffice import traffic
from sandbox.world.exports import last_day, write_csv
from sandbox.world.world import SEED, World

DAYS: Final = 28
PRODUCTS: Final = 100
"""The best sellers: those of whose visits the report tells."""
_PATHS: Final = (
    ("首页-详情", 0.25, (1.0, 0.5)),
    ("首页-列表", 0.20, (1.0, 0.7, 0.45)),
    ("搜索", 0.42, (1.0, 0.6)),
)
"""Each path's share of visits and of orders, and how many of its visits reach each step but the
last."""
_BANNER: Final = (0.3, 0.35)
"""Visits that click on a banner, and those of them whose campaign page opens."""
_RATED: Final = (("描述相符", 4.78, 4.81), ("物流服务", 4.70, 4.76), ("服务态度", 4.83, 4.79))
"""What is rated, the shop's mean and its industry's."""


def write_reports(world: World, folder: Path, *, first_number: int = 0) -> list[Path]:
    """Write them as of the last complete local day; `first_number` is added to a product's number.

    Returns the files: visits by product, steps of paths, ratings, targets, benchmarks.
    """
    with world.lock:
        day = last_day(world)
        return [
            _items(world, folder / "sycm" / f"商品_{day:%Y%m%d}.csv", day, first_number),
            _paths(world, folder / "traffic" / f"漏斗_{day:%Y%m%d}.csv", day),
            _ratings(folder / "service" / f"评分_{day:%Y%m%d}.csv", day),
            _targets(world, folder / "goals" / f"目标_{day:%Y%m%d}.csv", day),
            _benchmarks(folder / "goals" / f"基准_{day:%Y%m%d}.csv", day),
        ]


def _days(day: date) -> pl.Series:
    return pl.date_range(day - timedelta(days=DAYS - 1), day, eager=True).alias("date")


def _local(world: World) -> pl.Expr:
    return pl.col("created_at").dt.convert_time_zone(world.zone).dt.date().alias("date")


def _items(world: World, path: Path, day: date, first_number: int) -> Path:
    """Visitors of a product: more for more buyers and for what sells better."""
    days = _days(day)
    best = world.products.sort("hourly_rate", "product_id").tail(PRODUCTS)
    placed = world.orders.select("order_id", _local(world)).filter(pl.col("date") >= days[0])
    bought = (
        world.lines.join(placed, on="order_id")
        .group_by("date", "product_id")
        .agg(buyers=pl.col("order_id").n_unique())
    )
    frame = (
        best.select("product_id", "hourly_rate")
        .sort("product_id")
        .join(days.to_frame(), how="cross")
        .join(bought, on=["product_id", "date"], how="left", maintain_order="left")
        .with_columns(pl.col("buyers").fill_null(0))
    )
    drawn = np.random.default_rng(SEED).random((frame.height, 3))
    buyers = frame["buyers"].to_numpy()
    curious = frame["hourly_rate"].to_numpy() * 24 * (4 + 6 * drawn[:, 0])
    visitors = np.ceil(buyers * (6 + 9 * drawn[:, 1]) + curious).astype(np.int64)
    carted = buyers + np.floor((visitors - buyers) * 0.1 * drawn[:, 2]).astype(np.int64)
    number = (pl.col("product_id") + first_number).cast(pl.String)
    rows = frame.select(
        pl.col("date").dt.to_string("%Y-%m-%d").alias("统计日期"),
        number.alias("商品ID"),
        pl.Series("商品访客数", visitors),
        pl.Series("商品浏览量", np.ceil(visitors * (1.2 + drawn[:, 0])).astype(np.int64)),
        pl.Series("商品加购人数", carted),
    )
    return write_csv(rows, path, encoding="gb18030")


def _paths(world: World, path: Path, day: date) -> Path:
    """Steps of each path: visits of the day, the last of them its orders."""
    visits = traffic(world.orders, np.random.default_rng(SEED), world.zone)
    daily = visits.group_by("date").agg(pl.col("visitors").sum())
    ordered = world.orders.group_by(_local(world)).agg(orders=pl.len())
    known = (
        _days(day)
        .to_frame()
        .join(daily, on="date", how="left", maintain_order="left")
        .join(ordered, on="date", how="left", maintain_order="left")
        .fill_null(0)
    )
    rows = []
    for when, came, orders in known.iter_rows():
        for name, share, reached in _PATHS:
            steps = [*(round(came * share * one) for one in reached), round(orders * share)]
            rows += [(when, name, place, units) for place, units in enumerate(steps, 1)]
        clicked = round(came * _BANNER[0])
        rows += [(when, "活动", 1, clicked), (when, "活动", 2, round(clicked * _BANNER[1]))]
    frame = pl.DataFrame(rows, schema=["日期", "路径", "步骤", "访问次数"], orient="row")
    return write_csv(frame, path, encoding="utf-8")


def _ratings(path: Path, day: date) -> Path:
    """Scores that lose a little day by day, of ratings that grow."""
    rows = [
        (when, name, f"{own - 0.002 * (place // 2):.2f}", 2_400 + 9 * place, f"{others:.2f}")
        for place, when in enumerate(_days(day))
        for name, own, others in _RATED
    ]
    columns = ["日期", "评分项", "得分", "评价人数", "同行均值"]
    frame = pl.DataFrame(rows, schema=columns, orient="row")
    return write_csv(frame, path, encoding="gb18030")


def _targets(world: World, path: Path, day: date) -> Path:
    """Of the month: a twentieth more per day than the last four weeks brought."""
    days, (first, last) = _days(day), _month(day)
    recent = world.orders.filter(_local(world).is_between(days[0], day))
    lines = world.lines.join(recent.select("order_id"), on="order_id", how="semi")
    paid = pl.col("unit_minor") * pl.col("quantity") - pl.col("automatic_minor")
    goods = lines.filter(~pl.col("is_removed")).select(paid.sum() - pl.col("code_minor").sum())
    factor = 1.05 * ((last - first).days + 1) / DAYS
    rows = [
        ("gmv", first, last, f"{goods.item() * factor / 100:,.0f}"),
        ("orders", first, last, f"{recent.height * factor:,.0f}"),
        ("dsr_goods", first, last, "4.80"),
    ]
    frame = pl.DataFrame(rows, schema=["指标", "开始日期", "结束日期", "目标值"], orient="row")
    return write_csv(frame, path, encoding="utf-8")


def _benchmarks(path: Path, day: date) -> Path:
    """What shops like it come to in the month."""
    span = ("同行", *_month(day))
    rows = [("conversion", *span, "0.055"), ("bounce_rate", *span, "0.45")]
    columns = ["指标", "对象", "开始日期", "结束日期", "基准值"]
    return write_csv(pl.DataFrame(rows, schema=columns, orient="row"), path, encoding="utf-8")


def _month(day: date) -> tuple[date, date]:
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
