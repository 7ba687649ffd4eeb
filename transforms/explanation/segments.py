"""What two spans of a shop are compared by: the whole, or its buyers, goods or categories."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from contracts.metrics import Dimension
from transforms.explanation.gmv import ORDERS, UNITS, VISITORS, Chain
from transforms.metrics.measure import measure
from transforms.metrics.sources import Sources

Span = tuple[dt.date, dt.date]
"""First and last day, both included."""
_ORDERED: Final = {"orders": "orders_count", "gmv": "gmv_minor"}
_GOODS: Final = {"units": "sold_units", "goods_gmv": "gmv_minor"}


@dataclass(frozen=True, slots=True)
class Segmentation:
    """By which dimension a shop's GMV is split, and the metrics that its quantities are."""

    dimension: Dimension
    chain: Chain
    quantities: Mapping[str, str]


SEGMENTATIONS: Final[Mapping[str, Segmentation]] = {
    "buyer": Segmentation(Dimension.BUYER, ORDERS, _ORDERED),
    "category": Segmentation(Dimension.CATEGORY, UNITS, _GOODS),
    "sku": Segmentation(Dimension.SKU, UNITS, _GOODS),
}
"""By name. Visitors are not told apart by any of these, nor orders by where a visitor came from."""


def segments(of: Sources, by: Segmentation, before: Span, after: Span) -> pl.DataFrame:
    """Both spans of a shop. Grain: (segment); quantities as `gmv.gmv_effects` takes them."""
    named = pl.col(by.dimension).cast(pl.String).alias("segment")
    return _beside(of, by.quantities, named, before, after, by=[by.dimension])


def whole(of: Sources, before: Span, after: Span) -> tuple[pl.DataFrame, Chain]:
    """Both spans as the one segment "", and the chain that fits: that of orders where visitors of
    a day are not known, or are fewer than the orders."""
    quantities = {"visitors": "visitors_units", **_ORDERED}
    found = _beside(of, quantities, pl.lit("").alias("segment"), before, after)
    are_known = pl.all_horizontal(
        pl.col(f"visitors_units{span}") >= pl.col(f"orders_count{span}") for span in ("", "_before")
    )
    return found, VISITORS if found.select(are_known).item() else ORDERS


def _beside(
    of: Sources,
    quantities: Mapping[str, str],
    segment: pl.Expr,
    before: Span,
    after: Span,
    *,
    by: Sequence[Dimension] = (),
) -> pl.DataFrame:
    counts = [pl.col(name).cast(pl.Int64).alias(one) for name, one in quantities.items()]
    spans = [
        measure(list(quantities), of, first=first, last=last, by=by).select(segment, *counts)
        for first, last in (after, before)
    ]
    return spans[0].join(spans[1], on="segment", how="full", coalesce=True, suffix="_before")
