"""Report frames: what the figures and pictures of a report are made from, of one shop."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Final, cast

import dataframely as dy
import polars as pl

from contracts.metrics import Dimension
from contracts.tables import (
    AdsDaily,
    FunnelDaily,
    ListingTrafficDaily,
    Order,
    OrderCoupon,
    StockFact,
    Target,
    VisitEvent,
)
from flows.steps.days import TREND_DAYS, days_of, spans_of, trend_of
from flows.steps.derived import event_days
from flows.steps.home import Home
from flows.steps.metrics import sources_at_hand
from flows.steps.shop import Shop
from flows.steps.views import View
from reports.spans import Against, Span, SpanKind
from transforms.campaigns import campaign_sums
from transforms.explanation.anomalies import HISTORY_DAYS, anomalies
from transforms.explanation.classes import product_classes
from transforms.explanation.gmv import ORDERS, VISITORS, gmv_effects, waterfall
from transforms.explanation.products import products
from transforms.metrics.advertised import ads_by_sku
from transforms.metrics.cohorts import cohorts
from transforms.metrics.funnels import PATHS
from transforms.metrics.goals import progress
from transforms.metrics.measure import measure
from transforms.metrics.scores import ratings
from transforms.metrics.sources import Sources
from transforms.stock_risk import skus_at_risk

_DAYS: Final = dt.timedelta(days=27)
"""Before the last day of what ads and funnels are shown over: a day of them is too few."""
_RISKS: Final = 8
_COHORTS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """Frames with `shop_id`, as `reports.daily.DailyReport` describes them."""

    spans: pl.DataFrame
    days: pl.DataFrame
    trend: pl.DataFrame
    movers: pl.DataFrame
    unusual: pl.DataFrame
    risks: pl.DataFrame
    cohorts: pl.DataFrame
    ads: pl.DataFrame
    funnel: pl.DataFrame
    classes: pl.DataFrame
    campaign: pl.DataFrame
    targets: pl.DataFrame
    ratings: pl.DataFrame

    @classmethod
    def of(cls, home: Home, shop: Shop, span: Span) -> "Frames":
        """Of a span and what it is compared with: of a campaign also what came after."""
        view = View.of(home, shop, home.data_as_of(shop))
        of = sources_at_hand(view)
        days = days_of(view, of, _since(span), span.last)
        is_campaign = span.kind is SpanKind.CAMPAIGN
        against = [one for one in Against if is_campaign or one is not Against.AFTER]
        spans = spans_of(view, of, span, against, days=days)
        return cls(
            spans=spans,
            days=days,
            trend=trend_of(home, shop, span.last),
            movers=_movers(spans, shop.id),
            unusual=_unusual(view, span, days),
            risks=skus_at_risk(
                view.rows(StockFact), limit=_RISKS if span.last == of.known_until else 0
            ).collect(),
            cohorts=_cohorts(of),
            ads=_ads(view, of, span),
            funnel=_funnel(view, of, span),
            classes=_classes(view, of, span),
            campaign=_campaign(view, span),
            targets=_targets(of, span),
            ratings=ratings(of, first=span.last - _DAYS, last=span.last),
        )

    @classmethod
    def together(cls, each: Sequence["Frames"]) -> "Frames":
        """Of all shops."""
        names = [one.name for one in fields(cls)]
        return cls(
            **{
                name: pl.concat([getattr(one, name) for one in each], how="diagonal_relaxed")
                for name in names
            }
        )


def _movers(spans: pl.DataFrame, shop_id: str) -> pl.DataFrame:
    """What moved GMV against the days before, by orders alone where visitors are not known.

    `shop_id` and the columns of `transforms.explanation.gmv.waterfall`.
    """
    quantities = {"visitors_units": "visitors", "orders_count": "orders", "gmv_minor": "gmv"}
    rows = spans.select(
        "shop_id", "against", **{to: pl.col(name).cast(pl.Int64) for to, name in quantities.items()}
    )
    now, before = (
        rows.filter(pl.col("against") == one).drop("against")
        for one in (Against.NOW, Against.BEFORE)
    )
    both = now.join(before, on="shop_id", suffix="_before").with_columns(segment=pl.lit("shop"))
    visits = both["visitors_units"].fill_null(0) * both["visitors_units_before"].fill_null(0)
    effects = gmv_effects(both.lazy(), VISITORS if visits.sum() else ORDERS).collect()
    bars = waterfall(effects, gmv_before_minor=int(both["gmv_minor_before"].sum()))
    return bars.select(pl.lit(shop_id).alias("shop_id"), pl.all())


def _unusual(view: View, span: Span, days: pl.DataFrame) -> pl.DataFrame:
    """Metrics of the span's days that are not what their weekday usually has.

    Grain: (shop_id, day, metric), with change_rate and score.
    """
    campaigns = event_days(view).filter(pl.col("sku_id").is_null()).collect()
    judged = days.filter(pl.col("day") >= span.first - dt.timedelta(days=HISTORY_DAYS))
    found = anomalies(judged, campaigns.rename({"event_date": "day"}))
    is_told = pl.col("is_anomaly") & pl.col("day").is_between(span.first, span.last)
    return found.filter(is_told).select("shop_id", "day", "metric", "change_rate", "score")


def _since(span: Span) -> dt.date:
    """The first of the days that are drawn or judged by."""
    drawn = span.last - dt.timedelta(days=TREND_DAYS - 1)
    return min(drawn, span.first - dt.timedelta(days=HISTORY_DAYS))


def _cohorts(of: Sources) -> pl.DataFrame:
    """The newest cohorts by months since; nothing where no member came in."""
    found = cohorts(of).collect()
    newest = found["cohort"].unique().sort().tail(_COHORTS)
    return found.filter(pl.col("cohort").is_in(newest.implode()))


def _ads(view: View, of: Sources, span: Span) -> pl.DataFrame:
    """What ads of SKUs cost and brought over 28 days, dearest first; as `ads_by_sku` has it."""
    if not _has(view, AdsDaily):
        return pl.DataFrame(schema={"shop_id": pl.String, "sku": pl.String})
    found = ads_by_sku(of, first=span.last - _DAYS, last=span.last)
    return found.select(pl.lit(view.shop.id).alias("shop_id"), pl.all())


def _funnel(view: View, of: Sources, span: Span) -> pl.DataFrame:
    """Visits that reached each step of each path in 28 days, in their order.

    Grain: (shop_id, path, step). Columns: page_kind, sessions_units.
    """
    steps = pl.DataFrame(
        [
            (str(path), number, str(kind))
            for path, kinds in PATHS.items()
            for number, kind in enumerate(kinds, start=1)
        ],
        schema={"path": pl.String, "step": pl.Int64, "page_kind": pl.String},
        orient="row",
    )
    if not (_has(view, FunnelDaily) or _has(view, VisitEvent)):
        return steps.clear().with_columns(shop_id=pl.lit(""), sessions_units=pl.lit(0.0))
    reached = measure(
        ["path_reached"], of, first=span.last - _DAYS, last=span.last,
        by=[Dimension.PATH, Dimension.STEP],
    )  # fmt: skip
    return steps.join(reached, on=["path", "step"], maintain_order="left").select(
        "path", "step", "page_kind",
        shop_id=pl.lit(view.shop.id), sessions_units=pl.col("path_reached"),
    )  # fmt: skip


def _classes(view: View, of: Sources, span: Span) -> pl.DataFrame:
    """Products that have one of the trade's classes, by 28 days.

    Grain: (shop_id, product_id). Columns: product_class, visitors_units, conversion_rate.
    """
    columns = ["shop_id", "product_id", "product_class", "visitors_units", "conversion_rate"]
    if not _has(view, ListingTrafficDaily):
        return pl.DataFrame(schema={"shop_id": pl.String, "product_class": pl.String})
    found = products(of, first=span.last - _DAYS, last=span.last)
    classed = product_classes(found).filter(pl.col("product_class").is_not_null())
    return classed.select(columns).sort("product_id").collect()


def _campaign(view: View, span: Span) -> pl.DataFrame:
    """Coupons and deposits of a campaign, as `campaign_sums` has them; of other spans none."""
    if span.kind is not SpanKind.CAMPAIGN:
        return pl.DataFrame(schema={"shop_id": pl.String})
    orders, coupons = view.rows(Order), view.rows(OrderCoupon)
    found = campaign_sums(
        orders, coupons, first=span.first, last=span.last, time_zone=view.zone
    ).collect()
    return found.select(pl.lit(view.shop.id).alias("shop_id"), pl.all())


def _targets(of: Sources, span: Span) -> pl.DataFrame:
    """Targets of the span's last day, as far as they were reached then, as `progress` has them;
    with currency."""
    day = pl.lit(span.last)
    current = of.targets.filter(day.is_between("first_date", "last_date"))
    then = replace(of, targets=cast("dy.LazyFrame[Target]", current), known_until=span.last)
    return progress(then).with_columns(currency=pl.lit(of.currency))


def _has(view: View, schema: type[dy.Schema]) -> bool:
    """Whether the shop has any row of a table."""
    return view.rows(schema).limit(1).collect().height > 0
