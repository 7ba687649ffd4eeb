"""Which days show how a SKU sells: those on which it could be bought as on any other day.

Frames here know a SKU by its row number `sku`, which is cheaper to group than two texts.
"""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

Numbers = npt.NDArray[np.float64]
_Whole = npt.NDArray[np.int32]
_Flags = npt.NDArray[np.bool_]
_Value = TypeVar("_Value", bound=np.generic)

LEAST_DAYS: Final = 7
"""With fewer days to judge by, the level is noise, and a guess would order goods."""
WINDOWS_BACK: Final = 4
"""So many windows back is looked for days with stock, where the last one has too few."""

# A day of a SKU that sells on most days is unusual beyond so many robust standard deviations.
_SPIKE_SDS: Final = 5.0
_FREQUENT_SHARE: Final = 0.5
# A rise is believed once it makes up a quarter of the days: two weeks of eight.
_SHIFT_SHARE: Final = 0.25
# One that sells seldom: unusual is a day of more than so many times its usual size, if more than a
# handful; and what happens a third time is demand.
_BULK_TIMES: Final = 8.0
_BULK_UNITS: Final = 10.0
_BULK_DAYS: Final = 2
_WHOLE_WEEKS: Final = 28


@dataclass(frozen=True)
class JudgedDays:
    """Pieces of SKUs by day: a column per SKU, and in row t the t-th day that it is judged by.

    `skus` are row numbers, ascending; `counts` how many days each has, at least one; `days` counts
    them from 1970-01-01. After its last day a column holds zeros. Recursions over the days of a
    SKU are then a few steps over all SKUs, which no grouping of rows beats.
    """

    skus: npt.NDArray[np.uint32]
    counts: npt.NDArray[np.int64]
    days: _Whole
    units: Numbers

    @cached_property
    def is_day(self) -> _Flags:
        """Whether a place holds a day."""
        held: _Flags = np.arange(len(self.units))[:, None] < self.counts
        return held

    @cached_property
    def weekdays(self) -> _Whole:
        """Monday is 0."""
        weekdays: _Whole = (self.days + 3) % 7
        return weekdays

    @property
    def mean(self) -> Numbers:
        """Pieces of a mean day of each SKU."""
        mean: Numbers = self.units.sum(axis=0) / self.counts
        return mean

    def last(self, values: npt.NDArray[_Value]) -> npt.NDArray[_Value]:
        """Of values by place those of each SKU's last day."""
        return values[self.counts - 1, np.arange(self.counts.size)]

    def of(self, columns: npt.NDArray[np.intp]) -> "JudgedDays":
        """Some of the SKUs."""
        return JudgedDays(
            self.skus[columns],
            self.counts[columns],
            self.days[:, columns],
            self.units[:, columns],
        )

    def frame(self) -> pl.DataFrame:
        """Grain: (sku, day), in order, with `units`."""
        held = self.is_day.T
        return pl.DataFrame(
            {
                "sku": np.repeat(self.skus, self.counts),
                "day": pl.Series(self.days.T[held]).cast(pl.Date),
                "units": self.units.T[held],
            }
        )

    def without(self, odd: _Flags) -> "JudgedDays":
        """Without the days that are marked."""
        if not odd.any():
            return self
        return _judged(self.skus, self.days, self.units, self.is_day & ~odd, len(self.units))


def days_to_judge_by(
    sold: pl.DataFrame,
    left_out: pl.DataFrame,
    *,
    until: dt.date,
    window_days: int,
) -> JudgedDays:
    """Pieces per SKU and day, zeros included.

    `sold` has the days with sales (sku, day, units), `left_out` those that show nothing (sku, day):
    out of stock, or of a campaign. The days are those of the window that ends with `until`; of SKUs
    for which fewer than 7 are left, the last so many before: what is sold out sells as it did.
    SKUs that sold on none of these days are absent, as are those that have too few days at all.
    """
    since = until - dt.timedelta(days=window_days - 1)
    lost = _lost(left_out, since=since, until=until)
    scarce = lost.filter(_is_scarce(since, until)).select("sku")
    usual = sold.filter(pl.col("day") >= since).join(scarce, on="sku", how="anti")
    window = _grid(usual, left_out, since=since, until=until, most=window_days)
    if scarce.is_empty():
        return window
    earlier, horizon = sold.join(scarce, on="sku", how="semi"), horizon_of(until, window_days)
    last = _grid(earlier, left_out, since=horizon, until=until, most=window_days)
    last = last.of(np.flatnonzero(last.counts >= LEAST_DAYS))
    skus = np.concatenate([window.skus, last.skus])
    return JudgedDays(
        skus,
        np.concatenate([window.counts, last.counts]),
        np.concatenate([window.days, last.days], axis=1),
        np.concatenate([window.units, last.units], axis=1),
    ).of(np.argsort(skus))


def judged_by_more(
    sold: pl.DataFrame, left_out: pl.DataFrame, *, since: dt.date, until: dt.date
) -> pl.DataFrame:
    """SKUs (`sku`) of which sales before the window are needed: these days say too little.

    Few days to judge by are left of them, or what sells seldom sold more than a handful in one.
    """
    lost, units = _lost(left_out, since=since, until=until), pl.col("units")
    much = sold.filter(units > _BULK_UNITS).select("sku").unique()
    told, untold = (rows.join(much, on="sku", how="semi") for rows in (sold, left_out))
    judged_days = _days_in(since, until) - pl.col("lost_days").fill_null(0)
    seldom = (
        told.join(untold, on=["sku", "day"], how="anti")
        .group_by("sku")
        .agg(most_units=units.max(), sold_days=(units > 0).sum())
        .filter(pl.col("most_units") > _BULK_UNITS)
        .join(lost, on="sku", how="left")
        .filter(pl.col("sold_days") < _FREQUENT_SHARE * judged_days)
    )
    scarce = lost.filter(_is_scarce(since, until))
    return pl.concat([scarce.select("sku"), seldom.select("sku")]).unique()


def _is_scarce(since: dt.date, until: dt.date) -> pl.Expr:
    return _days_in(since, until) - pl.col("lost_days") < LEAST_DAYS


def _lost(left_out: pl.DataFrame, *, since: dt.date, until: dt.date) -> pl.DataFrame:
    """How many days of a span are left out. Grain: (sku)."""
    days = left_out.filter(pl.col("day").is_between(since, until))
    return days.group_by("sku").agg(lost_days=pl.len().cast(pl.Int64))


def _days_in(since: dt.date, until: dt.date) -> int:
    return (until - since).days + 1


def horizon_of(until: dt.date, window_days: int) -> dt.date:
    """The first day that may be judged by."""
    return until - dt.timedelta(days=WINDOWS_BACK * window_days - 1)


def _grid(
    sold: pl.DataFrame, left_out: pl.DataFrame, *, since: dt.date, until: dt.date, most: int
) -> JudgedDays:
    """The last so many days of the SKUs sold in it, but those left out."""
    skus = sold.select(pl.col("sku").unique().sort()).with_row_index("column")
    shape = (until - since).days + 1, skus.height
    within = pl.col("day").is_between(since, until)
    row = (pl.col("day") - since).dt.total_days()
    known, lost = (
        rows.filter(within).join(skus, on="sku").with_columns(row=row) for rows in (sold, left_out)
    )
    units, is_judged = np.zeros(shape), np.ones(shape, dtype=np.bool_)
    units[known["row"].to_numpy(), known["column"].to_numpy()] = known["units"].to_numpy()
    is_judged[lost["row"].to_numpy(), lost["column"].to_numpy()] = False
    first = (since - dt.date(1970, 1, 1)).days
    days = np.broadcast_to(np.arange(first, first + shape[0], dtype=np.int32)[:, None], shape)
    return _judged(skus["sku"].to_numpy(), days, units, is_judged, most)


def _judged(
    skus: npt.NDArray[np.uint32], days: _Whole, units: Numbers, is_judged: _Flags, most: int
) -> JudgedDays:
    """The last so many days of each SKU that it is judged by, moved to the first rows."""
    counts, shape = is_judged.sum(axis=0), (most, skus.size)
    kept_days, kept_units = np.zeros(shape, dtype=np.int32), np.zeros(shape)
    kept_days[: len(units)], kept_units[: len(units)] = days[-most:], units[-most:]
    # Of most SKUs every day counts, and no more than those are there: they stand where they are.
    columns = np.flatnonzero(counts < len(units)) if len(units) <= most else np.arange(skus.size)
    gaps = is_judged[:, columns]
    place = np.cumsum(gaps, axis=0, dtype=np.int32) - 1 - np.maximum(counts[columns] - most, 0)
    row, column = np.nonzero(gaps & (place >= 0))
    to = place[row, column], columns[column]
    for kept, all_of_it in ((kept_days, days), (kept_units, units)):
        kept[:, columns] = 0
        kept[to] = all_of_it[row, to[1]]
    return JudgedDays(skus, np.minimum(counts, most), kept_days, kept_units)


def unusual(judged: JudgedDays, sold: pl.DataFrame) -> _Flags:
    """Whether each of the days sold what says nothing of the next: an outlier.

    Of a SKU that sells on most days: far above the usual of its weekday (with fewer than four weeks
    of all its days), unless a quarter of its days are. Of the others: a bulk order, far above the
    median size of its sales in `sold`, unless there were three; a SKU that sold once has no usual
    size, and more than a handful is none.
    """
    odd = np.zeros(judged.units.shape, dtype=np.bool_)
    # Below the least limit of either rule nothing is unusual; few SKUs of a long tail pass it.
    columns = np.flatnonzero(judged.units.max(axis=0, initial=0) > _SPIKE_SDS)
    high = judged.of(columns)
    is_high = pl.col("sku").is_in(pl.Series(high.skus).implode())
    of_high = np.zeros(high.units.T.shape, dtype=np.bool_)
    of_high[high.is_day.T] = _unusual(high.frame(), sold.filter(is_high)).to_numpy()
    odd[:, columns] = of_high.T
    return odd


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
            is_frequent=(units > 0).mean().over("sku") >= _FREQUENT_SHARE,
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
