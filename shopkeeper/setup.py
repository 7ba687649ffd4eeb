"""Commands to set up: init, doctor, sandbox serve."""

import sys
from pathlib import Path

import typer

from shopkeeper.console import OPTIONS, answer, progress, table
from shopkeeper.steps import Shop, chosen_home

sandbox_app = typer.Typer(help="The emulated platforms.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(sandbox_app, name="sandbox")
    for command in (init, doctor):
        app.command()(command)


def init() -> None:
    """Write a home with comments, everything in shadow."""
    from flows.steps.init import init as init_step

    written = init_step(OPTIONS.home)
    lines = "\n".join(f"  {path}" for path in written)
    answer(
        {"written": [str(path) for path in written]},
        screen=f"Written:\n{lines}\nNext: fill in shops/*.toml, then `shopkeeper doctor`.",
    )


def doctor(shop: Shop = None) -> None:
    """Test every shop's credentials, clock and currency, what can be written, and the schedules."""
    from deployments.watch import health
    from flows.steps.doctor import doctor as doctor_step

    with chosen_home() as home:
        findings = [*doctor_step(home, shop_id=shop), *health(home, shop_id=shop)]
    rows = [
        [f.shop_id, f.source, f.subject, "ok" if f.passed else "WRONG", f.detail] for f in findings
    ]
    columns = ["shop", "source", "subject", "result", "detail"]
    has_failed = any(not finding.passed for finding in findings)
    answer(findings, screen=table("Doctor", columns, rows), held=has_failed)


@sandbox_app.command(name="prove")
def prove_command(
    faults: int = typer.Option(100, min=1, max=100_000, help="Random fault plans to run."),
    seed: int = typer.Option(0, min=0, help="Seed of the first plan; the next ones count on."),
    processes: int | None = typer.Option(None, min=1, help="Plans at once; one per core."),
) -> None:
    """Run the loop under random faults; exit 0 only if nothing was lost, doubled or unsafe."""
    from deployments.extra import refuse_without_sandbox
    from deployments.prove import prove, screen

    refuse_without_sandbox()
    with progress() as advance:
        proved = prove(faults, seed=seed, processes=processes, progress=advance)
    answer(proved.as_dict(), screen=screen(proved), failed=not proved.is_clean)


@sandbox_app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def serve(context: typer.Context) -> None:
    """Serve the emulated platforms on loopback; `--help` after `--` lists what can be set."""
    import subprocess

    from deployments.extra import refuse_without_sandbox

    refuse_without_sandbox()
    command = [sys.executable, "-m", "sandbox", "serve", *context.args]
    raise typer.Exit(subprocess.call(command, cwd=Path.cwd()))  # noqa: S603  our own interpreter
