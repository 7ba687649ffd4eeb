"""Short Markdown tables for artifacts; text of platforms cannot become markup or a link."""

import re
from collections.abc import Iterable, Mapping, Sequence

from contracts.checks import CheckResult
from contracts.languages import Bilingual
from reports.daily import DailyReport, ReportedAction, count_actions, in_words, states_of
from reports.effects import ReportedEffect
from reports.figures import format_metric
from reports.formats import written
from reports.left_alone import ReportedHold, by_policy

SHOWN_ACTIONS = 50
SHOWN_DAYS = 14
# What could begin markup, a cell, HTML or an automatic link. Prefect's UI shows a character
# reference as it is written, but obeys a backslash.
_MARKUP = re.compile(r"[\\`*_{}\[\]<>#|~&!@^$:]|(?<=www)\.", re.IGNORECASE)


def escape(value: object) -> str:
    """Text in one line that is no markup."""
    line = " ".join(str(value).split())
    return _MARKUP.sub(lambda found: "\\" + found.group(), line)


def pulled_table(rows: Sequence[Mapping[str, object]]) -> str:
    """What was read, one row per mapping, its keys as columns."""
    if not rows:
        return "Nothing was due.\n"
    cells = ([_cell(value) for value in row.values()] for row in rows)
    return _table([name.replace("_", " ") for name in rows[0]], cells)


def left_table(left: Mapping[str, str]) -> str:
    """Actions that a person's answer did not change, by id, and why; nothing if there are none."""
    if not left:
        return ""
    cells = ([escape(action_id[:8]), escape(why)] for action_id, why in left.items())
    return "\n" + _table(["left as it is", "why"], cells)


def checks_table(results: Sequence[CheckResult]) -> str:
    """Checks, failed ones first, with measured value and limit."""
    if not results:
        return "Nothing was checked.\n"
    ordered = sorted(results, key=lambda one: (one.passed, one.shop_id, one.table, one.check))
    cells = (
        [
            "passed" if one.passed else "**failed**" if one.is_blocking else "warning",
            *map(escape, (one.shop_id, one.table, one.check, one.measured, one.limit)),
        ]
        for one in ordered
    )
    return _table(["result", "shop", "table", "check", "measured", "limit"], cells)


_NO_DAY = Bilingual("No day yet.\n", "尚无完整的一天。\n")
_SHOP, _DAY, _CURRENCY = (
    Bilingual("shop", "店铺"),
    Bilingual("day", "日期"),
    Bilingual("currency", "币种"),
)


def kpis_table(report: DailyReport) -> str:
    """The last 14 days of every shop, newest first, in the report's language."""
    language = report.language
    if report.days.is_empty():
        return _NO_DAY.in_(language)
    last = report.days.sort("day", descending=True).group_by("shop_id", maintain_order=True)
    days = last.head(SHOWN_DAYS).sort("shop_id", "day", descending=[False, True])
    cells = (
        [
            escape(row["shop_id"]),
            str(row["day"]),
            *(
                format_metric(one, row[one.name], row["currency"], language)
                for one in report.metrics
            ),
            escape(row["currency"]),
        ]
        for row in days.iter_rows(named=True)
    )
    titles = (one.title.in_(language) for one in report.metrics)
    heads = [_SHOP.in_(language), _DAY.in_(language), *titles, _CURRENCY.in_(language)]
    return _table(heads, cells)


def left_alone_table(holds: Sequence[ReportedHold]) -> str:
    """What each policy left alone and why, the most first; nothing if there is none."""
    if not holds:
        return ""
    cells = (
        [
            escape(policy if one is reasons[0] else ""),
            f"{one.targets:,}",
            f"{escape(one.phrase)}<br>{escape(one.phrase_zh)}",
            escape(", ".join(one.samples)),
        ]
        for policy, reasons in by_policy(holds)
        for one in reasons
    )
    return "\n" + _table(["policy", "left alone", "why", "for example"], cells)


def effects_list(effects: Sequence[ReportedEffect]) -> str:
    """What each policy earned, in both languages; nothing if none leaves some alone."""
    lines = [
        f"- {escape(one.policy)}, {escape(one.shop_id)}: {one.summary}<br>{one.summary_zh}\n"
        for one in effects
    ]
    return "\n" + "".join(lines) if lines else ""


def proposals_table(actions: Sequence[ReportedAction]) -> str:
    """Counts per policy and state, then the first 50 proposals with their reasons, and whole what
    all that wait for a person would say.
    """
    if not actions:
        return "Nothing was proposed.\n"
    states = states_of(count_actions([one.action for one in actions]))
    lines = [f"- {escape(policy)}: {in_words(found)}" for policy, found in states.items()]
    cells = ([*_proposal(one)] for one in actions[:SHOWN_ACTIONS])
    table = _table(["id", "policy", "SKU", "before", "after", "state", "why", "refused"], cells)
    hidden = len(actions) - SHOWN_ACTIONS
    more = [f"{hidden:,} more", ""] if hidden > 0 else []
    return "\n".join([*lines, "", table, *more, *filter(None, map(_text, actions))])


def _text(one: ReportedAction) -> str:
    """What an action would say, as it is: in a fence that nothing in it can close."""
    if not one.content:
        return ""
    parts = "\n".join(f"{name}: {text}" for name, text in one.content.items())
    longest = max((len(run) for run in re.findall("`+", parts)), default=0)
    fence = "`" * max(3, longest + 1)
    head = f"**{one.action.action_id[:8]}** {escape(one.action.policy)} would say"
    return f"{head}\n\n{fence}text\n{parts}\n{fence}\n"


def by_approval_list(sentences: Sequence[str]) -> str:
    """Policies that act by approval though they are set to `auto`, and why."""
    return "".join(f"- {escape(one)}\n" for one in sentences) + ("\n" if sentences else "")


def batch_list(lines: Sequence[str], *, stamp: str) -> str:
    """Count and totals of what a filter finds, and the stamp by which it is known again; the
    largest follow."""
    items = "".join(f"- {escape(line)}\n" for line in lines)
    return f"{items}\nstamp {stamp}\n\nThe largest:\n\n"


def undo_table(items: Sequence[Mapping[str, object]]) -> str:
    """What is taken back, one row per target; a conflict says why it is left alone.

    The target itself is not named: it may be a customer's order or code.
    """
    if not items:
        return "Nothing to undo.\n"
    names = ["shop_id", "action_id", "sku_id", "from", "to", "actions", "conflict", "note"]
    rows = ({**one, "action_id": str(one["action_id"])[:8]} for one in items)
    cells = (["" if one.get(name) is None else _cell(one[name]) for name in names] for one in rows)
    return _table([name.replace("_", " ") for name in names], cells)


def _proposal(one: ReportedAction) -> Iterable[str]:
    action = one.action
    refused = ": ".join(part for part in (action.guard, action.guard_reason) if part)
    yield action.action_id[:8]
    yield escape(action.policy)
    yield escape(action.sku_id or "")
    yield written(action, action.before_value)
    yield written(action, action.after_value)
    yield str(action.state)
    yield escape(one.sentence)
    yield escape(refused)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else escape(value)


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
