"""The report of operations: one HTML page that opens anywhere, without script or network."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import polars as pl
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from contracts.codes import ActionState
from contracts.languages import Bilingual, Language
from reports import formats
from reports.action_view import action_view, groups
from reports.checked import translate_data
from reports.daily import (
    DailyReport,
    in_words,
    over_policies,
    reasons_of,
    refusals,
    states_of,
)
from reports.left_alone import by_policy
from reports.names import CHECKS, POLICIES, QUARANTINE, STATES, STREAMS, TABLES, named
from reports.shop_view import shop_view
from reports.spans import SpanKind
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


_WAITING = (ActionState.PROPOSED,)
_CALLED: Mapping[SpanKind, Bilingual] = {
    SpanKind.DAY: Bilingual("Operations report", "运营日报"),
    SpanKind.WEEK: Bilingual("Weekly report", "运营周报"),
    SpanKind.CAMPAIGN: Bilingual("Campaign {}", "活动 {}"),
}


def render(report: DailyReport) -> str:
    """The page. Text from platforms is escape; pictures are inline."""
    template = _environment(report.language).get_template("report.html.j2")
    proposed = [one for one in report.actions if one.action.state is ActionState.PROPOSED]
    return template.render(
        report=report,
        at=formats.local(report.as_of, report.time_zone),
        shops=[shop_view(report, shop) for shop in report.shops],
        failed=[one for one in report.checks if not one.passed and one.is_blocking],
        warned=[one for one in report.checks if not one.passed and not one.is_blocking],
        passed=sorted(
            (one for one in report.checks if one.passed), key=lambda one: (one.table, one.check)
        ),
        reasons=reasons_of(report.quarantine),
        documents=list(_documents(report.quarantine.head(SHOWN_DOCUMENTS))),
        states=states_of(report.counts),
        called=_CALLED[report.kind].in_(report.language).format(_name(report)),
        done=in_words(
            over_policies([one for one in report.counts if one.state not in _WAITING]),
            report.language,
        ),
        refusals=refusals(report.counts),
        first=[action_view(one, report) for one in proposed[:SHOWN_FIRST]],
        waiting=sum(one.actions for one in report.counts if one.state is ActionState.PROPOSED),
        groups=list(groups(report)),
        left_alone=list(by_policy(report.left_alone)),
    )


def _name(report: DailyReport) -> str:
    return report.shops[0].span.name if report.shops else ""


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


def _documents(quarantine: pl.DataFrame) -> Iterator[Mapping[str, object]]:
    for row in quarantine.iter_rows(named=True):
        yield {
            "table": row["table"],
            "document_id": row["document_id"],
            "reasons": json.loads(row["reasons"]),
        }
