"""What coupons of every policy share: their codes, and what they take off at most."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import Any, Final

import polars as pl

from contracts.codes import CouponStatus
from contracts.money import format_minor
from contracts.payloads import CouponTerms, encode

# No vowels, so that no word comes about, and nothing that is read as another sign (0 O, 1 I, 6 G).
SIGNS: Final = "2345789CDFGHJKMNPQRTVWX"
CODE_LENGTH: Final = 10
"""4 × 10^13 codes: none is guessed, and those of 100,000 members are all different."""


def coupon_code(policy: str, columns: Sequence[str]) -> pl.Expr:
    """A code per row of these columns, which are text and say for whom and for what it is.

    The same offer has the same code in every run, so that making it again makes no second one. A
    member's pseudonym among the columns is secret, and with it the code.
    """
    named = pl.concat_str(pl.lit(policy), *columns, separator="\n")
    return named.map_elements(_code, return_dtype=pl.String)


def known_codes(*tables: pl.LazyFrame) -> pl.LazyFrame:
    """Codes that the shop has (`coupons`, `coupon_grants`), large: some platforms write them small.

    Grain: (shop_id, code), with `is_known`.
    """
    code = pl.col("coupon_code").str.to_uppercase()
    found = [rows.select("shop_id", code=code) for rows in tables]
    return pl.concat(found).drop_nulls().unique().with_columns(is_known=pl.lit(value=True))


def own_terms(
    off_minor: int | None, off_rate: float | None, *, ends_at: dt.datetime
) -> dict[str, pl.Expr]:
    """What a code of ours takes off and until when, as columns."""
    return {
        "off_minor": pl.lit(off_minor, dtype=pl.Int64),
        "off_rate": pl.lit(off_rate, dtype=pl.Float64),
        "ends_at": pl.lit(ends_at),
    }


def platform_terms(
    coupons: pl.LazyFrame, coupon_id: str | None, *, as_of: dt.datetime, ends_at: dt.datetime
) -> pl.LazyFrame:
    """What the platform's coupon takes off and until when, where it can be redeemed now.

    Grain: shop. One that is open ends at `ends_at`.
    """
    end = pl.col("ends_at")
    return coupons.filter(
        pl.col("coupon_id") == pl.lit(coupon_id, dtype=pl.String),
        pl.col("coupon_status") == CouponStatus.ACTIVE,
        end.is_null() | (end > as_of),
    ).select(
        "shop_id",
        off_minor="discount_minor",
        off_rate="discount_rate",
        ends_at=end.fill_null(pl.lit(ends_at)),
    )


def exposure(largest_order_minor: int | None) -> pl.Expr:
    """What one use costs at most: `off_minor`, or `off_rate` of the largest order reckoned with."""
    largest = pl.lit(largest_order_minor, dtype=pl.Int64)
    return pl.coalesce("off_minor", (pl.col("off_rate") * largest).ceil().cast(pl.Int64))


def single_use(
    *,
    title: str,
    starts_at: dt.datetime,
    min_spend_minor: int | None,
    is_granted: bool,
) -> pl.Expr:
    """The payload of a coupon that one person may use once, until `ends_at` of the row.

    A granted coupon's terms say what it takes off; of a created one the action's value does.
    """

    def payload(row: dict[str, Any]) -> str:
        off = {name: row[name] for name in ("off_minor", "off_rate") if is_granted}
        return encode(
            CouponTerms(
                title=title,
                starts_at=starts_at,
                ends_at=row["ends_at"],
                usage_limit=1,
                min_spend_minor=min_spend_minor,
                **off,
            )
        )

    said = pl.struct("ends_at", "off_minor", "off_rate")
    return said.map_elements(payload, return_dtype=pl.String)


def money_text(amount_minor: int | None) -> pl.Expr:
    """The amount in the currency of the row, as people read it: "USD 12.30"."""
    if amount_minor is None:
        return pl.lit(None, dtype=pl.String)
    return pl.col("currency").map_elements(
        lambda currency: f"{currency} {format_minor(amount_minor, currency)}",
        return_dtype=pl.String,
    )


def _code(named: str) -> str:
    number = int.from_bytes(hashlib.sha256(named.encode()).digest(), "big")
    signs = []
    for _ in range(CODE_LENGTH):
        number, place = divmod(number, len(SIGNS))
        signs.append(SIGNS[place])
    return "".join(signs)
