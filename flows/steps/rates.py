"""The rates of exchange of a home's settings, as guard, transforms and metrics read them."""

import datetime as dt

import polars as pl

from contracts.fx import FX_SCHEMA
from flows.steps.home import Home


def rates(home: Home, at: dt.datetime) -> pl.DataFrame:
    """The rates in force (schema `FX_SCHEMA`), one a currency; the base is always worth itself.

    Of several of a currency the newest not later than the day, else the earliest.
    """
    stated = dated_rates(home).sort("currency", "rate_date")
    is_known = pl.col("rate_date") <= at.date()
    newest = stated.filter(is_known).unique("currency", keep="last", maintain_order=True)
    earliest = stated.filter(~is_known).unique("currency", keep="first", maintain_order=True)
    base = pl.DataFrame([(home.settings.fx.base, 1.0, at.date())], FX_SCHEMA, orient="row")
    return pl.concat([base, newest, earliest]).unique("currency", keep="first", maintain_order=True)


def dated_rates(home: Home) -> pl.DataFrame:
    """All rates of the settings (schema `FX_SCHEMA`), several a currency; the base has none."""
    fx = home.settings.fx
    rows = [
        (currency, one.rate, one.date)
        for currency, stated in fx.rates.items()
        for one in stated
        if currency != fx.base
    ]
    return pl.DataFrame(rows, schema=FX_SCHEMA, orient="row")
