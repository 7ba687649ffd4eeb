"""How an answer reaches the operator: a screen or one JSON document, exit code, progress bar."""

import dataclasses
import datetime as dt
import json
import sys
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import Any

import typer

WIDTH = 100
"""Columns of a screen that is not a terminal: a file, a pipe, CI. A table may need more."""


class Exit(IntEnum):
    """Exit codes of the public command line."""

    DONE = 0
    FAILED = 1
    WRONG_USE = 2
    HELD = 3


@dataclasses.dataclass(slots=True)
class Options:
    """Global options of one call."""

    home: Path = Path()
    as_json: bool = False
    debug: bool = False


OPTIONS = Options()


def answer(
    data: Any,
    *,
    screen: Any = None,
    held: bool = False,
    failed: bool = False,
    stopped: Sequence[str] = (),
) -> None:
    """Print the result and end: one JSON document with --json, else the screen.

    What was `stopped` while the rest went on goes to standard error, and makes the exit code 3.
    """
    tell(data, screen=screen)
    for sentence in stopped:
        sys.stderr.write(f"stopped: {sentence}\n")
    held = held or bool(stopped)
    if failed:
        raise typer.Exit(Exit.FAILED)
    raise typer.Exit(Exit.HELD if held else Exit.DONE)


def tell(data: Any, *, screen: Any = None) -> None:
    """Print the result at once and go on; a command does so once."""
    if OPTIONS.as_json:
        sys.stdout.write(json.dumps(data, default=_plain, ensure_ascii=False) + "\n")
    elif screen is not None:
        show(screen)
    sys.stdout.flush()


def show(screen: Any) -> None:
    """Print text or what rich can print; never with --json."""
    if isinstance(screen, str):
        sys.stdout.write(screen + "\n")
        return
    from rich.console import Console

    Console(width=None if sys.stdout.isatty() else WIDTH).print(screen, crop=False)


def printable(text: str) -> str:
    """Text of others, its lines kept, without control signs."""
    return "".join(
        " " if unicodedata.category(sign).startswith("C") and sign != "\n" else sign
        for sign in text
    )


def is_terminal() -> bool:
    """Whether somebody sits there who can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty() and not OPTIONS.as_json


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    return str(value)


def table(title: str, columns: list[str], rows: list[list[Any]]) -> Any:
    """A rich table; text of platforms is shown as it is, never read as markup."""
    from rich.table import Table

    from reports.terminal import Prose, whole

    grid = Table(*columns, title=title, title_justify="left", header_style="bold", box=None)
    for row in rows:
        grid.add_row(*(Prose("" if cell is None else str(cell).strip()) for cell in row))
    return whole(grid)


def stack(screen: Any, lines: list[str]) -> Any:
    """What can be printed, and lines of text below it."""
    from rich.console import Group

    from reports.terminal import Prose

    return Group(screen, *map(Prose, lines))


@contextmanager
def progress() -> Iterator[Callable[[str, int, int | None], None]]:
    """A bar per piece of work on standard error; silent with --json and without a terminal."""
    if OPTIONS.as_json or not sys.stderr.isatty():
        yield lambda _name, _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, Any] = {}

        def advance(name: str, done: int, total: int | None) -> None:
            work = name.partition(" · ")[0]  # what follows says how far it has come
            if work not in tasks:
                tasks[work] = bars.add_task(name, total=total)
            bars.update(tasks[work], description=name, completed=done, total=total)

        yield advance
