"""Whether a newer cost waits for a person: it jumps, and is not used until it is confirmed."""

import datetime as dt

import polars as pl

from contracts.checks import CheckResult
from contracts.money import format_amount

CHECK = "cost_jumps"
_SHOWN = 5


def confirmed_costs(
    shop_id: str,
    costs: pl.LazyFrame,
    *,
    currency: str,
    max_jump_rate: float,
    max_fall_rate: float,
    checked_at: dt.datetime,
) -> CheckResult:
    """Names the costs that are not used, with those in use, and where a person confirms them."""
    waiting = (
        costs.filter(pl.col("unconfirmed_cost_minor").is_not_null())
        .select("sku_id", "unconfirmed_cost_minor", "unit_cost_minor")
        .sort("sku_id")
        .collect()
    )
    costs_shown = [
        f"{sku} {format_amount(newer, currency)} after {format_amount(used, currency)}"
        for sku, newer, used in waiting.head(_SHOWN).iter_rows()
    ]
    more = [f"and {waiting.height - _SHOWN} more"] if waiting.height > _SHOWN else []
    shown = f": {'; '.join([*costs_shown, *more])}" if costs_shown else ""
    return CheckResult(
        shop_id=shop_id,
        table="costs",
        check=CHECK,
        passed=waiting.is_empty(),
        measured=f"{waiting.height} newer costs are not used{shown}",
        limit=f"at most {max_jump_rate:.0%} above or {max_fall_rate:.0%} below the cost before it,"
        f" or confirmed under [confirmed] in shops/{shop_id}.toml",
        checked_at=checked_at,
        is_blocking=False,
        rows=waiting.height,
    )
