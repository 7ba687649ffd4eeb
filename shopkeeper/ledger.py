"""Commands of the ledger: actions, undo, stop, resume, audit."""

from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from shopkeeper.console import answer, progress, table
from shopkeeper.steps import PolicyName, Shop, open_home

if TYPE_CHECKING:
    from contracts.actions import Action
    from flows.steps.actions import Answered

Ids = Annotated[list[str], typer.Argument(help="Action ids; their first characters are enough.")]
By = Annotated[str | None, typer.Option("--by", help="Who decides; the login name if not given.")]
Run = Annotated[str | None, typer.Option("--run", help="Only actions of this run.")]
Target = Annotated[
    list[str] | None, typer.Option("--target", help="A listing or SKU; may be repeated.")
]
Since = Annotated[
    str | None, typer.Option("--since", help="Decided at or after this day or instant.")
]
Until = Annotated[str | None, typer.Option("--until", help="Decided before this day or instant.")]

actions_app = typer.Typer(help="The ledger of actions.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(actions_app, name="actions")
    for command in (stop, resume, audit):
        app.command()(command)


@actions_app.command("list")
def list_actions(
    shop: Shop = None,
    policy: PolicyName = None,
    state: Annotated[
        list[str] | None, typer.Option("--state", help="Only this state; may be repeated.")
    ] = None,
    run: Run = None,
    target: Target = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows to show, the newest.")] = 50,
) -> None:
    """List actions, the newest first."""
    from flows.steps.actions import Selection, select

    with open_home() as home:
        chosen = Selection.parse(
            shop_id=shop, policy=policy, states=state, run_id=run, targets=target,
            since=since, until=until,
        )  # fmt: skip
        found = select(home, chosen)[::-1][:limit]
    answer(found, screen=_action_table(found))


def _action_table(found: "list[Action]") -> object:
    from reports.formats import written

    columns = ["id", "shop", "policy", "target", "before", "after", "state", "why"]
    rows = [
        [
            action.action_id[:8],
            action.shop_id,
            action.policy,
            action.target_id,
            written(action, action.before_value),
            written(action, action.after_value),
            action.state,
            action.guard_reason or action.message or action.reason_code,
        ]
        for action in found
    ]
    return table("Actions", columns, rows)


@actions_app.command()
def show(
    action_id: Annotated[str, typer.Argument(help="Action id; its first characters are enough.")],
) -> None:
    """Show one action with its reason in numbers, its evidence and its history."""
    from flows.steps.actions import describe

    with open_home() as home:
        described = describe(home, action_id)
    rows = [[key, value] for key, value in described.items()]
    answer(described, screen=table("Action", ["", ""], rows))


@actions_app.command()
def approve(ids: Ids, by: By = None) -> None:
    """Approve proposals; `act` sends them."""
    from flows.steps.actions import approve as approve_step

    with open_home() as home:
        done = approve_step(home, ids, by=by)
    _answer_of_person("approved", done)


@actions_app.command()
def reject(ids: Ids, by: By = None) -> None:
    """Reject proposals."""
    from flows.steps.actions import reject as reject_step

    with open_home() as home:
        done = reject_step(home, ids, by=by)
    _answer_of_person("rejected", done)


def _answer_of_person(verb: str, done: "Answered") -> None:
    lines = [f"{len(done.changed)} {verb}"]
    lines += [f"{action_id[:8]} is not {verb}: {why}" for action_id, why in done.left.items()]
    shown = {verb: done.changed, "left": done.left}
    answer(shown, screen="\n".join(lines), held=bool(done.left))


@actions_app.command()
def undo(
    run: Run = None,
    policy: PolicyName = None,
    target: Target = None,
    since: Since = None,
    until: Until = None,
    shop: Shop = None,
    by: By = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do it; without it the plan is shown.")
    ] = False,
) -> None:
    """Take back what was written: by run, policy, targets or time."""
    from flows.steps.actions import Selection
    from flows.steps.undo import undo as undo_step

    chosen = Selection.parse(
        shop_id=shop, policy=policy, states=None, run_id=run, targets=target,
        since=since, until=until,
    )  # fmt: skip
    with open_home() as home, progress() as bar:
        undone = undo_step(home, chosen, by=by, execute=yes, progress=bar)
    columns = ["shop", "target", "from", "back to", "note"]
    answer(undone, screen=table(undone.title, columns, undone.rows()), held=undone.has_conflicts)


def stop(
    everything: Annotated[bool, typer.Option("--all", help="All writes, of every shop.")] = False,
    platform: Annotated[str | None, typer.Option(help="Only this platform.")] = None,
    shop: Shop = None,
    policy: PolicyName = None,
    by: By = None,
) -> None:
    """Stop all writes (--all) at once, or those of a platform, shop or policy; undo still works.

    Without any of them, list the stops in force.
    """
    from flows.steps.actions import switch

    if not everything and platform is shop is policy is None:
        _list_stops()
    with open_home() as home:
        scope = switch(
            home, on=True, everything=everything, platform=platform, shop_id=shop, policy=policy,
            by=by,
        )  # fmt: skip
    answer({"stopped": scope}, screen=f"Stopped: {scope}")


def resume(
    everything: Annotated[
        bool, typer.Option("--all", help="The stop of all writes; others stay.")
    ] = False,
    platform: Annotated[str | None, typer.Option(help="Only this platform.")] = None,
    shop: Shop = None,
    policy: PolicyName = None,
    by: By = None,
) -> None:
    """Take back a stop: of all writes (--all), or of a platform, shop or policy.

    Without any of them, list the stops in force.
    """
    from flows.steps.actions import switch

    if not everything and platform is shop is policy is None:
        _list_stops()
    with open_home() as home:
        scope = switch(
            home, on=False, everything=everything, platform=platform, shop_id=shop, policy=policy,
            by=by,
        )  # fmt: skip
    answer({"resumed": scope}, screen=f"Resumed: {scope}")


def _list_stops() -> NoReturn:
    from actions.guard.switches import explain
    from flows.steps.actions import stops

    with open_home() as home:
        found = stops(home)
    told = "\n".join(map(explain, found)) or "Nothing is stopped; `stop --all` stops all writes."
    answer({"stops": found}, screen=told)
    raise AssertionError("an answer ends the command")


def audit() -> None:
    """Verify the chain of events; an altered or missing row is named."""
    from flows.steps.actions import audit as audit_step

    with open_home() as home:
        count, broken = audit_step(home)
    screen = f"{count} events, chain whole" if broken is None else f"chain broken at {broken}"
    answer({"events": count, "broken_at": broken}, screen=screen, held=broken is not None)
