"""Act: send what is approved, read it back, settle it."""

import asyncio
import threading
from typing import cast

from prefect import flow

from flows.form import HomeDir, OptionalShopId, PolicyName
from flows.labels import run_name, tag_run
from flows.outcome import with_blocked
from flows.steps.act import Acted, act
from flows.steps.blocked import Blocked
from flows.steps.opening import open_home

# A shop mostly waits for its own platform; more would share a processor for nothing.
SHOPS_AT_A_TIME = 3


@flow(name="act", flow_run_name=run_name, on_running=[tag_run])
async def act_flow(
    home_dir: HomeDir, shop_id: OptionalShopId = None, policy: PolicyName = None
) -> list[Acted]:
    """Send approved actions. It takes no dates: what is late is not sent."""
    blocked: list[Blocked] = []
    free, is_ending = asyncio.Semaphore(SHOPS_AT_A_TIME), threading.Event()

    def stop_if_ending(*_: object) -> None:
        # Who ends a run early has its chunk settled, and no further one sent.
        if is_ending.is_set():
            raise asyncio.CancelledError

    def act_for_shop(shop: str) -> list[Acted]:
        stop_if_ending()
        with open_home(home_dir) as home:
            return act(home, shop_id=shop, policy=policy, progress=stop_if_ending, blocked=blocked)

    async def act_in_turn(shop: str) -> list[Acted]:
        async with free:
            return await asyncio.to_thread(act_for_shop, shop)

    with open_home(home_dir) as home:
        shops = [shop.id for shop in home.select(shop_id)]
    try:
        found = await asyncio.gather(*(act_in_turn(shop) for shop in shops))
    except BaseException:
        is_ending.set()
        raise
    return cast("list[Acted]", with_blocked([one for acted in found for one in acted], blocked))
