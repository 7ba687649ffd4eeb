"""Stop: nothing is written any more, at once."""

from prefect import flow

from flows.form import HomeDir, OptionalShopId, Person, PlatformName, PolicyName
from flows.labels import run_name, tag_run
from flows.switching import turn_switch


@flow(name="stop", flow_run_name=run_name, on_running=[tag_run])
async def stop_flow(
    home_dir: HomeDir,
    by: Person,
    platform: PlatformName = None,
    shop_id: OptionalShopId = None,
    policy: PolicyName = None,
) -> str:
    """Stop all writes at once, or those of a platform, shop or policy; undo still works."""
    return await turn_switch(
        home_dir, on=True, by=by, platform=platform, shop_id=shop_id, policy=policy
    )
