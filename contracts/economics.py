"""What a sale costs beside the goods, and the price below which it earns too little.

Policy and guard live in rooms that may not know each other, so the floor is written once, here.
"""

import polars as pl
from pydantic import BaseModel, Field, model_validator

FEES_EXCEED_PRICE = "fees_exceed_price"

# Floats of exact quotients (85 / 0.85) may lie a hair above the whole number.
_HAIR = 1e-6


class Economics(BaseModel, frozen=True, extra="forbid"):
    """Costs of selling in one shop; amounts in minor units of the shop's currency."""

    fee_rate: float = Field(
        ge=0, lt=1, description="Commission, payment and platform fees, of the price paid"
    )
    vat_rate: float = Field(
        default=0.0, ge=0, le=1, description="VAT that prices include, of the net price"
    )
    min_margin_rate: float = Field(
        ge=0, lt=1, description="Least margin to earn, of the price paid"
    )
    shipping_minor: int = Field(default=0, ge=0, description="Shipping we pay per piece")
    fixed_fee_minor: int = Field(default=0, ge=0, description="Fixed fees per piece")
    price_step_minor: int = Field(default=1, ge=1, description="Prices are multiples of it …")
    price_ending_minor: int = Field(default=0, ge=0, description="… plus this: 99 of a step of 100")
    worst_discount_rate: float = Field(
        default=0.0, ge=0, lt=1, description="Largest discount on the price that the merchant funds"
    )

    @model_validator(mode="after")
    def _ending_within_step(self) -> "Economics":
        if self.price_ending_minor >= self.price_step_minor:
            raise ValueError("price_ending_minor is less than price_step_minor")
        return self

    @property
    def received_rate(self) -> float:
        """Part of the price paid that is left after fees and VAT."""
        return 1 - self.fee_rate - self.vat_rate / (1 + self.vat_rate)

    @property
    def extra_cost_minor(self) -> int:
        """What a piece costs beside the goods."""
        return self.shipping_minor + self.fixed_fee_minor


def floor_minor(unit_cost: pl.Expr, economics: Economics) -> pl.Expr:
    """Lowest price that still earns the least margin under the worst discount, on the price grid.

    price × (1 - worst discount) × (1 - fees - margin - v / (1 + v)) ≥ cost + shipping + fixed fee,
    rounded up. Null where the cost is missing, and everywhere where fees, VAT and margin exceed
    the price (`FEES_EXCEED_PRICE`): no price is high enough.
    """
    share = economics.received_rate - economics.min_margin_rate
    if share <= 0:
        return pl.lit(None, dtype=pl.Int64)
    left = share * (1 - economics.worst_discount_rate)
    return grid_up((unit_cost + economics.extra_cost_minor) / left, economics)


def margin_minor(price: pl.Expr, unit_cost: pl.Expr, economics: Economics) -> pl.Expr:
    """Margin per piece at a price paid without discount, in fractions of the minor unit."""
    return price * economics.received_rate - unit_cost - economics.extra_cost_minor


def grid_up(price: pl.Expr, economics: Economics) -> pl.Expr:
    """The next price on the grid that is not lower; Int64."""
    step, ending = economics.price_step_minor, economics.price_ending_minor
    return ((price - ending - _HAIR) / step).ceil().cast(pl.Int64) * step + ending


def grid_down(price: pl.Expr, economics: Economics) -> pl.Expr:
    """The next price on the grid that is not higher; Int64."""
    step, ending = economics.price_step_minor, economics.price_ending_minor
    return ((price - ending + _HAIR) / step).floor().cast(pl.Int64) * step + ending
