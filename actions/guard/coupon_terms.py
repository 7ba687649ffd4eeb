"""What the terms of coupons say, as columns."""

from typing import Any, Final

import polars as pl

from actions.guard.refusals import IS_COUPON
from contracts.codes import WriteKind
from contracts.payloads import CouponTerms, decode

_RATE_UNIT: Final = 10_000  # a rate is written in hundredths of a percent
_TERMS: Final = {
    "ends_at": pl.Datetime("us", "UTC"),
    "usage_units": pl.Int64(),
    "least_minor": pl.Int64(),
    "max_spend_minor": pl.Int64(),
    "off_minor": pl.Int64(),
    "off_rate": pl.Float64(),
    "listing_ids": pl.List(pl.String()),
    "excluded_listing_ids": pl.List(pl.String()),
}
_SAID_BY: Final = ("payload", "write_kind", "after_value", "currency")


def with_terms(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows with their number `row` and, of a coupon, what its terms say (`_TERMS`).

    What it takes off is the value of a created coupon and stands in the terms of a granted one.
    Lists of goods are null where none are named; of terms that cannot be read all is null. Terms
    that many rows share are read once.
    """
    numbered = frame.with_row_index("row")
    coupons = numbered.filter(IS_COUPON & pl.col("guard").is_null())
    payloads = coupons.select(_SAID_BY).unique(maintain_order=True)
    found = [(row, _terms(row)) for row in payloads.iter_rows(named=True)]
    rows = [(*row.values(), *terms) for row, terms in found if terms is not None]
    terms = pl.DataFrame(rows, schema={**payloads.schema, **_TERMS}, orient="row")
    termed = coupons.select("row", *_SAID_BY).join(terms, on=_SAID_BY, nulls_equal=True)
    return numbered.join(termed.select("row", *_TERMS), on="row", how="left", maintain_order="left")


def _terms(row: dict[str, Any]) -> tuple[Any, ...] | None:
    try:
        terms = decode(row["payload"], CouponTerms)
    except ValueError:  # of a proposal the guard has said so; an earlier one is of another version
        return None
    off_minor, off_rate = terms.off_minor, terms.off_rate
    usage: int | None = 1
    if row["write_kind"] == WriteKind.CREATE_COUPON:
        is_amount, value = row["currency"] is not None, row["after_value"]
        off_minor, off_rate = (value, None) if is_amount else (None, value / _RATE_UNIT)
        usage = terms.usage_limit
    return (
        terms.ends_at,
        usage,
        terms.min_spend_minor,
        terms.max_spend_minor,
        off_minor,
        off_rate,
        list(terms.listing_ids) or None,
        list(terms.excluded_listing_ids) or None,
    )
