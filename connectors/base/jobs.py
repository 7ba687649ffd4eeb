"""Report jobs: created on the platform, polled until they end, then downloaded."""

import time
from collections.abc import Callable
from enum import StrEnum
from typing import Protocol, TypeVar

from contracts.errors import SourceContractError, TransientSourceError


class JobStatus(StrEnum):
    """Where a job stands. A completed job without a file has no data, which is an empty result."""

    CREATED = "created"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
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
    sleep: Callable[[float], None] = time.sleep,
) -> JobT:
    """Poll until the job is completed. Durations are seconds; waits double up to the longest.

    Raises:
        TransientSourceError: it failed, was cancelled, or outlasted the deadline; a new one may do.
        SourceContractError: its file expired before it was fetched.
    """
    end = clock() + deadline
    wait = first_wait
    while (job := ask()).status in (JobStatus.CREATED, JobStatus.RUNNING):
        if clock() + wait > end:
            raise TransientSourceError(f"a report job is still {job.status} after {deadline:g} s")
        sleep(wait)
        wait = min(longest_wait, wait * 2)
    if job.status is JobStatus.EXPIRED:
        raise SourceContractError("a report job's file expired before it was fetched")
    if job.status is not JobStatus.COMPLETED:
        raise TransientSourceError(f"a report job ended as {job.status}; read the window again")
    return job
