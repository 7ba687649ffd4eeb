"""Pull: one task per shop and stream, a few at a time."""

import asyncio
from dataclasses import asdict
from typing import Any, cast

from prefect import flow, task
from prefect.artifacts import acreate_markdown_artifact
from prefect.futures import PrefectFuture
from prefect.task_runners import ThreadPoolTaskRunner

from contracts.languages import Bilingual, Language
from flows.form import HomeDir, OptionalShopId
from flows.labels import run_name, tag_run
from flows.outcome import as_held_state
from flows.retries import is_transient
from flows.steps.blocked import Blocked, Rung, raise_if_nothing_was_done
from flows.steps.opening import open_home
from flows.steps.pull import Pulled, blocked_in, planned_streams, pull
from reports.markdown import pulled_table

# More streams at a time would only wait for each other on two cores and share one rate limit.
STREAMS_AT_A_TIME = 3
_TITLE = Bilingual(
    "Pages landed, rows loaded, documents quarantined, and what was stopped",
    "读取的页、入库的行、隔离的单据，以及已停止的部分",
)


@task(
    task_run_name="pull {shop_id} {stream}",
    retries=3,
    retry_delay_seconds=[2, 10, 60],
    retry_condition_fn=is_transient,
)
def pull_stream(home_dir: str, shop_id: str, stream: str) -> list[dict[str, Any]]:
    """All readings of one stream that are due."""
    with open_home(home_dir) as home:
        pulled = pull(home, shop_id=shop_id, stream=stream)
    passing = next((one for one in blocked_in(pulled) if one.may_pass), None)
    if passing is not None:
        raise passing.as_error
    return [asdict(row) for row in pulled]


# Prefect types a runner by its futures, and a flow by the base class of them.
_FEW: Any = ThreadPoolTaskRunner(max_workers=STREAMS_AT_A_TIME)


@flow(name="pull", flow_run_name=run_name, on_running=[tag_run], task_runner=_FEW)
async def pull_flow(home_dir: HomeDir, shop_id: OptionalShopId = None) -> list[Pulled]:
    """Read what is new from the platforms, check every document and load it."""
    return await _run_pull(home_dir, shop_id, lookups=None)


@flow(name="pull", flow_run_name=run_name, on_running=[tag_run], task_runner=_FEW)
async def read_flow(home_dir: HomeDir, shop_id: OptionalShopId = None) -> list[Pulled]:
    """The same without the streams that ask about what was read, for a loop that builds first."""
    return await _run_pull(home_dir, shop_id, lookups=False)


@flow(name="ask", flow_run_name=run_name, on_running=[tag_run], task_runner=_FEW)
async def lookup_flow(home_dir: HomeDir, shop_id: OptionalShopId = None) -> list[Pulled]:
    """Ask about what was just built, such as parcels that are due."""
    return await _run_pull(home_dir, shop_id, lookups=True)


async def _run_pull(home_dir: str, shop_id: str | None, *, lookups: bool | None) -> list[Pulled]:
    with open_home(home_dir) as home:
        planned = planned_streams(home, shop_id=shop_id, lookups=lookups)
        language = home.language
    futures = [
        (shop, stream, pull_stream.submit(home_dir, shop, stream)) for shop, stream in planned
    ]
    pulled = [
        row
        for shop, stream, future in futures
        for row in await asyncio.to_thread(_outcome, shop, stream, future)
    ]
    if pulled or not lookups:
        await acreate_markdown_artifact(
            pulled_table([_table_row(row, language) for row in pulled], language),
            key="pulled",
            description=_TITLE.in_(language),
        )
    blocked = blocked_in(pulled)
    raise_if_nothing_was_done(blocked, done=any(not one.blocked for one in pulled))
    return cast("list[Pulled]", as_held_state(pulled, [one.summary for one in blocked]))


def _outcome(shop_id: str, stream: str, future: PrefectFuture[Any]) -> list[Pulled]:
    """What became of a stream; one that failed to the last is reported, and the others go on."""
    future.wait()
    if future.state.is_completed():
        return [Pulled.of(row) for row in future.result()]
    error = future.result(raise_on_failure=False)
    stopped = Blocked.by(error, shop_id=shop_id, rung=Rung.STREAM, name=stream)
    return [Pulled(shop_id=shop_id, stream=stream, blocked=(stopped,))]


def _table_row(row: Pulled, language: Language) -> dict[str, Any]:
    stopped = [one.bilingual.in_(language) for one in row.blocked]
    return {**asdict(row), "blocked": "; ".join(stopped)}
