"""Short Markdown tables for artifacts; text of platforms cannot become markup or a link."""

import re
from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from contracts.checks import CheckResult
from reports.daily import ReportedAction, counted, in_words, states_of
from reports.figures import MEASURES, shown
from reports.formats import written

SHOWN_ACTIONS = 50
SHOWN_DAYS = 14
# What could begin markup, a cell, HTML or an automatic link. Prefect's UI shows a character
# reference as it is written, but obeys a backslash.
_MARKUP = re.compile(r"[\\`*_{}\[\]<>#|~&!@^$:]|(?<=www)\.", re.IGNORECASE)


def escaped(value: object) -> str:
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
    cells = ([escaped(action_id[:8]), escaped(why)] for action_id, why in left.items())
    return "\n" + _table(["left as it is", "why"], cells)


def checks_table(results: Sequence[CheckResult]) -> str:
    """Checks, failed ones first, with measured value and limit."""
    if not results:
        return "Nothing was checked.\n"
    ordered = sorted(results, key=lambda one: (one.passed, one.shop_id, one.table, one.check))
    cells = (
        [
            "passed" if one.passed else "**failed**" if one.is_blocking else "warning",
            *map(escaped, (one.shop_id, one.table, one.check, one.measured, one.limit)),
        ]
        for one in ordered
    )
    return _table(["result", "shop", "table", "check", "measured", "limit"], cells)


def kpis_table(kpis: pl.DataFrame) -> str:
    """The last 14 days of every shop, newest first; columns as in `KpisDaily`."""
    if kpis.is_empty():
        return "No day yet.\n"
    last = kpis.sort("kpi_date", descending=True).group_by("shop_id", maintain_order=True)
    days = last.head(SHOWN_DAYS).sort("shop_id", "kpi_date", descending=[False, True])
    cells = (
        [
            escaped(row["shop_id"]),
            str(row["kpi_date"]),
            *(shown(one, row[one.column], row["currency"]) for one in MEASURES),
            escaped(row["currency"]),
        ]
        for row in days.iter_rows(named=True)
    )
    return _table(["shop", "day", *(one.label for one in MEASURES), "currency"], cells)


def proposals_table(actions: Sequence[ReportedAction]) -> str:
    """Counts per policy and state, then the first 50 proposals with their reasons."""
    if not actions:
        return "Nothing was proposed.\n"
    states = states_of(counted([one.action for one in actions]))
    lines = [f"- {escaped(policy)}: {in_words(found)}" for policy, found in states.items()]
    cells = ([*_proposal(one)] for one in actions[:SHOWN_ACTIONS])
    table = _table(["id", "policy", "SKU", "before", "after", "state", "why", "refused"], cells)
    hidden = len(actions) - SHOWN_ACTIONS
    return "\n".join([*lines, "", table, *([f"{hidden:,} more"] if hidden > 0 else [])])


def undo_table(items: Sequence[Mapping[str, object]]) -> str:
    """What is taken back, one row per target; a conflict says why it is left alone."""
    if not items:
        return "Nothing to undo.\n"
    names = ["shop_id", "target_id", "sku_id", "from", "to", "actions", "conflict", "note"]
    cells = (["" if one.get(name) is None else _cell(one[name]) for name in names] for one in items)
    return _table([name.replace("_", " ") for name in names], cells)


def _proposal(one: ReportedAction) -> Iterable[str]:
    action = one.action
    refused = ": ".join(part for part in (action.guard, action.guard_reason) if part)
    yield action.action_id[:8]
    yield escaped(action.policy)
    yield escaped(action.sku_id or action.target_id)
    yield written(action, action.before_value)
    yield written(action, action.after_value)
    yield str(action.state)
    yield escaped(one.sentence)
    yield escaped(refused)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else escaped(value)


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
