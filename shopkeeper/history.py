"""Commands about history: backfill reads it again, backtest lets a policy decide on it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shopkeeper.console import OPTIONS, answer, progress, show, stack, table
from shopkeeper.steps import From, Shop, StreamName, To, chosen_home, days_of

if TYPE_CHECKING:
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
        if not OPTIONS.as_json:
            show(_plan_table(planned))
            show(_plan_sentence(planned))
        if plan_only:
            answer(step.as_dict(planned))
        with progress() as bar:
            done = step.backfill(home, planned, bar)
    if done.expired and not OPTIONS.as_json:
        show(_expired_table(done))
    answer(
        step.as_dict(planned, done),
        screen=_done_sentence(done),
        held=done.is_blocked,
        stopped=[one.summary for one in blocked_in(done.pulled)],
    )


def _plan_table(planned: "BackfillPlan") -> Any:
    rows = [
        [
            one.shop_id,
            one.stream,
            len(one.readings),
            "unknown" if one.calls is None else one.calls,
        ]
        for one in planned.streams
    ]
    return table("To read", ["shop", "stream", "readings", "calls"], rows)


def _plan_sentence(planned: "BackfillPlan") -> str:
    text = f"About {planned.calls} calls."
    if planned.snapshots:
        text += f" The past of {', '.join(planned.snapshots)} is not kept by the platform."
    return text


def _expired_table(done: "Backfilled") -> Any:
    rows = [
        [
            one.action_id[:8],
            one.shop_id,
            one.policy,
            one.sku_id or one.target_id,
            str(one.window_start.date()),
        ]
        for one in done.expired
    ]
    return table("Past and not sent", ["action", "shop", "policy", "SKU", "window"], rows)


def _done_sentence(done: "Backfilled") -> str:
    return (
        f"Read {done.rows} rows, {done.quarantined} documents quarantined; "
        f"{len(done.expired)} actions of the span are past and were not sent."
    )


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
    shown = stack(_backtest_table(found), _backtest_lines(found))
    answer(found.as_dict(), screen=shown, stopped=found.failed)


_TOP = 5
_SHOWN_DAYS = 31


def _backtest_table(found: "Backtested") -> Any:
    """The newest days, a line each; those on which nothing was read are left out."""
    days = [one for one in found.days if one.decided_at or one.failed][-_SHOWN_DAYS:]
    rows = [[str(one.day), *_tally_cells(one.tally, failed=one.failed)] for one in days]
    columns = ["day", "proposed", "up", "down", "refused", "left alone", "profit a day"]
    title = f"{found.policy} in {found.shop_id}, {found.first} to {found.last}"
    return table(title, columns, [*rows, ["in total", *_tally_cells(found.total)]])


def _tally_cells(tally: "Tally", *, failed: str | None = None) -> list[Any]:
    if failed:
        return ["failed"]
    refused, left_alone = (sum(one.values()) for one in (tally.refusals, tally.left_alone))
    counts = (tally.proposals, tally.raises, tally.cuts, refused, left_alone)
    return [*(f"{one:,}" for one in counts), _range(tally)]


def _most(counts: Mapping[str, int]) -> str:
    """The most frequent, and how many more there are."""
    shown = [f"{count:,} {name}" for name, count in list(counts.items())[:_TOP]]
    rest = sum(list(counts.values())[_TOP:])
    return ", ".join([*shown, f"{rest:,} more"] if rest else shown)


def _range(tally: "Tally") -> str:
    from reports.formats import money

    profit = tally.profit
    if not profit.prices:
        return ""
    low, high = (money(one, profit.currency) for one in (profit.low_minor, profit.high_minor))
    return f"{low} to {high}"


def _backtest_lines(found: "Backtested") -> list[str]:
    lines = [
        f"Each day is decided on what was read by {found.hour:02}:59 of the shop, with the settings"
        " of now; nothing was sent."
    ]
    unread = sum(not one.decided_at and not one.failed for one in found.days)
    if unread:
        lines.append(f"On {unread:,} of {len(found.days):,} days nothing was read by then.")
    if found.total.refusals:
        lines.append(f"Refused, day by day: {_most(found.total.refusals)}.")
    if found.total.left_alone:
        lines.append(f"Left alone, day by day: {_most(found.total.left_alone)}.")
    if found.total.profit.prices:
        lines.append(_profit_sentence(found.total.profit))
    if found.missing:
        lines.append(
            f"{len(found.missing)} readings are no longer in landing, so they are left out."
        )
    return lines


def _profit_sentence(profit: "Profit") -> str:
    from contracts.economics import ANSWERS
    from reports.formats import money

    return (
        f"Profit: {money(profit.expected_minor, profit.currency)} a day are"
        f" expected of {profit.prices:,} prices, between the ends shown."
        f" {profit.prices - profit.stated:,} of them by an elasticity learnt from sales, the ends"
        f" nine in ten of what it may be; {profit.stated:,} by the policy's usual_elasticity, the"
        f" ends {ANSWERS[0]:g} and {ANSWERS[1]:g}."
    )
