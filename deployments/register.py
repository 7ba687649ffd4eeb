"""Bring a server to a home's definitions: what is new is written, what is gone is removed."""

from dataclasses import dataclass
from typing import Any

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate, WorkPoolCreate, WorkPoolUpdate
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterTags,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import (
    ConcurrencyLimitStrategy,
    ConcurrencyOptions,
    FlowRun,
    StateType,
)
from prefect.client.schemas.responses import DeploymentResponse
from prefect.exceptions import ObjectNotFound
from prefect.states import Crashed
from prefect.workers.process import ProcessWorker

from deployments.api import TAG
from deployments.plan import POOL, Definition
from flows.missed import drop_missed

# One at a time: while a run lasts longer than its schedule, the next one has nothing to add.
_ALONE = ConcurrencyOptions(collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
# How a run is started is the same for all and nobody's to say: Prefect's own template lets whoever
# starts a run give its command, environment and folder. An `env` here, even an empty one, would be
# filled by the run's.
JOB: dict[str, Any] = {
    "job_configuration": {"stream_output": True},  # the server wants something
    "variables": {"type": "object", "properties": {}, "additionalProperties": False},
}
_ENDED = "Its worker ended before it did; the next run goes on where it stopped."


@dataclass(frozen=True, slots=True)
class Registered:
    """What became of the deployments, by name."""

    written: list[str]
    unchanged: list[str]
    removed: list[str]


async def register(wanted: list[Definition]) -> Registered:
    """Write the definitions to the server of Prefect's settings.

    A definition that the server holds already is left alone, with what was paused there by hand.
    """
    async with get_client() as client:
        await _pool(client)
        there = {await _full_name(client, one): one for one in await _ours(client)}
        written, unchanged = [], []
        for one in wanted:
            found = there.pop(one.full_name, None)
            if found is not None and found.version == one.version:
                unchanged.append(one.full_name)
            else:
                await _write(client, one)
                written.append(one.full_name)
        for gone in there.values():
            await client.delete_deployment(gone.id)
    return Registered(written, unchanged, sorted(there))


async def _pool(client: PrefectClient) -> None:
    try:
        there = await client.read_work_pool(POOL)
    except ObjectNotFound:
        await client.create_work_pool(
            WorkPoolCreate(name=POOL, type=ProcessWorker.type, base_job_template=JOB)
        )
    else:
        if there.base_job_template != JOB:
            await client.update_work_pool(POOL, WorkPoolUpdate(base_job_template=JOB))


async def _ours(client: PrefectClient) -> list[DeploymentResponse]:
    """Every deployment of a home, however many pages they are."""
    tagged = DeploymentFilter(tags=DeploymentFilterTags(all_=[TAG]))
    rows: list[DeploymentResponse] = []
    while page := await client.read_deployments(deployment_filter=tagged, offset=len(rows)):
        rows += page
    return rows


async def _full_name(client: PrefectClient, one: DeploymentResponse) -> str:
    flow = await client.read_flow(one.flow_id)
    return f"{flow.name}/{one.name}"


async def _write(client: PrefectClient, one: Definition) -> None:
    schedule = one.schedule()
    await client.create_deployment(
        flow_id=await client.create_flow_from_name(one.step),
        name=one.name,
        version=one.version,
        schedules=[DeploymentScheduleCreate(schedule=schedule)] if schedule else [],
        concurrency_limit=1 if schedule else None,
        concurrency_options=_ALONE if schedule else None,
        parameters=one.parameters,
        description=one.description,
        work_pool_name=POOL,
        tags=list(one.tags),
        entrypoint=one.entrypoint,
        parameter_openapi_schema=one.form,
        enforce_parameter_schema=True,
    )


async def catch_up_once() -> None:
    """Of the runs that were missed, leave one of each deployment; only while no worker runs."""
    async with get_client() as client:
        for one in await _ours(client):
            await drop_missed(client, one.id, keep=1)


async def close_orphans() -> int:
    """Mark what still counts as running as crashed; call it only while no worker runs.

    Otherwise a run that was cut off by a power failure would stand in the way of the next one.
    """
    unfinished = [StateType.RUNNING, StateType.PENDING, StateType.CANCELLING]
    chosen = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=unfinished)))
    async with get_client() as client:
        orphans: list[FlowRun] = await client.read_flow_runs(flow_run_filter=chosen)
        for run in orphans:
            state: Any = Crashed(message=_ENDED)
            await client.set_flow_run_state(run.id, state, force=True)
    return len(orphans)
