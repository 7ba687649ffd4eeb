"""How the schedules of a running home stand: when each ran, how that ended, when it runs next."""

import datetime as dt
import time
from dataclasses import dataclass
from typing import Any

import httpx

from contracts.errors import TransientSourceError
from deployments.api import TAG, first, found

# The server plans a new schedule within seconds, and looks at the rest once a minute.
PLANNED_SECONDS = 120
# A worker looks every 15 seconds, and begins a few runs at a time.
_LATE = dt.timedelta(minutes=2)

_BY_SCHEDULE = {"type_": ["SCHEDULE"]}
_BEGUN = {"type": {"any_": ["RUNNING", "COMPLETED", "FAILED", "CRASHED", "CANCELLING"]}}
_BAD = ("Failed", "Crashed", "TimedOut")
_WAITING = {"type": {"any_": ["SCHEDULED"]}, "name": {"any_": ["Scheduled", "Late"]}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One deployment that runs by itself."""

    name: str
    shop_id: str
    step: str
    is_paused: bool
    last_at: dt.datetime | None
    last_state: str | None
    """As Prefect names it: Completed, Failed, Crashed, Running."""
    next_at: dt.datetime | None
    """When the next run is due; past if it waits for a worker, None if none is planned."""

    @property
    def is_planned(self) -> bool:
        """Whether its next run is planned, or none is to be."""
        return self.is_paused or self.next_at is not None

    def is_late(self, now: dt.datetime) -> bool:
        """Whether no worker took what is due."""
        return self.next_at is not None and self.next_at < now - _LATE

    def is_well(self, now: dt.datetime) -> bool:
        """Whether its last run did its work, as far as it is done, and the next one will come."""
        return self.last_state not in _BAD and self.is_planned and not self.is_late(now)


def standings(api: httpx.Client) -> list[Standing]:
    """All schedules of a server, by name."""
    ours = {"tags": {"all_": [TAG]}}
    deployments = found(api, "deployments", deployments=ours, sort="NAME_ASC")
    standing = (_standing(api, one) for one in deployments if one["schedules"])
    # The server sorts by the shop alone; PostgreSQL returns the steps of one in any order.
    return sorted(standing, key=lambda one: one.name)


def wait_until_planned(api: httpx.Client) -> None:
    """Return when the server has planned a run of every schedule that is not paused.

    Raises:
        TransientSourceError: it has not in time; names the first that has none.
    """
    deadline = time.monotonic() + PLANNED_SECONDS
    while unplanned := [one.name for one in standings(api) if not one.is_planned]:
        if time.monotonic() > deadline:
            raise TransientSourceError(
                f"the Prefect server planned no run of {unplanned[0]} in {PLANNED_SECONDS} s; see"
                " prefect/server.log"
            )
        time.sleep(1)


def _standing(api: httpx.Client, deployment: dict[str, Any]) -> Standing:
    mine = {"deployment_id": {"any_": [deployment["id"]]}, "created_by": _BY_SCHEDULE}
    last = first(api, "flow_runs", flow_runs={**mine, "state": _BEGUN}, sort="START_TIME_DESC")
    due = first(
        api,
        "flow_runs",
        flow_runs={**mine, "state": _WAITING},
        sort="NEXT_SCHEDULED_START_TIME_ASC",
    )
    step = next(tag for tag in deployment["tags"] if tag.startswith("step:"))
    step = step.removeprefix("step:")
    is_active = any(schedule["active"] for schedule in deployment["schedules"])
    return Standing(
        name=f"{step}/{deployment['name']}",
        shop_id=deployment["parameters"]["shop_id"],
        step=step,
        is_paused=deployment["paused"] or not is_active,
        last_at=_moment(last["start_time"] if last else None),
        last_state=last["state_name"] if last else None,
        next_at=_moment(due["next_scheduled_start_time"] if due else None),
    )


def _moment(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None
