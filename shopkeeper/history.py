"""The command that reads history again: backfill."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from shopkeeper.console import OPTIONS, answer, progress, show, table
from shopkeeper.steps import Shop, StreamName, open_home

if TYPE_CHECKING:
    from flows.steps.backfill import Backfilled, Plan


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(backfill)


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
    from flows.steps.home import parse_day
    from flows.steps.pull import blocked_in

    span = step.Span(
        first=parse_day(start, "--from"),
        last=parse_day(end, "--to"),
        mode=step.mode_of(mode),
        shop_id=shop,
        stream=stream,
        table=fills,
        newest_first=newest_first,
    )
    with open_home() as home:
        planned = step.plan(home, span)
        if not OPTIONS.as_json:
            show(_plan_table(planned))
            show(_plan_told(planned))
        if plan_only:
            answer(step.as_dict(planned))
        with progress() as bar:
            done = step.backfill(home, planned, bar)
    if done.expired and not OPTIONS.as_json:
        show(_expired_table(done))
    answer(
        step.as_dict(planned, done),
        screen=_done_told(done),
        held=done.is_held,
        stopped=[one.told for one in blocked_in(done.pulled)],
    )


def _plan_table(planned: "Plan") -> Any:
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


def _plan_told(planned: "Plan") -> str:
    told = f"About {planned.calls} calls."
    if planned.snapshots:
        told += f" The past of {', '.join(planned.snapshots)} is not kept by the platform."
    return told


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


def _done_told(done: "Backfilled") -> str:
    return (
        f"Read {done.rows} rows, {done.quarantined} documents quarantined; "
        f"{len(done.expired)} actions of the span are past and were not sent."
    )
