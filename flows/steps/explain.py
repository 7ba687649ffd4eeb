"""Actions with their reason in one sentence."""

from collections.abc import Iterable, Mapping

import polars as pl

from actions.explain import explain
from contracts.actions import Action
from contracts.personal import masked
from flows.steps.home import Home, Shop
from reports.daily import ReportedAction


def explained(
    actions: Iterable[Action], titles: Mapping[str, str] | None = None
) -> list[ReportedAction]:
    """The actions as a report shows them; `titles` are by SKU."""
    known = titles or {}
    return [
        ReportedAction(
            action=action, sentence=explain(action, "en"), title=known.get(action.sku_id or "", "")
        )
        for action in actions
    ]


def titles_of(home: Home, shop: Shop, actions: Iterable[Action]) -> dict[str, str]:
    """Title per SKU of the actions, where the shop lists it."""
    skus = list({action.sku_id for action in actions if action.sku_id is not None})
    listed = home.scan("listings", shop).filter(pl.col("sku_id").is_in(skus))
    pairs = home.keys.vault.open_frame(listed.select("sku_id", "title").collect(), "listings")
    pairs = pairs.with_columns(masked(pl.col("title")))
    return dict(pairs.iter_rows())
