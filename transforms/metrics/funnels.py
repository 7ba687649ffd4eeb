"""Funnels: how far visits went on the paths from coming in to ordering."""

import datetime as dt
from collections.abc import Mapping
from typing import Final

import dataframely as dy
import polars as pl

from contracts.metrics import Dimension
from contracts.tables import VisitEvent
from contracts.visit_codes import FunnelPath, PageKind
from transforms.days import local_day
from transforms.metrics.sources import DATE, Sources

PATHS: Final[Mapping[FunnelPath, tuple[PageKind, ...]]] = {
    FunnelPath.HOME_ITEM: (PageKind.HOME, PageKind.ITEM, PageKind.ORDER),
    FunnelPath.HOME_LIST: (PageKind.HOME, PageKind.LIST, PageKind.ITEM, PageKind.ORDER),
    FunnelPath.SEARCH: (PageKind.SEARCH, PageKind.ITEM, PageKind.ORDER),
    FunnelPath.BANNER: (PageKind.BANNER, PageKind.CAMPAIGN),
}
"""Steps of each path; no page comes twice in one."""
WINDOW: Final = dt.timedelta(hours=24)
"""Longest time from the first step to the last."""
_STEPS: Final = pl.DataFrame(
    [
        (str(path), number, number == len(steps))
        for path, steps in PATHS.items()
        for number in range(1, len(steps) + 1)
    ],
    schema={"funnel_path": pl.String, "step": pl.Int64, "is_last": pl.Boolean},
    orient="row",
)
_VISIT: Final = ["shop_id", "session_id"]


def depths(events: dy.LazyFrame[VisitEvent], *, window: dt.timedelta = WINDOW) -> pl.LazyFrame:
    """How many steps of a path a visit went, in their order, other pages between them or not.

    Grain: (shop_id, session_id, funnel_path), of visits that saw the first step; `began_at` is the
    visit's first page, `depth` the steps, from 1. A step counts where an earlier or simultaneous
    one precedes it, the first of them at most `window` before. Whatever first step is chosen, the
    latest one leaves most time for the others, so that one alone is carried on.
    """
    pages = (
        events.lazy()
        .select(*_VISIT, "visited_at", "page_kind")
        .sort(*_VISIT, "visited_at")
        .with_columns(began_at=pl.col("visited_at").min().over(_VISIT))
    )
    return pl.concat([_depths(pages, path, window) for path in PATHS])


def _depths(pages: pl.LazyFrame, path: FunnelPath, window: dt.timedelta) -> pl.LazyFrame:
    first, *others = PATHS[path]
    at, page = pl.col("visited_at"), pl.col("page_kind")
    rows = pages.filter(page.is_in(PATHS[path])).with_columns(
        pl.when(page == first).then(at).alias("1")
    )
    for number, kind in enumerate(others, start=2):
        before = pl.col(str(number - 1)).cum_max().forward_fill().over(_VISIT)
        rows = rows.with_columns(before.alias("before")).with_columns(
            pl.col("before").max().over(*_VISIT, "visited_at")
        )
        holds = (page == kind) & (at - pl.col("before") <= window)
        rows = rows.with_columns(pl.when(holds).then("before").alias(str(number)))
    steps = [pl.col(str(number)).is_not_null().any() for number in range(1, len(PATHS[path]) + 1)]
    return (
        rows.group_by(*_VISIT, "began_at")
        .agg(depth=pl.sum_horizontal(steps).cast(pl.Int64))
        .filter(pl.col("depth") > 0)
        .with_columns(funnel_path=pl.lit(str(path)))
    )


def funnels(of: Sources, by: frozenset[Dimension]) -> pl.LazyFrame:
    """Visits per day, path and step: `entered` began the path, `sessions` reached the step.

    The last step alone unless steps are requested. A day that the platform counted itself is taken
    from there, every other from the pages opened. A visit may go several paths.
    """
    day = local_day("began_at", of.time_zone).alias(DATE)
    key = ["shop_id", DATE, "funnel_path"]
    counted = (
        depths(of.visit_events)
        .join(_STEPS.lazy(), on="funnel_path")
        .group_by("shop_id", day, "funnel_path", "step", "is_last")
        .agg(entered=pl.len().cast(pl.Int64), sessions=(pl.col("depth") >= pl.col("step")).sum())
    )
    own = (
        of.funnel.lazy()
        .rename({"funnel_date": DATE})
        .join(_STEPS.lazy(), on=["funnel_path", "step"])
        .with_columns(
            entered=pl.col("sessions_units").filter(pl.col("step") == 1).first().over(key),
            sessions=pl.col("sessions_units"),
        )
    )
    others = counted.join(own, on=["shop_id", DATE], how="anti")
    wanted = pl.lit(value=True) if Dimension.STEP in by else pl.col("is_last")
    columns = [*key, "step", "is_last", "entered", pl.col("sessions").cast(pl.Int64)]
    return (
        pl.concat([own.select(columns), others.select(columns)])
        .filter(wanted)
        .rename({"funnel_path": Dimension.PATH, "step": Dimension.STEP})
    )
