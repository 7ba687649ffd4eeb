"""Metrics: any metric of the catalogue, of one shop or all, over any span."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import polars as pl

from contracts.errors import ConfigurationError
from contracts.metrics import Dimension, Gap, Metric
from contracts.names import nearest
from contracts.personal import mask
from contracts.tables import AdsDaily, Listing, Order, table_of
from flows.steps.home import Home
from flows.steps.rates import dated_rates, rates
from flows.steps.views import View
from transforms.metrics import cohorts as by_cohort
from transforms.metrics.advertised import ads_by_campaign, ads_by_sku
from transforms.metrics.catalogue import METRICS, dimensions_of
from transforms.metrics.group import measure_group
from transforms.metrics.measure import GAP_SUFFIX, PERIOD, Period, measure
from transforms.metrics.sources import TABLES, Sources
from warehouse.encryption import is_sealed

_SHOWN_DAYS = 28
GROUP = "(group)"
"""Stands for all shops together; no shop is called so."""
_NAMED = {Dimension.CAMPAIGN: "campaign_name", Dimension.KEYWORD: "keyword"}
"""Dimensions that the merchant's own words name, by the column in which these lie sealed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A metric of some shops. `rows` has shop_id, currency, period, the dimensions, value, gap."""

    metric: Metric
    first: dt.date
    last: dt.date
    period: Period
    dimensions: tuple[Dimension, ...]
    rows: pl.DataFrame


def sources(view: View) -> Sources:
    """What metrics of a shop are computed from, as it was known at the view's moment."""
    tables: dict[str, Any] = {
        name: view.rows(schema, with_deleted=schema is Listing) for name, schema in TABLES.items()
    }
    if "settlements" not in view.versions:
        tables["settlements"] = None
    return Sources(
        **tables,
        economics=view.shop.economics,
        currency=view.shop.settings.currency,
        time_zone=view.zone,
        fx=rates(view.home, view.as_of),
        known_until=view.today - dt.timedelta(days=1),
    )


def sources_at_hand(view: View) -> Sources:
    """The same with its orders in memory, for several metrics: nearly each looks at them, and a
    table of a file a day costs most to open."""
    return replace(sources(view), orders=view.rows(Order).collect().lazy())


def show(
    home: Home,
    name: str,
    *,
    shop_id: str | None = None,
    first: dt.date | None = None,
    last: dt.date | None = None,
    by: Sequence[str] = (),
) -> Measured:
    """A metric from `first` to `last`, both included; the last 28 whole days unless they are given.

    `by` names a period and dimensions; without a period each day is a row of its own.

    Raises:
        ConfigurationError: no such metric, or it cannot be broken down like that; a span that ends
            before it begins.
    """
    metric = _named(name)
    period, dimensions = _grain(name, by)
    views = [View.of(home, shop, home.data_as_of(shop)) for shop in home.select(shop_id)]
    start, end = _span(views, first, last)
    measured = [
        _named_in_clear(
            home,
            measure([name], sources(view), first=start, last=end, period=period, by=dimensions),
            *(PERIOD, *dimensions),
        ).select(
            pl.lit(view.shop.id).alias("shop_id"),
            pl.lit(view.shop.settings.currency).alias("currency"),
            PERIOD,
            *(pl.col(one).cast(pl.String) for one in dimensions),
            **_begun(name, view.today),
        )
        for view in views
    ]
    return Measured(
        metric=metric,
        first=start,
        last=end,
        period=period,
        dimensions=dimensions,
        rows=pl.concat(measured),
    )


def show_group(
    home: Home,
    name: str,
    *,
    first: dt.date | None = None,
    last: dt.date | None = None,
    by: Sequence[str] = (),
) -> Measured:
    """A metric of all shops together, in the base currency of `[fx]` by the rate of each day.

    Rows as of `show`, with `GROUP` for the shop; each shop's days are its own.

    Raises:
        ConfigurationError: no such metric, or it is to be broken down by more than a period; a span
            that ends before it begins.
    """
    metric = _named(name)
    period, dimensions = _grain(name, by)
    if dimensions:
        raise ConfigurationError("--group is broken down by a period: span, day, week or month")
    views = [View.of(home, shop, home.data_as_of(shop)) for shop in home.select(None)]
    start, end = _span(views, first, last)
    base = home.settings.fx.base
    found = measure_group(
        [name],
        [sources(view) for view in views],
        first=start,
        last=end,
        period=period,
        rates=dated_rates(home),
        base=base,
    )
    rows = found.select(
        pl.lit(GROUP).alias("shop_id"),
        pl.lit(base).alias("currency"),
        PERIOD,
        **_begun(name, max(view.today for view in views)),
    )
    return Measured(metric=metric, first=start, last=end, period=period, dimensions=(), rows=rows)


def _begun(name: str, today: dt.date) -> dict[str, pl.Expr]:
    """A metric's value and gap; nothing of a period that begins after today: it has no data yet,
    where a sum of no orders would say 0."""
    is_to_come = pl.col(PERIOD) > today
    return {
        "value": pl.when(~is_to_come).then(name),
        "gap": pl.when(is_to_come).then(pl.lit(str(Gap.NO_DATA))).otherwise(name + GAP_SUFFIX),
    }


def _named_in_clear(home: Home, rows: pl.DataFrame, *order: str) -> pl.DataFrame:
    """With names of campaigns and keywords as people read them, contact data masked; sorted by
    `order`. What the platform does not name stands under its id, which is not sealed."""
    sealed = [one for one in _NAMED if one in rows.columns]
    for one in sealed:
        values = rows[one].drop_nulls().unique()
        seals = values.filter(values.map_elements(is_sealed, return_dtype=pl.Boolean))
        frame = pl.DataFrame({_NAMED[one]: seals}, schema={_NAMED[one]: pl.String})
        opened = home.keys.vault.open_frame(frame, table_of(AdsDaily).name)
        names = opened.select(mask(pl.col(_NAMED[one]))).to_series()
        rows = rows.with_columns(pl.col(one).replace(seals, names))
    return rows.sort(order) if sealed and order else rows


def _named(name: str) -> Metric:
    if name not in METRICS:
        raise ConfigurationError(f"no metric is named {name!r}{nearest(name, METRICS)}")
    return METRICS[name]


def cohorts(home: Home, *, shop_id: str | None = None) -> pl.DataFrame:
    """Cohorts by months since the first order, of a shop or all, as `transforms.metrics.cohorts`.

    What is new is so by the data: see `since` of the daily page.
    """
    views = [View.of(home, shop, home.data_as_of(shop)) for shop in home.select(shop_id)]
    return pl.concat([by_cohort.cohorts(sources(view)).collect() for view in views])


def advertised(
    home: Home,
    *,
    shop_id: str | None = None,
    first: dt.date | None = None,
    last: dt.date | None = None,
    by: Literal["sku", "campaign", "keyword"] = "sku",
) -> pl.DataFrame:
    """What ads cost and brought beside margin and stock, as `transforms.metrics.advertised`.

    Of a shop or all, with `shop_id` and `currency` before the columns there; the last 28 whole days
    unless days are given.

    Raises:
        ConfigurationError: a span that ends before it begins.
    """
    views = [View.of(home, shop, home.data_as_of(shop)) for shop in home.select(shop_id)]
    span = _span(views, first, last)
    frames = [
        ads_by_sku(sources(view), first=span[0], last=span[1])
        if by == "sku"
        else ads_by_campaign(
            sources(view), first=span[0], last=span[1], with_keywords=by == "keyword"
        )
        for view in views
    ]
    named = [
        frame.select(
            pl.lit(view.shop.id).alias("shop_id"),
            pl.lit(view.shop.settings.currency).alias("currency"),
            pl.all(),
        )
        for view, frame in zip(
            views, (_named_in_clear(home, frame) for frame in frames), strict=True
        )
    ]
    return pl.concat(named)


def _span(
    views: Sequence[View], first: dt.date | None, last: dt.date | None
) -> tuple[dt.date, dt.date]:
    """The days that were given; else 28 until the last whole one of any shop."""
    end = last or max(view.today for view in views) - dt.timedelta(days=1)
    start = first or end - dt.timedelta(days=_SHOWN_DAYS - 1)
    if end < start:
        raise ConfigurationError(f"--from {start} is later than --to {end}")
    return start, end


def _grain(name: str, by: Sequence[str]) -> tuple[Period, tuple[Dimension, ...]]:
    periods = [Period(one) for one in by if one in list(Period)]
    others = [one for one in by if one not in list(Period)]
    known = sorted(dimensions_of(name))
    for one in others:
        if one not in known:
            ways = ", ".join([*Period, *known])
            raise ConfigurationError(f"--by {one!r}: {name} is broken down by {ways}")
    if len(periods) > 1:
        raise ConfigurationError("--by takes one period: span, day, week or month")
    usual = Period.SPAN if others else Period.DAY
    return (periods[0] if periods else usual), tuple(Dimension(one) for one in others)
