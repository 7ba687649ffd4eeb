"""Act: send what is approved, read it back, settle it."""

from typing import cast

from prefect import flow

from flows.form import HomeDir, OptionalShopId, PolicyName
from flows.labels import run_name, tag_run
from flows.outcome import ended
from flows.steps.act import Acted, act
from flows.steps.blocked import Blocked
from flows.steps.home import Home


@flow(name="act", flow_run_name=run_name, on_running=[tag_run])
async def act_flow(
    home_dir: HomeDir, shop_id: OptionalShopId = None, policy: PolicyName = None
) -> list[Acted]:
    """Send approved actions. It takes no dates: what is late is not sent."""
    blocked: list[Blocked] = []
    with Home.open(home_dir) as home:
        acted = act(home, shop_id=shop_id, policy=policy, blocked=blocked)
    return cast("list[Acted]", ended(acted, blocked))
