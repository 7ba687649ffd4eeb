"""What moved GMV: a change split into factors that add up to it exactly, by LMDI-I.

Ang 2005, The LMDI approach to decomposition analysis: a practical guide, Energy Policy 33.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from typing import Final

import polars as pl

from contracts.explanation import MOVERS, Mover

_SEGMENT: Final = ["shop_id", "segment"]
_SERIES: Final = 1e-4  # below it the quotient of the weight loses digits that its series has


@dataclass(frozen=True, slots=True)
class Chain:
    """Quantities that lead to GMV, each per unit of the one before, and what their changes are.

    The first is how much there is in the whole shop; which part of it a segment has is the mix.
    """

    quantities: tuple[str, ...]
    movers: tuple[Mover, ...]


VISITORS: Final = Chain(
    ("visitors_units", "orders_count", "gmv_minor"), (Mover.VISITORS, Mover.CONVERSION, Mover.AOV)
)
"""GMV = visitors × orders per visitor × AOV."""
ORDERS: Final = Chain(("orders_count", "gmv_minor"), (Mover.ORDERS, Mover.AOV))
"""GMV = orders × AOV, where visitors are not known."""
UNITS: Final = Chain(("sold_units", "gmv_minor"), (Mover.UNITS, Mover.PRICE))
"""GMV = units × price, of goods."""


def lmdi(before: Sequence[pl.Expr], after: Sequence[pl.Expr]) -> list[pl.Expr]:
    """Effect of each factor on the change of their product (LMDI-I); the effects add up to it.

    w = (V1 - V0) / ln(V1 / V0), effect k = w ln(x1 / x0). None where a factor is not positive: an
    entry or an exit has no decomposition.
    """
    old, new = (reduce(pl.Expr.mul, (f.cast(pl.Float64) for f in side)) for side in (before, after))
    growth = (new / old).log()
    series = old * (1 + growth / 2 + growth**2 / 6)
    weight = pl.when(growth.abs() < _SERIES).then(series).otherwise((new - old) / growth)
    positive = pl.all_horizontal(factor > 0 for factor in (*before, *after))
    return [
        pl.when(positive).then(weight * (b / a).log()) for a, b in zip(before, after, strict=True)
    ]


def gmv_effects(segments: pl.LazyFrame, chain: Chain) -> pl.LazyFrame:
    """What moved GMV from one span to another, by segment: effects in whole minor units.

    `segments` has shop_id, segment and per quantity of the chain `<quantity>_before` and
    `<quantity>`, of the spans. Grain: (shop_id, segment, effect), sorted, every effect of the
    chain with the mix and `entry_exit`; effect_minor adds up to the change of each segment's GMV,
    and over segments to the shop's. A segment that lacks a quantity in either span, as one that is
    new does, moved GMV by entering or leaving alone.
    """
    first, *others = chain.movers
    effects = lmdi(_shares(chain, "_before"), _shares(chain, ""))
    named = dict(zip([first, Mover.MIX, *others], effects, strict=True))
    change = pl.col("gmv_minor").fill_null(0) - pl.col("gmv_minor_before").fill_null(0)
    return (
        segments.select(*_SEGMENT, change=change, **named)
        .with_columns(pl.when(pl.col(first).is_null()).then("change").alias(Mover.ENTRY_EXIT))
        .unpivot(
            [*named, Mover.ENTRY_EXIT],
            index=[*_SEGMENT, "change"],
            variable_name="effect",
            value_name="exact",
        )
        .select(*_SEGMENT, "effect", effect_minor=_whole(pl.col("exact"), pl.col("change")))
        .sort(*_SEGMENT, pl.col("effect").replace_strict(_ORDER, return_dtype=pl.Int64))
    )


_ORDER: Final = {str(mover): place for place, mover in enumerate(MOVERS)}


def _shares(chain: Chain, suffix: str) -> list[pl.Expr]:
    """The shop's first quantity, the segment's share of it, and each quantity per the last."""
    own = [pl.col(f"{name}{suffix}") for name in chain.quantities]
    whole = own[0].sum().over("shop_id")
    return [whole, own[0] / whole, *(b / a for a, b in pairwise(own))]


def _whole(exact: pl.Expr, total: pl.Expr) -> pl.Expr:
    """Whole numbers near the exact ones that add up to the segment's total: largest remainder."""
    known = exact.fill_null(0.0)
    low = known.floor().cast(pl.Int64)
    rank = (known - low).rank("ordinal", descending=True).over(_SEGMENT)
    return low + (rank <= total - low.sum().over(_SEGMENT)).cast(pl.Int64)


def waterfall(effects: pl.DataFrame, *, gmv_before_minor: int) -> pl.DataFrame:
    """Bars from one span's GMV to the other's: effect, effect_minor, start_minor, end_minor.

    `effects` are those of one shop as `gmv_effects` gives them; segments are added up, what moved
    nothing is left out, and each bar begins where the one before ends.
    """
    summed = effects.group_by("effect", maintain_order=True).agg(pl.col("effect_minor").sum())
    end = pl.lit(gmv_before_minor, pl.Int64) + pl.col("effect_minor").cum_sum()
    return summed.filter(pl.col("effect_minor") != 0).with_columns(
        start_minor=end - pl.col("effect_minor"), end_minor=end
    )
