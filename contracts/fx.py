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
