"""What ads cost and brought, beside the margin and the stock of what they advertise."""

import datetime as dt
from typing import Final

import polars as pl

from contracts.metrics import Dimension
from transforms.metrics.measure import PERIOD, measure
from transforms.metrics.sources import Sources

_ADS: Final = (
    "ad_spend",
    "impressions",
    "clicks",
    "ad_orders",
    "ad_revenue",
    "ctr",
    "cpc",
    "roas",
)
_LEAST_KNOWN: Final = 0.9
"""Part of the revenue of a campaign whose margin has to be known."""


def ads_by_sku(of: Sources, *, first: dt.date, last: dt.date) -> pl.DataFrame:
    """SKUs that were advertised from `first` to `last`, both included; dearest first.

    Grain: (sku). Columns: the metrics `ad_spend`, `impressions`, `clicks`, `ad_orders`,
    `ad_revenue`, `ctr`, `cpc`, `roas`, `contribution_rate`, `break_even_roas`, `ad_roi` of the
    span, and `stock_units` and `cover_days` of the last whole day, null where they mean nothing;
    `is_losing`: the ads earn less than they cost, and `is_sold_out`: what is advertised cannot be
    bought; null where that is not known. Only what the platform reports by SKU is there.
    """
    margins = ("contribution_rate", "break_even_roas", "ad_roi")
    names = (*_ADS, *margins, "stock_units", "cover_days")
    by_sku = measure(names, of, first=first, last=last, by=[Dimension.SKU])
    return (
        by_sku.filter(pl.col("ad_spend").is_not_null())
        .select(Dimension.SKU, *names)
        .with_columns(is_losing=pl.col("ad_roi") < 0, is_sold_out=pl.col("stock_units") == 0)
        .sort("ad_spend", Dimension.SKU, descending=[True, False])
    )


def ads_by_campaign(
    of: Sources, *, first: dt.date, last: dt.date, with_keywords: bool = False
) -> pl.DataFrame:
    """Campaigns, or their keywords, from `first` to `last`, both included; dearest first.

    Grain: (campaign), or (campaign, keyword). Columns: the metrics of ads as `ads_by_sku` has them;
    `contribution_rate` of what the campaign sold, by the revenue that the platform puts down to its
    SKUs, null where that of less than 90 % of it is known; `break_even_roas`, `ad_roi` and
    `is_losing` by that rate; `sold_out_rate`, the part of its spend that went to SKUs without
    stock. A platform that reports no SKUs of a campaign leaves these null.
    """
    key = [Dimension.CAMPAIGN, *([Dimension.KEYWORD] if with_keywords else [])]
    spent = measure(_ADS, of, first=first, last=last, by=key).select(*key, *_ADS)
    rate, spend = pl.col("contribution_rate"), pl.col("ad_spend")
    return (
        spent.join(_sold_by_campaign(of, first, last), on=Dimension.CAMPAIGN, how="left")
        .with_columns(
            break_even_roas=pl.when(rate > 0).then(1 / rate),
            ad_roi=pl.when(spend > 0).then((pl.col("ad_revenue") * rate - spend) / spend),
        )
        .with_columns(is_losing=pl.col("ad_roi") < 0)
        .sort("ad_spend", *key, descending=[True, *(False for _ in key)])
    )


def _sold_by_campaign(of: Sources, first: dt.date, last: dt.date) -> pl.DataFrame:
    """The margin of what each campaign sold and how much of its spend is on what is sold out."""
    both = [Dimension.CAMPAIGN, Dimension.SKU]
    ads = measure(["ad_spend", "ad_revenue"], of, first=first, last=last, by=both)
    margins = ads_by_sku(of, first=first, last=last)
    revenue, spend, rate = pl.col("ad_revenue"), pl.col("ad_spend"), pl.col("contribution_rate")
    known = revenue.filter(rate.is_not_null()).sum()
    return (
        ads.drop(PERIOD)
        .join(margins.select(Dimension.SKU, rate, "is_sold_out"), on=Dimension.SKU, how="left")
        .group_by(Dimension.CAMPAIGN)
        .agg(
            contribution_rate=pl.when((known > 0) & (known >= _LEAST_KNOWN * revenue.sum())).then(
                (revenue * rate).sum() / known
            ),
            sold_out_rate=spend.filter("is_sold_out").sum() / spend.sum(),
        )
        .with_columns(pl.col("sold_out_rate").fill_nan(None))
    )
