"""The run on one terminal screen: what was read, how the shop does, what was done."""

from collections.abc import Iterator, Sequence

from rich.console import Group, JustifyMethod, RenderableType
from rich.table import Table

from contracts.codes import ActionState
from contracts.languages import Bilingual
from reports import formats
from reports.checked import translate_data
from reports.daily import DailyReport, reasons_of, refusals, states_of
from reports.figures import ReportFigure, figures
from reports.left_alone import because, by_policy
from reports.names import CHECKS, QUARANTINE, STATES, STREAMS, TABLES, named, typed
from reports.spans import Against
from reports.terminal import Prose, whole
from reports.words import translate_guard

# The screen is 45 lines of 100 columns; shops beyond this are in the report.
_SHOWN_SHOPS = 2
_SHOWN_STREAMS = 12
_SHOWN_BLOCKED = 5
_SHOWN_FIGURES = 9
_TONES = {"good": "green", "bad": "red", "steady": "dim"}

REPORT, HELD = Bilingual("Report", "日报"), Bilingual("Held", "暂停")
BY_APPROVAL, ALERTS = Bilingual("By approval", "需人工批准"), Bilingual("Alerts", "提醒")
"""What a run may have to add below."""


def screen(report: DailyReport, *, next_steps: Sequence[tuple[str, str]] = ()) -> RenderableType:
    """At most 45 lines, of 100 columns unless figures take more.

    `next_steps` are pairs of what and where: the report's path, how to open the UI, what to type.
    """
    parts = [
        _pulled_table(report),
        *_figures(report),
        _actions(report),
        _because(report),
        _blocked_lines(report),
        _checks(report),
        _steps(next_steps),
    ]
    return Group(*(one for part in parts if part is not None for one in (part, Prose())))


def _table(title: str, columns: Sequence[str], *, left: int) -> Table:
    table = Table(box=None, title=title, title_justify="left", title_style="bold", pad_edge=False)
    for number, column in enumerate(columns):
        justify: JustifyMethod = "left" if number < left else "right"
        table.add_column(column, justify=justify, header_style="dim")
    return table


_READ = Bilingual("Read from the platforms", "数据读取")
_READ_COLUMNS = (
    Bilingual("shop", "店铺"),
    Bilingual("stream", "数据流"),
    Bilingual("pages", "页数"),
    Bilingual("new pages", "新页"),
    Bilingual("rows", "行数"),
    Bilingual("loaded", "入库"),
    Bilingual("quarantined", "隔离"),
    Bilingual("seconds", "秒"),
)
_SMALLER = Bilingual("{} smaller", "其余 {} 个")
_FIGURES = Bilingual("{} on {}, {}, against a week before", "{}，{}，{}，与上周同日相比")
_NO_ACTIONS = Bilingual("Actions: nothing was proposed", "动作：没有提出动作")
_ACTIONS, _POLICY = Bilingual("Actions", "动作"), Bilingual("policy", "策略")
_REFUSED_BY = Bilingual("Refused by: {}", "拒绝原因：{}")
_WAYS = Bilingual("{} up, {} down", "涨价 {}，降价 {}")
_OF_POLICY = Bilingual("{}: {}", "{}：{}")
_STOPPED = Bilingual("Stopped: {}", "已停止：{}")
_MORE = Bilingual("and {} more: see the report", "另有 {} 项，见日报")
_FAILED = Bilingual(
    "Checks: {} of {} failed, {} {}: {}, limit {}",
    "数据检查：{1} 项中 {0} 项未通过，{2} {3}：{4}，限值 {5}",
)
_PASSED = Bilingual("Checks: all {} passed", "数据检查：{} 项全部通过")
_HELD = Bilingual("Quarantine: {} documents{}", "隔离：{} 份单据{}")
_WHY = Bilingual(" ({})", "（{}）")
_LIST, _SENTENCES = Bilingual(", ", "、"), Bilingual("; ", "；")


def _pulled_table(report: DailyReport) -> RenderableType:
    language = report.language
    columns = [one.in_(language) for one in _READ_COLUMNS]
    table = _table(_READ.in_(language), columns, left=2)
    largest = sorted(report.pulled, key=lambda one: one.rows, reverse=True)
    for one in largest[:_SHOWN_STREAMS]:
        table.add_row(
            Prose(one.shop_id),
            Prose(named(STREAMS, one.stream).in_(language)),
            *map(formats.count, (one.pages, one.new_pages, one.rows, one.loaded_rows)),
            Prose(formats.count(one.quarantined), style="yellow" if one.quarantined else ""),
            f"{one.seconds:.1f}",
        )
    rest = largest[_SHOWN_STREAMS:]
    if rest:
        sums = [
            sum(getattr(one, name) for one in rest)
            for name in ("pages", "new_pages", "rows", "loaded_rows", "quarantined")
        ]
        smaller = _SMALLER.in_(language).format(len(rest))
        table.add_row("", smaller, *map(formats.count, sums))
    return whole(table)


def _figures(report: DailyReport) -> Iterator[RenderableType]:
    for shop in report.shops[:_SHOWN_SHOPS]:
        spans, days = report.of(shop, report.spans), report.of(shop, report.days)
        shown = list(figures(spans, days, report.metrics, report.language))[:_SHOWN_FIGURES]
        if not shown:
            continue
        day = formats.short_day(shop.span.last, report.language)
        title = _FIGURES.in_(report.language).format(shop.name, day, shop.currency)
        table = _table(title, [one.metric.title.in_(report.language) for one in shown], left=0)
        table.add_row(*(one.value for one in shown))
        table.add_row(*map(_change, shown))
        yield whole(table)


def _change(figure: ReportFigure) -> Prose:
    """Against a week before, if it moved."""
    for one in figure.changes:
        if one.against is Against.BEFORE and one.text[0] in "+-":
            return Prose(one.text, style=_TONES[one.tone])
    return Prose(formats.ABSENT, style=_TONES["steady"])


def _actions(report: DailyReport) -> RenderableType:
    states, language = states_of(report.counts), report.language
    if not states:
        return Prose(_NO_ACTIONS.in_(language))
    columns = [state for state in ActionState if any(state in found for found in states.values())]
    heads = [_POLICY.in_(language), *(STATES[state].in_(language) for state in columns)]
    table = _table(_ACTIONS.in_(language), heads, left=1)
    for policy, found in states.items():
        cells = (formats.count(found.get(state, 0)) for state in columns)
        table.add_row(Prose(typed(policy, language)), *cells)
    refused = _LIST.in_(language).join(
        f"{translate_guard(guard).in_(language)} {number:,}"
        for guard, number in refusals(report.counts)[:6]
    )
    told = Prose(_REFUSED_BY.in_(language).format(refused), style="dim")
    return Group(whole(table), told) if refused else whole(table)


def _because(report: DailyReport) -> RenderableType | None:
    """Of each policy what it moved, what it left alone and why."""
    reasons, language = dict(by_policy(report.left_alone)), report.language
    lines = []
    for policy in sorted({*reasons, *report.moves}):
        up, down = report.moves.get(policy, (0, 0))
        ways = [_WAYS.in_(language).format(f"{up:,}", f"{down:,}")] if up or down else []
        why = [because(reasons[policy], language)] if policy in reasons else []
        told = _SENTENCES.in_(language).join([*ways, *why])
        name = typed(policy, language)
        lines.append(Prose(_OF_POLICY.in_(language).format(name, told)))
    return Group(*lines) if lines else None


def _blocked_lines(report: DailyReport) -> RenderableType | None:
    """What was stopped while the rest went on, the first of it in whole sentences."""
    if not report.blocked:
        return None
    language = report.language
    shown = [
        Prose(sentence.in_(language), style="red") for sentence in report.blocked[:_SHOWN_BLOCKED]
    ]
    more = len(report.blocked) - len(shown)
    rest = [Prose(_MORE.in_(language).format(f"{more:,}"))] if more else []
    head = Prose(_STOPPED.in_(language).format(f"{len(report.blocked):,}"), style="red bold")
    return Group(head, *shown, *rest)


def _checks(report: DailyReport) -> RenderableType:
    language = report.language
    reasons = _LIST.in_(language).join(
        f"{named(QUARANTINE, reason).in_(language)} {number:,}"
        for reason, number in reasons_of(report.quarantine)[:5]
    )
    why = _WHY.in_(language).format(reasons) if reasons else ""
    held = _HELD.in_(language).format(f"{report.quarantine.height:,}", why)
    return Group(_checked(report), Prose(held))


def _checked(report: DailyReport) -> Prose:
    language = report.language
    failed = [one for one in report.checks if not one.passed]
    if not failed:
        return Prose(_PASSED.in_(language).format(len(report.checks)), style="green")
    first = failed[0]
    told = _FAILED.in_(language).format(
        len(failed),
        len(report.checks),
        named(TABLES, first.table).in_(language),
        named(CHECKS, first.check).in_(language),
        translate_data(first.measured).in_(language),
        translate_data(first.limit).in_(language),
    )
    return Prose(told, style="red")


def _steps(next_steps: Sequence[tuple[str, str]]) -> RenderableType | None:
    if not next_steps:
        return None
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for what, where in next_steps:
        table.add_row(what, Prose(where))
    return table
