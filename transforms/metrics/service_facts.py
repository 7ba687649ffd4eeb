"""Facts of service: what customers ask, and how they rate the shop."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from contracts.metrics import Dimension
from contracts.tables.service import TOP_SCORE
from transforms.days import local_day
from transforms.metrics.sources import DATE, Fact, Sources

QUICK_MINUTES: Final = 3
"""Within which platforms want a question answered (三分钟回复率)."""
_EXACT: Final = 4
"""Places to which floating point is right here: scores have two, so parts are 1/400 and more."""


def _tickets(of: Sources, _by: frozenset[Dimension]) -> pl.LazyFrame:
    """Questions, on the day on which they came. `is_quick` and `is_in_time` are null while there is
    no answer and its time has not passed, `is_in_time` also where none was promised."""
    opened, answered, due = (pl.col(f"{one}_at") for one in ("opened", "answered", "answer_due"))
    minutes = (answered - opened).dt.total_seconds(fractional=True) / 60
    return of.tickets.lazy().with_columns(
        local_day("opened_at", of.time_zone).alias(DATE),
        minutes=minutes,
        is_quick=_within(answered, opened + pl.duration(minutes=QUICK_MINUTES), of),
        is_in_time=_within(answered, due, of),
    )


def _within(answered: pl.Expr, due: pl.Expr, of: Sources) -> pl.Expr:
    has_passed = due <= of.known_at
    return pl.when(answered.is_not_null() | has_passed).then(
        pl.when(due.is_not_null()).then((answered <= due).fill_null(value=False))
    )


def five_stars_needed(score: pl.Expr, ratings: pl.Expr, target: pl.Expr) -> pl.Expr:
    """How many ratings of five stars bring a mean of ratings to a target.

    (score x ratings + 5 k) / (ratings + k) >= target, solved for the least k. Ratings that leave
    the platform's window meanwhile are not foreseen. Null where the target is five stars or more.
    """
    missing = ratings * (target - score) / (TOP_SCORE - target)
    least = missing.round(_EXACT).ceil().clip(lower_bound=0)
    return pl.when(target < TOP_SCORE).then(least)


def _ratings(of: Sources, _by: frozenset[Dimension]) -> pl.LazyFrame:
    """Scores per day and what is rated; `target`: the shop's own for that day, else the industry's
    mean."""
    name, day = pl.concat_str(pl.lit("dsr_"), pl.col("rating_kind")), pl.col("rating_date")
    rows = of.ratings.lazy().with_columns(metric_name=name)
    goals = of.targets.lazy().select(
        "shop_id", "metric_name", "first_date", "last_date", "target_value"
    )
    key = ["shop_id", "rating_date", "rating_kind"]
    own = (
        rows.join(goals, on=["shop_id", "metric_name"])
        .filter(day.is_between("first_date", "last_date"))
        .group_by(key)
        .agg(pl.col("target_value").max())
    )
    target = pl.coalesce("target_value", "industry_score")
    return rows.join(own, on=key, how="left").with_columns(
        day.alias(DATE),
        pl.col("rating_kind").alias(Dimension.RATING),
        target=target,
        needed=five_stars_needed(pl.col("rating_score"), pl.col("ratings_units"), target),
    )


FACTS: Final[Mapping[str, Fact]] = {
    "tickets": Fact(rows=_tickets),
    "ratings": Fact(rows=_ratings, dimensions=frozenset({Dimension.RATING})),
}
"""By name."""
