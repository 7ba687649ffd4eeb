"""Whether each SKU code of a shop belongs to one listing."""

import datetime as dt

import polars as pl

from contracts.checks import CheckResult

CHECK = "shared_codes"
_SHOWN = 10


def single_codes(shop_id: str, shared: pl.LazyFrame, *, checked_at: dt.datetime) -> CheckResult:
    """Names the codes of several live listings; their prices and stock are left alone."""
    codes = shared.select("sku_id").collect()["sku_id"].sort().to_list()
    shown = ", ".join(codes[:_SHOWN]) + (", …" if len(codes) > _SHOWN else "")
    return CheckResult(
        shop_id=shop_id,
        table="listings",
        check=CHECK,
        passed=not codes,
        measured=f"{len(codes)} SKU codes on several listings{': ' if codes else ''}{shown}",
        limit="one live listing per SKU code; the others are left alone",
        checked_at=checked_at,
        is_blocking=False,
        rows=len(codes),
    )
