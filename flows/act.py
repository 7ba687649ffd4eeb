"""Act: send what is approved, read it back, settle it."""

from prefect import flow

from flows.form import HomeDir, OptionalShopId, PolicyName
from flows.labels import run_name, tag_run
from flows.steps.act import Acted, act
from flows.steps.home import Home


@flow(name="act", flow_run_name=run_name, on_running=[tag_run])
async def act_flow(
    home_dir: HomeDir, shop_id: OptionalShopId = None, policy: PolicyName = None
) -> list[Acted]:
    """Send approved actions. It takes no dates: what is late is not sent."""
    with Home.open(home_dir) as home:
        return act(home, shop_id=shop_id, policy=policy)
