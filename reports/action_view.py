"""What the page shows of actions: each with its shop, title, reason and the command for it."""

from collections.abc import Iterator, Mapping, Sequence

from contracts.actions import ORDERING
from contracts.codes import ActionState
from contracts.languages import Bilingual
from reports import formats
from reports.daily import SHOWN_ACTIONS, DailyReport, ReportedAction
from reports.reasons import translate_reason
from reports.words import translate_guard

# What an operator asks first comes first.
_GROUPS: Sequence[tuple[Bilingual, tuple[ActionState, ...]]] = (
    (Bilingual("Needs a person", "需人工处理"), (ActionState.UNKNOWN, ActionState.FAILED)),
    (Bilingual("Waiting for approval", "待审批"), (ActionState.PROPOSED,)),
    (Bilingual("Confirmed", "已生效"), (ActionState.CONFIRMED,)),
    (
        Bilingual("On the way", "执行中"),
        (ActionState.APPROVED, ActionState.SENDING, ActionState.SENT),
    ),
    (Bilingual("Refused by a guard", "护栏拒绝"), (ActionState.REFUSED,)),
    (Bilingual("Only written down", "影子模式"), (ActionState.SHADOW,)),
    (
        Bilingual("Ended otherwise", "其他"),
        (
            ActionState.REVERTED,
            ActionState.REJECTED,
            ActionState.EXPIRED,
            ActionState.SUPERSEDED,
        ),
    ),
)


def groups(report: DailyReport) -> Iterator[Mapping[str, object]]:
    """Actions by what has become of them, with how many there are beside those shown."""
    for title, states in _GROUPS:
        total = sum(one.actions for one in report.counts if one.state in states)
        if not total:
            continue
        members = [one for one in report.actions if one.action.state in states][:SHOWN_ACTIONS]
        yield {
            "title": title.in_(report.language),
            "total": total,
            "hidden": total - len(members),
            "rows": [action_view(one, report) for one in members],
        }


def action_view(one: ReportedAction, report: DailyReport) -> Mapping[str, object]:
    """One action in the report's language."""
    action, language = one.action, report.language
    shop = next((shop for shop in report.shops if shop.shop_id == action.shop_id), None)
    why_not = [translate_guard(action.guard)] if action.guard else []
    why_not += [translate_reason(action.guard_reason)] if action.guard_reason else []
    currency = action.currency or (shop.currency if shop else "")
    return {
        "policy": action.policy,
        "shop": shop.name if shop else action.shop_id,
        "sku": action.sku_id or action.target_id,
        "title": one.title,
        "before": formats.written(action, action.before_value, language),
        "after": formats.with_unit(action, action.after_value, language),
        "observed": formats.written(action, action.observed_value, language),
        "is_moved": formats.is_valued(action)
        and action.policy != ORDERING
        and action.before_value not in (None, action.after_value),
        "stake": formats.money(abs(action.effect_minor), currency) if action.effect_minor else "",
        "sentence": one.sentence,
        "why_not": ("：" if language == "zh" else ": ").join(w.in_(language) for w in why_not),
        "message": translate_reason(action.message).in_(language) if action.message else "",
        "state": action.state,
        "command": f"shopkeeper actions approve {action.action_id[:12]}"
        if action.state is ActionState.PROPOSED
        else "",
        "at": formats.local(action.updated_at, report.time_zone),
    }
