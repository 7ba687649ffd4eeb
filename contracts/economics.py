"""What a sale leaves the merchant, and the price below which that is too little.

Policy and guard live in rooms that may not know each other, so what a piece brings in is written
once, here: `net_receipt`. Every floor is its inverse, `floor_minor`.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, NamedTuple

import polars as pl
from pydantic import BaseModel, Field, model_validator

from contracts.columns import MAX_MINOR
from contracts.markers import SkuCode

FEES_EXCEED_PRICE = "fees_exceed_price"

# Floats of exact quotients (85 / 0.85) may lie a hair above the whole number.
_HAIR = 1e-6


class SaleCosts(BaseModel, frozen=True, extra="forbid"):
    """What a sale of a category or of one SKU costs; what is not given is as in the shop."""

    fee_rate: float | None = Field(default=None, ge=0, lt=1)
    shipping_minor: int | None = Field(default=None, ge=0)
    fixed_fee_minor: int | None = Field(default=None, ge=0)
    return_rate: float | None = Field(default=None, ge=0, le=1)
    return_cost_minor: int | None = Field(default=None, ge=0)


class Economics(BaseModel, frozen=True, extra="forbid"):
    """Costs of selling in one shop; amounts in minor units of the shop's currency."""

    fee_rate: float = Field(
        ge=0, lt=1, description="Commission, payment and platform fees, as a part of the price paid"
    )
    vat_rate: float = Field(
        default=0.0, ge=0, le=1, description="VAT that prices include, of the net price"
    )
    min_margin_rate: float = Field(
        ge=0, lt=1, description="Least margin you want, as a part of the price paid"
    )
    shipping_minor: int = Field(default=0, ge=0, description="Shipping you pay per piece")
    fixed_fee_minor: int = Field(default=0, ge=0, description="Fixed fees per piece")
    charged_shipping_minor: int | None = Field(
        default=None,
        ge=0,
        description="Shipping your customer pays on top; not set: as observed in your orders",
    )
    return_rate: float = Field(
        default=0.0, ge=0, le=1, description="Part of the pieces that are returned"
    )
    return_cost_minor: int = Field(default=0, ge=0, description="What one return costs you")
    price_step_minor: int = Field(
        default=1, ge=1, description="Your prices are multiples of this …"
    )
    price_ending_minor: int = Field(default=0, ge=0, description="… plus this: 99 of a step of 100")
    worst_discount_rate: float | None = Field(
        default=None,
        ge=0,
        lt=1,
        description="Largest discount you fund; not set: as observed in your orders",
    )
    max_cost_jump_rate: float = Field(
        default=0.3,
        gt=0,
        le=10,
        description="A cost that rises by more waits until you confirm it ([confirmed])",
    )
    max_cost_fall_rate: float = Field(
        default=0.1,
        gt=0,
        lt=1,
        description="A cost that falls by more waits too: with a cost too low you sell at a loss",
    )
    min_fx_move_rate: float = Field(
        default=0.0,
        ge=0,
        le=0.1,
        description="A rate of exchange that moves by no more than this (0.015, say) moves no cost;"
        " a cost may then be too low by as much",
    )
    by_category: dict[str, SaleCosts] = Field(
        default_factory=dict,
        description="fees, shipping and returns of the listings' categories, where they differ",
    )
    by_sku: dict[SkuCode, SaleCosts] = Field(
        default_factory=dict, description="the same of single SKUs, before their category's"
    )

    @model_validator(mode="after")
    def _ending_within_step(self) -> "Economics":
        if self.price_ending_minor >= self.price_step_minor:
            raise ValueError("price_ending_minor is less than price_step_minor")
        return self


Amount = Annotated[int, Field(ge=1, le=MAX_MINOR)]


class Confirmed(BaseModel, frozen=True, extra="forbid"):
    """What a person vouches for in one shop, since data alone cannot tell it from a mistake."""

    costs: dict[SkuCode, Amount] = Field(
        default_factory=dict,
        description="costs that jumped and are right, by SKU, in minor units of their own currency",
    )
    costs_until: dt.date | None = Field(
        default=None, description="every cost that was read up to this day of the shop is right"
    )
    prices: dict[SkuCode, Amount] = Field(
        default_factory=dict,
        description="usual prices by SKU, in minor units: what bounds are measured from",
    )


class Piece(NamedTuple):
    """Columns that say which piece is sold; without them it is any of the shop."""

    sku: pl.Expr = pl.lit(None, dtype=pl.String)
    category: pl.Expr = pl.lit(None, dtype=pl.String)
    discount: pl.Expr = pl.lit(0.0)
    """The largest usual discount as observed, where the shop states none."""


ANY_PIECE = Piece()
FACTS = Piece(pl.col("sku_id"), pl.col("category"), pl.col("discount_rate"))
"""A row of `PriceFact`."""


def net_receipt(price: pl.Expr, economics: Economics, piece: Piece = ANY_PIECE) -> pl.Expr:
    """What a piece brings in at a price in force, in fractions of the minor unit.

    price x (1 - worst discount) x (1 - fees - v / (1 + v)), less shipping, fixed fees and what
    returns cost. What of it exceeds the cost of the goods is margin.
    """
    paid = price * (1 - worst_discount(economics, piece))
    return paid * received_rate(economics, piece) - extra_cost(economics, piece)


def part_off(
    price: pl.Expr, off_rate: pl.Expr, off_minor: pl.Expr, least_minor: pl.Expr
) -> pl.Expr:
    """The part of a price that a coupon takes off: an amount alone in the least order it applies
    to.

    A coupon comes off what the usual discounts leave, so a floor holds for the price less this.
    """
    order = pl.max_horizontal(least_minor, price, pl.lit(1))
    return pl.coalesce(off_rate, off_minor / order)


def break_even(economics: Economics) -> Economics:
    """The same without a least margin: a floor of it is where a sale loses nothing."""
    return economics.model_copy(update={"min_margin_rate": 0.0})


def off_grid(economics: Economics) -> Economics:
    """The same without a grid of prices: what a coupon leaves of one lies on none."""
    return economics.model_copy(update={"price_step_minor": 1, "price_ending_minor": 0})


def floor_minor(unit_cost: pl.Expr, economics: Economics, piece: Piece = ANY_PIECE) -> pl.Expr:
    """The lowest price on the grid whose net receipt covers cost and least margin.

    Null where the cost is missing, and where fees, VAT and margin exceed the price
    (`FEES_EXCEED_PRICE`): no price is high enough.
    """
    share = received_rate(economics, piece) - economics.min_margin_rate
    left = share * (1 - worst_discount(economics, piece))
    price = (unit_cost + extra_cost(economics, piece)) / left
    return pl.when(left > _HAIR).then(grid_up(price, economics))


def best_price(
    unit_cost: pl.Expr, elasticity: pl.Expr, economics: Economics, piece: Piece = ANY_PIECE
) -> pl.Expr:
    """The price of the largest profit where demand answers with a constant elasticity below -1.

    (cost + what else a piece costs) / part of the price that is left x e / (1 + e); in fractions
    of the minor unit. Null where demand gives no such price.
    """
    left = received_rate(economics, piece) * (1 - worst_discount(economics, piece))
    even = (unit_cost + extra_cost(economics, piece)) / left
    has_one = (elasticity < -1 - _HAIR) & (left > _HAIR)
    return pl.when(has_one).then(even * elasticity / (1 + elasticity))


def margin_minor(
    price: pl.Expr, unit_cost: pl.Expr, economics: Economics, piece: Piece = ANY_PIECE
) -> pl.Expr:
    """Margin per piece under the worst discount, in fractions of the minor unit."""
    return net_receipt(price, economics, piece) - unit_cost


UNIT_COST = pl.col("unit_cost_minor")
ANSWERS = (-6.0, -1.2)
"""Between which elasticities demand is taken to answer a price; beyond lies noise."""


def profit_minor(
    before: pl.Expr,
    after: pl.Expr,
    elasticity: pl.Expr,
    *,
    daily_units: pl.Expr,
    economics: Economics,
    unit_cost: pl.Expr = UNIT_COST,
) -> pl.Expr:
    """Change of profit per day of a row of `PriceFact` whose price goes from `before` to `after`.

    The margin under usual discounts, on what demand answers with a constant elasticity; in
    fractions of the minor unit, within `MAX_MINOR`.
    """
    was, will_be = (margin_minor(price, unit_cost, economics, FACTS) for price in (before, after))
    answer = (after / before).pow(elasticity)
    return ((will_be * answer - was) * daily_units).clip(-MAX_MINOR, MAX_MINOR)


def worst_discount(economics: Economics, piece: Piece = ANY_PIECE) -> pl.Expr:
    """The largest discount that the merchant funds: as the shop states it, else as observed."""
    if economics.worst_discount_rate is not None:
        return pl.lit(economics.worst_discount_rate)
    return piece.discount.fill_null(0.0)


def received_rate(economics: Economics, piece: Piece = ANY_PIECE) -> pl.Expr:
    """Part of the price paid that is left after fees and VAT."""
    tax = economics.vat_rate / (1 + economics.vat_rate)
    return 1 - sale_cost(economics, piece, "fee_rate") - tax


def extra_cost(economics: Economics, piece: Piece = ANY_PIECE) -> pl.Expr:
    """What a piece costs beside the goods: shipping, fixed fees and its share of returns."""
    returns = sale_cost(economics, piece, "return_rate") * sale_cost(
        economics, piece, "return_cost_minor"
    )
    fixed = sale_cost(economics, piece, "fixed_fee_minor")
    return sale_cost(economics, piece, "shipping_minor") + fixed + returns


def sale_cost(economics: Economics, piece: Piece, name: str) -> pl.Expr:
    """A cost of selling: the SKU's own, else its category's, else the shop's."""
    own = _per_key(piece.sku, economics.by_sku, name)
    common = _per_key(piece.category, economics.by_category, name)
    return pl.coalesce(own, common, pl.lit(float(getattr(economics, name))))


def _per_key(key: pl.Expr, costs: Mapping[str, SaleCosts], name: str) -> pl.Expr:
    values = {one: getattr(cost, name) for one, cost in costs.items()}
    given = {one: value for one, value in values.items() if value is not None}
    if not given:
        return pl.lit(None, dtype=pl.Float64)
    return key.cast(pl.String).replace_strict(given, default=None, return_dtype=pl.Float64)


def grid_up(price: pl.Expr, economics: Economics) -> pl.Expr:
    """The next price on the grid that is not lower; Int64."""
    step, ending = economics.price_step_minor, economics.price_ending_minor
    return ((price - ending - _HAIR) / step).ceil().cast(pl.Int64) * step + ending


def grid_down(price: pl.Expr, economics: Economics) -> pl.Expr:
    """The next price on the grid that is not higher; Int64."""
    step, ending = economics.price_step_minor, economics.price_ending_minor
    return ((price - ending + _HAIR) / step).floor().cast(pl.Int64) * step + ending


def grid_nearest(price: pl.Expr, economics: Economics) -> pl.Expr:
    """The price on the grid that is nearest, of two the lower; Int64."""
    below, above = grid_down(price, economics), grid_up(price, economics)
    return pl.when(above - price < price - below - _HAIR).then(above).otherwise(below)
