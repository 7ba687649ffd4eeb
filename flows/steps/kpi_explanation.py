"""Explanation of KPIs: what moved GMV, which days are unusual, and what products are good for."""

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from contracts.errors import ConfigurationError
from contracts.names import nearest
from flows.steps.derived import event_days
from flows.steps.home import Home
from flows.steps.metrics import sources
from flows.steps.views import View
from transforms.explanation.anomalies import HISTORY_DAYS, VOLUMES, anomalies
from transforms.explanation.classes import product_classes
from transforms.explanation.gmv import gmv_effects
from transforms.explanation.products import products
from transforms.explanation.segments import SEGMENTATIONS, Span, segments, whole
from transforms.metrics.measure import PERIOD, Period, measure
from transforms.seasons import YEAR

_EXPLAINED_DAYS: Final = 7
_CLASSED_DAYS: Final = 28
_BACK: Final[Mapping[str, int]] = {"week": 7, "year": YEAR}
AGAINST: Final = ("before", *_BACK)
"""What a span is compared with: as many days before it, or its weekdays weeks or a year ago."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """What moved a shop's GMV from one span to another, each with first and last day.

    `segments` has segment, gmv_minor, gmv_minor_before; `effects` has segment, effect,
    effect_minor, which add up to the change of each. A shop as a whole is the segment "".
    """

    shop_id: str
    currency: str
    span: Span
    against: Span
    since: dt.date | None
    """First day with data; later than the earlier span begins, that one is not whole."""
    incomplete_days: list[dt.date]
    """Days of both spans of which documents are in quarantine."""
    segments: pl.DataFrame
    effects: pl.DataFrame


def explain(
    home: Home,
    *,
    shop_id: str | None = None,
    first: dt.date | None = None,
    last: dt.date | None = None,
    by: str | None = None,
    against: str = "before",
) -> list[Explained]:
    """What moved GMV from `first` to `last`, both included; the last seven whole days unless given.

    Raises:
        ConfigurationError: no such shop, segmentation or span to compare with; a span that ends
            before it begins.
    """
    if by is not None and by not in SEGMENTATIONS:
        raise ConfigurationError(_no_segmentation(by))
    if against not in AGAINST:
        raise ConfigurationError(f"--against {against!r}: it is one of {', '.join(AGAINST)}")
    spans = _spans(home, shop_id, first, last, days=_EXPLAINED_DAYS)
    return [_explain(view, span, _earlier(span, against), by) for view, span in spans]


def _no_segmentation(by: str) -> str:
    if by == "source":
        return "--by source: orders do not say where their buyers came from, so only visits differ"
    return f"--by {by!r} is no segmentation{nearest(by, SEGMENTATIONS)}"


def _spans(
    home: Home, shop_id: str | None, first: dt.date | None, last: dt.date | None, *, days: int
) -> list[tuple[View, Span]]:
    """Each shop as it is known now, with the span in its own days."""
    found = []
    for shop in home.select(shop_id):
        view = View.of(home, shop, home.data_as_of(shop))
        end = last or view.today - dt.timedelta(days=1)
        start = first or end - dt.timedelta(days=days - 1)
        if end < start:
            raise ConfigurationError(f"--from {start} is later than --to {end}")
        found.append((view, (start, end)))
    return found


def _earlier(span: Span, against: str) -> Span:
    """As many days before; or by as many weeks or years as keep both apart, for its weekdays."""
    length = (span[1] - span[0]).days + 1
    step = _BACK.get(against, length)
    back = dt.timedelta(days=step * math.ceil(length / step))
    return span[0] - back, span[1] - back


def _explain(view: View, span: Span, against: Span, by: str | None) -> Explained:
    of = sources(view)
    if by is None:
        frame, chain = whole(of, against, span)
    else:
        frame, chain = segments(of, SEGMENTATIONS[by], against, span), SEGMENTATIONS[by].chain
    own = frame.with_columns(
        pl.lit(view.shop.id).alias("shop_id"), pl.col("^gmv_minor.*$").fill_null(0)
    ).sort("segment")
    days = view.home.scan("kpis_daily", view.shop).select("kpi_date", "is_complete").collect()
    in_spans = pl.any_horizontal(pl.col("kpi_date").is_between(*one) for one in (against, span))
    return Explained(
        shop_id=view.shop.id,
        currency=view.shop.settings.currency,
        span=span,
        against=against,
        since=days.select(pl.col("kpi_date").min()).item(),
        incomplete_days=days.filter(~pl.col("is_complete") & in_spans)["kpi_date"].sort().to_list(),
        segments=own.select("segment", "gmv_minor", "gmv_minor_before"),
        effects=gmv_effects(own.lazy(), chain).drop("shop_id").collect(),
    )


def find_anomalies(
    home: Home,
    *,
    shop_id: str | None = None,
    first: dt.date | None = None,
    last: dt.date | None = None,
) -> pl.DataFrame:
    """Every day's metrics against their weekdays, as `transforms.explanation.anomalies` tells them.

    With currency; the last seven whole days unless they are given. Days of campaigns of a whole
    shop, and those after that sell less for it, stand aside.

    Raises:
        ConfigurationError: no such shop; a span that ends before it begins.
    """
    spans = _spans(home, shop_id, first, last, days=_EXPLAINED_DAYS)
    return pl.concat([_anomalies(view, span) for view, span in spans])


def _anomalies(view: View, span: Span) -> pl.DataFrame:
    since = span[0] - dt.timedelta(days=HISTORY_DAYS)
    kpis = view.home.scan("kpis_daily", view.shop)
    complete = kpis.select(day="kpi_date", is_complete="is_complete").collect()
    days = measure(list(VOLUMES), sources(view), first=since, last=span[1], period=Period.DAY)
    known = (
        days.rename({PERIOD: "day"})
        .filter(pl.col("day") >= complete["day"].min())
        .join(complete, on="day", how="left")
        .with_columns(
            pl.col("is_complete").fill_null(value=True),  # nothing was ordered since
            shop_id=pl.lit(view.shop.id),
        )
    )
    campaigns = event_days(view).filter(pl.col("sku_id").is_null()).collect()
    found = anomalies(known, campaigns.rename({"event_date": "day"}))
    currency = pl.lit(view.shop.settings.currency).alias("currency")
    return found.filter(pl.col("day").is_between(*span)).with_columns(currency)


def classify(
    home: Home,
    *,
    shop_id: str | None = None,
    first: dt.date | None = None,
    last: dt.date | None = None,
) -> pl.DataFrame:
    """Every product with its class, as `transforms.explanation.classes` tells it, with currency.

    The last 28 whole days unless they are given.

    Raises:
        ConfigurationError: no such shop; a span that ends before it begins.
    """
    spans = _spans(home, shop_id, first, last, days=_CLASSED_DAYS)
    return pl.concat([_classes(view, span) for view, span in spans])


def _classes(view: View, span: Span) -> pl.DataFrame:
    found = products(sources(view), first=span[0], last=span[1])
    currency = pl.lit(view.shop.settings.currency).alias("currency")
    return product_classes(found).with_columns(currency).sort("shop_id", "product_id").collect()
