"""What is unusual: a day's metrics against the same weekdays before, by their own spread.

On the logarithm, the median of the same weekday of eight weeks, and 3.5 times the spread of the
rule's own past errors of one day ahead. The spread of residuals of a fit to the same days would be
too small: it raised an alarm on 18 of 100 ordinary days, this rule on one of 300.
"""

import math
from collections.abc import Mapping
from typing import Final

import polars as pl
import scipy  # type: ignore[import-untyped]  # loads its parts when they are used

from contracts.metrics import Gap

WEEKS: Final = 8
LEAST_WEEKS: Final = 4
"""Same weekdays that have to be known."""
ERROR_DAYS: Final = 56
LEAST_ERROR_DAYS: Final = 28
HISTORY_DAYS: Final = WEEKS * 7 + ERROR_DAYS
"""Days before the first one judged; earlier ones change nothing."""
LEAST_VOLUME: Final = 10.0
"""Orders or visitors that a usual day has to have."""
LIMIT: Final = 3.5
VOLUMES: Final[Mapping[str, str]] = {
    "gmv": "orders",
    "orders": "orders",
    "aov": "orders",
    "visitors": "visitors",
    "conversion": "orders",
}
"""What is judged, and the metric that says how much stands behind it."""
_TO_SD: Final = 1.4826  # a median deviation of normal errors, as their standard deviation
_LEAST_SPREAD: Final = 0.01  # of a metric that never moves, one per cent is no news
_NOTHING: Final = math.log(0.001)  # of no orders at all: what is a thousandth of the usual
_SERIES: Final = ["shop_id", "metric"]


def anomalies(
    days: pl.DataFrame, campaigns: pl.DataFrame, *, volumes: Mapping[str, str] = VOLUMES
) -> pl.DataFrame:
    """Each day's metrics against what is usual. Grain: (shop_id, day, metric), sorted.

    `days` has shop_id, day, is_complete and the metrics that `volumes` names, a row per shop and
    day; days between that it lacks are unknown. `campaigns` has shop_id and day; those days, and
    days that are not complete, are neither judged nor compared with. Columns: value; usual, the
    median of the weekday; change_rate, value per usual less 1; score, the change of the logarithm
    by the spread; is_anomaly, None where `gap` says why it is not told. All metrics of a shop's day
    are judged together (Benjamini and Hochberg 1995, J. R. Statist. Soc. B 57), so that more of
    them raise no more false alarms; one alone is unusual from a score of 3.5 on.
    """
    known = pl.col("known")
    scored = (
        _series(days, campaigns, volumes)
        .with_columns(known=pl.when(_gap_of_day().is_null()).then("value"))
        .with_columns(
            usual=_weekday_median(pl.when(known > 0).then(known.log())),
            usual_volume=_weekday_median(pl.when(known.is_not_null()).then("volume")),
        )
        .with_columns(error=_error())
        .with_columns(spread=_spread())
        .with_columns(gap=pl.coalesce(_gap_of_day(), _gap_of_history()))
        .with_columns(score=pl.when(pl.col("gap").is_null()).then(pl.col("error") / "spread"))
    )
    usual = pl.col("usual").exp()
    return scored.select(
        *("shop_id", "day", "metric", "value"),
        usual=usual,
        change_rate=pl.col("value") / usual - 1,
        score="score",
        is_anomaly=_is_unusual(scored),
        gap="gap",
    ).sort("shop_id", "day", "metric")


def _series(
    days: pl.DataFrame, campaigns: pl.DataFrame, volumes: Mapping[str, str]
) -> pl.DataFrame:
    """A row per metric and day of each shop, those that `days` lacks included, in order."""
    day = pl.col("day")
    span = days.group_by("shop_id").agg(pl.date_range(day.min(), day.max())).explode("day")
    found = [
        days.select(
            *("shop_id", "day", "is_complete"),
            metric=pl.lit(metric),
            value=pl.col(metric).cast(pl.Float64),
            volume=pl.col(volume).cast(pl.Float64),
        )
        for metric, volume in volumes.items()
    ]
    key = ["shop_id", "metric", "day"]
    return (
        span.join(pl.DataFrame({"metric": list(volumes)}), how="cross")
        .join(pl.concat(found), on=key, how="left")
        .join(
            campaigns.select("shop_id", "day", in_campaign=True).unique(), on=key[::2], how="left"
        )
        .sort(key)
    )


def _gap_of_day() -> pl.Expr:
    """Why a day itself says nothing."""
    return (
        pl.when(~pl.col("is_complete"))
        .then(pl.lit(str(Gap.INCOMPLETE)))
        .when("in_campaign")
        .then(pl.lit(str(Gap.CAMPAIGN)))
        .when(pl.col("value").is_null())
        .then(pl.lit(str(Gap.NO_DATA)))
    )


def _gap_of_history() -> pl.Expr:
    """Why there is nothing to compare a day with."""
    return (
        pl.when(pl.col("spread").is_null() | pl.col("usual").is_null())
        .then(pl.lit(str(Gap.NO_HISTORY)))
        .when(pl.col("usual_volume").fill_null(0.0) < LEAST_VOLUME)
        .then(pl.lit(str(Gap.TOO_FEW)))
    )


def _weekday_median(values: pl.Expr) -> pl.Expr:
    """Of the eight same weekdays before, where enough of them are known."""
    before = pl.concat_list(values.shift(7 * week).over(_SERIES) for week in range(1, WEEKS + 1))
    is_enough = before.list.drop_nulls().list.len() >= LEAST_WEEKS
    return pl.when(is_enough).then(before.list.median())


def _error() -> pl.Expr:
    """How far a day is from its weekday's median, as a logarithm; a day without any is far."""
    known = pl.col("known")
    far = (known.log() - pl.col("usual")).clip(_NOTHING)
    return pl.when(known.is_not_null() & pl.col("usual").is_not_null()).then(far)


def _spread() -> pl.Expr:
    """What earlier errors of the same series deviate by, as a standard deviation."""
    earlier = pl.col("error").abs().shift(1)
    median = earlier.rolling_median(ERROR_DAYS, min_samples=LEAST_ERROR_DAYS).over(_SERIES)
    return (median * _TO_SD).clip(_LEAST_SPREAD)


def _is_unusual(scored: pl.DataFrame) -> pl.Series:
    """Whether a score is one of those that, of all of its shop and day, are false least often."""
    chance, together = pl.col("chance"), ["shop_id", "day"]
    alone = 2 * scipy.special.ndtr(-LIMIT)
    chances = pl.Series(2 * scipy.special.ndtr(-scored["score"].abs().to_numpy()))
    judged = (
        scored.select(*together, chance=chances.fill_nan(None))
        .with_row_index("row")
        .with_columns(judged=chance.count().over(together))
    )
    # Whatever is not unusual alone is not so among others, so these have the first ranks.
    due = chance.rank("max").over(together) / pl.col("judged") * alone
    last = pl.when(chance <= due).then(chance).max().over(together)
    found = judged.filter(chance <= alone).filter(chance <= last)["row"]
    is_found = pl.col("row").is_in(found.implode())
    return judged.select(pl.when(chance.is_not_null()).then(is_found)).to_series()
