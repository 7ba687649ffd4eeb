"""The day's operations report: one HTML page that opens anywhere, without script or network."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import polars as pl
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from contracts.codes import ActionState
from contracts.languages import Bilingual, Language
from reports import charts, formats
from reports.checked import translate_data
from reports.daily import (
    SHOWN_ACTIONS,
    DailyReport,
    ReportedAction,
    ReportedShop,
    in_words,
    over_policies,
    reasons_of,
    refusals,
    states_of,
)
from reports.figures import explain_gmv, figures, gap_of
from reports.left_alone import by_policy
from reports.names import CHECKS, POLICIES, QUARANTINE, STATES, STREAMS, TABLES, named
from reports.reasons import translate_reason
from reports.words import translate_guard

SHOWN_DOCUMENTS = 40
SHOWN_FIRST = 5
"""Actions that wait and are shown before all else."""
_NAMES: Mapping[str, Mapping[str, Bilingual]] = {
    "state": STATES,
    "policy": POLICIES,
    "table": TABLES,
    "stream": STREAMS,
    "check": CHECKS,
    "quarantine": QUARANTINE,
}


def render(report: DailyReport) -> str:
    """The page. Text from platforms is escape; pictures are inline."""
    template = _environment(report.language).get_template("daily.html.j2")
    proposed = [one for one in report.actions if one.action.state is ActionState.PROPOSED]
    return template.render(
        report=report,
        at=formats.local(report.as_of, report.time_zone),
        shops=[_shop_view(report, shop) for shop in report.shops],
        failed=[one for one in report.checks if not one.passed and one.is_blocking],
        warned=[one for one in report.checks if not one.passed and not one.is_blocking],
        passed=sorted(
            (one for one in report.checks if one.passed), key=lambda one: (one.table, one.check)
        ),
        reasons=reasons_of(report.quarantine),
        documents=list(_documents(report.quarantine.head(SHOWN_DOCUMENTS))),
        states=states_of(report.counts),
        done=in_words(over_policies(report.counts), report.language),
        refusals=refusals(report.counts),
        first=[_action_view(one, report) for one in proposed[:SHOWN_FIRST]],
        waiting=sum(one.actions for one in report.counts if one.state is ActionState.PROPOSED),
        groups=list(_groups(report)),
        left_alone=list(by_policy(report.left_alone)),
    )


@cache
def _environment(language: Language) -> Environment:
    """Templates of a page in one language: `t` says a sentence, the filters name codes."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def t(en: str, zh: str, **values: object) -> str:
        return Bilingual(en, zh).in_(language).format(**values)

    def name(code: str, of: str) -> str:
        return named(_NAMES[of], str(code)).in_(language)

    environment.globals |= {"t": t, "zh": language == "zh"}
    environment.filters |= {
        "count": formats.count,
        "name": name,
        "guard": lambda guard: translate_guard(guard).in_(language),
        "in_language": lambda text: text.in_(language),
        "data": lambda text: translate_data(text).in_(language),
    }
    return environment


def _shop_view(report: DailyReport, shop: ReportedShop) -> Mapping[str, object]:
    days, language = report.days_of(shop), report.language
    if days.is_empty():
        return {"shop": shop, "day": None}
    last = days.row(-1, named=True)
    currency = last["currency"]
    shown = list(figures(days, report.metrics, language, since=shop.since))
    span = [formats.short_day(days["day"][place], language) for place in (0, -1)]
    return {
        "shop": shop,
        "day": formats.day(last["day"], language),
        "currency": currency,
        "is_complete": last["is_complete"],
        "is_empty": not last["orders"],
        "span": " – ".join(span),
        "moved": explain_gmv(report.change_of(shop, last["day"]), currency, language),
        "gmv_value": formats.metric_value(shown[0].metric.unit, last["gmv"], currency, language),
        "headline": shown[0],
        "gaps": [
            (one.metric.title.in_(language), gap_of(one.metric, last).in_(language))
            for one in shown
            if last[one.metric.name] is None
        ],
        # Vega builds these from numbers and our own labels; nothing of a platform is inside.
        "figures": [(one, Markup(charts.spark(one.trend))) for one in shown],  # noqa: S704
        "stock": next((one for one in report.stock if one.shop_id == shop.shop_id), None),
        "money": lambda minor: formats.money(minor, currency),
        "gmv": Markup(charts.gmv(days, language)),  # noqa: S704
        "buyers": Markup(charts.buyers(days, language)),  # noqa: S704
    }


def _documents(quarantine: pl.DataFrame) -> Iterator[Mapping[str, object]]:
    for row in quarantine.iter_rows(named=True):
        yield {
            "table": row["table"],
            "document_id": row["document_id"],
            "reasons": json.loads(row["reasons"]),
        }


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


def _groups(report: DailyReport) -> Iterator[Mapping[str, object]]:
    for title, states in _GROUPS:
        total = sum(one.actions for one in report.counts if one.state in states)
        if not total:
            continue
        members = [one for one in report.actions if one.action.state in states][:SHOWN_ACTIONS]
        yield {
            "title": title.in_(report.language),
            "total": total,
            "hidden": total - len(members),
            "rows": [_action_view(one, report) for one in members],
        }


def _action_view(one: ReportedAction, report: DailyReport) -> Mapping[str, object]:
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
