"""Commands about persons: forget, subject, expire."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shopkeeper.console import answer, table
from shopkeeper.steps import Shop, chosen_home

if TYPE_CHECKING:
    from flows.steps.forget import StoredOfMember

Member = Annotated[
    str, typer.Option("--member", help="The platform's id of the customer, or the pseudonym.")
]
By = Annotated[str | None, typer.Option("--by", help="Who asks; the login name if not given.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (forget, subject, expire):
        app.command()(command)


def forget(
    member: Member,
    shop: Shop = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, the plan is shown.")] = False,
    by: By = None,
) -> None:
    """Erase a person from all that is stored, for good; without --yes, show what that means."""
    from flows.steps.forget import find_stored
    from flows.steps.forget import forget as forget_step

    with chosen_home() as home:
        if yes:
            found = forget_step(home, member, shop_id=shop, by=by)
        else:
            found = find_stored(home, member, shop_id=shop)
    answer({"done": yes, "held": found}, screen=_stored_table(found, done=yes))


def _stored_table(found: "StoredOfMember", *, done: bool) -> object:
    rows: list[list[object]] = [[f"rows of {name}", count] for name, count in found.rows.items()]
    rows += [
        ["raw pages", found.pages],
        ["documents in quarantine", found.quarantined],
        ["actions", found.actions],
    ]
    rows += [
        [f"export of {copy.table}: {copy.file}" if copy.file else "copy for the person", copy.state]
        for copy in found.copies
    ]
    rows += [["published tables", "hold no persons"]]
    head = "Forgotten" if done else "Would be forgotten, with --yes"
    return table(f"{head}: {found.member_id} of {found.shop_id}", ["held", "how much"], rows)


def subject(
    member: Member,
    out: Annotated[Path, typer.Option("--out", help="File to write.")],
    shop: Shop = None,
    by: By = None,
) -> None:
    """Hand out all that is held of a person, as JSON."""
    from flows.steps.subject import subject as subject_step

    with chosen_home() as home:
        counts = subject_step(home, member, out=out, shop_id=shop, by=by)
    text = ", ".join(f"{count} {name}" for name, count in counts.items())
    answer({"file": str(out), "entries": counts}, screen=f"{out}: {text}")


def expire() -> None:
    """Remove what has been held for its time; `run` does so too."""
    from flows.steps.retention import expire as expire_step

    with chosen_home() as home:
        gone = expire_step(home)
    text = (
        f"{gone.readings} readings and personal columns of {', '.join(gone.tables) or 'no table'}"
    )
    answer(gone, screen=f"Removed: {text}")
