"""The rates of exchange of a home's settings, as guard and transforms read them."""

import datetime as dt

import polars as pl

from contracts.fx import FX_SCHEMA
from flows.steps.home import Home


def rates(home: Home, at: dt.datetime) -> pl.DataFrame:
    """The rates of the settings (schema `FX_SCHEMA`); the base currency is always worth itself."""
    fx = home.settings.fx
    rows = [(currency, rate.rate, rate.date) for currency, rate in fx.rates.items()]
    return pl.DataFrame([*rows, (fx.base, 1.0, at.date())], schema=FX_SCHEMA, orient="row").unique(
        "currency", keep="last", maintain_order=True
    )
