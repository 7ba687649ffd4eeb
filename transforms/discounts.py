"""What usually comes off a price at the merchant's cost: as lines show, and by live codes."""

import datetime as dt
from typing import Final

import dataframely as dy
import polars as pl

from contracts.codes import CouponStatus, DiscountKind, LineKind
from contracts.tables import Coupon, OrderLine

_DAYS: Final = 28
_OWN_LINES: Final = 20
"""Lines from which a SKU's own share is used; of fewer the shop's mean."""
_USUAL: Final = 0.9
_MOST: Final = 0.95  # a floor is no longer finite where everything is given away


def usual_discounts(
    lines: dy.LazyFrame[OrderLine], coupons: dy.LazyFrame[Coupon], *, as_of: dt.datetime
) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Discount per SKU (`own_rate`), and per shop (`shop_rate`, `code_rate`).

    A SKU's is the share that nine of ten of its sale lines of 28 days stay within, where there are
    20 of them. A shop's is the mean share of all: a single line says little of what is usual.
    `code_rate` is what takes off most of the codes that hold now and that more than one may redeem;
    an amount is a share of the usual order. Personal codes have a budget of their own.
    """
    since = as_of - dt.timedelta(days=_DAYS)
    listed = pl.col("unit_price_minor") * pl.col("quantity_units")
    sold = lines.lazy().filter(
        (pl.col("placed_at") > since)
        & (pl.col("placed_at") <= as_of)
        & (pl.col("line_kind") == LineKind.SALE)
        & (listed > 0)
    )
    share = (pl.col("discount_minor") / listed).clip(0, _MOST)
    own = (
        sold.filter(pl.col("sku_id").is_not_null())
        .group_by("shop_id", "sku_id")
        .agg(own_rate=share.quantile(_USUAL, interpolation="lower"), lines=pl.len())
        .filter(pl.col("lines") >= _OWN_LINES)
        .drop("lines")
    )
    mean = (pl.col("discount_minor").sum() / listed.sum()).clip(0, _MOST)
    orders = sold.group_by("shop_id", "order_id").agg(order_minor=listed.sum())
    usual = orders.group_by("shop_id").agg(order_minor=pl.col("order_minor").median())
    shop = (
        sold.group_by("shop_id")
        .agg(shop_rate=mean)
        .join(usual, on="shop_id", how="full", coalesce=True)
        .join(_live(coupons.lazy(), as_of), on="shop_id", how="full", coalesce=True)
        .select(
            "shop_id",
            "shop_rate",
            code_rate=pl.max_horizontal(
                "code_rate", pl.col("code_minor") / pl.max_horizontal("order_minor", "code_minor")
            ).clip(0, _MOST),
        )
    )
    return own, shop


def _live(coupons: pl.LazyFrame, as_of: dt.datetime) -> pl.LazyFrame:
    """Codes that may be used. Redeemed beyond its limit is none: one of the counts is wrong."""
    left = pl.col("limit_units") - pl.col("redeemed_units").fill_null(0)
    is_open = (pl.col("starts_at") <= as_of) & (
        pl.col("ends_at").is_null() | (pl.col("ends_at") > as_of)
    )
    live = coupons.filter(
        is_open & (pl.col("coupon_status") == CouponStatus.ACTIVE),
        pl.col("limit_units").is_null() | ((pl.col("limit_units") > 1) & (left != 0)),
    )
    of_kind = pl.col("discount_kind")
    return live.group_by("shop_id").agg(
        code_rate=pl.col("discount_rate").filter(of_kind == DiscountKind.RATE).max(),
        code_minor=pl.col("discount_minor").filter(of_kind == DiscountKind.AMOUNT).max(),
    )
