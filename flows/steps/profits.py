"""Profits: what proposed prices are expected to bring, as a range under stated elasticities."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from contracts.actions import Action
from contracts.economics import ANSWERS, Economics, profit_minor

_UPPER: Final = 1.645
"""Standard deviations to each side: nine of ten elasticities lie between."""
_PRICED: Final[Mapping[str, type[pl.DataType]]] = {
    "sku_id": pl.String,
    "category": pl.String,
    "discount_rate": pl.Float64,
    "unit_cost_minor": pl.Int64,
    "daily_units": pl.Float64,
    "elasticity_sd": pl.Float64,
    "answer_rate": pl.Float64,
    "before_value": pl.Int64,
    "after_value": pl.Int64,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Profit:
    """Expected change of profit per day, once the proposed prices are in force."""

    currency: str
    low_minor: int = 0
    expected_minor: int = 0
    high_minor: int = 0
    prices: int = 0
    """Of so many prices; of the others nothing is known that sold."""
    stated: int = 0
    """Of these nothing was learnt, and the elasticity is the policy's usual one."""

    def __add__(self, other: "Profit") -> "Profit":
        numbers = ("low_minor", "expected_minor", "high_minor", "prices", "stated")
        return replace(self, **{one: getattr(self, one) + getattr(other, one) for one in numbers})


def profit(priced: Sequence[Action], economics: Economics, *, currency: str) -> Profit:
    """What prices are expected to bring, by the evidence that they were decided on.

    Demand answers by the elasticity that the policy decided with. As it was learnt from the SKU's
    own sales or its category's (`transforms.elasticity`), its range is that of nine in ten; of the
    policy's usual one, where nothing was learnt, it is all of `economics.ANSWERS`. The ends of all
    prices are added up, since what is wrong with one is wrong with its whole category.
    """
    rows = [
        {
            **json.loads(one.evidence),
            **json.loads(one.numbers),
            "before_value": one.before_value,
            "after_value": one.after_value,
        }
        for one in priced
    ]
    facts = pl.DataFrame([{name: row.get(name) for name in _PRICED} for row in rows], _PRICED)
    rate, spread = pl.col("answer_rate"), _UPPER * pl.col("elasticity_sd")
    ends = {
        "expected": rate,
        "less": (rate - spread).fill_null(ANSWERS[0]),
        "more": (rate + spread).clip(upper_bound=0).fill_null(ANSWERS[1]),
    }
    effects = facts.drop_nulls(["daily_units", "unit_cost_minor"]).select(
        "elasticity_sd", **{name: _profit(one, economics) for name, one in ends.items()}
    )
    low, high = (one("less", "more") for one in (pl.min_horizontal, pl.max_horizontal))
    sums = effects.select(low=low, expected="expected", high=high).sum()
    low_minor, expected_minor, high_minor = (round(sums[name][0]) for name in sums.columns)
    return Profit(
        currency=currency,
        low_minor=low_minor,
        expected_minor=expected_minor,
        high_minor=high_minor,
        prices=effects.height,
        stated=effects["elasticity_sd"].null_count(),
    )


def _profit(elasticity: pl.Expr, economics: Economics) -> pl.Expr:
    return profit_minor(
        pl.col("before_value"), pl.col("after_value"), elasticity,
        daily_units=pl.col("daily_units"), economics=economics,
    )  # fmt: skip
