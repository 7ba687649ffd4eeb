"""Metrics that are quotients of two others, and where these mean nothing."""

import polars as pl

from contracts.metrics import Gap


def ratio(part: str, whole: str) -> pl.Expr:
    """One metric per another."""
    return pl.col(part) / pl.col(whole)


def no_base(whole: str) -> dict[Gap, pl.Expr]:
    """Gaps of a quotient by what it is divided by; where that has no value, its own reason."""
    return {Gap.NO_BASE: pl.col(whole) == 0}
