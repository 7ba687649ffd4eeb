"""What commands of the loop and of the ledger print, in the language of the home."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from contracts.languages import Bilingual
from shopkeeper.console import stack, table

if TYPE_CHECKING:
    import datetime as dt

    from contracts.actions import Action
    from contracts.checks import CheckResult
    from contracts.languages import Language
    from flows.steps.act import Acted
    from flows.steps.decide import Decided
    from flows.steps.impact import Impact
    from flows.steps.orders import PurchaseOrder
    from flows.steps.pull import Pulled
    from flows.steps.remap import Remapped
    from flows.steps.why import Why
    from reports.effects import ReportedEffect

_PULLED: Final = Bilingual("Pulled", "已读取")
_CHECKS: Final = Bilingual("Checks", "数据检查")
_PASSED, _FAILED = Bilingual("passed", "通过"), Bilingual("FAILED", "未通过")
_DECIDED, _ACTED = Bilingual("Decided", "决策"), Bilingual("Acted", "执行")
_LEFT_ALONE: Final = Bilingual("{} left alone", "{} 未处理")
_BECAUSE: Final = Bilingual("{}: {}", "{}：{}")
_SUCH_AS: Final = Bilingual(" (such as {})", "（如 {}）")
_HELD: Final = Bilingual("Held: {}", "暂停：{}")
_NONE: Final = Bilingual("none", "无")
LIST: Final = Bilingual(", ", "、")
_ACTIONS, _EFFECT = Bilingual("Actions", "动作"), Bilingual("Effect", "效果")
_REFUSED: Final = Bilingual("refused by {}: {}", "被护栏拒绝（{}）：{}")
_OUTCOMES: Final[Mapping[str, Bilingual]] = {
    "left alone": Bilingual("left alone", "未处理"),
    "not looked at": Bilingual("not looked at", "未涉及"),
}
_MODES: Final[Mapping[str, Bilingual]] = {
    "off": Bilingual("off", "关闭"),
    "shadow": Bilingual("shadow", "仅记录"),
    "approve": Bilingual("approve", "需审批"),
    "auto": Bilingual("auto", "自动"),
}


def titled(
    title: Bilingual, columns: list[str], rows: list[list[Any]], language: "Language"
) -> Any:
    """A table with its title and headings in a language."""
    from shopkeeper.headings import headings

    return table(title.in_(language), headings(columns, language), rows)


def stream_name(stream: str, language: "Language") -> str:
    """A stream as commands take it, after its Chinese name."""
    from reports.names import STREAMS, named

    return f"{named(STREAMS, stream).zh} {stream}" if language == "zh" else stream


_BUILT: Final = Bilingual("Built", "已计算")
_REPLAYED: Final = Bilingual("{}; {} readings replayed", "{}；重放 {} 次读取")
_GONE: Final = Bilingual(
    "; no longer in landing and left as they are: {}", "；已不在原始区、保持原样：{}"
)
_ORDERS: Final = Bilingual("Purchase orders", "采购单")
REPORT: Final = Bilingual("Report: {}", "报告：{}")
PUBLISHED: Final = Bilingual("{} days of metrics were published", "已发布 {} 天的指标")
EXPORTED: Final = Bilingual("{} rows in {}", "{} 行已写入 {}")


def built(
    found: Mapping[str, int], replayed: "Sequence[Remapped] | None", language: "Language"
) -> Any:
    """Rows of each table; `replayed`: what was mapped again before."""
    from reports.names import TABLES, named

    title = Bilingual(_built(replayed, "en"), _built(replayed, "zh"))
    rows: list[list[Any]] = [
        [f"{named(TABLES, name).zh} {name}" if language == "zh" else name, count]
        for name, count in found.items()
    ]
    return titled(title, ["table", "rows"], rows, language)


def _built(replayed: "Sequence[Remapped] | None", language: "Language") -> str:
    if replayed is None:
        return _BUILT.in_(language)
    count = sum(one.readings for one in replayed)
    text = _REPLAYED.in_(language).format(_BUILT.in_(language), count)
    gone = [reading for one in replayed for reading in one.missing]
    return text + (_GONE.in_(language).format(LIST.in_(language).join(gone)) if gone else "")


def purchase_orders(found: "Sequence[PurchaseOrder]", language: "Language") -> Any:
    """The files written, a line per supplier."""
    rows = [[one.shop_id, one.supplier, one.skus, one.units, *one.files] for one in found]
    columns = ["shop", "supplier", "skus", "sold", "csv", "xlsx"]
    return titled(_ORDERS, columns, rows, language)


def pulled(found: "Sequence[Pulled]", language: "Language") -> Any:
    """What was read, a line per stream."""

    rows: list[list[Any]] = [
        [
            row.shop_id,
            stream_name(row.stream, language),
            row.readings,
            row.pages,
            row.new_pages,
            row.rows,
            row.loaded_rows,
            row.quarantined_rows,
            f"{row.seconds:.1f}",
        ]
        for row in found
    ]
    columns = ["shop", "stream", "readings", "pages", "new_pages", "rows", "loaded"]
    return titled(_PULLED, [*columns, "quarantined", "took"], rows, language)


def checks(found: "Sequence[CheckResult]", language: "Language") -> Any:
    """Each check with what it measured."""
    from reports.checked import translate_data
    from reports.names import CHECKS, TABLES, named

    rows: list[list[Any]] = [
        [
            one.shop_id,
            named(TABLES, one.table).zh if language == "zh" else one.table,
            named(CHECKS, one.check).zh if language == "zh" else one.check,
            (_PASSED if one.passed else _FAILED).in_(language),
            translate_data(one.measured).in_(language),
            translate_data(one.limit).in_(language),
        ]
        for one in found
    ]
    columns = ["shop", "table", "check", "result", "measured", "limit"]
    return titled(_CHECKS, columns, rows, language)


def decided(found: "Sequence[Decided]", language: "Language") -> Any:
    """What each policy decided, what it left alone and why."""
    from reports.checked import translate_data
    from reports.names import typed

    rows: list[list[Any]] = [
        [
            one.shop_id,
            typed(one.policy, language),
            _MODES[one.mode].in_(language),
            _states(one.states, language),
        ]
        for one in found
    ]
    shown = titled(_DECIDED, ["shop", "policy", "mode", "new_actions"], rows, language)
    held = [translate_data(one.held_back).in_(language) for one in found if one.held_back]
    return stack(shown, [*held, *_left_alone(found, language)])


def _left_alone(found: "Sequence[Decided]", language: "Language") -> list[str]:
    from flows.steps.explain import report_holds
    from reports.left_alone import by_policy
    from reports.names import typed

    lines = []
    for policy, reasons in by_policy(report_holds([n for one in found for n in one.left_alone])):
        lines += ["", _LEFT_ALONE.in_(language).format(typed(policy, language))]
        for one in reasons:
            samples = LIST.in_(language).join(one.samples)
            such = _SUCH_AS.in_(language).format(samples) if samples else ""
            why = one.bilingual.in_(language) + such
            lines.append("  " + _BECAUSE.in_(language).format(f"{one.targets:,}", why))
    return lines


def acted(found: "Sequence[Acted]", language: "Language") -> Any:
    """What became of what was sent, and what holds the rest."""
    from reports.reasons import translate_reason

    rows: list[list[Any]] = [[one.shop_id, _states(one.states, language)] for one in found]
    stops = dict.fromkeys(stop for one in found for stop in one.stops)
    held = [_HELD.in_(language).format(translate_reason(stop).in_(language)) for stop in stops]
    return stack(titled(_ACTED, ["shop", "outcome"], rows, language), held)


def _states(states: Mapping[str, int], language: "Language") -> str:
    """How many are in which state."""
    from reports.names import STATES, named

    told = {name: named(STATES, name).zh if language == "zh" else name for name in states}
    counts = (f"{count} {told[name]}" for name, count in states.items())
    return LIST.in_(language).join(counts) or _NONE.in_(language)


def actions(found: "Sequence[Action]", language: "Language") -> Any:
    """Actions, a line each."""
    from reports.formats import written
    from reports.names import STATES, typed

    rows: list[list[Any]] = [
        [
            one.action_id[:8],
            one.shop_id,
            typed(one.policy, language),
            one.target_id,
            written(one, one.before_value, language),
            written(one, one.after_value, language),
            STATES[one.state].in_(language),
            _reason(one, language),
        ]
        for one in found
    ]
    columns = ["id", "shop", "policy", "object", "before", "after", "state", "why"]
    return titled(_ACTIONS, columns, rows, language)


def _reason(action: "Action", language: "Language") -> str:
    """Why it was refused or ended so, else why it was proposed, in the first part of it."""
    from actions.explain import sentence_of
    from reports.formats import parts
    from reports.reasons import translate_reason

    why = action.guard_reason or action.message
    if why:
        return translate_reason(why).in_(language)
    return parts(sentence_of(action, language))[0].rstrip(":;.：；。")


def whys(sku: str, found: "Sequence[Why]", language: "Language") -> Any:
    """What each policy would do about a SKU, or why it leaves it alone."""
    from reports.names import STATES, typed

    rows: list[list[Any]] = [
        [
            one.shop_id,
            typed(one.policy, language),
            one.target_id,
            {**_OUTCOMES, **STATES}[one.outcome].in_(language),
            _whole_reason(one, language),
        ]
        for one in found
    ]
    columns = ["shop", "policy", "object", "outcome", "why"]
    return titled(Bilingual.same(sku), columns, rows, language)


def _whole_reason(one: "Why", language: "Language") -> str:
    from reports.reasons import translate_reason
    from reports.words import translate_guard

    text = one.sentence_zh if language == "zh" else one.sentence
    if one.guard and one.guard_reason:
        guard = translate_guard(one.guard).zh if language == "zh" else one.guard
        reason = translate_reason(one.guard_reason).in_(language)
        text += "\n" + _REFUSED.in_(language).format(guard, reason)
    return text


def effects(found: "Sequence[ReportedEffect]", language: "Language") -> Any:
    """What each policy earned."""
    from reports.names import typed

    rows: list[list[Any]] = [
        [one.shop_id, typed(one.policy, language), one.bilingual.in_(language)] for one in found
    ]
    return titled(_EFFECT, ["shop", "policy", "earned"], rows, language)


_IMPACT: Final = Bilingual("Impact", "影响")
_LEFT: Final[Mapping[bool, Bilingual]] = {
    True: Bilingual("hold it back", "请拦截"),
    False: Bilingual("yes", "已发出"),
}
_COST: Final = Bilingual(
    "{} of {} cost {} since {}{} (UTC); {} is right.",
    "店铺 {1} 的 {0} 自 {3} 起售价 {2}{4}（UTC）；应为 {5}。",
)
_UNTIL: Final = Bilingual(" until {}", "，至 {} 止")
_IN_FORCE: Final = Bilingual(" and is in force still", "，目前仍有效")
_TOOK: Final = Bilingual(
    " {} orders took {} pieces for {} and earn {}; {} are missed.",
    "{} 笔订单售出 {} 件，共 {}，毛利 {}；少收 {}。",
)
_UNKNOWN_MARGIN: Final = Bilingual("of unknown margin", "未知")
_HOLD_BACK: Final = Bilingual(" Hold back {} that have not left{}.", "请拦截尚未发出的 {} 笔{}。")
_AS_OF: Final = Bilingual(
    " As of {}; what is ordered later is not in it.", "数据截至 {}，此后的订单未计入。"
)


def impacts(found: "Sequence[Impact]", language: "Language") -> Any:
    """Orders sold at a wrong price, a line each, and what they come to."""
    from reports.formats import money

    rows = [
        [
            one.listing_id,
            row["order_id"],
            f"{row['placed_at']:%Y-%m-%d %H:%M}",
            row["units"],
            *(
                money(row[key], one.currency)
                for key in ("paid_minor", "margin_minor", "missed_minor")
            ),
            _LEFT[bool(row["can_wait"])].in_(language),
        ]
        for one in found
        for row in one.orders
    ]
    columns = ["listing", "order", "placed", "sold", "paid", "earns", "missed", "left"]
    sums = [_impact(one, language) for one in found]
    return stack(titled(_IMPACT, columns, rows, language), sums)


def _impact(one: "Impact", language: "Language") -> str:
    from reports.formats import money

    def amount(minor: int) -> str:
        return money(minor, one.currency)

    def at(instant: "dt.datetime") -> str:
        return f"{instant:%Y-%m-%d %H:%M}"

    end = _UNTIL.in_(language).format(at(one.until)) if one.until else _IN_FORCE.in_(language)
    earned = None if one.margin_minor is None else amount(one.margin_minor)
    listed = (": " if language == "en" else "：") + LIST.in_(language).join(one.hold_back)
    told = (
        (_COST, (one.listing_id, one.shop_id, amount(one.price_minor), at(one.since), end,
                 amount(one.right_minor))),
        (_TOOK, (f"{len(one.orders):,}", f"{one.units:,}", amount(one.paid_minor),
                 earned or _UNKNOWN_MARGIN.in_(language), amount(one.missed_minor))),
        (_HOLD_BACK, (f"{len(one.hold_back):,}", listed if one.hold_back else "")),
        (_AS_OF, (at(one.as_of),)),
    )  # fmt: skip
    return "".join(text.in_(language).format(*values) for text, values in told)
