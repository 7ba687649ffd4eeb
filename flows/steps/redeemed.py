"""Redeemed: how often the codes of actions were used, which nothing takes back."""

from collections.abc import Sequence

import polars as pl

from contracts.actions import Action
from contracts.codes import GrantStatus
from contracts.personal import COMPARED
from flows.steps.home import Home
from flows.steps.shop import Shop


def redeemed_times(home: Home, shop: Shop, actions: Sequence[Action]) -> dict[str, int]:
    """How often each action's code was used, by the newest reading.

    Customers type codes in any case, and some platforms keep them in lower case.
    """
    vault = home.keys.vault
    known, grants = (
        vault.open_frame(home.scan(name, shop).collect(), name, only=COMPARED).lazy()
        for name in ("coupons", "coupon_grants")
    )
    known = known.select("coupon_code", "redeemed_units")
    granted = grants.filter(pl.col("coupon_code").is_not_null()).select(
        "coupon_code",
        redeemed_units=(pl.col("grant_status") == GrantStatus.REDEEMED).cast(pl.Int64),
    )
    code = pl.col("coupon_code").str.to_lowercase()
    most = pl.concat([known, granted]).group_by(code).agg(pl.col("redeemed_units").max())
    times: dict[str, int] = dict(most.drop_nulls().collect().iter_rows())
    targets = {action.target_id for action in actions}
    return {one: times[one.lower()] for one in targets if one.lower() in times}
