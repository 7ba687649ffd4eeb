"""Build: sales, velocity, KPIs and decision facts from the lake."""

from prefect import flow

from flows.form import HomeDir, OptionalShopId
from flows.labels import run_name, tag_run
from flows.steps.build import build
from flows.steps.home import Home


@flow(name="build", flow_run_name=run_name, on_running=[tag_run])
async def build_flow(home_dir: HomeDir, shop_id: OptionalShopId = None) -> dict[str, int]:
    """Compute the derived tables; rows per table."""
    with Home.open(home_dir) as home:
        return build(home, shop_id=shop_id)
