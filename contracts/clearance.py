"""Clearance: which goods lie too long in too large a stock, and how low their price may go for it.

Policy and guard live in rooms that may not know each other, so both read it here, from the same
settings and the same facts: what clears by its reason alone clears nowhere.
"""

import polars as pl
from pydantic import BaseModel, Field

from contracts.economics import ANSWERS, FACTS, Economics, floor_minor, grid_up


class ClearanceStep(BaseModel, frozen=True, extra="forbid"):
    """Goods as old as that, of which so many days of sales lie there, cost so much less."""

    min_age_days: float = Field(ge=0, le=3650, description="Days since the product was listed")
    min_cover_days: float = Field(gt=0, le=3650, description="Days that your stock would last")
    off_rate: float = Field(gt=0, le=0.9, description="Part taken off the anchor price")


class Clearance(BaseModel, frozen=True, extra="forbid"):
    """A merchant's clearance in one shop; without steps nothing clears."""

    steps: tuple[ClearanceStep, ...] = ()
    margin_rate: float = Field(
        default=0.0, ge=-0.9, lt=1, description="Least margin under it, of the price paid"
    )
    usual_elasticity: float = Field(
        default=-2.0, description="Elasticity assumed where sales show none"
    )

    def losing_at_most(self, loss_rate: float) -> "Clearance":
        """The same, with no sale that loses more than that of the price paid."""
        return self.model_copy(update={"margin_rate": max(self.margin_rate, -loss_rate)})


def cover_days() -> pl.Expr:
    """Days that the stock of a row of `PriceFact` lasts: infinite where nothing is sold.

    Null: stock or demand is not known.
    """
    stock = pl.col("available_units")
    return (
        pl.when(stock <= 0)
        .then(0.0)
        .when(stock.is_not_null() & ~pl.col("has_demand"))
        .then(float("inf"))
        .otherwise("cover_days")
    )


def clearing(clearance: Clearance, economics: Economics) -> dict[str, pl.Expr]:
    """Columns for rows of `PriceFact`; of several steps that apply the deepest counts.

    `clearance_off_rate`: what comes off the anchor by age and cover; null: no step applies.
    `clearance_minor`: the price that makes, on the grid, no lower than its floor; null: as above.
    `clears`: a step applies, or would at the full price, or cover is unknown of what is old enough.
    `clearance_floor_minor`: what a sale has to be worth meanwhile; null: it does not clear.

    A cut sells more and so shortens the cover that it was made for. What clears is therefore told
    by the cover at the full price (`low_anchor_minor`), by the demand that its elasticity says it
    had there: else the price would go up again, and down again, by its own success. Only the
    cover in fact makes a cut.
    """
    price, cover = pl.col("price_minor"), cover_days()
    answer = pl.col("elasticity").fill_null(clearance.usual_elasticity).clip(*ANSWERS)
    above = (pl.col("low_anchor_minor") / price).clip(lower_bound=1.0)
    at_full_price = pl.when((price > 0) & (cover > 0)).then(cover * above.pow(-answer))
    is_listed = pl.col("anchor_minor").is_not_null()
    ages = [
        (step, is_listed & (pl.col("age_days") >= step.min_age_days)) for step in clearance.steps
    ]
    off = pl.max_horizontal(
        pl.lit(None, dtype=pl.Float64),
        *(
            pl.when(is_old & (cover >= step.min_cover_days)).then(step.off_rate)
            for step, is_old in ages
        ),
    )
    clears = pl.any_horizontal(
        pl.lit(value=False),
        *(
            is_old & (cover.is_null() | (at_full_price >= step.min_cover_days))
            for step, is_old in ages
        ),
    ).fill_null(value=False)
    lowest = economics.model_copy(update={"min_margin_rate": clearance.margin_rate})
    floor = floor_minor(pl.col("unit_cost_minor"), lowest, FACTS)
    target = grid_up(pl.col("anchor_minor") * (1 - off), economics)
    return {
        "clears": clears,
        "clearance_off_rate": off,
        "clearance_minor": pl.when(off.is_not_null()).then(pl.max_horizontal(target, floor)),
        "clearance_floor_minor": pl.when(clears).then(floor),
    }
