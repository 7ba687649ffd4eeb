"""Backfill: a span of history, one task per stream, each with its own bar of progress."""

import asyncio
import datetime as dt
import re
from typing import Annotated, Any, cast
from uuid import UUID

from prefect import flow, runtime, task
from prefect.artifacts import (
    acreate_table_artifact,
    create_progress_artifact,
    update_progress_artifact,
)
from prefect.task_runners import ThreadPoolTaskRunner
from pydantic import Field

from flows.build import build_flow
from flows.check import check_flow
from flows.form import HomeDir, OptionalShopId
from flows.labels import tag_run
from flows.outcome import as_held_state
from flows.retries import is_transient
from flows.steps.backfill import (
    BackfillMode,
    BackfillPlan,
    BackfillSpan,
    business_days,
    expired_actions,
    keep,
    plan,
    read,
)
from flows.steps.opening import open_home
from flows.steps.progress import Progress

# One stream at a time would wait for bulk files, more would crowd out the live pulls.
STREAMS_AT_A_TIME = 2

Day = Annotated[dt.date, Field(description="A day of the shop's zone, as in 2026-11-11")]
Name = Annotated[str, Field(min_length=1, max_length=100)]


def _run_name() -> str:
    given = runtime.flow_run.get_parameters()
    shops = given.get("shop_id") or "all shops"
    return f"{shops} backfill {given['first']} .. {given['last']}"


@task(
    task_run_name="backfill {shop_id} {stream}",
    retries=3,
    retry_delay_seconds=[10, 60, 300],
    retry_condition_fn=is_transient,
)
def backfill_stream(
    home_dir: str, shop_id: str, stream: str, reading_ids: list[str]
) -> list[dict[str, Any]]:
    """Read what is not loaded yet of a stream's readings; one row for each, with its days."""
    with open_home(home_dir) as home:
        due = home.readings.waiting(reading_ids)
        pulled = read(home, due, _progress_artifact(f"backfill-{shop_id}-{stream}"))
        shop = home.shop(shop_id)
        return [
            {
                "shop": shop_id,
                "stream": stream,
                "days": business_days(shop, reading),
                "rows": one.rows,
                "quarantined documents": one.quarantined,
                "stopped": "; ".join(stopped.sentence for stopped in one.blocked),
            }
            for reading, one in zip(due, pulled, strict=True)
        ]


def _progress_artifact(key: str) -> Progress:
    """Progress as an artifact: how much is read, and which business days are being read."""
    named = re.sub("[^a-z0-9]+", "-", key.lower())
    # Prefect types it for both ways of calling; without a loop it is the id.
    bar = cast("UUID", create_progress_artifact(0.0, key=named))

    def advance(name: str, done: int, total: int | None) -> None:
        percent = 100.0 * done / total if total else 0.0
        update_progress_artifact(bar, percent, description=name)

    return advance


@flow(
    name="backfill",
    flow_run_name=_run_name,
    on_running=[tag_run],
    # Prefect types a runner by its futures, and a flow by the base class of them.
    task_runner=ThreadPoolTaskRunner(max_workers=STREAMS_AT_A_TIME),  # type: ignore[arg-type]
)
async def backfill_flow(
    home_dir: HomeDir,
    first: Day,
    last: Day,
    shop_id: OptionalShopId = None,
    stream: Annotated[Name | None, Field(description="Only this stream; empty: all")] = None,
    table: Annotated[
        Name | None, Field(description="Only the streams that fill this table; empty: all")
    ] = None,
    mode: Annotated[
        BackfillMode,
        Field(
            description="missing: what was never loaded; failed: what was planned and not loaded;"
            " all: everything again"
        ),
    ] = BackfillMode.MISSING,
    newest_first: Annotated[bool, Field(description="Begin with the newest days")] = False,
) -> list[dict[str, Any]]:
    """Read a span of history behind the live pulls, check and build it; it never acts."""
    span = BackfillSpan(
        first=first,
        last=last,
        mode=mode,
        shop_id=shop_id,
        stream=stream,
        table=table,
        newest_first=newest_first,
    )
    with open_home(home_dir) as home:
        planned = plan(home, span)
        keep(home, planned)
    await _show_plan(planned)
    futures = [
        backfill_stream.submit(home_dir, one.shop_id, one.stream, [r.id for r in one.readings])
        for one in planned.streams
        if one.readings
    ]
    rows = [row for future in futures for row in await asyncio.to_thread(future.result)]
    await acreate_table_artifact(rows, key="backfill", description="Business days that were read")
    await _finish(home_dir, span)
    stopped = [f"{row['shop']} {row['stream']}: {row['stopped']}" for row in rows if row["stopped"]]
    return cast("list[dict[str, Any]]", as_held_state(rows, stopped))


async def _show_plan(planned: BackfillPlan) -> None:
    rows = [
        {
            "shop": one.shop_id,
            "stream": one.stream,
            "readings": len(one.readings),
            "calls": "unknown" if one.calls is None else one.calls,
        }
        for one in planned.streams
    ]
    title = f"To read, about {planned.calls} calls"
    await acreate_table_artifact(rows, key="backfill-plan", description=title)


async def _finish(home_dir: str, span: BackfillSpan) -> None:
    """Check and build each shop that something was read of, and list the actions that are past."""
    with open_home(home_dir) as home:
        shops = [
            shop
            for shop in home.select(span.shop_id)
            if home.readings.newest(shop.id, with_backfills=True)
        ]
        past = [
            {"action": one.action_id, "shop": one.shop_id, "policy": one.policy}
            for shop in shops
            for one in expired_actions(home, shop, span)
        ]
    for shop in shops:
        await check_flow(home_dir, shop.id)
        await build_flow(home_dir, shop.id)
    title = "Actions of the span whose window has passed: not sent"
    await acreate_table_artifact(past, key="backfill-expired", description=title)
