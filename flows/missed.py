"""Scheduled runs that were missed are made up for once, however many they are."""

from typing import Any
from uuid import UUID

from prefect import State
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterCreatedBy,
    FlowRunFilterDeploymentId,
    FlowRunFilterNextScheduledStartTime,
    FlowRunFilterState,
    FlowRunFilterStateName,
)
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.sorting import FlowRunSort
from prefect.flows import Flow

from flows.steps.clock import machine_now

_NOT_BEGUN = FlowRunFilterState(name=FlowRunFilterStateName(any_=["Scheduled", "Late"]))


async def drop_all_missed(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Hook of what runs by itself: a run that begins does the work of all that were missed."""
    if flow_run.deployment_id is not None:
        async with get_client() as client:
            await drop_missed(client, flow_run.deployment_id)


async def drop_missed(client: PrefectClient, deployment_id: UUID, *, keep: int = 0) -> None:
    """Remove runs that a schedule planned, that are past due and did not begin.

    Args:
        keep: how many of the newest stay.
    """
    while missed := (await _missed_runs(client, deployment_id))[keep:]:
        for run in missed:
            await client.delete_flow_run(run.id)


async def _missed_runs(client: PrefectClient, deployment_id: UUID) -> list[FlowRun]:
    """A page of them, the newest first; runs that a person started are not among them."""
    past = FlowRunFilterNextScheduledStartTime.model_validate({"before_": machine_now()})
    waiting = await client.read_flow_runs(
        flow_run_filter=FlowRunFilter(
            deployment_id=FlowRunFilterDeploymentId(any_=[deployment_id]),
            state=_NOT_BEGUN,
            next_scheduled_start_time=past,
            created_by=FlowRunFilterCreatedBy(type_=["SCHEDULE"]),
        ),
        sort=FlowRunSort.EXPECTED_START_TIME_DESC,
    )
    return list(waiting)
