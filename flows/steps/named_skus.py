"""SKUs that settings name and no listing has: those settings would apply to nothing.

Told by `check` and `doctor`, not when the home is opened: which SKUs there are is data, and a
product that a shop has not reported yet must keep nobody from opening a home or stopping it.
"""

import polars as pl

from contracts.checks import CheckResult
from contracts.codes import PolicyMode
from contracts.markers import named_skus
from contracts.names import nearest
from flows.steps.home import Home
from flows.steps.shop import Shop

CHECK = "named_skus"
_MOST_TOLD = 5


def unknown_skus(home: Home, shop: Shop) -> list[str]:
    """A sentence for each SKU that is named for a shop and that no listing ever had."""
    named = {
        f"shopkeeper.toml, campaign {campaign.name!r}": (
            named_skus(campaign),
            [other for other in home.shops.values() if campaign.concerns(other.id)],
        )
        for campaign in home.settings.campaigns
        if campaign.concerns(shop.id)
    }
    named[f"shops/{shop.id}.toml, [confirmed]"] = named_skus(shop.settings.confirmed), [shop]
    for name in home.policies_of(shop, None):
        skus = named_skus(home.policy(shop, name).params)
        others = [
            other
            for other in home.shops.values()
            if home.policies[name].settings.mode_of(other.id) is not PolicyMode.OFF
        ]
        named[f"policies/{name}.toml"] = skus, others
    return [
        f"{where}: no SKU is named {sku!r}{nearest(sku, known)}"
        for where, (skus, shops) in named.items()
        if skus
        for known in [_known_skus(home, shops)]
        for sku in skus
        if sku not in known
    ]


def _known_skus(home: Home, shops: list[Shop]) -> set[str]:
    frames = [home.scan("listings", shop).select("sku_id") for shop in shops]
    return set(pl.concat(frames).drop_nulls().unique().collect()["sku_id"])


def named_skus_exist(home: Home, shop: Shop) -> list[CheckResult]:
    """Whether all SKUs exist that settings name for a shop; reported once some are named."""
    has_data = bool(home.readings.newest(shop.id, with_backfills=True))
    if not has_data or "listings" not in home.readings.versions():
        return []
    unknown = unknown_skus(home, shop)
    has_failed = any(
        one.check == CHECK and not one.passed for one in home.checks.latest(shop_id=shop.id)
    )
    if not unknown and not has_failed:
        return []
    more = f"; and {len(unknown) - _MOST_TOLD} more" if len(unknown) > _MOST_TOLD else ""
    return [
        CheckResult(
            shop_id=shop.id,
            table="listings",
            check=CHECK,
            passed=not unknown,
            measured="; ".join(unknown[:_MOST_TOLD]) + more or "every SKU named exists",
            limit="every SKU that settings name exists",
            checked_at=home.data_as_of(shop),
        )
    ]
