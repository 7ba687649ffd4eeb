"""Days: the metrics of a shop day by day and over the spans of a report."""

import datetime as dt
from collections.abc import Sequence
from typing import Final

import polars as pl

from flows.steps.home import Home
from flows.steps.settings import CampaignSettings
from flows.steps.shop import Shop
from flows.steps.views import View
from reports.spans import Against, Span
from transforms.metrics.measure import GAP_SUFFIX, PERIOD, Period, measure
from transforms.metrics.sources import Sources

SHOWN: Final = (
    "gmv",
    "contribution",
    "visitors",
    "conversion",
    "ad_spend",
    "roas",
    "refunded",
    "orders",
    "aov",
    "contribution_after_ads",
    "buyers",
    "new_buyers",
    "repurchase_rate",
    "units",
)
"""Metrics of the daily page, what is asked first comes first."""
TREND_DAYS: Final = 90


def first_day(home: Home, shop: Shop) -> dt.date | None:
    """The first day that has a row of KPIs; None: none has."""
    days = home.scan("kpis_daily", shop).select(pl.col("kpi_date").min()).collect()
    first: dt.date | None = days.item()
    return first


def last_day(home: Home, shop: Shop) -> dt.date:
    """The shop's last whole day, as its data go."""
    return View.of(home, shop, home.data_as_of(shop)).today - dt.timedelta(days=1)


def days_of(view: View, of: Sources, first: dt.date, last: dt.date) -> pl.DataFrame:
    """The days of a shop from `first` to `last`, oldest first, none before its first order.

    Grain: (shop_id, day). Columns: currency, is_complete (no document of the day is held in
    quarantine), and of each metric in `SHOWN` its value and `<name>_gap`.
    """
    shop = view.shop
    measured = measure(SHOWN, of, first=first, last=last, period=Period.DAY)
    kpis = view.home.scan("kpis_daily", shop)
    complete = kpis.select(day="kpi_date", is_complete="is_complete")
    known = first_day(view.home, shop) or view.today
    return (
        measured.rename({PERIOD: "day"})
        .filter(pl.col("day") >= known)
        .join(complete.collect(), on="day", how="left", maintain_order="left")
        .with_columns(
            pl.col("is_complete").fill_null(value=True),
            shop_id=pl.lit(shop.id),
            currency=pl.lit(shop.settings.currency),
        )
    )


def spans_of(
    view: View, of: Sources, span: Span, against: Sequence[Against], *, days: pl.DataFrame
) -> pl.DataFrame:
    """The metrics in `SHOWN` over a span, and over what it is compared with.

    Grain: (shop_id, against). Columns: first, last, currency, is_complete (no document of its days
    is held in quarantine), and of each metric its value and `<name>_gap`. What is counted over a
    span, such as buyers, is counted once in it. A span that begins before the first order, or is
    not over yet, has no row. `days` are those of `days_of`; a day is taken from them where they
    hold it.
    """
    home, shop = view.home, view.shop
    known = first_day(home, shop) or view.today
    ends = {one: span.days_of(one) for one in against}
    whole = {one: (a, b) for one, (a, b) in ends.items() if known <= a and b < view.today}
    held = home.scan("kpis_daily", shop).filter(~pl.col("is_complete"))
    gaps = held.select("kpi_date").collect()["kpi_date"]
    rows = [
        (
            days.filter(pl.col("day") == first)
            if first == last and first in days["day"]
            else measure(SHOWN, of, first=first, last=last)
        ).select(
            pl.lit(shop.id).alias("shop_id"),
            pl.lit(str(one)).alias("against"),
            pl.lit(first).alias("first"),
            pl.lit(last).alias("last"),
            pl.lit(shop.settings.currency).alias("currency"),
            pl.lit(not gaps.is_between(first, last).any()).alias("is_complete"),
            *_METRICS,
        )
        for one, (first, last) in whole.items()
    ]
    return pl.concat([pl.DataFrame(schema=_SPAN), *rows])


_METRICS: Final = [column for name in SHOWN for column in (name, name + GAP_SUFFIX)]
_SPAN: Final = {
    "shop_id": pl.String,
    "against": pl.String,
    "first": pl.Date,
    "last": pl.Date,
    "currency": pl.String,
    "is_complete": pl.Boolean,
    **{name: pl.String if name.endswith(GAP_SUFFIX) else pl.Float64 for name in _METRICS},
}


def trend_of(home: Home, shop: Shop, last: dt.date) -> pl.DataFrame:
    """GMV of the 90 days until `last`, a year before beside it, and which are campaign days.

    Grain: (shop_id, day), none before the first order. Columns: currency, gmv_minor,
    last_year_minor (52 weeks before; null: no data), campaign (its name; null: none).
    """
    kpis = home.scan("kpis_daily", shop).select("shop_id", "currency", "gmv_minor", day="kpi_date")
    year = kpis.select(day=pl.col("day").dt.offset_by("52w"), last_year_minor="gmv_minor")
    marked = {
        day: one.name
        for one in home.settings.campaigns
        if one.concerns(shop.id)
        for day in campaign_days(one, shop)
    }
    campaign = pl.DataFrame(
        {"day": list(marked), "campaign": list(marked.values())},
        schema={"day": pl.Date, "campaign": pl.String},
    )
    return (
        kpis.filter(pl.col("day").is_between(last - dt.timedelta(days=TREND_DAYS - 1), last))
        .join(year, on="day", how="left")
        .join(campaign.lazy(), on="day", how="left")
        .sort("day")
        .collect()
    )


def campaign_days(campaign: CampaignSettings, shop: Shop) -> list[dt.date]:
    """The shop-local days on which a campaign runs."""
    first = campaign.starts_at.astimezone(shop.zone).date()
    last = campaign.last.astimezone(shop.zone).date()
    return [first + dt.timedelta(days=place) for place in range((last - first).days + 1)]
