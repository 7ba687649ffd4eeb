"""Short Markdown tables for artifacts; text of platforms cannot become markup or a link."""

import re
from collections.abc import Iterable, Mapping, Sequence

from contracts.checks import CheckResult
from contracts.codes import ActionState
from contracts.languages import Bilingual, Language
from reports.batches import LARGEST
from reports.checked import translate_data
from reports.daily import (
    ActionCount,
    DailyReport,
    ReportedAction,
    count_actions,
    in_words,
    states_of,
)
from reports.effects import ReportedEffect
from reports.figures import format_metric
from reports.formats import is_valued, parts, with_unit, written
from reports.left_alone import ReportedHold, by_policy
from reports.names import CHECKS, STATES, STREAMS, TABLES, named, typed
from reports.reasons import translate_reason
from reports.words import translate_guard

SHOWN_ACTIONS = 50
SHOWN_DAYS = 14
# What could begin markup, a cell, HTML or an automatic link. Prefect's UI shows a character
# reference as it is written, but obeys a backslash.
_MARKUP = re.compile(r"[\\`*_{}\[\]<>#|~&!@^$:]|(?<=www)\.", re.IGNORECASE)


def escape(value: object) -> str:
    """Text in one line that is no markup."""
    line = " ".join(str(value).split())
    return _MARKUP.sub(lambda found: "\\" + found.group(), line)


_NOTHING_DUE = Bilingual("Nothing was due.\n", "没有需要读取的数据。\n")
_PULLED: Mapping[str, Bilingual] = {
    "shop_id": Bilingual("shop", "店铺"),
    "stream": Bilingual("stream", "数据流"),
    "readings": Bilingual("readings", "读取次数"),
    "pages": Bilingual("pages", "页数"),
    "new_pages": Bilingual("new pages", "新页"),
    "rows": Bilingual("rows", "行数"),
    "loaded_rows": Bilingual("loaded rows", "入库行"),
    "quarantined_rows": Bilingual("quarantined rows", "隔离行"),
    "quarantined": Bilingual("quarantined", "隔离单据"),
    "seconds": Bilingual("seconds", "秒"),
    "blocked": Bilingual("stopped", "已停止"),
}


def pulled_table(rows: Sequence[Mapping[str, object]], language: Language = "en") -> str:
    """What was read, one row per mapping, its keys as columns."""
    if not rows:
        return _NOTHING_DUE.in_(language)
    cells = (
        [
            escape(named(STREAMS, str(value)).in_(language)) if name == "stream" else _cell(value)
            for name, value in row.items()
        ]
        for row in rows
    )
    return _table([_PULLED[name].in_(language) for name in rows[0]], cells)


_LEFT = Bilingual("left as it is", "未改动"), Bilingual("why", "原因")


def left_table(left: Mapping[str, str], language: Language = "en") -> str:
    """Actions that a person's answer did not change, by id, and why; nothing if there are none."""
    if not left:
        return ""
    cells = (
        [escape(action_id[:8]), escape(translate_reason(why).in_(language))]
        for action_id, why in left.items()
    )
    return "\n" + _table([one.in_(language) for one in _LEFT], cells)


_NOTHING_CHECKED = Bilingual("Nothing was checked.\n", "未做检查。\n")
_PASSED, _FAILED, _WARNED = (
    Bilingual("passed", "通过"),
    Bilingual("**failed**", "**未通过**"),
    Bilingual("warning", "警告"),
)
_CHECKS = (
    Bilingual("result", "结果"),
    Bilingual("shop", "店铺"),
    Bilingual("table", "数据表"),
    Bilingual("check", "检查"),
    Bilingual("measured", "测得"),
    Bilingual("limit", "限值"),
)


def checks_table(results: Sequence[CheckResult], language: Language = "en") -> str:
    """Checks, failed ones first, with measured value and limit."""
    if not results:
        return _NOTHING_CHECKED.in_(language)
    ordered = sorted(results, key=lambda one: (one.passed, one.shop_id, one.table, one.check))
    cells = (
        [
            (_PASSED if one.passed else _FAILED if one.is_blocking else _WARNED).in_(language),
            escape(one.shop_id),
            *(
                escape(text.in_(language))
                for text in (
                    named(TABLES, one.table),
                    named(CHECKS, one.check),
                    translate_data(one.measured),
                    translate_data(one.limit),
                )
            ),
        ]
        for one in ordered
    )
    return _table([one.in_(language) for one in _CHECKS], cells)


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


_ALONE = (
    Bilingual("policy", "策略"),
    Bilingual("left alone", "未处理"),
    Bilingual("why", "原因"),
    Bilingual("for example", "例如"),
)


def left_alone_table(holds: Sequence[ReportedHold], language: Language = "en") -> str:
    """What each policy left alone and why, the most first; nothing if there is none."""
    if not holds:
        return ""
    cells = (
        [
            escape(typed(policy, language) if one is reasons[0] else ""),
            f"{one.targets:,}",
            escape(one.bilingual.in_(language)),
            escape(", ".join(one.samples)),
        ]
        for policy, reasons in by_policy(holds)
        for one in reasons
    )
    return "\n" + _table([one.in_(language) for one in _ALONE], cells)


def effects_list(effects: Sequence[ReportedEffect], language: Language = "en") -> str:
    """What each policy earned; nothing if none leaves some alone."""
    lines = [
        f"- {escape(typed(one.policy, language))}, {escape(one.shop_id)}:"
        f" {one.bilingual.in_(language)}\n"
        for one in effects
    ]
    return "\n" + "".join(lines) if lines else ""


_NOTHING = Bilingual("Nothing was proposed.\n", "没有提出动作。\n")
_REFUSED = Bilingual("refused: {}", "拒绝原因：{}")
_HELD = Bilingual("held: {}", "暂缓原因：{}")
_BECAUSE = Bilingual(": ", "：")
_MORE = Bilingual("{} more", "另有 {} 项")
_SAYS = Bilingual("{} would say", "{} 的内容")


def proposals_list(
    actions: Sequence[ReportedAction],
    language: Language = "en",
    *,
    counts: Sequence[ActionCount] | None = None,
) -> str:
    """Counts per policy and state, then the first 50 proposals, each with the parts of its reason
    below it (Prefect's UI breaks no line of a table), and whole what all that wait for a person
    would say. `counts`: of all, where `actions` are a part of them.
    """
    if not actions:
        return _NOTHING.in_(language)
    every = count_actions([one.action for one in actions]) if counts is None else counts
    states = states_of(every)
    lines = [
        f"- {escape(typed(policy, language))}: {in_words(found, language)}"
        for policy, found in states.items()
    ]
    shown = (line for one in actions[:SHOWN_ACTIONS] for line in _proposal(one, language))
    hidden = sum(one.actions for one in every) - min(len(actions), SHOWN_ACTIONS)
    more = [_MORE.in_(language).format(f"{hidden:,}"), ""] if hidden > 0 else []
    texts = (_text(one, language) for one in actions)
    return "\n".join([*lines, "", "---", "", *shown, "", *more, *filter(None, texts)])


def _text(one: ReportedAction, language: Language) -> str:
    """What an action would say, as it is: in a fence that nothing in it can close."""
    if not one.content:
        return ""
    parts = "\n".join(f"{name}: {text}" for name, text in one.content.items())
    longest = max((len(run) for run in re.findall("`+", parts)), default=0)
    fence = "`" * max(3, longest + 1)
    policy = escape(typed(one.action.policy, language))
    head = f"**{one.action.action_id[:8]}** {_SAYS.in_(language).format(policy)}"
    return f"{head}\n\n{fence}text\n{parts}\n{fence}\n"


def by_approval_list(sentences: Sequence[str]) -> str:
    """Policies that act by approval though they are set to `auto`, and why."""
    return "".join(f"- {escape(one)}\n" for one in sentences) + ("\n" if sentences else "")


_STAMP = Bilingual("stamp {}", "校验码 {}")


def batch_list(lines: Sequence[str], *, stamp: str, language: Language = "en") -> str:
    """Count and totals of what a filter finds, and the stamp by which it is known again; the
    largest follow."""
    items = "".join(f"- {escape(line)}\n" for line in lines)
    return f"{items}\n{_STAMP.in_(language).format(stamp)}\n\n{LARGEST.in_(language)}\n\n"


_NOTHING_UNDONE = Bilingual("Nothing to undo.\n", "没有可撤销的动作。\n")
_UNDO: Mapping[str, Bilingual] = {
    "shop_id": Bilingual("shop", "店铺"),
    "action_id": Bilingual("action", "动作编号"),
    "target_id": Bilingual("target", "对象"),
    "sku_id": Bilingual("SKU", "SKU"),
    "from": Bilingual("from", "现值"),
    "to": Bilingual("back to", "恢复为"),
    "actions": Bilingual("actions", "动作数"),
    "conflict": Bilingual("left alone because", "不撤销的原因"),
    "note": Bilingual("what stays", "备注"),
}
_TARGETED = [name for name in _UNDO if name not in {"action_id", "sku_id"}]
_NAMELESS = [name for name in _UNDO if name != "target_id"]
"""Columns of an artifact: a target may be a customer's order or code."""


def undo_rows(
    items: Sequence[Mapping[str, object]],
    language: Language = "en",
    names: Sequence[str] = _TARGETED,
) -> tuple[list[str], list[list[str]]]:
    """What is taken back, one row per target: titles, and cells with a plain text or number each;
    a conflict says why it is left alone."""
    said = {"conflict", "note"}
    rows = [
        [
            "" if one[name] is None
            else translate_reason(str(one[name])).in_(language) if name in said
            else str(one[name])[:8] if name == "action_id"
            else str(one[name])
            for name in names
        ]
        for one in items
    ]  # fmt: skip
    return [_UNDO[name].in_(language) for name in names], rows


def undo_table(items: Sequence[Mapping[str, object]], language: Language = "en") -> str:
    """The same as an artifact, where no target is named."""
    if not items:
        return _NOTHING_UNDONE.in_(language)
    titles, rows = undo_rows(items, language, _NAMELESS)
    return _table(titles, ([escape(cell) for cell in row] for row in rows))


def _proposal(one: ReportedAction, language: Language) -> Iterable[str]:
    action = one.action
    about = [typed(action.policy, language), action.shop_id, action.sku_id or ""]
    if is_valued(action):
        before = written(action, action.before_value, language)
        about.append(f"{before} → {with_unit(action, action.after_value, language)}")
    about.append(STATES[action.state].in_(language))
    yield f"- **{action.action_id[:8]}** {' · '.join(map(escape, filter(None, about)))}"
    guard = [translate_guard(action.guard)] if action.guard else []
    reason = [translate_reason(action.guard_reason)] if action.guard_reason else []
    refused = _BECAUSE.in_(language).join(part.in_(language) for part in [*guard, *reason])
    told = _REFUSED if action.state is ActionState.REFUSED else _HELD
    lines = [*parts(one.sentence), *([told.in_(language).format(refused)] if refused else [])]
    yield from (f"  - {escape(line)}" for line in lines)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else escape(value)


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
