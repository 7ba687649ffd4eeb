"""The command line: what an operator types.

Commands import what they need when they run, so that `--help` answers at once.
"""

import errno
import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from contracts.errors import ConfigurationError, ShopkeeperError
from shopkeeper import demo, history, keys, ledger, metrics, people, running, setup, steps
from shopkeeper.console import OPTIONS, Exit

# A folder for a file, a home that may not be written: another place helps, another try does not.
_WRONG_PLACE = frozenset(
    (
        errno.EACCES, errno.EEXIST, errno.EISDIR, errno.ENOENT, errno.ENOTDIR, errno.EPERM,
        errno.EROFS, errno.ENAMETOOLONG, errno.EADDRINUSE, errno.EADDRNOTAVAIL,
    )
)  # fmt: skip
INTERRUPTED = 130  # what typer makes of Ctrl-C
_STOPPED = "shopkeeper: stopped; what was finished is kept, run it again to go on\n"

app = typer.Typer(
    name="shopkeeper",
    help="The open operations autopilot for merchants who sell on many platforms.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _globals(
    home: Annotated[
        Path, typer.Option(help="Folder with shopkeeper.toml.", envvar="SHOPKEEPER_HOME")
    ] = Path(),
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document and nothing else.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    OPTIONS.home, OPTIONS.as_json, OPTIONS.debug = home, json, debug


for module in (setup, steps, metrics, history, ledger, people, keys, running, demo):
    module.register(app)


def main() -> None:
    """Run a command; an error is one sentence on standard error and an exit code."""
    # Being told to end is like Ctrl-C: what was started is ended too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    os.umask(0o077)  # what a home holds is its owner's alone; whatever is started inherits it
    try:
        app()
    except ShopkeeperError as error:
        if OPTIONS.debug:
            raise
        sys.stderr.write(f"shopkeeper: {error}\n")
        sys.exit(Exit.WRONG_USE if isinstance(error, ConfigurationError) else Exit.FAILED)
    except OSError as error:
        if OPTIONS.debug:
            raise
        sys.stderr.write(f"shopkeeper: {_error_sentence(error)}\n")
        sys.exit(Exit.WRONG_USE if error.errno in _WRONG_PLACE else Exit.FAILED)
    except SystemExit as ended:
        if ended.code == INTERRUPTED:
            sys.stderr.write(_STOPPED)
        raise
    except BaseException as error:
        # While a flow runs Prefect takes the signal, and raises what costs a second to import.
        if type(error).__name__ != "TerminationSignal" or OPTIONS.debug:
            raise
        sys.stderr.write(_STOPPED)
        sys.exit(INTERRUPTED)


def _error_sentence(error: OSError) -> str:
    """What the machine could not do, and with which file, in one sentence."""
    reason = error.strerror or str(error)
    if isinstance(error, FileExistsError):
        reason = "a file lies where a folder belongs"
    where = f"{error.filename}: " if error.filename else ""
    return str(ShopkeeperError(f"{where}{reason[:1].lower()}{reason[1:]}"))
