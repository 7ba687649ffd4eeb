"""Amounts of a whole that no part states, split over the parts by largest remainder."""

import polars as pl


def shared_out(amount: pl.Expr, weight: pl.Expr, group: str | list[pl.Expr]) -> pl.Expr:
    """A row's share of an amount that all rows of its group repeat; shares add up to the amount.

    They are whole units in proportion to weights that are whole and not below zero; where all
    weights are 0 the rows share alike. Null where the amount, or a weight of the group, is.
    """
    is_read = weight.null_count().over(group) == 0
    total = pl.when(is_read).then(weight.sum().over(group))
    ones, rows = pl.lit(1, pl.Int128), pl.len().over(group).cast(pl.Int128)
    wide = pl.when(total == 0).then(ones).otherwise(weight.cast(pl.Int128))
    whole = pl.when(total == 0).then(rows).otherwise(total.cast(pl.Int128))
    product = amount.cast(pl.Int128) * wide
    least, rest = product // whole, product % whole
    left = amount - least.sum().over(group)
    place = rest.rank("ordinal", descending=True).over(group)
    return (least + (place <= left).cast(pl.Int128)).cast(pl.Int64)
