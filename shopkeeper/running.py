"""Commands that let a home run by itself: up, down."""

from typing import Annotated

import typer

from shopkeeper.console import OPTIONS, answer


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (up, down):
        app.command()(command)


def up(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; 127.0.0.1 if not given.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port; 4200 if not given.")
    ] = None,
    behind_tls: Annotated[
        str | None,
        typer.Option(help="https address under which a proxy of yours serves it, if one does."),
    ] = None,
) -> None:
    """Start Prefect server, worker and deployments in the background; again changes nothing."""
    from deployments.unattended import up as start

    running = start(OPTIONS.home, host=host, port=port, behind_tls=behind_tls)
    lines = [
        f"Prefect UI   {running.address}",
        f"Password     the line in {running.login}",
        f"Deployments  {len(running.deployments)}, {len(running.changed)} of them new or changed",
    ]
    answer(running, screen="\n".join(lines))


def down() -> None:
    """End what `up` started; a run that is cut off is resumed by the next one."""
    from deployments.unattended import down as end

    ended = end(OPTIONS.home)
    answer({"ended": ended}, screen=f"Ended: {', '.join(ended) or 'nothing was running'}")
