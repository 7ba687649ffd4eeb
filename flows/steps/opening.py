"""Opens a home: reads its settings, and does what an upgrade or a restore made due."""

from contextlib import suppress
from pathlib import Path

from contracts.errors import BusyError
from flows.steps.forget import carry_out
from flows.steps.home import Home
from flows.steps.sealing import seal_older


def open_home(folder: Path | str) -> Home:
    """Open the home in a folder; its database is opened when it is first needed.

    Raises:
        ConfigurationError: there is none, or a setting is wrong; names file, line and key.
    """
    return Home.of(folder, once_open=_do_what_is_due)


def _do_what_is_due(home: Home) -> None:
    """Seal what a release of before left open, and erase again whom a restore brought back.

    Raises:
        BusyError: a shop is being pulled or built, and something is left open.
    """
    if home.erasures.is_unsealed():
        seal_older(home)
    if home.erasures.recall():
        with suppress(
            BusyError
        ):  # the process that holds the lease goes on; mappings obey in any case
            carry_out(home)
