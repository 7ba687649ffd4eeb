"""Build: sales, velocity, KPIs and decision facts from the lake."""

import asyncio
from typing import cast

from prefect import flow

from flows.form import HomeDir, OptionalShopId
from flows.labels import run_name, tag_run
from flows.outcome import as_held_state
from flows.steps.blocked import Blocked
from flows.steps.build import build, rebuild
from flows.steps.opening import open_home
from flows.steps.pull import lookup_tables


@flow(name="build", flow_run_name=run_name, on_running=[tag_run])
async def build_flow(home_dir: HomeDir, shop_id: OptionalShopId = None) -> dict[str, int]:
    """Compute the derived tables; rows per table."""
    blocked: list[Blocked] = []

    def work() -> dict[str, int]:
        with open_home(home_dir) as home:
            return build(home, shop_id=shop_id, blocked=blocked)

    built = await asyncio.to_thread(work)
    return cast("dict[str, int]", as_held_state(built, [one.summary for one in blocked]))


@flow(name="rebuild", flow_run_name=run_name, on_running=[tag_run])
async def rebuild_flow(home_dir: HomeDir, shop_id: OptionalShopId = None) -> dict[str, int]:
    """Compute again what depends on what was asked after the build; rows per table."""
    blocked: list[Blocked] = []

    def work() -> dict[str, int]:
        with open_home(home_dir) as home:
            changed = lookup_tables(home, shop_id)
            return rebuild(home, shop_id=shop_id, changed=changed, blocked=blocked)

    rebuilt = await asyncio.to_thread(work)
    return cast("dict[str, int]", as_held_state(rebuilt, [one.summary for one in blocked]))
