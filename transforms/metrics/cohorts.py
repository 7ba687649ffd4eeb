"""Cohorts: members by the month of their first order, and who of them ordered in each month since.

A month that has not ended yet is censored: it has no value, not a low one. Who ordered before the
shop's data begins counts as new in it.
"""

from typing import Final

import polars as pl

from transforms.days import local_day
from transforms.metrics.sources import Sources
from transforms.sales import counted_orders

_MEMBER: Final = ["shop_id", "member_id"]
_COHORT: Final = ["shop_id", "cohort"]


def cohorts(of: Sources) -> pl.LazyFrame:
    """Cohorts by months since the first order. Grain: (shop_id, cohort, months_since), sorted.

    `cohort` is the first day of the month of the first order that counts; `members` how many there
    are; `active_members` how many of them ordered in the month `months_since` after it,
    `retention_rate` which part, and `gmv_minor` what they ordered then. Each cohort has every month
    until that of the last whole day; those three are null in one that has not ended. A guest
    is nobody who could come back.
    """
    month = local_day("placed_at", of.time_zone).dt.truncate("1mo")
    placed = (
        counted_orders(of.orders)
        .filter(pl.col("member_id").is_not_null())
        .select(*_MEMBER, "goods_minor", month=month)
        .filter(pl.col("month") <= of.known_until)
        .with_columns(cohort=pl.col("month").min().over(_MEMBER))
    )
    known = pl.lit(of.known_until)
    ends = pl.col("month").dt.month_end()
    seen = placed.group_by(*_COHORT, "month").agg(
        active_members=pl.col("member_id").n_unique().cast(pl.Int64),
        gmv_minor=pl.col("goods_minor").sum(),
    )
    return (
        placed.group_by(_COHORT)
        .agg(members=pl.col("member_id").n_unique().cast(pl.Int64))
        .with_columns(month=pl.date_ranges("cohort", known.dt.truncate("1mo"), interval="1mo"))
        .explode("month")
        .join(seen, on=[*_COHORT, "month"], how="left")
        .with_columns(
            pl.when(ends <= known).then(pl.col(one).fill_null(0))
            for one in ("active_members", "gmv_minor")
        )
        .select(
            *_COHORT,
            "members",
            "active_members",
            "gmv_minor",
            months_since=_months("month") - _months("cohort"),
            retention_rate=pl.col("active_members") / pl.col("members"),
        )
        .sort(*_COHORT, "months_since")
    )


def _months(column: str) -> pl.Expr:
    return pl.col(column).dt.year().cast(pl.Int64) * 12 + pl.col(column).dt.month()
