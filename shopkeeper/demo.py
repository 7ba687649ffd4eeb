"""The command `demo`: the whole loop against the sandbox, on real transactions."""

import typer

from shopkeeper.console import OPTIONS, answer


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(demo)


def demo(
    days: int | None = typer.Option(None, min=1, help="Only the last days of the year."),
    households: int | None = typer.Option(None, min=1, help="Only the first households."),
) -> None:
    """Run a merchant's day, from pull to confirmed price change, on a year of real transactions."""
    from deployments.demo import run_demo

    shown = run_demo(OPTIONS.home, days=days, households=households, is_quiet=OPTIONS.as_json)
    answer(shown.data, screen=shown.screen)
