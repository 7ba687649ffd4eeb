"""The day's operations report: one HTML page that opens anywhere, without script or network."""

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import polars as pl
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from contracts.actions import Action
from contracts.checks import CheckResult
from contracts.codes import COUNTED_GUARDS, ActionState, WriteKind
from reports import charts, formats
from reports.effects import ReportedEffect
from reports.figures import ReportFigure, complete_days, explain_gmv, figures
from reports.left_alone import ReportedHold, by_policy

SHOWN_ACTIONS = 40
SHOWN_DOCUMENTS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedShop:
    """A shop as people know it."""

    shop_id: str
    name: str
    platform: str
    time_zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PulledStream:
    """What a run read of one stream."""

    shop_id: str
    stream: str
    pages: int
    new_pages: int
    rows: int
    loaded_rows: int
    quarantined: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedAction:
    """An action and its reason in one sentence of plain text."""

    action: Action
    sentence: str
    title: str = ""
    """What the customer reads on the article; text of the platform."""
    content: Mapping[str, str] = field(default_factory=dict)
    """What it would say beside its value, whole, by name of its part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionCount:
    """How many actions of a policy ended in a state, and by which guard if one refused them."""

    policy: str
    state: ActionState
    guard: str | None
    actions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportLink:
    """Where to look further."""

    label: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyReport:
    """All that a report shows.

    `kpis` has the columns of `KpisDaily`, of which the last 90 complete days are shown;
    `quarantine` those of `Quarantined`, open entries only, `shop_id` beside them where known.
    `counts` covers all actions of the run; `actions` may be a part of them.
    """

    shops: tuple[ReportedShop, ...]
    as_of: dt.datetime
    kpis: pl.DataFrame
    pulled: Sequence[PulledStream]
    checks: Sequence[CheckResult]
    quarantine: pl.DataFrame
    actions: Sequence[ReportedAction]
    counts: Sequence[ActionCount]
    left_alone: Sequence[ReportedHold] = ()
    """What each policy's last decision left alone."""
    effects: Sequence[ReportedEffect] = ()
    """What each policy that leaves some alone earned."""
    moves: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Prices that go up, and down, by policy."""
    changes: pl.DataFrame | None = None
    """What moved GMV, by `transforms.kpis.kpi_changes`; not shown where missing."""
    links: Sequence[ReportLink] = ()
    by_approval: Sequence[str] = ()
    """Policies that act by approval though they are set to `auto`, and why, a sentence each."""
    blocked: Sequence[str] = ()
    """What was stopped while the rest went on, a sentence each."""

    @property
    def time_zone(self) -> str:
        """The zone in which instants are shown: the first shop's."""
        return self.shops[0].time_zone if self.shops else "UTC"


def count_actions(actions: Sequence[Action]) -> list[ActionCount]:
    """Actions per policy, state and guard."""
    found = Counter((one.policy, one.state, one.guard) for one in actions)
    return [
        ActionCount(policy=policy, state=state, guard=guard, actions=number)
        for (policy, state, guard), number in found.items()
    ]


_NOT_TO_BE = (ActionState.REFUSED, ActionState.REJECTED, ActionState.EXPIRED)


def moves_of(actions: Sequence[Action]) -> dict[str, tuple[int, int]]:
    """How many prices each policy moves, or would move, up and down."""
    ways: dict[str, Counter[bool]] = {}
    for one in actions:
        is_price = one.write_kind is WriteKind.SET_PRICE and one.undoes is None
        if is_price and one.before_value is not None and one.state not in _NOT_TO_BE:
            ways.setdefault(one.policy, Counter())[one.after_value > one.before_value] += 1
    return {policy: (found[True], found[False]) for policy, found in ways.items()}


def states_of(counts: Sequence[ActionCount]) -> dict[str, dict[ActionState, int]]:
    """Actions per policy and state, states in the order of an action's life."""
    table: dict[str, Counter[ActionState]] = {}
    for one in counts:
        table.setdefault(one.policy, Counter())[one.state] += one.actions
    return {
        policy: {state: found[state] for state in ActionState if found[state]}
        for policy, found in sorted(table.items())
    }


def _over_policies(counts: Sequence[ActionCount]) -> dict[ActionState, int]:
    everything = [replace(one, policy="") for one in counts]
    return states_of(everything).get("", {})


def in_words(found: Mapping[ActionState, int]) -> str:
    """States and their counts in one line: 60 confirmed, 13 proposed."""
    return ", ".join(f"{number:,} {state}" for state, number in found.items())


def refusals(counts: Sequence[ActionCount]) -> list[tuple[str, int]]:
    """Refused actions per guard, the most first; what is only counted is not among them."""
    found: Counter[str] = Counter()
    for one in counts:
        if one.state is ActionState.REFUSED and one.guard not in COUNTED_GUARDS:
            found[one.guard or "unnamed"] += one.actions
    return found.most_common()


def reasons_of(quarantine: pl.DataFrame) -> list[tuple[str, int]]:
    """Documents per reason, the most first; a document with two reasons counts for both."""
    found: Counter[str] = Counter()
    for text in quarantine["reasons"]:
        found.update({str(entry["reason"]) for entry in json.loads(text)})
    return found.most_common()


def render(report: DailyReport) -> str:
    """The page. Text from platforms is escaped; pictures are inline."""
    template = _environment().get_template("daily.html.j2")
    return template.render(
        report=report,
        at=formats.local(report.as_of, report.time_zone),
        shops=[_shop_view(report, shop) for shop in report.shops],
        checks=sorted(report.checks, key=lambda one: (one.passed, one.table, one.check)),
        failed=sum(not one.passed and one.is_blocking for one in report.checks),
        warned=sum(not one.passed and not one.is_blocking for one in report.checks),
        reasons=reasons_of(report.quarantine),
        documents=list(_documents(report.quarantine.head(SHOWN_DOCUMENTS))),
        states=states_of(report.counts),
        done=in_words(_over_policies(report.counts)),
        refusals=refusals(report.counts),
        groups=list(_groups(report)),
        left_alone=list(by_policy(report.left_alone)),
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"count": formats.count, "words": lambda code: code.replace("_", " ")}
    return environment


def _shop_view(report: DailyReport, shop: ReportedShop) -> Mapping[str, object]:
    own = report.kpis.filter(pl.col("shop_id") == shop.shop_id)
    days = complete_days(own, report.as_of, shop.time_zone)
    if days.is_empty():
        return {"shop": shop, "day": None}
    return {
        "shop": shop,
        "day": f"{days['kpi_date'][-1]:%A, %-d %B %Y}",
        "currency": days["currency"][-1],
        "is_complete": days["is_complete"][-1],
        "span": f"{days['kpi_date'][0]:%-d %b} – {days['kpi_date'][-1]:%-d %b %Y}",
        "moved": _gmv_sentence(report, shop, days["kpi_date"][-1]),
        "figures": [(figure, _drawn(figure)) for figure in figures(days)],
        # Vega builds these from numbers and our own labels; nothing of a platform is inside.
        "gmv": Markup(charts.gmv(days)),  # noqa: S704
        "buyers": Markup(charts.buyers(days)),  # noqa: S704
    }


def _gmv_sentence(report: DailyReport, shop: ReportedShop, day: dt.date) -> str | None:
    if report.changes is None:
        return None
    own = (pl.col("shop_id") == shop.shop_id) & (pl.col("kpi_date") == day)
    found = report.changes.filter(own)
    return explain_gmv(found.row(0, named=True)) if found.height else None


def _drawn(figure: ReportFigure) -> Markup:
    return Markup(charts.spark(figure.trend))  # noqa: S704  drawn by us from numbers


def _documents(quarantine: pl.DataFrame) -> Iterator[Mapping[str, object]]:
    for row in quarantine.iter_rows(named=True):
        yield {
            "table": row["table"],
            "document_id": row["document_id"],
            "reasons": json.loads(row["reasons"]),
        }


# What an operator asks first comes first.
_GROUPS = (
    ("Needs a person", "需人工处理", (ActionState.UNKNOWN, ActionState.FAILED)),
    ("Waiting for approval", "待审批", (ActionState.PROPOSED,)),
    ("Confirmed", "已生效", (ActionState.CONFIRMED,)),
    (
        "On the way",
        "执行中",
        (ActionState.APPROVED, ActionState.SENDING, ActionState.SENT),
    ),
    ("Refused by a guard", "护栏拒绝", (ActionState.REFUSED,)),
    ("Only written down", "影子模式", (ActionState.SHADOW,)),
    (
        "Ended otherwise",
        "其他",
        (
            ActionState.REVERTED,
            ActionState.REJECTED,
            ActionState.EXPIRED,
            ActionState.SUPERSEDED,
        ),
    ),
)


def _groups(report: DailyReport) -> Iterator[Mapping[str, object]]:
    for title, title_zh, states in _GROUPS:
        total = sum(one.actions for one in report.counts if one.state in states)
        if not total:
            continue
        members = [one for one in report.actions if one.action.state in states][:SHOWN_ACTIONS]
        yield {
            "title": title,
            "title_zh": title_zh,
            "total": total,
            "hidden": total - len(members),
            "rows": [_action_view(one, report.time_zone) for one in members],
        }


def _action_view(one: ReportedAction, time_zone: str) -> Mapping[str, object]:
    action = one.action
    why_not = ": ".join(part for part in (action.guard, action.guard_reason) if part)
    is_moved = action.before_value is not None and action.before_value != action.after_value
    return {
        "policy": action.policy,
        "sku": action.sku_id or action.target_id,
        "title": one.title,
        "target": action.target_id,
        "state": action.state,
        "before": formats.written(action, action.before_value),
        "after": formats.with_unit(action, action.after_value),
        "is_moved": is_moved and formats.is_valued(action),
        "observed": formats.written(action, action.observed_value),
        "sentence": one.sentence,
        "why_not": why_not,
        "message": action.message,
        "at": formats.local(action.updated_at, time_zone),
    }
