"""Commands that let a home run by itself: up, down, listen."""

from typing import Annotated

import typer

from shopkeeper.console import OPTIONS, answer, tell


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (up, down, listen):
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
    from deployments.server import SHELL
    from deployments.unattended import up as start

    running = start(OPTIONS.home, host=host, port=port, behind_tls=behind_tls)
    lines = [
        f"Prefect UI   {running.address}",
        f"Password     the line in {running.login}",
        f"             {SHELL}",
        f"Deployments  {len(running.deployments)}, {len(running.changed)} of them new or changed",
        *running.complaints,
    ]
    answer(running, screen="\n".join(lines))


def down() -> None:
    """End what `up` started; a run that is cut off is resumed by the next one."""
    from deployments.unattended import down as end

    ended = end(OPTIONS.home)
    answer({"ended": ended}, screen=f"Ended: {', '.join(ended) or 'nothing was running'}")


def listen(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port.")] = 4280,
    behind_tls: Annotated[
        str | None,
        typer.Option(help="https address under which a proxy of yours serves it, if one does."),
    ] = None,
) -> None:
    """Listen to webhooks until Ctrl-C, and pull what they hint at; changed settings need a restart.

    Platforms send to /webhooks/SHOP/SOURCE. A shop has one once its source holds the secret.
    """
    from deployments.webhooks import listening

    with listening(OPTIONS.home, host=host, port=port, behind_tls=behind_tls) as started:
        tell({"addresses": started.addresses}, screen="\n".join(started.addresses))
        started.run()
