"""Waiting for a platform, which ends at once when nobody wants any more what is waited for."""

import threading
import time
from contextvars import ContextVar
from typing import Final

GIVEN_UP: Final[ContextVar[threading.Event | None]] = ContextVar("GIVEN_UP", default=None)
"""Of the work that this thread does: set when it is given up."""


class GivenUpError(Exception):
    """What was waited for is not wanted any more."""


def pause(seconds: float) -> None:
    """Sleep for some seconds.

    A platform's limits let a reading wait for minutes. A process that is told to end meanwhile
    would wait with it, since it ends after its threads.

    Raises:
        GivenUpError: the work of this thread was given up.
    """
    given_up = GIVEN_UP.get()
    if given_up is None:
        time.sleep(seconds)
    elif given_up.wait(seconds):
        raise GivenUpError
