"""Actions with their reason in one sentence."""

from collections.abc import Iterable, Mapping

import polars as pl

from actions.explain import explain_hold, sentence_of, without_identifiers
from actions.words import words
from contracts.actions import Action, LeftAlone
from contracts.codes import ActionState
from contracts.errors import ConfigurationError
from contracts.languages import Language
from contracts.personal import mask
from flows.steps.home import Home
from flows.steps.shop import Shop
from reports.daily import ReportedAction
from reports.left_alone import ReportedHold


def report_actions(
    actions: Iterable[Action],
    titles: Mapping[str, str] | None = None,
    language: Language = "en",
) -> list[ReportedAction]:
    """The actions as a report shows them; `titles` are by SKU."""
    known = titles or {}
    return [
        ReportedAction(
            action=action,
            sentence=sentence_of(action, language),
            title=known.get(action.sku_id or "", ""),
            content=_sentences(action),
        )
        for action in actions
    ]


def report_holds(counts: Iterable[LeftAlone]) -> list[ReportedHold]:
    """Why targets are left alone, in words; a reason without words is reported by its code."""
    return [
        ReportedHold(
            shop_id=one.shop_id,
            policy=one.policy,
            targets=one.targets,
            samples=one.samples,
            phrase=phrase_of(one.policy, one.reason, "en"),
            phrase_zh=phrase_of(one.policy, one.reason, "zh"),
        )
        for one in counts
    ]


def phrase_of(policy: str, reason: str, language: Language) -> str:
    """Why a policy leaves something alone; counts of an older release may have other reasons."""
    try:
        return explain_hold(policy, reason, language)
    except ConfigurationError:
        return reason.replace("_", " ")


def report_without_names(
    actions: Iterable[Action], language: Language = "en"
) -> list[ReportedAction]:
    """The same for Prefect, which keeps in the clear what it shows: it names nobody's order."""
    return report_actions(map(without_identifiers, actions), language=language)


def _sentences(action: Action) -> dict[str, str]:
    """What waits for a person's word is shown whole; of the rest the value is enough."""
    if action.state not in (ActionState.PROPOSED, ActionState.APPROVED):
        return {}
    try:
        return words(action)
    except (ConfigurationError, ValueError) as error:
        return {"not to be sent": str(error)}


def titles_of(home: Home, shop: Shop, skus: Iterable[str]) -> dict[str, str]:
    """Title per SKU, where the shop lists it."""
    listed = home.scan("listings", shop).filter(pl.col("sku_id").is_in(list(skus)))
    pairs = home.keys.vault.open_frame(listed.select("sku_id", "title").collect(), "listings")
    pairs = pairs.with_columns(mask(pl.col("title")))
    return dict(pairs.iter_rows())
