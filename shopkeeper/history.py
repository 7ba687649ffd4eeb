"""Commands about history: backfill reads it again, backtest lets a policy decide on it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from contracts.languages import Bilingual
from shopkeeper.console import OPTIONS, answer, progress, show, stack
from shopkeeper.screens import LIST, stream_name, titled
from shopkeeper.steps import From, Shop, StreamName, To, chosen_home, days_of

if TYPE_CHECKING:
    from contracts.languages import Language
    from flows.steps.backfill import Backfilled, BackfillPlan
    from flows.steps.backtest import Backtested, Tally
    from flows.steps.profits import Profit


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(backfill)
    app.command()(backtest)


def backfill(
    start: Annotated[
        str, typer.Option("--from", help="First day, YYYY-MM-DD, in the shop's zone.")
    ],
    end: Annotated[str, typer.Option("--to", help="Last day, YYYY-MM-DD, included.")],
    shop: Shop = None,
    stream: StreamName = None,
    fills: Annotated[
        str | None, typer.Option("--table", help="Only the streams that fill this table.")
    ] = None,
    mode: Annotated[
        str,
        typer.Option(
            help="missing: what was never loaded; failed: what was planned and not loaded;"
            " all: everything again."
        ),
    ] = "missing",
    newest_first: Annotated[
        bool, typer.Option("--newest-first", help="Begin with the newest days.")
    ] = False,
    plan_only: Annotated[
        bool, typer.Option("--plan-only", help="Show the plan and its cost, and read nothing.")
    ] = False,
) -> None:
    """Read a span of history behind the daily pulls, check and build it; it never acts.

    Interrupted anywhere, it goes on when it is started again.
    """
    from flows.steps import backfill as step
    from flows.steps.parsing import parse_day
    from flows.steps.pull import blocked_in

    span = step.BackfillSpan(
        first=parse_day(start, "--from"),
        last=parse_day(end, "--to"),
        mode=step.mode_of(mode),
        shop_id=shop,
        stream=stream,
        table=fills,
        newest_first=newest_first,
    )
    with chosen_home() as home:
        planned = step.plan(home, span)
        language = home.language
        if not OPTIONS.as_json:
            show(_plan_table(planned, language))
            show(_plan_sentence(planned, language))
        if plan_only:
            answer(step.as_dict(planned))
        with progress() as bar:
            done = step.backfill(home, planned, bar)
    if done.expired and not OPTIONS.as_json:
        show(_expired_table(done, language))
    answer(
        step.as_dict(planned, done),
        screen=_done_sentence(done, language),
        held=done.is_blocked,
        stopped=[one.summary for one in blocked_in(done.pulled)],
    )


_TO_READ: Final = Bilingual("To read", "待读取")
_UNKNOWN: Final = Bilingual("unknown", "未知")
_CALLS: Final = Bilingual("About {} calls.", "约 {} 次调用。")
_NOT_KEPT: Final = Bilingual(
    " The past of {} is not kept by the platform.", "平台不保留 {} 的历史数据。"
)
_PAST: Final = Bilingual("Past and not sent", "已过期，未发送")
_READ: Final = Bilingual(
    "Read {} rows, {} documents quarantined; {} actions of the span are past and were not sent.",
    "读取 {} 行，隔离 {} 份单据；该时段的 {} 个动作已过期，未发送。",
)


def _plan_table(planned: "BackfillPlan", language: "Language") -> Any:
    rows = [
        [
            one.shop_id,
            stream_name(one.stream, language),
            len(one.readings),
            _UNKNOWN.in_(language) if one.calls is None else one.calls,
        ]
        for one in planned.streams
    ]
    return titled(_TO_READ, ["shop", "stream", "readings", "calls"], rows, language)


def _plan_sentence(planned: "BackfillPlan", language: "Language") -> str:
    text = _CALLS.in_(language).format(planned.calls)
    if planned.snapshots:
        names = (stream_name(one, language) for one in planned.snapshots)
        text += _NOT_KEPT.in_(language).format(LIST.in_(language).join(names))
    return text


def _expired_table(done: "Backfilled", language: "Language") -> Any:
    from reports.names import typed

    rows = [
        [
            one.action_id[:8],
            one.shop_id,
            typed(one.policy, language),
            one.sku_id or one.target_id,
            str(one.window_start.date()),
        ]
        for one in done.expired
    ]
    return titled(_PAST, ["id", "shop", "policy", "object", "day"], rows, language)


def _done_sentence(done: "Backfilled", language: "Language") -> str:
    return _READ.in_(language).format(done.rows, done.quarantined, len(done.expired))


def backtest(
    policy: Annotated[str, typer.Argument(help="Name of the policy.")],
    shop: Annotated[str, typer.Option("--shop", help="The shop.")],
    start: From = None,
    end: To = None,
) -> None:
    """Let a policy decide on past days on what was known then, as it is set now; it never acts.

    Without days, on the last fourteen that were read.
    """
    from flows.steps.backtest import backtest as step

    first, last = days_of(start, end)
    with chosen_home() as home, progress() as bar:
        found = step(home, policy, shop_id=shop, first=first, last=last, progress=bar)
        language = home.language
    shown = stack(_backtest_table(found, language), _backtest_lines(found, language))
    answer(found.as_dict(), screen=shown, stopped=found.failed)


_TOP = 5
_SHOWN_DAYS = 31
_DECIDED_ON: Final = Bilingual("{} in {}, {} to {}", "店铺 {1} 的 {0}，{2} 至 {3}")
_IN_TOTAL, _FAILED = Bilingual("in total", "合计"), Bilingual("failed", "失败")
_RANGE: Final = Bilingual("{} to {}", "{} 至 {}")
_MORE: Final = Bilingual("{} more", "另有 {}")
_COUNTED: Final = Bilingual(", ", "；")
_HOUR: Final = Bilingual(
    "Each day is decided on what was read by {:02}:59 of the shop, with the settings of now;"
    " nothing was sent.",
    "每天按店铺时间 {:02}:59 前读到的数据、以当前设置决策；未发送任何内容。",
)
_UNREAD: Final = Bilingual(
    "On {} of {} days nothing was read by then.", "{1} 天中有 {0} 天此前没有读取数据。"
)
_REFUSED: Final = Bilingual("Refused, day by day: {}.", "逐日被护栏拒绝：{}。")
_LEFT_ALONE: Final = Bilingual("Left alone, day by day: {}.", "逐日未处理：{}。")
_MISSING: Final = Bilingual(
    "{} readings are no longer in landing, so they are left out.", "{} 次读取已不在原始区，未计入。"
)
_PROFIT: Final = Bilingual(
    "Profit: {} a day are expected of {} prices, between the ends shown. {} of them by an"
    " elasticity learnt from sales, the ends nine in ten of what it may be; {} by the policy's"
    " usual_elasticity, the ends {:g} and {:g}.",
    "利润：{1} 个价格预计每天 {0}，在所示区间内。其中 {2} 个用销售学得的弹性，区间覆盖其九成；"
    "{3} 个用策略的 usual_elasticity，区间取 {4:g} 与 {5:g}。",
)


def _backtest_table(found: "Backtested", language: "Language") -> Any:
    """The newest days, a line each; those on which nothing was read are left out."""
    days = [one for one in found.days if one.decided_at or one.failed][-_SHOWN_DAYS:]
    rows = [
        [str(one.day), *_tally_cells(one.tally, language, is_failed=bool(one.failed))]
        for one in days
    ]
    columns = ["day", "proposed", "up", "down", "refused", "left_alone", "profit"]
    told = (found.policy, found.shop_id, found.first, found.last)
    title = Bilingual(_DECIDED_ON.en.format(*told), _DECIDED_ON.zh.format(*told))
    total = [_IN_TOTAL.in_(language), *_tally_cells(found.total, language)]
    return titled(title, columns, [*rows, total], language)


def _tally_cells(tally: "Tally", language: "Language", *, is_failed: bool = False) -> list[Any]:
    if is_failed:
        return [_FAILED.in_(language)]
    refused, left_alone = (sum(one.values()) for one in (tally.refusals, tally.left_alone))
    counts = (tally.proposals, tally.raises, tally.cuts, refused, left_alone)
    return [*(f"{one:,}" for one in counts), _range(tally, language)]


def _most(counts: Mapping[str, int], language: "Language") -> str:
    """The most frequent, and how many more there are."""
    shown = [f"{count:,} {name}" for name, count in list(counts.items())[:_TOP]]
    rest = sum(list(counts.values())[_TOP:])
    more = [_MORE.in_(language).format(f"{rest:,}")] if rest else []
    return _COUNTED.in_(language).join([*shown, *more])


def _range(tally: "Tally", language: "Language") -> str:
    from reports.formats import money

    profit = tally.profit
    if not profit.prices:
        return ""
    ends = (money(one, profit.currency) for one in (profit.low_minor, profit.high_minor))
    return _RANGE.in_(language).format(*ends)


def _backtest_lines(found: "Backtested", language: "Language") -> list[str]:
    from flows.steps.explain import phrase_of
    from reports.words import translate_guard

    unread = sum(not one.decided_at and not one.failed for one in found.days)
    total, missing = found.total, len(found.missing)
    refusals, left_alone = dict(total.refusals), dict(total.left_alone)
    if language == "zh":
        refusals = {translate_guard(one).zh: count for one, count in refusals.items()}
        left_alone = {
            phrase_of(found.policy, one, "zh"): count for one, count in left_alone.items()
        }
    told: list[tuple[Bilingual, object, tuple[Any, ...]]] = [
        (_HOUR, True, (found.hour,)),
        (_UNREAD, unread, (f"{unread:,}", f"{len(found.days):,}")),
        (_REFUSED, total.refusals, (_most(refusals, language),)),
        (_LEFT_ALONE, total.left_alone, (_most(left_alone, language),)),
        (_PROFIT, total.profit.prices, _profit(total.profit)),
        (_MISSING, missing, (missing,)),
    ]
    return [text.in_(language).format(*values) for text, is_told, values in told if is_told]


def _profit(profit: "Profit") -> tuple[Any, ...]:
    from contracts.economics import ANSWERS
    from reports.formats import money

    learnt = profit.prices - profit.stated
    expected = money(profit.expected_minor, profit.currency)
    return expected, f"{profit.prices:,}", f"{learnt:,}", f"{profit.stated:,}", *ANSWERS
