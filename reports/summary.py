"""The run on one terminal screen: what was read, how the shop does, what was done."""

from collections.abc import Iterator, Sequence

import polars as pl
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from contracts.codes import ActionState
from reports import formats
from reports.daily import DailyReport, reasons_of, refusals, states_of
from reports.figures import complete_days, figures
from reports.left_alone import because, by_policy

# The screen is 45 lines of 100 columns; shops beyond this are in the report.
_SHOWN_SHOPS = 2
_SHOWN_STREAMS = 12
_SHOWN_BLOCKED = 5
_TONES = {"good": "green", "bad": "red", "steady": "dim"}


def screen(report: DailyReport, *, next_steps: Sequence[tuple[str, str]] = ()) -> RenderableType:
    """At most 100 columns by 45 lines. `next_steps` are pairs of what and where: the report's
    path, how to open the UI, what to type next."""
    parts = [
        _pulled_table(report),
        *_figures(report),
        _actions(report),
        _because(report),
        _blocked_lines(report),
        _checks(report),
        _steps(next_steps),
    ]
    return Group(*(Padding(part, (0, 0, 1, 0)) for part in parts if part is not None))


def _table(title: str, columns: Sequence[str], *, left: int) -> Table:
    table = Table(box=None, title=title, title_justify="left", title_style="bold", pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(
            column,
            justify="left" if number < left else "right",
            header_style="dim",
            no_wrap=True,
            overflow="ellipsis",
        )
    return table


def _pulled_table(report: DailyReport) -> RenderableType:
    columns = ["shop", "stream", "pages", "new pages", "rows", "loaded", "quarantined", "seconds"]
    table = _table("Read from the platforms", columns, left=2)
    largest = sorted(report.pulled, key=lambda one: one.rows, reverse=True)
    for one in largest[:_SHOWN_STREAMS]:
        table.add_row(
            Text(one.shop_id),
            Text(one.stream),
            *map(formats.count, (one.pages, one.new_pages, one.rows, one.loaded_rows)),
            Text(formats.count(one.quarantined), style="yellow" if one.quarantined else ""),
            f"{one.seconds:.1f}",
        )
    rest = largest[_SHOWN_STREAMS:]
    if rest:
        sums = [
            sum(getattr(one, name) for one in rest)
            for name in ("pages", "new_pages", "rows", "loaded_rows", "quarantined")
        ]
        table.add_row("", f"{len(rest)} smaller", *map(formats.count, sums))
    return table


def _figures(report: DailyReport) -> Iterator[RenderableType]:
    for shop in report.shops[:_SHOWN_SHOPS]:
        own = report.kpis.filter(pl.col("shop_id") == shop.shop_id)
        days = complete_days(own, report.as_of, shop.time_zone)
        if days.is_empty():
            continue
        shown = list(figures(days))
        day, currency = days["kpi_date"][-1], days["currency"][-1]
        title = f"{shop.name} on {day:%a %-d %b %Y}, {currency}, against a week before"
        table = _table(title, [one.measure.label for one in shown], left=0)
        table.add_row(*(one.value for one in shown))
        table.add_row(*(Text(_short(one.change), style=_TONES[one.tone]) for one in shown))
        yield table


def _short(change: str) -> str:
    return change if change[0] in "+-" else formats.ABSENT


def _actions(report: DailyReport) -> RenderableType:
    states = states_of(report.counts)
    if not states:
        return Text("Actions: nothing was proposed")
    columns = [state for state in ActionState if any(state in found for found in states.values())]
    table = _table("Actions", ["policy", *map(str, columns)], left=1)
    for policy, found in states.items():
        table.add_row(Text(policy), *(formats.count(found.get(state, 0)) for state in columns))
    refused = ", ".join(f"{guard} {number:,}" for guard, number in refusals(report.counts)[:6])
    return Group(table, Text(f"Refused by: {refused}", style="dim")) if refused else table


def _because(report: DailyReport) -> RenderableType | None:
    """Of each policy what it moved, what it left alone and why."""
    reasons = dict(by_policy(report.left_alone))
    lines = []
    for policy in sorted({*reasons, *report.moves}):
        up, down = report.moves.get(policy, (0, 0))
        ways = [f"{up:,} up, {down:,} down"] if up or down else []
        why = [because(reasons[policy])] if policy in reasons else []
        lines.append(Text(f"{policy}: {'; '.join([*ways, *why])}"))
    return Group(*lines) if lines else None


def _blocked_lines(report: DailyReport) -> RenderableType | None:
    """What was stopped while the rest went on, the first of it in whole sentences."""
    if not report.blocked:
        return None
    shown = [Text(sentence, style="red") for sentence in report.blocked[:_SHOWN_BLOCKED]]
    more = len(report.blocked) - len(shown)
    rest = [Text(f"and {more:,} more: see the report")] if more else []
    return Group(Text(f"Stopped: {len(report.blocked):,}", style="red bold"), *shown, *rest)


def _checks(report: DailyReport) -> RenderableType:
    failed = [one for one in report.checks if not one.passed]
    if failed:
        first = failed[0]
        text = f"{len(failed)} of {len(report.checks)} failed, {first.table} {first.check}: "
        checks = Text(f"Checks: {text}{first.measured}, limit {first.limit}", style="red")
    else:
        checks = Text(f"Checks: all {len(report.checks)} passed", style="green")
    reasons = ", ".join(
        f"{reason.replace('_', ' ')} {number:,}"
        for reason, number in reasons_of(report.quarantine)[:5]
    )
    quarantined = f"Quarantine: {report.quarantine.height:,} documents"
    return Group(checks, Text(f"{quarantined} ({reasons})" if reasons else quarantined))


def _steps(next_steps: Sequence[tuple[str, str]]) -> RenderableType | None:
    if not next_steps:
        return None
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for what, where in next_steps:
        table.add_row(what, Text(where))
    return table
