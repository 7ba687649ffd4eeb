"""Commands about keys: keys rotate."""

from typing import TYPE_CHECKING, Annotated

import typer

from shopkeeper.console import answer, table
from shopkeeper.steps import chosen_home

if TYPE_CHECKING:
    from flows.steps.rotate import Rotation

keys_app = typer.Typer(help="The keys of what is stored.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(keys_app, name="keys")


@keys_app.command()
def rotate(
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, the plan is shown.")] = False,
    by: Annotated[
        str | None, typer.Option("--by", help="Who does it; the login name if not given.")
    ] = None,
) -> None:
    """After a leak of the data key: seal all that is stored with a new one, and drop the old one.

    The key of pseudonyms (members.key) is never changed.
    """
    from flows.steps.rotate import plan
    from flows.steps.rotate import rotate as rotate_step

    with chosen_home() as home:
        found = rotate_step(home, by=by) if yes else plan(home)
    answer({"done": yes, "rotation": found}, screen=_table(found, done=yes))


def _table(found: "Rotation", *, done: bool) -> object:
    rows: list[list[object]] = [[place, count] for place, count in found.sealed.items()]
    rows += [["data key", found.key or "a new one"]]
    rows += [[f"data key {one}", "given up"] for one in found.given_up]
    rows += [["key of pseudonyms (members)", "stays"], ["left to you", found.left]]
    head = "Sealed anew" if done else "Would be sealed anew, with --yes"
    return table(head, ["what", "how much"], rows)
