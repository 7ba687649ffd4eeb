"""Leases: the same work is not done by two processes at once, be they scheduled or by hand."""

import datetime as dt
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from contracts.errors import BusyError
from flows.steps.clock import machine_now
from flows.steps.holders import holder, is_gone
from flows.steps.home import Home
from warehouse.leases import Lease

# A machine that vanished keeps its work from others for no longer; a process that did, for no time.
LENGTH = dt.timedelta(minutes=2)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ActiveLease:
    """Work that is ours to do."""

    home: Home
    lease: Lease

    def confirm(self) -> None:
        """Hold on to it for longer; call it between pieces of work.

        Raises:
            BusyError: we were silent for so long that another process has taken over.
        """
        if not self.home.leases.renew(self.lease, length=LENGTH, at=machine_now()):
            raise BusyError(
                f"{self.lease.name} was taken over by another process, since this one was silent"
                f" for more than {LENGTH.seconds} seconds: it goes on there"
            )


@contextmanager
def lease(home: Home, name: str) -> Iterator[ActiveLease]:
    """Do what only one may do at a time; the lease is renewed until the body ends.

    Raises:
        BusyError: another process is at it; says which, and nothing was done. Or this one was
            started before the data key was changed.
    """
    taken = home.leases.take(
        name, holder=holder(), length=LENGTH, at=machine_now(), is_gone=is_gone
    )
    mine = ActiveLease(home, taken)
    try:
        home.confirm_key()
    except BusyError:
        home.leases.release(taken, at=machine_now())
        raise
    is_over = threading.Event()
    keeper = threading.Thread(target=_keep, args=(mine, is_over), name=f"lease {name}", daemon=True)
    keeper.start()
    try:
        yield mine
    finally:
        is_over.set()
        keeper.join()
        home.leases.release(taken, at=machine_now())


def _keep(mine: ActiveLease, is_over: threading.Event) -> None:
    while not is_over.wait(LENGTH.total_seconds() / 4):
        try:
            mine.confirm()
        except BusyError as error:
            # The work itself finds out at its next confirmation; a busy database is asked again.
            _log.warning("lease=%s not renewed: %s", mine.lease.name, error)
