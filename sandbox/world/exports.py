"""The files a merchant would download from systems without an API, as those systems write them."""

from datetime import date, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from openpyxl import Workbook

from sandbox.world.backoffice import traffic
from sandbox.world.world import SEED, World

# Products slower than this (pieces in 8 weeks) are bought ad hoc and stand in no supply plan.
PLANNED_UNITS: Final = 4
EARLIER_DAYS: Final = 30
CORRECTED_EVERY: Final = 20


def write_exports(world: World, folder: Path) -> list[Path]:
    """Write ERP, competitor and traffic exports as of the last complete local day.

    Returns the files: costs twice (an earlier export, and a later one that overlaps and corrects
    some of it), supply plan, stock-out days, competitor offers, traffic.
    """
    with world.lock:
        day = last_day(world)
        earlier = day - timedelta(days=EARLIER_DAYS)
        return [
            _costs(world, folder / "erp" / f"成本_{earlier:%Y%m%d}.csv", earlier, is_earlier=True),
            _costs(world, folder / "erp" / f"成本_{day:%Y%m%d}.csv", day, is_earlier=False),
            _supply(world, folder / "erp" / f"采购_{day:%Y%m%d}.xlsx"),
            _stockouts(world, folder / "erp" / f"缺货_{day:%Y%m%d}.csv"),
            _offers(world, folder / "rivals"),
            _traffic(world, folder / "sycm" / f"流量_{day:%Y%m%d}.csv"),
        ]


def decimal_text(minor: pl.Expr) -> pl.Expr:
    """Cents as text with two decimals."""
    cents = (minor % 100).cast(pl.String).str.zfill(2)
    return pl.concat_str((minor // 100).cast(pl.String), pl.lit("."), cents)


def last_day(world: World) -> date:
    """The last complete day of the world's zone."""
    return world.clock.astimezone(ZoneInfo(world.zone)).date() - timedelta(days=1)


def write_csv(frame: pl.DataFrame, path: Path, *, encoding: str) -> Path:
    """Write a file as back offices do, its folder too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(frame.write_csv(line_terminator="\r\n").encode(encoding))
    return path


def _costs(world: World, path: Path, day: date, *, is_earlier: bool) -> Path:
    number = pl.int_range(pl.len())
    cost = pl.col("unit_cost_minor")
    corrected = number % CORRECTED_EVERY == 0
    kept = pl.lit(value=True) if is_earlier else corrected | (number % 2 == 1)
    known = world.products.filter(cost.is_not_null())
    # The earlier list was 7 % too high for every twentieth product; the later one puts it right.
    listed = pl.when(corrected).then(cost * 107 // 100).otherwise(cost) if is_earlier else cost
    frame = known.with_columns(listed=listed, kept=kept).filter("kept")
    frame = frame.select(
        pl.col("product_id").cast(pl.String).alias("商家编码"),
        pl.col("title").alias("商品名称"),
        decimal_text(pl.col("listed")).alias("成本价"),
        pl.lit(world.currency).alias("币种"),
        pl.lit(day.isoformat()).alias("生效日期"),
    )
    return write_csv(frame, path, encoding="gb18030")


def _supply(world: World, path: Path) -> Path:
    open_orders = world.purchase_orders.filter(~pl.col("is_received"))
    due = pl.col("due_at").dt.convert_time_zone(world.zone).dt.date()
    planned = pl.col("hourly_rate") * 24 * 56 >= PLANNED_UNITS
    frame = (
        world.products.filter(planned)
        .join(open_orders, on="product_id", how="left", maintain_order="left")
        .select(
            pl.col("product_id").cast(pl.String).alias("商家编码"),
            pl.col("vendor").alias("供应商"),
            pl.col("units").fill_null(0).alias("在途数量"),
            due.alias("预计到货日期"),
            pl.col("lead_time_days").alias("平均交期(天)"),
            pl.col("lead_time_sd_days").alias("交期标准差(天)"),
            pl.col("moq_units").alias("起订量"),
            pl.col("case_pack_units").alias("装箱数"),
        )
    )
    book = Workbook(write_only=True)
    sheet = book.create_sheet("采购")
    sheet.append(frame.columns)
    for row in frame.iter_rows():
        sheet.append(row)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return path


def _stockouts(world: World, path: Path) -> Path:
    frame = world.stockouts.select(
        pl.col("product_id").cast(pl.String).alias("商家编码"),
        pl.col("date").dt.to_string("%Y-%m-%d").alias("日期"),
    )
    return write_csv(frame, path, encoding="gb18030")


def _offers(world: World, folder: Path) -> Path:
    seen = pl.lit(world.clock) - pl.duration(minutes=pl.col("age_minutes"))
    frame = world.offers.select(
        "sku",
        "competitor",
        price=decimal_text(pl.col("price_minor")),
        shipping=decimal_text(pl.col("shipping_minor")),
        currency=pl.lit(world.currency),
        in_stock="in_stock",
        fulfilment="fulfilment",
        rating_count="rating_count",
        observed_at=seen.dt.convert_time_zone(world.zone).dt.to_string("%Y-%m-%dT%H:%M:%S%:z"),
    )
    name = f"competitor_offers_{world.clock:%Y%m%dT%H%M}.csv"
    return write_csv(frame, folder / name, encoding="utf-8")


def _traffic(world: World, path: Path) -> Path:
    daily = traffic(world.orders, np.random.default_rng(SEED), world.zone)
    frame = daily.filter(pl.col("date") <= last_day(world)).select(
        pl.col("date").dt.to_string("%Y-%m-%d").alias("日期"),
        pl.col("source").alias("来源"),
        _grouped("visitors").alias("访客数"),
        _grouped("views").alias("浏览量"),
        pl.col("dwell_mean").round(1).alias("平均停留时长"),
        pl.format("{}%", (pl.col("bounced") * 100).round(2)).alias("跳失率"),
    )
    return write_csv(frame, path, encoding="gb18030")


def _grouped(column: str) -> pl.Expr:
    """Counts with thousands separators, as the export writes them: 1,234."""
    return pl.col(column).map_elements("{:,}".format, return_dtype=pl.String)
