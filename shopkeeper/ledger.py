"""Commands of the ledger: actions, undo, stop, resume, audit."""

import sys
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

import typer

from shopkeeper import answers, screens
from shopkeeper.console import answer, is_terminal, printable, progress, table
from shopkeeper.steps import PolicyName, Shop, chosen_home

if TYPE_CHECKING:
    from contracts.languages import Language
    from flows.steps.actions import Answered
    from flows.steps.batch import Filter
    from flows.steps.previews import Preview

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

    with chosen_home() as home:
        chosen = Selection.parse(
            shop_id=shop, policy=policy, states=state, run_id=run, targets=target,
            since=since, until=until,
        )  # fmt: skip
        found, language = select(home, chosen)[::-1][:limit], home.language
    answer(found, screen=screens.actions(found, language))


@actions_app.command()
def show(
    action_id: Annotated[str, typer.Argument(help="Action id; its first characters are enough.")],
    lang: Annotated[
        Literal["zh", "en"] | None, typer.Option("--lang", help="Only Chinese, or only English.")
    ] = None,
) -> None:
    """Say of one action what it is, why, what was refused, who approved it, what it achieved and
    how it is taken back; --json adds its numbers, evidence and history."""
    from flows.steps.actions import describe

    with chosen_home() as home:
        described = describe(home, action_id)
    screens = described["screen"]
    answer(described, screen=printable("\n\n".join([screens[lang]] if lang else screens.values())))


@actions_app.command()
def why(
    sku: Annotated[str, typer.Argument(metavar="SKU", help="A SKU, listing or product.")],
    shop: Shop = None,
    policy: PolicyName = None,
) -> None:
    """Say what each policy would do about a SKU now, or why it leaves it alone; nothing is done."""
    from flows.steps.why import why as why_step

    with chosen_home() as home:
        found, language = why_step(home, sku, shop_id=shop, policy=policy), home.language
    answer(found, screen=screens.whys(sku, found, language))


@actions_app.command()
def effect(shop: Shop = None, policy: PolicyName = None) -> None:
    """Say what each policy earned, against those that it leaves alone to compare."""
    from flows.steps.effect import effects

    with chosen_home() as home:
        found, language = effects(home, shop_id=shop, policy=policy), home.language
    answer(found, screen=screens.effects(found, language))


@actions_app.command()
def impact(
    name: Annotated[
        str, typer.Argument(metavar="WHAT", help="A listing, a SKU, or the id of an action.")
    ],
    shop: Shop = None,
) -> None:
    """List the orders sold at a wrong price, what they forgo, and which can be held back."""
    from flows.steps.impact import impacts

    with chosen_home() as home:
        found, language = impacts(home, name, shop_id=shop), home.language
    screen = screens.impacts(found, language)
    answer(found, screen=screen, held=any(one.hold_back for one in found))


@actions_app.command()
def approve(
    ids: Annotated[
        list[str] | None,
        typer.Argument(help="Action ids; their first characters are enough. None: by a filter."),
    ] = None,
    shop: Shop = None,
    policy: PolicyName = None,
    max_change: Annotated[
        str | None, typer.Option("--max-change", help="Only prices that move by at most, as 5%.")
    ] = None,
    by: By = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask, at a terminal, once it is shown.")
    ] = False,
) -> None:
    """Show what would be sent, and approve it; `act` sends that and nothing else.

    By ids each is shown whole. By --policy, --shop and --max-change all that wait are counted, with
    totals and the largest; without a terminal that needs --yes.
    """
    from flows.steps.batch import Filter

    chosen = Filter.parse(policy=policy, shop_id=shop, max_change=max_change)
    if bool(ids) == (chosen is not None):
        raise typer.BadParameter("give ids, or a filter: --policy, --shop, --max-change")
    if chosen is not None:
        _approve_batch(chosen, by=by, yes=yes)
    _approve_ids(ids or [], by=by, yes=yes)


def _approve_ids(ids: list[str], *, by: str | None, yes: bool) -> None:
    from flows.steps.actions import approve as approve_step
    from flows.steps.actions import preview

    with chosen_home() as home:
        is_asked, contents, language = not yes and is_terminal(), None, home.language
        if is_asked:
            seen = preview(home, ids)
            contents = {one.action_id: one.content_hash for one in seen}
            sys.stdout.write(_texts(seen, language) + "\n")
            typer.confirm(answers.question(len(seen), language), abort=True)
        done = approve_step(home, ids, by=by, contents=contents)
    _answer_of_person("approved", done, language, is_shown=not is_asked)


def _approve_batch(chosen: "Filter", *, by: str | None, yes: bool) -> None:
    from flows.steps.actions import approve as approve_step
    from flows.steps.batch import batch
    from flows.steps.previews import previews
    from reports.batches import LARGEST, NOT_YET

    with chosen_home() as home:
        found, language = batch(home, chosen), home.language
        sample, lines = previews(home, found.sample), found.lines(language)
        heads = [answers.in_one_line(one, language) for one in sample]
        text = printable("\n".join([*lines, "", LARGEST.in_(language), *heads]))
        if not found.contents:
            answer({"approved": [], "left": {}, "totals": []}, screen=lines[0])
        is_asked = not yes and is_terminal()
        if is_asked:
            sys.stdout.write(text + "\n")
            typer.confirm(answers.question(len(found.contents), language), abort=True)
        elif not yes:
            data = {"approved": [], "left": {}, "totals": found.totals, "sample": sample}
            answer(data, screen=f"{text}\n\n{NOT_YET.in_(language)}", held=True)
        done = approve_step(home, found.action_ids, by=by, contents=found.contents)
    lines = [] if is_asked else [text, ""]
    lines += answers.answered("approved", done, language)
    data = {"approved": done.changed, "left": done.left, "totals": found.totals, "sample": sample}
    answer(data, screen="\n".join(lines), held=bool(done.left))


def _texts(found: "list[Preview]", language: "Language") -> str:
    """Whole, without signs that a terminal would obey."""
    return printable("\n".join(line for one in found for line in (*one.lines(language), "")))


@actions_app.command()
def reject(ids: Ids, by: By = None) -> None:
    """Reject proposals."""
    from flows.steps.actions import reject as reject_step

    with chosen_home() as home:
        done, language = reject_step(home, ids, by=by), home.language
    _answer_of_person("rejected", done, language)


def _answer_of_person(
    verb: answers.Verb, done: "Answered", language: "Language", *, is_shown: bool = False
) -> None:
    lines = answers.answered(verb, done, language)
    result: dict[str, object] = {verb: done.changed, "left": done.left}
    if verb == "approved":
        result["shown"] = done.shown
    seen = ["", _texts(done.shown, language)] if is_shown else []
    answer(result, screen="\n".join([*lines, *seen]).rstrip(), held=bool(done.left))


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
    """Take back what was written: by run, policy, targets, shop or time."""
    from contracts.errors import ConfigurationError
    from flows.steps.actions import Selection
    from flows.steps.undo import undo as undo_step
    from reports.markdown import undo_rows

    chosen = Selection.parse(
        shop_id=shop, policy=policy, states=None, run_id=run, targets=target,
        since=since, until=until,
    )  # fmt: skip
    if chosen == Selection():
        raise ConfigurationError("say what to undo: a run, a policy, targets, a shop or since when")
    with chosen_home() as home, progress() as bar:
        undone = undo_step(home, chosen, by=by, execute=yes, progress=bar)
        title, language = undone.title(home.language), home.language
    screen = table(title, *undo_rows(undone.items, language))
    answer(undone, screen=screen, held=undone.has_conflicts)


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
    with chosen_home() as home:
        scope = switch(
            home, on=True, everything=everything, platform=platform, shop_id=shop, policy=policy,
            by=by,
        )  # fmt: skip
        screen = answers.switched(scope, home.language, on=True)
    answer({"stopped": scope}, screen=screen)


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
    with chosen_home() as home:
        scope = switch(
            home, on=False, everything=everything, platform=platform, shop_id=shop, policy=policy,
            by=by,
        )  # fmt: skip
        screen = answers.switched(scope, home.language, on=False)
    answer({"resumed": scope}, screen=screen)


def _list_stops() -> NoReturn:
    from flows.steps.actions import stops

    with chosen_home() as home:
        found = stops(home)
        screen = answers.stops(found, home.language)
    answer({"stops": found}, screen=screen)
    raise AssertionError("an answer ends the command")


def audit(
    expected_head: Annotated[
        str | None,
        typer.Option("--expected-head", help="Head of before, as printed: it has to be there."),
    ] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="After a restore: what the database lacks is known.")
    ] = False,
    by: By = None,
) -> None:
    """Verify the chain of events, and actions against it; what is altered or missing is named."""
    from flows.steps.audit import audit as audit_step
    from flows.steps.restored import accept as accept_restore

    with chosen_home() as home:
        if accept:
            accept_restore(home, by=by)
        found = audit_step(home, expected_head=expected_head)
    answer(found, screen="\n".join(found.lines), held=not found.is_whole)
