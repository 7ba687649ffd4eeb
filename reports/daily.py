"""What a report of operations shows, on the page, on the screen, in a workbook and as artifacts."""

import datetime as dt
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from contracts.actions import Action
from contracts.checks import CheckResult
from contracts.codes import COUNTED_GUARDS, ActionState, WriteKind
from contracts.languages import Bilingual, Language
from contracts.metrics import Metric
from reports.effects import ReportedEffect
from reports.left_alone import ReportedHold
from reports.names import STATES
from reports.spans import Span, SpanKind

SHOWN_ACTIONS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedShop:
    """A shop as people know it."""

    shop_id: str
    name: str
    platform: str
    time_zone: str
    currency: str
    since: dt.date | None = None
    """First day with an order in the data; None: there is none."""
    span: Span
    """What the report is about, in the shop's own days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedStock:
    """Stock at risk of a shop, as `transforms.stock_risk` computes it."""

    shop_id: str
    skus: int
    sold_out: int
    missing_minor: int
    unknown: int


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

    Frames have `shop_id`: `spans` and `days` each of `metrics` with its gap, over what is reported
    and compared (grain: shop_id, against) and by day, oldest first, as `flows.steps.days` computes
    them; `trend` GMV by day with that of the year before; `movers` what moved GMV, as
    `transforms.explanation.gmv.waterfall` does; `risks` the goods that sell out too early, as
    `transforms.stock_risk.skus_at_risk` does, with their `title`; `unusual` what no such weekday
    usually has (grain: shop_id, day, metric; with change_rate); `cohorts` as
    `transforms.metrics.cohorts` has them; `ads` by `sku` over 28 days as
    `transforms.metrics.advertised.ads_by_sku` does, with `title`; `funnel` the visits that reached
    each step (grain: shop_id, path, step; with page_kind and sessions_units); `classes` products
    with product_class, visitors_units and conversion_rate; `campaign` the
    coupons and deposits of a campaign, as `transforms.campaigns.campaign_sums` does; `targets`
    those of the last day, as `transforms.metrics.goals.progress` has them, with currency; `ratings`
    the shop's scores over four weeks, as `transforms.metrics.scores.ratings` does. `quarantine`
    has the columns of `Quarantined`, open entries only. `counts` covers all actions of the span;
    `actions` may be a part of them.
    """

    shops: tuple[ReportedShop, ...]
    as_of: dt.datetime
    metrics: Sequence[Metric]
    """Those that are shown, in their order."""
    spans: pl.DataFrame
    days: pl.DataFrame
    trend: pl.DataFrame
    movers: pl.DataFrame
    unusual: pl.DataFrame
    risks: pl.DataFrame
    cohorts: pl.DataFrame
    ads: pl.DataFrame
    funnel: pl.DataFrame
    classes: pl.DataFrame
    campaign: pl.DataFrame
    targets: pl.DataFrame
    ratings: pl.DataFrame
    catalogue: Mapping[str, Metric]
    """Every metric that a target may be for, by name."""
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
    waiting: Mapping[str, int] = field(default_factory=dict)
    """How many actions wait for whom; empty: whoever types approves."""
    is_past: bool = False
    """Whether these days are long over, so that the data may know more than was known then."""
    links: Sequence[ReportLink] = ()
    by_approval: Sequence[Bilingual] = ()
    """Policies that act by approval though they are set to `auto`, and why, a sentence each."""
    blocked: Sequence[Bilingual] = ()
    """What was stopped while the rest went on, a sentence each."""
    stock: Sequence[ReportedStock] = ()
    language: Language = "en"

    @property
    def time_zone(self) -> str:
        """The zone in which instants are shown: the first shop's."""
        return self.shops[0].time_zone if self.shops else "UTC"

    @property
    def kind(self) -> SpanKind:
        """Whether it is about a day, a week or a campaign."""
        return self.shops[0].span.kind if self.shops else SpanKind.DAY

    def of(self, shop: ReportedShop, frame: pl.DataFrame) -> pl.DataFrame:
        """The rows of a shop."""
        return frame.filter(pl.col("shop_id") == shop.shop_id)


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


def over_policies(counts: Sequence[ActionCount]) -> dict[ActionState, int]:
    """Actions per state."""
    everything = [replace(one, policy="") for one in counts]
    return states_of(everything).get("", {})


def in_words(found: Mapping[ActionState, int], language: Language = "en") -> str:
    """States and their counts in one line: 60 confirmed, 13 proposed."""
    if language == "zh":
        return "、".join(f"{STATES[state].zh} {number:,}" for state, number in found.items())
    return ", ".join(f"{number:,} {STATES[state].en}" for state, number in found.items())


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
