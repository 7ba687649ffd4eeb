"""Days: the metrics of a shop day by day, as the report shows them."""

import datetime as dt
from typing import Final

import polars as pl

from flows.steps.home import Home
from flows.steps.metrics import sources
from flows.steps.shop import Shop
from flows.steps.views import View
from transforms.metrics.measure import PERIOD, Period, measure

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
    "buyers",
    "new_buyers",
    "repurchase_rate",
    "units",
)
"""Metrics of the daily page, what is asked first comes first."""
_DAYS = 90


def first_day(home: Home, shop: Shop) -> dt.date | None:
    """The first day that has a row of KPIs; None: none has."""
    days = home.scan("kpis_daily", shop).select(pl.col("kpi_date").min()).collect()
    first: dt.date | None = days.item()
    return first


def days_of(home: Home, shop: Shop) -> pl.DataFrame:
    """The last 90 whole days of a shop, oldest first, none before its first order.

    Grain: (shop_id, day). Columns: currency, is_complete (no document of the day is held in
    quarantine), and of each metric in `SHOWN` its value and `<name>_gap`.
    """
    view = View.of(home, shop, home.data_as_of(shop))
    last = view.today - dt.timedelta(days=1)
    earliest = last - dt.timedelta(days=_DAYS - 1)
    measured = measure(SHOWN, sources(view), first=earliest, last=last, period=Period.DAY)
    complete = home.scan("kpis_daily", shop).select(day="kpi_date", is_complete="is_complete")
    known = first_day(home, shop) or view.today
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
