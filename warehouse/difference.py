"""How two states of a derived table differ: by the days, or the shops, that are to be written."""

import polars as pl


def difference(
    wanted: pl.DataFrame, stored: pl.DataFrame, key: list[str], scope: str
) -> tuple[pl.Series, pl.Series]:
    """The scope of each row that came and of each that went, of two frames with one row per key.

    Rows of the same key are laid side by side, which costs a fraction of looking each one up whole;
    most builds find the same keys, in the order in which they were written.
    """
    if wanted.select(key).equals(stored.select(key)):
        differs = _differs(wanted, stored)
        return wanted[scope].filter(differs), stored[scope].filter(differs)
    places = stored.select(key).with_row_index("place")
    place = wanted.select(key).join(places, on=key, how="left", maintain_order="left")["place"]
    is_known = place.is_not_null()
    is_left = pl.repeat(True, stored.height, eager=True).scatter(place.drop_nulls(), False)
    both, beside = wanted.filter(is_known), stored[place.drop_nulls()]
    differs = _differs(both, beside)
    came = pl.concat([wanted[scope].filter(~is_known), both[scope].filter(differs)])
    return came, pl.concat([stored[scope].filter(is_left), beside[scope].filter(differs)])


def _differs(rows: pl.DataFrame, beside: pl.DataFrame) -> pl.Series:
    """Whether each row differs from the one beside it."""
    differs = pl.repeat(False, rows.height, eager=True)
    for name in rows.columns:
        differs |= rows[name].ne_missing(beside[name])
        if differs.all():  # as where a column counts the days until today
            break
    return differs
