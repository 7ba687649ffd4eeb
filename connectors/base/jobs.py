"""Report jobs: created on the platform, polled until they end, then downloaded."""

import time
from collections.abc import Callable
from enum import StrEnum
from typing import Protocol, TypeVar

from connectors.base.waiting import pause
from contracts.errors import SourceContractError, SourceRejectedError, TransientSourceError


class JobStatus(StrEnum):
    """Where a job stands; each end means something else.

    done: there is a file. no_data: it found nothing, which is an empty result and no failure.
    cancelled: somebody or the platform gave it up. fatal: the platform cannot make it. expired:
    its file was made and is gone.
    """

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    NO_DATA = "no_data"
    CANCELLED = "cancelled"
    FATAL = "fatal"
    EXPIRED = "expired"


class Job(Protocol):
    """What a poll must tell."""

    @property
    def status(self) -> JobStatus:
        """Where it stands."""
        ...


JobT = TypeVar("JobT", bound=Job)


def finish(
    ask: Callable[[], JobT],
    *,
    deadline: float,
    first_wait: float = 0.25,
    longest_wait: float = 10.0,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = pause,
) -> JobT:
    """Poll until the job is done or has no data. Durations are seconds; waits double.

    Raises:
        TransientSourceError: it was cancelled or outlasted the deadline; a new one may do.
        SourceRejectedError: the platform cannot make it.
        SourceContractError: its file expired before it was fetched.
    """
    end = clock() + deadline
    wait = first_wait
    while (job := ask()).status in (JobStatus.QUEUED, JobStatus.RUNNING):
        if clock() + wait > end:
            raise TransientSourceError(f"a report job is still {job.status} after {deadline:g} s")
        sleep(wait)
        wait = min(longest_wait, wait * 2)
    if job.status is JobStatus.CANCELLED:
        raise TransientSourceError("a report job was cancelled; read the window again")
    if job.status is JobStatus.FATAL:
        raise SourceRejectedError("a report job failed and the platform says that it always will")
    if job.status is JobStatus.EXPIRED:
        raise SourceContractError("a report job's file expired before it was fetched")
    return job
