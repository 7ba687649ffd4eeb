"""The shop's own ratings (DSR), beside its industry's and what it wants."""

import datetime as dt
from typing import Final

import polars as pl

from contracts.codes import RatingKind
from contracts.languages import Bilingual
from contracts.metrics import Gap, Metric, Unit
from transforms.metrics.service_facts import FACTS
from transforms.metrics.sources import DATE, Sources

_NAMES: Final = {
    RatingKind.GOODS: Bilingual("goods", "描述相符"),
    RatingKind.LOGISTICS: Bilingual("logistics", "物流服务"),
    RatingKind.SERVICE: Bilingual("service", "服务态度"),
}


def _latest(column: pl.Expr) -> pl.Expr:
    """Of the last day of the span on which scores were shown."""
    return column.filter(pl.col(DATE) == pl.col(DATE).max())


def _of(kind: RatingKind, column: pl.Expr) -> pl.Expr:
    own = pl.col("rating_kind") == kind
    return column.filter(own, pl.col(DATE) == pl.col(DATE).filter(own).max()).first()


def _score(kind: RatingKind) -> Metric:
    name = _NAMES[kind]
    return Metric(
        name=f"dsr_{kind}",
        title=Bilingual(f"Score of {name.en}", f"{name.zh}评分"),
        definition=Bilingual(
            f"Score of {name.en} (DSR) as last shown in the span",
            f"期内最近一次的{name.zh}动态评分",
        ),
        unit=Unit.STARS,
        fact="ratings",
        value=_of(kind, pl.col("rating_score")),
    )


def _lead(kind: RatingKind) -> Metric:
    name = _NAMES[kind]
    return Metric(
        name=f"dsr_{kind}_lead",
        title=Bilingual(f"Score of {name.en} above the industry", f"{name.zh}高于同行"),
        definition=Bilingual(
            f"Score of {name.en} less the industry's mean, both as last shown",
            f"{name.zh}评分 − 同行均值",
        ),
        unit=Unit.STARS,
        fact="ratings",
        value=_of(kind, pl.col("rating_score") - pl.col("industry_score")),
    )


def ratings(of: Sources, *, first: dt.date, last: dt.date) -> pl.DataFrame:
    """The shop's scores from `first` to `last`, both included.

    Grain: (shop_id, rating_kind, day), sorted. Columns: rating_score, industry_score, `target` (the
    shop's own, else the industry's mean) and `needed`, how many ratings of five stars bring the
    score there; null where one is not known.
    """
    rows = FACTS["ratings"].rows(of, frozenset()).filter(pl.col(DATE).is_between(first, last))
    shown = ["rating_score", "industry_score", "target", "needed"]
    key = ["shop_id", "rating_kind", "day"]
    return rows.rename({DATE: "day"}).select(*key, *shown).sort(key).collect()


METRICS: Final = (
    *map(_score, RatingKind),
    *map(_lead, RatingKind),
    Metric(
        name="five_stars_needed",
        title=Bilingual("Five-star ratings needed", "还需五星评价数"),
        definition=Bilingual(
            "Ratings of five stars in a row that bring every score to its target, else to the"
            " industry's mean: the most that one of them needs",
            "使评分达到目标（无目标时为同行均值）所需的连续五星评价数，取各项最大值",
        ),
        unit=Unit.COUNT,
        fact="ratings",
        value=_latest(pl.col("needed")).max(),
        adds_up=False,
        fact_gaps={Gap.NO_TARGET: _latest(pl.col("target")).is_null().all()},
        is_better="lower",
    ),
)
