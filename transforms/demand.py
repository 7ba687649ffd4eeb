"""Which days show how a SKU sells: those on which it could be bought as on any other day.

Frames here know a SKU by its row number `sku`, which is cheaper to group than two texts.
"""

import datetime as dt
from typing import Final

import polars as pl

LEAST_DAYS: Final = 7
"""With fewer days to judge by, the level is noise, and a guess would order goods."""
WINDOWS_BACK: Final = 4
"""So many windows back is looked for days with stock, where the last one has too few."""

# A day of a SKU that sells on most days is unusual beyond so many robust standard deviations.
_SPIKE_SDS: Final = 5.0
# A rise is believed once it makes up a quarter of the days: two weeks of eight.
_SHIFT_SHARE: Final = 0.25
# One that sells seldom: unusual is a day of more than so many times its usual size, if more than a
# handful; and what happens a third time is demand.
_BULK_TIMES: Final = 8.0
_BULK_UNITS: Final = 10.0
_BULK_DAYS: Final = 2
_WHOLE_WEEKS: Final = 28


def days_to_judge_by(
    sold: pl.DataFrame,
    left_out: pl.DataFrame,
    *,
    until: dt.date,
    window_days: int,
) -> pl.DataFrame:
    """Pieces per SKU and day, zeros included. Grain: (sku, day), in order.

    `sold` has the days with sales (sku, day, units), `left_out` those that show nothing (sku, day):
    out of stock, or of a campaign. The days are those of the window that ends with `until`; of SKUs
    for which fewer than 7 are left, the last so many before: what is sold out sells as it did.
    SKUs that sold on none of these days are absent, as are those that have too few days at all.
    """
    since = until - dt.timedelta(days=window_days - 1)
    lost = left_out.filter(pl.col("day").is_between(since, until)).group_by("sku").agg(pl.len())
    few = window_days - pl.col("len").cast(pl.Int64) < LEAST_DAYS
    scarce = lost.filter(few).select("sku")
    usual = sold.filter(pl.col("day") >= since).join(scarce, on="sku", how="anti")
    window = _grid(usual, left_out, since=since, until=until)
    earlier = sold.join(scarce, on="sku", how="semi")
    last = _grid(earlier, left_out, since=horizon_of(until, window_days), until=until)
    place = pl.int_range(pl.len(), 0, -1).over("sku")
    last = last.filter(place <= window_days).filter(pl.len().over("sku") >= LEAST_DAYS)
    return window.merge_sorted(last, key="sku")  # a SKU is in one of the two, its days in order


def horizon_of(until: dt.date, window_days: int) -> dt.date:
    """The first day that may be judged by."""
    return until - dt.timedelta(days=WINDOWS_BACK * window_days - 1)


def _grid(
    sold: pl.DataFrame, left_out: pl.DataFrame, *, since: dt.date, until: dt.date
) -> pl.DataFrame:
    """Every day of the SKUs sold in it, but those left out; by place, which no join beats."""
    length = (until - since).days + 1
    skus = sold.select(pl.col("sku").unique().sort()).with_row_index("row")
    place = pl.col("row").cast(pl.Int64) * length + (pl.col("day") - since).dt.total_days()
    within = pl.col("day").is_between(since, until)
    at = pl.int_range(skus.height * length, eager=True)
    units = pl.zeros(at.len(), dtype=pl.Int64, eager=True)
    is_told = pl.repeat(value=True, n=at.len(), eager=True)
    known, lost = (rows.filter(within).join(skus, on="sku") for rows in (sold, left_out))
    units.scatter(known.select(place).to_series(), known["units"])
    is_told.scatter(lost.select(place).to_series(), False)
    first = pl.lit(since).cast(pl.Int32)
    return (
        pl.DataFrame({"sku": skus["sku"].gather(at // length), "at": at % length, "units": units})
        .select("sku", day=(first + pl.col("at")).cast(pl.Date), units="units")
        .filter(is_told)
    )


def unusual(days: pl.DataFrame, sold: pl.DataFrame) -> pl.Series:
    """Whether each of the days, in order, sold what says nothing of the next: an outlier.

    Of a SKU that sells on most days: far above the usual of its weekday (with fewer than four weeks
    of all its days), unless a quarter of its days are. Of the others: a bulk order, far above the
    median size of its sales in `sold`, unless there were three; a SKU that sold once has no usual
    size, and more than a handful is none.
    """
    units = pl.col("units")
    # Below the least limit of either rule nothing is unusual; few SKUs of a long tail pass it.
    tops = days.group_by("sku").agg(units.max()).filter(units > _SPIKE_SDS)
    is_high = pl.col("sku").is_in(tops["sku"].implode())
    odd = _unusual(days.filter(is_high), sold.filter(is_high))
    at = days.select(is_high).to_series().arg_true()
    return pl.repeat(value=False, n=days.height, eager=True).scatter(at, odd)


def bulk_limit(units: pl.Expr) -> pl.Expr:
    """The most that a day of one SKU sells as usual, of its days with a sale."""
    usual = pl.max_horizontal(units.quantile(0.5, "lower") * _BULK_TIMES, _BULK_UNITS)
    return pl.when(pl.len() > 1).then(usual).otherwise(_BULK_UNITS)


def _unusual(days: pl.DataFrame, sold: pl.DataFrame) -> pl.Series:
    units = pl.col("units")
    sizes = sold.filter(units > 0).group_by("sku").agg(bulk=bulk_limit(units))
    bulky = (
        sold.join(sizes, on="sku")
        .filter(units > pl.col("bulk"))
        .group_by("sku")
        .agg(bulk_days=pl.len())
    )
    by_day = pl.col("usual_day")
    sd = 1.4826 * (units - by_day).abs().median().over("sku")
    spread = pl.max_horizontal(sd, pl.max_horizontal(by_day, 1).sqrt())
    spike = units > by_day + _SPIKE_SDS * spread
    return (
        days.with_columns(weekday=pl.col("day").dt.weekday(), n=pl.len().over("sku"))
        .with_columns(
            usual_day=pl.when(pl.col("n") >= _WHOLE_WEEKS)
            .then(units.median().over("sku", "weekday"))
            .otherwise(units.median().over("sku")),
            is_frequent=(units > 0).mean().over("sku") >= 0.5,
        )
        .with_columns(spike=spike)
        .with_columns(is_shift=pl.col("spike").mean().over("sku") >= _SHIFT_SHARE)
        .join(sizes, on="sku", how="left", maintain_order="left")
        .join(bulky, on="sku", how="left", maintain_order="left")
        .select(
            is_unusual=pl.when("is_frequent")
            .then(pl.col("spike") & ~pl.col("is_shift"))
            .otherwise((units > pl.col("bulk")) & (pl.col("bulk_days") <= _BULK_DAYS))
            .fill_null(value=False)
        )
        .to_series()
    )
