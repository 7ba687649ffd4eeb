"""What coupons of every policy share: their codes, and what they take off at most."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import Any, Final

import polars as pl

from contracts.codes import CouponStatus
from contracts.economics import FACTS, Economics, floor_minor, off_grid, part_off
from contracts.payloads import CouponTerms, encode

# No vowels, so that no word comes about, and nothing that is read as another sign (0 O, 1 I, 6 G).
SIGNS: Final = "2345789CDFGHJKMNPQRTVWX"
CODE_LENGTH: Final = 10
"""4 × 10^13 codes: none is guessed, and those of 100,000 members are all different."""
MOST_NAMED: Final = 250
"""Goods that a code names at most: Shopify takes no longer list."""


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


def exposure(max_order_minor: int | None) -> pl.Expr:
    """What one use costs at most: `off_minor`, or `off_rate` of the largest order it holds for."""
    largest = pl.lit(max_order_minor, dtype=pl.Int64)
    return pl.coalesce("off_minor", (pl.col("off_rate") * largest).ceil().cast(pl.Int64))


def goods(
    terms: pl.LazyFrame,
    prices: pl.LazyFrame,
    stock: pl.LazyFrame,
    *,
    min_spend_minor: int | None,
    economics: Economics,
) -> pl.LazyFrame:
    """Which goods stand the coupon of their shop (`terms`: off_minor, off_rate). Grain: shop.

    `listing_ids` and `excluded_listing_ids` are null where all that have a cost do. Else what it
    may hold for are the best sellers that stand it and do not run out before the next receipt, and
    what it may leave out are those that do not stand it; null where they are too many to be named.
    `is_stood` says whether anything stands it.
    """
    arrival = (pl.col("next_inbound_date") - pl.col("observed_at").dt.date()).dt.total_days()
    receipt = pl.when(arrival >= 0).then(arrival.cast(pl.Float64)).otherwise("lead_time_days")
    off = part_off(
        pl.col("price_minor"),
        pl.col("off_rate"),
        pl.col("off_minor"),
        pl.lit(min_spend_minor, dtype=pl.Int64),
    )
    floor = floor_minor(pl.col("unit_cost_minor"), off_grid(economics), FACTS)
    runs_out = (pl.col("available_units") <= 0) | (pl.col("cover_days") < pl.col("receipt_days"))
    listing, stands, named = pl.col("listing_id"), pl.col("stands"), pl.col("is_named")
    return (
        prices.join(terms, on="shop_id")
        .join(
            stock.select("shop_id", "sku_id", receipt_days=receipt),
            on=["shop_id", "sku_id"],
            how="left",
        )
        .with_columns(stands=(pl.col("price_minor") * (1 - off)).floor() >= floor)
        .with_columns(is_named=stands & ~runs_out.fill_null(value=False))
        .sort("daily_units", "listing_id", descending=[True, False], nulls_last=True)
        .group_by("shop_id", maintain_order=True)
        .agg(
            listing_ids=listing.filter(named).head(MOST_NAMED),
            excluded_listing_ids=listing.filter(~stands).sort(),
            is_stood=~(~stands).any() | named.any(),
        )
        .with_columns(is_whole=pl.col("excluded_listing_ids").list.len() == 0)
        .select(
            "shop_id",
            "is_stood",
            "is_whole",
            listing_ids=pl.when(~pl.col("is_whole")).then("listing_ids"),
            excluded_listing_ids=pl.when(
                ~pl.col("is_whole") & (pl.col("excluded_listing_ids").list.len() <= MOST_NAMED)
            ).then("excluded_listing_ids"),
        )
    )


def single_use(
    *,
    title: str,
    starts_at: dt.datetime,
    min_spend_minor: int | None,
    max_order_minor: int | None,
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
                max_spend_minor=max_order_minor,
                **off,
                listing_ids=tuple(row["listing_ids"] or ()),
                excluded_listing_ids=tuple(row["excluded_listing_ids"] or ()),
            )
        )

    terms = pl.struct("ends_at", "off_minor", "off_rate", "listing_ids", "excluded_listing_ids")
    return terms.map_elements(payload, return_dtype=pl.String)


def _code(named: str) -> str:
    number = int.from_bytes(hashlib.sha256(named.encode()).digest(), "big")
    signs = []
    for _ in range(CODE_LENGTH):
        number, place = divmod(number, len(SIGNS))
        signs.append(SIGNS[place])
    return "".join(signs)
