"""Dated rates of exchange: an amount in another currency, and how old the rate is that made it."""

from collections.abc import Mapping

import polars as pl

from contracts.money import exponent

FX_SCHEMA: Mapping[str, pl.DataType] = {
    "currency": pl.String(),
    "rate": pl.Float64(),
    "rate_date": pl.Date(),
}
"""One row per currency: what one of it is worth in the base currency, and as of which day."""


def with_rates(frame: pl.LazyFrame, fx: pl.DataFrame, *, of: str, to: str) -> pl.LazyFrame:
    """Rows with `fx_rate` and `fx_date` between the currencies of two columns, minor to minor unit.

    One and the same currency needs no rate: 1 and no date. A currency that `fx` lacks: null.
    """
    unit = pl.Series(
        "unit",
        [rate / 10.0 ** exponent(code) for code, rate in fx.select("currency", "rate").iter_rows()],
        pl.Float64,
    )
    rates = fx.select("currency", "rate_date").with_columns(unit).lazy()
    for side, column in (("of", of), ("to", to)):
        names = {"currency": column, "unit": f"_{side}_unit", "rate_date": f"_{side}_date"}
        frame = frame.join(rates.rename(names), on=column, how="left", maintain_order="left")
    is_same = pl.col(of) == pl.col(to)
    return frame.with_columns(
        fx_rate=pl.when(is_same).then(1.0).otherwise(pl.col("_of_unit") / pl.col("_to_unit")),
        fx_date=pl.when(~is_same).then(pl.min_horizontal("_of_date", "_to_date")),
    ).drop("_of_unit", "_to_unit", "_of_date", "_to_date")


def with_rates_on(
    frame: pl.LazyFrame, rates: pl.DataFrame, *, of: str, to: str, on: str
) -> pl.LazyFrame:
    """Rows with `fx_rate` from the currency of a column to the base currency `to`, minor to minor
    unit, by the newest of the dated `rates` (schema `FX_SCHEMA`, several a currency) on or before
    the day in `on`.

    The base currency needs no rate: 1. A day before the first rate of a currency: null.
    """
    scale = [10.0 ** (exponent(to) - exponent(code)) for code in rates["currency"]]
    dated = rates.select(
        pl.col("currency").alias(of),
        "rate_date",
        fx_rate=pl.col("rate") * pl.Series(scale, dtype=pl.Float64),
    )
    rated = frame.sort(on).join_asof(
        dated.lazy().sort("rate_date"),
        left_on=on,
        right_on="rate_date",
        by=of,
        check_sortedness=False,
    )
    is_base = pl.col(of) == to
    return rated.with_columns(fx_rate=pl.when(is_base).then(1.0).otherwise("fx_rate")).drop(
        "rate_date"
    )
